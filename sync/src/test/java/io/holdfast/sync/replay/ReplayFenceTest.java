package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RequestEncoder;
import io.holdfast.sync.conflict.ConflictRules;
import io.holdfast.sync.replay.FaultyUpstream.Step;
import io.holdfast.sync.replay.Heard.News;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Earlier connections, frozen upstreams, and those that do not let us in. */
class ReplayFenceTest {
    private static final int INCREMENTS = 40_000;

    private RealRedis redis;
    private ReplayFixture node;

    @BeforeEach
    void start(@TempDir Path directory) {
        redis = RealRedis.start();
        node = new ReplayFixture(directory, redis);
    }

    @AfterEach
    void end() {
        node.close();
        redis.close();
    }

    private String runId() {
        return redis.cli("INFO", "server")
                .lines()
                .filter(line -> line.startsWith("run_id:"))
                .map(line -> line.substring("run_id:".length()).trim())
                .findFirst()
                .orElseThrow();
    }

    private void remember(RespClient client) {
        long id = ((Reply.Int) client.call("CLIENT", "ID")).value();
        node.store.connections().remember(runId(), id, ReplayFixture.START_MS);
    }

    @Test
    void nothingOfAnEarlierConnectionIsExecutedOnceTheCursorWasRead() {
        try (var earlier = redis.connect()) {
            remember(earlier);
            node.write("SET", "replayed", "yes");
            var stuck = new AtomicBoolean();
            var thawed = new AtomicBoolean();
            var atClaim = new AtomicReference<>("");
            node.connection = real -> new FaultyUpstream(real, (at, sent) -> {
                boolean greeting = at == Step.AFTER_RECEIVE && sent.get(0).contains(Bytes.of("SETNAME"));
                if (greeting && !stuck.getAndSet(true)) {
                    redis.freeze();
                    sendIncrements(earlier);
                } else if (at == Step.AFTER_SEND && stuck.get() && !thawed.getAndSet(true)) {
                    redis.thaw(); // finds the increments, and behind them whatever is to stop them
                }
                if (at == Step.AFTER_RECEIVE && sent.get(0).get(0).equals(Bytes.of("WATCH"))) {
                    atClaim.set("then " + redis.cli("GET", "k"));
                }
            });
            node.replayer().start();
            assertThat(node.heard.next()).isEqualTo(new News.CaughtUp(1));
            assertThatThrownBy(() -> readAll(earlier)) // closed, not merely silent
                    .rootCause()
                    .isInstanceOfAny(EOFException.class, SocketException.class);
            assertThat(stuck).isTrue();
            assertThat("then " + redis.cli("GET", "k")).isEqualTo(atClaim.get()).isNotEqualTo("then " + INCREMENTS);
            assertThat(redis.cli("GET", "replayed")).isEqualTo("yes");
        }
    }

    private static void sendIncrements(RespClient client) {
        var increments = Unpooled.buffer();
        for (int i = 0; i < INCREMENTS; i++) {
            RequestEncoder.encode(increments, Bytes.of("INCR"), Bytes.of("k"));
        }
        client.sendBytes(increments);
    }

    private static void readAll(RespClient client) {
        for (int i = 0; i <= INCREMENTS; i++) {
            client.readRaw();
        }
    }

    @Test
    void aConnectionOfAnotherUpstreamProcessIsForgottenAndNobodyKilledForIt() {
        try (var stranger = redis.connect()) {
            long id = ((Reply.Int) stranger.call("CLIENT", "ID")).value();
            node.store.connections().remember("0".repeat(40), id, ReplayFixture.START_MS);
            assertThat(node.replay()).isEqualTo(new News.CaughtUp(0));
            assertThat(stranger.call("PING")).isEqualTo(Reply.PONG);
            assertThat(node.store.connections().all()).hasSize(1);
        }
    }

