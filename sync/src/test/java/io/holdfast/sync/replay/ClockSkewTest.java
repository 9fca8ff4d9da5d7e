package io.holdfast.sync.replay;

import static io.holdfast.sync.replay.ReplayFixture.effect;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Reply;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The clock of the upstream, which is the real one, and ours are hours apart: what was set here lasts there for as long. */
class ClockSkewTest extends ConflictingNodeTest {
    private static final long HOUR_MS = Duration.ofHours(1).toMillis();
    private static final long MINUTE_MS = 60_000;

    @BeforeEach
    void ask() {
        node.clockIsReal = true;
    }

    private String ahead(int hours) {
        node.nowMs.set(System.currentTimeMillis() - hours * HOUR_MS);
        return Long.toString(node.nowMs.get() + MINUTE_MS);
    }

    private void assertLasts(String key) {
        assertThat(Long.parseLong(redis.cli("PTTL", key))).isBetween(1L, MINUTE_MS);
    }

    @ParameterizedTest
    @ValueSource(ints = {-5, 5})
    void keysLastThereAsLongAsHere(int hours) throws Exception {
        String end = ahead(hours);
        node.write("SET", "set", "v", "PXAT", end);
        node.write("RPUSH", "list", "a");
        node.write("PEXPIREAT", "list", end);

        replay();

        assertLasts("set");
        assertLasts("list");
    }

    @ParameterizedTest
    @ValueSource(ints = {-5, 5})
    void whatHasEndedHereEndsThere(int hours) throws Exception {
        String end = ahead(hours);
        node.write("SET", "k", "v", "PXAT", end);
        node.nowMs.addAndGet(2 * MINUTE_MS);
        node.write("PEXPIREAT", "k", end);

        replay();

        assertThat(redis.cli("EXISTS", "k")).isEqualTo("0");
    }

    @ParameterizedTest
    @ValueSource(ints = {-5, 5})
    void anEndOfOthersIsComparedByOneClock(int hours) throws Exception {
        String end = ahead(hours);
        redis.cli("SET", "k", "others'", "PX", Long.toString(MINUTE_MS));
        node.write(Scope.BASE, effect(0, "SET", "k", "others'"), effect(0, "PEXPIREAT", "k", end));
        node.write("APPEND", "k", "+");

        replay();

        assertThat(redis.cli("GET", "k")).isEqualTo("others'+");
        assertLasts("k");
        assertThat(node.store.conflicts().open()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {-5, 5})
    void whatWasDeliveredHereIsPendingThereForAsLong(int hours) throws Exception {
        ahead(hours);
        redis.cli("XADD", "s", "1-1", "f", "v");
        redis.cli("XGROUP", "CREATE", "s", "g", "0");
        node.write(
                "XCLAIM",
                "s",
                "g",
                "ours",
                "0",
                "1-1",
                "TIME",
                Long.toString(node.nowMs.get() - 1),
                "RETRYCOUNT",
                "1",
                "FORCE",
                "JUSTID");

        replay();

        List<Reply> pending = pending("s", "g");
        assertThat(pending.get(1)).isEqualTo(Reply.bulk("ours"));
        assertThat(((Reply.Int) pending.get(2)).value()).isBetween(0L, MINUTE_MS);
    }

    /** The only entry that is pending. */
    private List<Reply> pending(String stream, String group) {
        try (var client = redis.connect()) {
            var all = (Reply.Array) client.call("XPENDING", stream, group, "-", "+", "9");
            assertThat(all.items()).hasSize(1);
            return ((Reply.Array) all.items().get(0)).items();
        }
    }
}
