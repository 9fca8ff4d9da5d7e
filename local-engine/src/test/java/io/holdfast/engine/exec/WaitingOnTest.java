package io.holdfast.engine.exec;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.TestClock;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A command that has waited upstream waits on here. */
class WaitingOnTest {
    private final EngineClient client = EngineClient.start(RedisVersion.STANDALONE, new TestClock(1_800_000_000_000L));

    private void waitOn(long waitedMs, String... command) {
        Bytes[] args = Stream.of(command).map(Bytes::of).toArray(Bytes[]::new);
        CommandSpec spec = client.engine().commands().resolve(args);
        assertThat(client.engine().waitOn(client.session(), 0, spec, args, waitedMs))
                .isEqualTo(Reply.NONE);
    }

    @Test
    void forAsLongAsIsLeft() {
        waitOn(700, "BLPOP", "queue", "1");
        client.timers().advance(Duration.ofMillis(299));
        assertThat(client.isWaiting()).isTrue();
        client.timers().advance(Duration.ofMillis(1));
        assertThat(client.isWaiting()).isFalse();
    }

    @Test
    void forAMomentWhereItsTimeIsOver() {
        waitOn(2_000, "XREAD", "BLOCK", "1000", "STREAMS", "s", "$");
        client.timers().advance(Duration.ofMillis(1));
        assertThat(client.isWaiting()).isFalse();
    }

    @Test
    void forEverWhereItHasNoEnd() {
        waitOn(700, "BLPOP", "queue", "0");
        assertThat(client.timers().pending()).isZero();
        assertThat(client.isWaiting()).isTrue();
    }

    @Test
    void andMovesOnWithTheRestOfBothWaits() {
        waitOn(300, "BLPOP", "queue", "1");
        client.timers().advance(Duration.ofMillis(200));
        assertThat(client.engine().stopWaiting(client.session()))
                .containsExactly(Bytes.of("BLPOP"), Bytes.of("queue"), Bytes.of("0.5"));
    }

    @Test
    void andIsCountedOnce() {
        waitOn(300, "BLPOP", "queue", "1");
        assertThat(client.engine().blocking().clients()).isEqualTo(1);
        assertThat(client.engine().blocking().clientsWithTimeout()).isEqualTo(1);
        client.another().call("RPUSH", "queue", "x");
        assertThat(client.isWaiting()).isFalse();
        assertThat(client.engine().blocking().clients()).isZero();
        assertThat(client.timers().pending()).isZero();
    }
}
