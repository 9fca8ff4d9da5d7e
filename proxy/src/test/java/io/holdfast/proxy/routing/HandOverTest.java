package io.holdfast.proxy.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.proxy.client.ClientHandler;
import io.holdfast.proxy.client.ClientLimits;
import io.holdfast.proxy.client.TurnEnd;
import io.holdfast.proxy.upstream.HealthProbe.Health;
import io.holdfast.proxy.upstream.LinkLimits;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.proxy.upstream.UpstreamConnector;
import io.holdfast.proxy.upstream.UpstreamLinks;
import io.holdfast.sync.mirror.Mirror;
import io.holdfast.sync.mirror.MirrorLimits;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.MemoryJournal;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is logged of an upstream that answers, and into which nothing can be replayed; and what keeps one out that all is in. */
class HandOverTest {
    private static final String BACK = "INFO Upstream is back: replaying the journal into it, 0 entries";
    private static final String NO_MULTI = "it refuses MULTI";
    private static final String NO_WATCH = "it refuses WATCH";
    /** No replay that failed waits longer for the next. */
    private static final int RETRY_MS = 2_000;

    private final MockTicker ticker = Ticker.newMockTicker();
    private final EmbeddedChannel channel =
            EmbeddedChannel.builder().ticker(ticker).build();
    private final RoutingStateMachine machine = new RoutingStateMachine(Phase.STARTING);
    private final EngineClient client;
    private final Router router;
    private final EmbeddedChannel socket = new EmbeddedChannel();
    private final ClientHandler reader;
    private final HandOver handOver;
    private final LoggedLines logged = new LoggedLines(HandOver.class);

    HandOverTest() {
        EventLoop loop = channel.eventLoop();
        var journal = new MemoryJournal();
        client = EngineClient.start(RedisVersion.parse("7.2.0"), journal, () -> 0);
        router = new Router(client.engine(), machine, new Mirror(client.engine(), MirrorLimits.DEFAULT));
        var connector = new UpstreamConnector(
                loop, EmbeddedChannel.class, new UpstreamAddress("nowhere", 1, null, null), null, null, 1_000);
        var links =
                new UpstreamLinks(connector, "test", (runId, id, done, failed) -> {}, LinkLimits.DEFAULT, link -> {});
        var turnEnd = new TurnEnd(loop, Runnable::run, client.engine());
        handOver = new HandOver(loop, machine, journal, router, links, new IdleReplay(), turnEnd, 1);
        reader = new ClientHandler(
                socket, router, turnEnd, new ClientLimits(client.engine().settings()));
    }

    @AfterEach
    void end() {
        logged.close();
        handOver.stop();
        client.close();
        channel.finish();
        socket.close();
    }

    @Test
    void aReplayThatFailsForOneReasonIsToldOnce() {
        for (int i = 0; i < 20; i++) {
            replayFails(NO_MULTI);
        }

        assertThat(logged.lines()).containsExactly(BACK, away(NO_MULTI));
    }

    @Test
    void itIsToldAgainAfterAMinute() {
        replayFails(NO_MULTI);
        ticker.advance(RepeatedFailure.QUIET_NANOS, TimeUnit.NANOSECONDS);

        replayFails(NO_MULTI);
        replayFails(NO_MULTI);

        assertThat(logged.lines()).containsExactly(BACK, away(NO_MULTI), BACK, away(NO_MULTI));
    }

    @Test
    void anotherReasonIsToldAtOnce() {
        replayFails(NO_MULTI);

        replayFails(NO_WATCH);
        replayFails(NO_WATCH);

        assertThat(logged.lines()).containsExactly(BACK, away(NO_MULTI), away(NO_WATCH));
    }

    @Test
    void anUpstreamThatWasInChargeInBetweenIsToldOfAnew() {
        replayFails(NO_MULTI);
        probesAreGood();
        handOver.caughtUp(0);
        handOver.upstreamFailed("connection reset");

        replayFails(NO_MULTI);

        assertThat(logged.lines())
                .containsExactly(
                        BACK,
                        away(NO_MULTI),
                        "INFO Upstream is in charge: everything journaled is there",
                        "WARN Upstream is away, serving from the local engine: connection reset",
                        BACK,
                        away(NO_MULTI));
    }

    @Test
    void whatComesOfAnOperatorsOrderIsToldAnew() {
        replayFails(NO_MULTI);
        handOver.hurry();

        replayFails(NO_MULTI);

        assertThat(logged.lines()).containsExactly(BACK, away(NO_MULTI), BACK, away(NO_MULTI));
    }

    @Test
    void whoDoesNotReadWhatWasUnderWayKeepsTheUpstreamOutForTenSeconds() {
        List<String> settled = settledByOneWhoDoesNotRead();
        handOver.caughtUp(0);
        assertThat(settled).isEmpty();
        assertThat(machine.phase()).isEqualTo(Phase.REPLAYING);

        ticker.advance(10, TimeUnit.SECONDS);
        handOver.caughtUp(0);
        assertThat(settled).containsExactly("GET");
        assertThat(machine.phase()).isEqualTo(Phase.ONLINE);
    }

    @Test
    void whoReadsWhatWasUnderWayLetsTheUpstreamInAtOnce() {
        List<String> settled = settledByOneWhoDoesNotRead();
        handOver.caughtUp(0);

        canWrite(true);
        reader.resume();
        handOver.caughtUp(0);
        assertThat(settled).containsExactly("GET");
        assertThat(machine.phase()).isEqualTo(Phase.ONLINE);
    }

    /** What of its requests was settled so far. */
    private List<String> settledByOneWhoDoesNotRead() {
        replayFails(NO_MULTI);
        canWrite(false);
        var settled = new ArrayList<String>();
        router.settlement().settle(reader, () -> settled.add("GET"));
        probesAreGood();
        return settled;
    }

    private void canWrite(boolean now) {
        socket.unsafe().outboundBuffer().setUserDefinedWritability(1, now);
    }

    private void replayFails(String reason) {
        probesAreGood();
        handOver.replayFailed(reason);
        assertThat(machine.phase()).isEqualTo(Phase.OFFLINE);
    }

    /** So many, and so late, that the next replay begins. */
    private void probesAreGood() {
        ticker.advance(RETRY_MS, TimeUnit.MILLISECONDS);
        while (machine.phase() != Phase.REPLAYING) {
            handOver.good(new Health("run", "7.2.0", "noeviction"));
        }
    }

    private static String away(String reason) {
        return "WARN Upstream is away, serving from the local engine: replay: " + reason;
    }
}
