package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UpstreamClockTest {
    private static final UpstreamClock AHEAD = new UpstreamClock(1_000);

    private static Reply time(String seconds, String micros) {
        return new Reply.Array(List.of(Reply.bulk(seconds), Reply.bulk(micros)));
    }

    private static List<Bytes> words(String command) {
        return Arrays.stream(command.split(" ", -1)).map(Bytes::of).toList();
    }

    @Test
    void isAheadByWhatItShowsBeyondTheMiddleOfTheRoundTrip() {
        assertThat(UpstreamClock.of(10_000, 10_200, time("15", "100000")).aheadMs())
                .isEqualTo(5_000);
        assertThat(UpstreamClock.of(10_000, 10_200, time("5", "100000")).aheadMs())
                .isEqualTo(-5_000);
    }

    @Test
    void isAsOursWhereTheRoundTripExplainsIt() {
        assertThat(UpstreamClock.of(10_000, 10_200, time("10", "0"))).isEqualTo(UpstreamClock.AS_OURS);
        assertThat(UpstreamClock.of(10_000, 10_200, time("10", "200000"))).isEqualTo(UpstreamClock.AS_OURS);
        assertThat(UpstreamClock.of(10_000, 10_000, time("10", "1999"))).isEqualTo(UpstreamClock.AS_OURS);
    }

    @Test
    void isAsOursWhereNobodyTells() {
        assertThat(UpstreamClock.of(10_000, 10_200, new Reply.Failure(Bytes.of("NOPERM no permissions"))))
                .isEqualTo(UpstreamClock.AS_OURS);
        assertThat(UpstreamClock.of(10_000, 10_200, time("soon", "0"))).isEqualTo(UpstreamClock.AS_OURS);
    }

    @ParameterizedTest
    @CsvSource({
        "PEXPIREAT k 5000, PEXPIREAT k 6000",
        "SET k v PXAT 5000, SET k v PXAT 6000",
        "SET k PXAT, SET k PXAT",
        "SET PXAT 5000, SET PXAT 5000",
        "XCLAIM s g c 0 1-1 TIME 5000 RETRYCOUNT 1 FORCE JUSTID, XCLAIM s g c 0 1-1 TIME 6000 RETRYCOUNT 1 FORCE JUSTID",
        "XCLAIM s g c 0 1-1 TIME 0 RETRYCOUNT 0 FORCE JUSTID, XCLAIM s g c 0 1-1 TIME 0 RETRYCOUNT 0 FORCE JUSTID",
        "RESTORE k 5000 payload REPLACE ABSTTL, RESTORE k 6000 payload REPLACE ABSTTL",
        "RESTORE k 5000 ABSTTL REPLACE, RESTORE k 5000 ABSTTL REPLACE",
        "RPUSH k PXAT 5000, RPUSH k PXAT 5000",
        "PEXPIREAT k 9223372036854775807, PEXPIREAT k 9223372036854775807"
    })
    void saysTimesAsItsClockShowsThem(String ours, String theirs) {
        assertThat(AHEAD.say(words(ours))).isEqualTo(words(theirs));
    }

    @Test
    void saysNoTimeThatRedisRefuses() {
        assertThat(new UpstreamClock(-6_000).say(words("SET k v PXAT 5000"))).isEqualTo(words("SET k v PXAT 1"));
    }
}
