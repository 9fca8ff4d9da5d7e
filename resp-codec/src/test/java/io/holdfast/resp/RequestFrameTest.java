package io.holdfast.resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RequestFrameTest {
    private static final Bytes VALUE = Bytes.wrap(new byte[] {0, '\r', '\n', -1});

    private final RequestFrame frame = RequestFrame.of(Bytes.of("Set"), Bytes.EMPTY, VALUE);

    @AfterEach
    void release() {
        var wire = frame.wire();
        frame.release();
        assertThat(wire.refCnt()).isZero();
    }

    @Test
    void aRequestMadeHereIsSpelledAsAMultibulk() {
        assertThat(frame.wire().toString(StandardCharsets.ISO_8859_1))
                .isEqualTo("*3\r\n$3\r\nSet\r\n$0\r\n\r\n$4\r\n\0\r\n\u00ff\r\n");
        assertThat(frame.wireLength()).isEqualTo(frame.wire().capacity());
    }

    @Test
    void argumentsAreReadInPlaceOrCopied() {
        var target = new byte[6];
        frame.copyArgument(0, target, 2);

        assertThat(frame.size()).isEqualTo(3);
        assertThat(frame.length(2)).isEqualTo(4);
        assertThat(frame.at(2, 3)).isEqualTo((byte) -1);
        assertThat(frame.argument(2)).isEqualTo(VALUE);
        assertThat(frame.arguments()).containsExactly(Bytes.of("Set"), Bytes.EMPTY, VALUE);
        assertThat(target).containsExactly(0, 0, 'S', 'e', 't', 0);
    }

    @Test
    void argumentsOfEveryLengthAreCopiedWithoutWhatStandsBesideThem() {
        for (int length = 0; length <= 40; length++) {
            var argument = new byte[length];
            for (int i = 0; i < length; i++) {
                argument[i] = (byte) (-1 - i);
            }
            var request = RequestFrame.of(Bytes.of("ECHO"), Bytes.wrap(argument), Bytes.of("behind"));
            var target = new byte[length + 2];
            var expected = new byte[length + 2];
            System.arraycopy(argument, 0, expected, 1, length);

            request.copyArgument(1, target, 1);

            assertThat(target).isEqualTo(expected);
            assertThat(request.argument(1)).isEqualTo(Bytes.wrap(argument));
            request.release();
        }
    }

    @Test
    void namesAreComparedWithoutCase() {
        assertThat(frame.is(0, "SET")).isTrue();
        assertThat(frame.is(0, "GET")).isFalse();
        assertThat(frame.is(0, "SETEX")).isFalse();
        assertThat(frame.is(1, "")).isTrue();
    }

    @Test
    void anArgumentThatIsNotThereIsRefused() {
        assertThatThrownBy(() -> frame.argument(3)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> frame.length(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void aRequestWithoutACommandIsRefused() {
        assertThatThrownBy(RequestFrame::of).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void itsTextDoesNotTellSecrets() {
        assertThat(frame).hasToString("RequestFrame[3 arguments, " + frame.wireLength() + " bytes]");
    }
}
