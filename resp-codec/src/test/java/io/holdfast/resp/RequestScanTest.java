package io.holdfast.resp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RequestScanTest {
    private static final List<RequestFrame> REQUESTS = List.of(
            request("GET", "key:000000012345"),
            request("PING"),
            request("HSET", "h", "field", "value"),
            request("SET", "k", "x".repeat(RequestScan.HASHED_MAX + 1)),
            request("SADD", "", "member"));

    private final RequestScan scan = new RequestScan();

    private static RequestFrame request(String... arguments) {
        return RequestFrame.of(List.of(arguments).stream().map(Bytes::of).toList());
    }

    private static ByteBuf wire(List<RequestFrame> requests) {
        ByteBuf all = Unpooled.buffer();
        requests.forEach(request -> request.writeTo(all));
        return all;
    }

    @Test
    void theHashesAreThoseThatTheArgumentsWillHave() {
        ByteBuf all = wire(REQUESTS);

        assertThat(scan.look(all)).isEqualTo(5);

        assertThat(scan.requests()).isEqualTo(5);
        assertThat(scan.secondHash(0)).isEqualTo(Bytes.of("key:000000012345").hashCode());
        assertThat(scan.thirdHash(0)).isEqualTo(RequestScan.NONE);
        assertThat(scan.secondHash(1)).isEqualTo(RequestScan.NONE);
        assertThat(scan.secondHash(2)).isEqualTo(Bytes.of("h").hashCode());
        assertThat(scan.thirdHash(2)).isEqualTo(Bytes.of("field").hashCode());
        assertThat(scan.secondHash(3)).isEqualTo(Bytes.of("k").hashCode());
        assertThat(scan.thirdHash(3)).isEqualTo(RequestScan.NONE);
        assertThat(scan.secondHash(4)).isEqualTo(Bytes.EMPTY.hashCode());
        assertThat(all.readerIndex()).isZero();
    }

    @Test
    void onlyWholeRequestsAreSeenWhereverTheBytesEnd() {
        ByteBuf all = wire(REQUESTS);
        int whole = 0;
        int nextEnd = REQUESTS.get(0).wireLength();
        for (int end = 0; end <= all.writerIndex(); end++) {
            if (end == nextEnd) {
                whole++;
                nextEnd += whole < REQUESTS.size() ? REQUESTS.get(whole).wireLength() : 1;
            }
            assertThat(scan.look(all.slice(0, end))).as("of %s bytes", end).isEqualTo(whole);
        }
    }

    @Test
    void whatIsReadAlreadyIsNotSeenAgain() {
        ByteBuf all = wire(REQUESTS);
        all.skipBytes(REQUESTS.get(0).wireLength());

        assertThat(scan.look(all)).isEqualTo(4);
        assertThat(scan.secondHash(1)).isEqualTo(Bytes.of("h").hashCode());
    }

    @Test
    void itEndsAtWhatIsNoRequestInTheUsualForm() {
        for (String odd :
                List.of("PING\r\n", "*0\r\n", "*-1\r\n", "*1x\r\n", "*\r\n", "*2\r\n+OK\r\n", "*1\r\n$-1\r\n")) {
            ByteBuf all = wire(REQUESTS.subList(0, 2));
            all.writeCharSequence(odd, StandardCharsets.ISO_8859_1);
            REQUESTS.get(0).writeTo(all);

            assertThat(scan.look(all)).as(odd).isEqualTo(2);
        }
    }

    @Test
    void aThousandRequestsAreSeenOneGlanceAtATime() {
        ByteBuf all = Unpooled.buffer();
        for (int i = 0; i < 1000; i++) {
            REQUESTS.get(0).writeTo(all);
        }

        assertThat(scan.look(all)).isEqualTo(RequestScan.REQUESTS_MAX);
    }

    @Test
    void garbageIsLookedAtWithoutHarm() {
        String alphabet = "*$0123456789\r\n\r\n\r\nab\0";
        for (long seed = 0; seed < 20_000; seed++) {
            var random = new SplittableRandom(seed);
            ByteBuf garbage = Unpooled.buffer();
            for (int i = random.nextInt(200); i > 0; i--) {
                garbage.writeByte(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            assertThat(scan.look(garbage)).as("seed %s", seed).isBetween(0, RequestScan.REQUESTS_MAX);
        }
    }
}
