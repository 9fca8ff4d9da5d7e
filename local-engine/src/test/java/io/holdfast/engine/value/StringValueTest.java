package io.holdfast.engine.value;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.RequestFrame;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StringValueTest {
    @Test
    void itAgreesWithAByteArrayUnderRandomChangesAndWhatItGaveAwayStays() {
        long seed = 9;
        var random = new SplittableRandom(seed);
        var string = new StringValue(Bytes.EMPTY);
        byte[] model = {};
        Bytes givenAway = Bytes.EMPTY;
        byte[] givenAwayModel = {};

        for (int step = 0; step < 20_000; step++) {
            Bytes patch = Bytes.of("x".repeat(random.nextInt(4)) + step);
            int offset = random.nextInt(model.length + 5);
            switch (random.nextInt(7)) {
                case 0 -> {
                    string.append(patch);
                    model = patched(model, model.length, patch.array());
                }
                case 1 -> {
                    string.setRange(offset, patch);
                    model = patched(model, offset, patch.array());
                }
                case 2 -> {
                    string.setByte(offset, (byte) step);
                    model = patched(model, offset, new byte[] {(byte) step});
                }
                case 3 -> {
                    givenAway = string.bytes();
                    givenAwayModel = model.clone();
                }
                case 4 -> {
                    Bytes anew = random.nextInt(100) == 0 ? patch : Bytes.wrap(reversed(model));
                    byte[] before = anew.array().clone();
                    string.replace(anew);
                    model = before;
                    givenAway = anew; // the argument stays the caller's: what follows must not change it either
                    givenAwayModel = before.clone();
                }
                case 5 -> {
                    Bytes anew = random.nextInt(100) == 0 ? patch : Bytes.wrap(reversed(model));
                    RequestFrame request = RequestFrame.of(Bytes.of("SET"), Bytes.of("k"), anew);
                    string.replace(request, 2);
                    request.release();
                    model = anew.array();
                }
                default -> {
                    if (random.nextInt(200) == 0) {
                        string.set(patch);
                        model = patch.array().clone();
                    }
                }
            }
            assertThat(string.length()).isEqualTo(model.length);
            int from = random.nextInt(model.length + 1);
            int to = random.nextInt(from, model.length + 1);
            assertThat(string.getRange(from, to).array())
                    .as("seed %d step %d", seed, step)
                    .isEqualTo(Arrays.copyOfRange(model, from, to));
            assertThat(givenAway.array()).as("seed %d step %d", seed, step).isEqualTo(givenAwayModel);
        }
        assertThat(string.bytes().array()).isEqualTo(model);
        assertThat(string.copy().bytes()).isEqualTo(string.bytes());
    }

    private static byte[] reversed(byte[] model) {
        var anew = new byte[model.length];
        for (int i = 0; i < model.length; i++) {
            anew[i] = model[model.length - 1 - i];
        }
        return anew;
    }

    private static byte[] patched(byte[] before, int offset, byte[] patch) {
        byte[] after = Arrays.copyOf(before, Math.max(before.length, offset + patch.length));
        System.arraycopy(patch, 0, after, offset, patch.length);
        return after;
    }

    /** As redis-server 7.0.15: SET, then OBJECT ENCODING. */
    @ParameterizedTest
    @CsvSource({
        "10, INT",
        "-0, EMBSTR",
        "010, EMBSTR",
        "9223372036854775807, INT",
        "9223372036854775808, EMBSTR",
        "-9223372036854775808, INT",
        "1e3, EMBSTR",
        "'', EMBSTR",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, EMBSTR",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, RAW"
    })
    void itsEncodingFollowsItsContent(String content, Encoding encoding) {
        assertThat(new StringValue(Bytes.of(content)).encoding()).isEqualTo(encoding);
    }

    @Test
    void aStringThatWasChangedInPlaceIsRaw() {
        StringValue string = new StringValue(Bytes.of(1));

        string.append(Bytes.of("2"));
        assertThat(string.encoding()).isEqualTo(Encoding.RAW);
        assertThat(string.bytes()).isEqualTo(Bytes.of("12"));

        string.set(Bytes.of("12"));
        assertThat(string.encoding()).isEqualTo(Encoding.INT);
    }

    @Test
    void aStringThatWasReplacedIsAsIfItWereNew() {
        StringValue string = StringValue.ofText(Bytes.of("10"));
        assertThat(string.encoding()).isEqualTo(Encoding.EMBSTR);

        string.replace(Bytes.of("11"));
        assertThat(string.encoding()).isEqualTo(Encoding.INT);

        string.setByte(0, (byte) '2');
        assertThat(string.encoding()).isEqualTo(Encoding.RAW);
        string.replace(Bytes.of("12"));
        assertThat(string.encoding()).isEqualTo(Encoding.INT);
    }

    @Test
    void peekingSeesTheContentAndLetsItBeReplacedInPlace() {
        StringValue string = new StringValue(Bytes.of("10"));
        string.replace(Bytes.of("11"));
        byte[] own = string.array();

        assertThat(string.peek()).isEqualTo(Bytes.of("11"));
        string.replace(Bytes.of("12"));

        assertThat(string.array()).isSameAs(own);
        assertThat(string.bytes()).isEqualTo(Bytes.of("12"));
        string.replace(Bytes.of("13"));
        assertThat(string.array()).isNotSameAs(own);
    }

    @Test
    void aStringIsWrittenOnlyWhenItChanged() {
        var string = new StringValue(Bytes.of("a"));
        var rows = new RowModel();
        string.drainChanges(rows);
        assertThat(rows.rowsOf(string)).isZero();

        string.append(Bytes.of("b"));

        assertThat(rows.rowsOf(string)).isEqualTo(1);
        assertThat(rows.string).isEqualTo(Bytes.of("ab"));
        assertThat(rows.clears).isEqualTo(1);
    }
}