    @Test
    void ownConnectionIsRememberedBeforeTheFirstWrite() {
        var rememberedAtClaim = new AtomicReference<>(-1);
        node.connection = real -> new FaultyUpstream(real, (at, sent) -> {
            if (at == Step.BEFORE_SEND && sent.get(0).get(0).equals(Bytes.of("MULTI"))) {
                rememberedAtClaim.set(node.store.connections().all().size());
            }
        });
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(0));
        assertThat(rememberedAtClaim).hasValue(1);
    }

    @Test
    void whereKillingIsForbiddenAQuietPeriodStandsIn() {
        redis.cli("ACL", "SETUSER", "holdfast", "on", ">secret", "~*", "&*", "+@all", "-client|kill");
        node.user = "holdfast";
        node.password = "secret";
        node.write("SET", "k", "v");
        try (var earlier = redis.connect()) {
            remember(earlier);
            Replayer replayer = node.replayer();
            replayer.start();
            assertThat(node.heard.next()).isEqualTo(new News.CaughtUp(1));
            assertThat(replayer.status().fence()).isEqualTo(ReplayStatus.Fence.WAIT);
            assertThat(replayer.status().summary()).contains("fence:wait");
        }
    }

    @Test
    void aQuietPeriodEndsWithTheReplayer() {
        redis.cli("ACL", "SETUSER", "default", "-client|kill");
        node.quietMs = Duration.ofDays(1).toMillis();
        var fencing = new CountDownLatch(1);
        node.connection = real -> new FaultyUpstream(real, (at, sent) -> {
            if (at == Step.AFTER_RECEIVE && sent.get(0).contains(Bytes.of("KILL"))) {
                fencing.countDown();
            }
        });
        try (var earlier = redis.connect()) {
            remember(earlier);
            node.replayer().start();
            await(fencing);
            node.stopReplayer(); // waits for the thread, boundedly
        }
        assertThat(node.heard.isSilent()).isTrue();
    }

    @Test
    void stoppingEndsAReplayThatWaitsForAFrozenUpstream() {
        node.timeoutMs = Math.toIntExact(Duration.ofDays(1).toMillis());
        node.write("INCR", "k");
        var waiting = new CountDownLatch(1);
        node.connection = real -> new FaultyUpstream(real, (at, sent) -> {
            boolean batch = sent.contains(List.of(Bytes.of("INCR"), Bytes.of("k")));
            if (at == Step.BEFORE_SEND && batch) {
                redis.freeze();
            }
            if (at == Step.BEFORE_RECEIVE && batch) {
                waiting.countDown();
            }
        });
        node.replayer().start();
        await(waiting);
        node.stopReplayer(); // waits for the thread, boundedly
        redis.thaw();
        node.connection = real -> real;
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(1));
        assertThat(redis.cli("GET", "k")).isEqualTo("1");
    }

    @Test
    void aFrozenUpstreamIsGivenUpAfterTheTimeout() {
        node.timeoutMs = 50;
        redis.freeze();
        News news = node.replay();
        redis.thaw();
        assertThat(news)
                .isInstanceOfSatisfying(
                        News.Failed.class, failed -> assertThat(failed.reason()).contains("within 50 ms"));
    }

    @Test
    void aFrozenUpstreamThatTakesNoMoreBytesIsGivenUpToo() {
        String value = "x".repeat(32 * 1024 * 1024);
        node.write("SET", "large", value);
        node.connection = real -> new FaultyUpstream(real, (at, sent) -> {
            if (at == Step.BEFORE_SEND && sent.stream().anyMatch(each -> each.contains(Bytes.of("large")))) {
                redis.freeze();
            }
        });
        node.timeoutMs = 500;
        News news = node.replay();
        redis.thaw();
        assertThat(news).isInstanceOf(News.Failed.class);
    }

    @Test
    void aReplayThatIsStoppedBeforeItsFirstBatchIsIdle() throws InterruptedException {
        node.write("INCR", "k");
        var started = new AtomicReference<Replayer>();
        node.connection = real -> new FaultyUpstream(real, (at, sent) -> {
            if (at == Step.AFTER_RECEIVE && sent.contains(List.of(Bytes.of("EXEC")))) { // the claim's
                Objects.requireNonNull(started.get()).close();
            }
        });
        Replayer replayer = node.replayer();
        started.set(replayer);

        replayer.start();

        assertThat(replayer.awaitEnd(Duration.ofSeconds(30))).isTrue();
        assertThat(replayer.status().state()).isEqualTo(ReplayStatus.State.IDLE);
        assertThat(node.heard.isSilent()).isTrue();
    }

    @Test
    void aWrongPasswordIsSaidAndNotRepeated() {
        var logged = new ListAppender<ILoggingEvent>();
        var root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        logged.start();
        root.addAppender(logged);
        try {
            redis.cli("CONFIG", "SET", "requirepass", "right");
            node.password = "canary-7d1f";
            News news = node.replay();
            assertThat(news)
                    .isInstanceOfSatisfying(
                            News.Failed.class,
                            failed -> assertThat(failed.reason())
                                    .contains("WRONGPASS")
                                    .doesNotContain("canary"));
            synchronized (logged) { // as it is where an event is appended: other tests log meanwhile
                assertThat(logged.list)
                        .noneMatch(event -> event.getFormattedMessage().contains("canary"));
            }
            assertThat(new ReplayConfig(
                                    Endpoint.tcp("h", 1),
                                    "u",
                                    "canary-7d1f",
                                    1,
                                    "0".repeat(32),
                                    1,
                                    "b",
                                    ConflictRules.DEFAULT)
                            .toString())
                    .doesNotContain("canary");
        } finally {
            root.detachAppender(logged);
        }
    }

    @Test
    void anUpstreamThatIsNotThereIsSaid() {
        redis.kill();
        assertThat(node.replay()).isInstanceOf(News.Failed.class);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
