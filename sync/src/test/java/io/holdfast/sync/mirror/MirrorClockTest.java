package io.holdfast.sync.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Reply;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The upstream's clock is an hour ahead of ours: what names a moment means one of its own. */
class MirrorClockTest extends MirrorScene {
    private static final long AHEAD_MS = Duration.ofHours(1).toMillis();
    private static final long MINUTE_MS = 60_000;

    private long upstreamsMs;

    @BeforeEach
    void setApart() {
        upstreamsMs = System.currentTimeMillis();
        nowMs = upstreamsMs - AHEAD_MS;
        mirror.clockAhead(() -> AHEAD_MS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SET k v PXAT %d", "SET k v XX GET PXAT %d", "PEXPIREAT k %d", "GETEX k PXAT %d"})
    void aCopyEndsWhenItsKeyDoes(String command) {
        write("SET", "k", "v");
        String[] words = String.format(command, upstreamsMs + MINUTE_MS).split(" ", -1);

        write(words);
        mirror.sentAll();
        link.answerAll();

        assertThat(ttlMs("k")).isBetween(1L, MINUTE_MS);
        assertCopied("GET", "k");
    }

    @Test
    void aTimeToLiveIsTheSameByBothClocks() {
        write("SET", "k", "v", "PX", Long.toString(MINUTE_MS));

        assertThat(link.fetches()).isZero();
        assertThat(ttlMs("k")).isEqualTo(MINUTE_MS);
    }

    @Test
    void whatIsPendingWasDeliveredByOurClock() {
        redis.cli("XADD", "s", "1-1", "f", "v");
        redis.cli("XGROUP", "CREATE", "s", "g", "0");
        redis.cli("XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">");
        link.read("XLEN", "s");
        link.answerAll();
        mirror.sentAll();
        link.answerAll();

        var pending = (Reply.Array) copy.call("XPENDING", "s", "g", "-", "+", "9");
        List<Reply> only = ((Reply.Array) pending.items().get(0)).items();
        assertThat(((Reply.Int) only.get(2)).value()).isBetween(0L, MINUTE_MS);
    }

    private long ttlMs(String key) {
        return ((Reply.Int) copy.call("PTTL", key)).value();
    }
}
