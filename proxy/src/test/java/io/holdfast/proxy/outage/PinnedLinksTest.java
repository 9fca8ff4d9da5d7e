package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.ProxyServer;
import io.holdfast.proxy.upstream.LinkLimits;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** As many clients as was said can have a link of their own; who comes too late is told so, and can do all else. */
class PinnedLinksTest {
    private static final String REFUSAL = "-ERR max number of clients reached upstream: see redis.pinned_links_max";
    private static final int LINKS = 2;

    private final RealRedis redis = RealRedis.start();
    private final ProxyServer holdfast;

    PinnedLinksTest(@TempDir Path directory) throws Exception {
        var upstream = new UpstreamAddress("127.0.0.1", redis.port(), null, null);
        holdfast = ProxyServer.start(
                ProxyConfig.of(directory, upstream).withLinks(LinkLimits.DEFAULT.withPinnedMax(LINKS)));
    }

    @BeforeEach
    void awaitOnline() {
        try (RespClient client = client()) {
            await().atMost(Rig.PATIENCE)
                    .pollInterval(10, TimeUnit.MILLISECONDS)
                    .until(() -> text(client.call("INFO", "holdfast")).contains("mode:online\r\n"));
        }
    }

    @AfterEach
    void stop() {
        holdfast.close();
        redis.close();
    }

    private RespClient client() {
        return RespClient.connect(holdfast.port(), Rig.PATIENCE);
    }

    /** Both have a link of their own then, and no other client can have one. */
    private void takeAllLinks(RespClient first, RespClient second) {
        first.send("BLPOP", "q1", "0");
        second.send("BLPOP", "q2", "0");
        await().atMost(Rig.PATIENCE)
                .pollInterval(5, TimeUnit.MILLISECONDS)
                .until(() -> redis.cli("INFO", "clients").contains("blocked_clients:" + LINKS + "\r\n"));
    }

    @Test
    void whoWouldBlockBeyondTheCapIsRefusedUntilAnotherIsDone() {
        try (RespClient first = client();
                RespClient second = client();
                RespClient third = client()) {
            takeAllLinks(first, second);

            assertThat(text(third.call("BLPOP", "q3", "0"))).isEqualTo(REFUSAL);
            assertThat(text(third.call("WATCH", "k"))).isEqualTo(REFUSAL);
            assertThat(text(third.call("SUBSCRIBE", "news"))).isEqualTo(REFUSAL);
            assertThat(text(third.call("SET", "k", "v"))).isEqualTo("OK");

            redis.cli("RPUSH", "q1", "a");
            assertThat(text(first.read())).isEqualTo("[q1, a]");
            assertThat(text(first.call("GET", "k"))).isEqualTo("v");
            redis.cli("RPUSH", "q3", "c");
            assertThat(text(third.call("BLPOP", "q3", "0"))).isEqualTo("[q3, c]");
        }
    }

    @Test
    void theRefusalKeepsItsPlaceInAPipeline() {
        try (RespClient first = client();
                RespClient second = client();
                RespClient third = client()) {
            takeAllLinks(first, second);

            third.sendText("INCR n\r\nBLPOP q3 0\r\nINCR n\r\n");

            assertThat(text(third.read())).isEqualTo("1");
            assertThat(text(third.read())).isEqualTo(REFUSAL);
            assertThat(text(third.read())).isEqualTo("2");
        }
    }

    @Test
    void anIdleLinkOfAnotherDatabaseMakesRoom() {
        try (RespClient first = client();
                RespClient second = client()) {
            for (int db = 0; db < 2 * LINKS; db++) {
                first.call("SELECT", Integer.toString(db));
                first.call("WATCH", "k");
                first.call("UNWATCH");
                first.call("GET", "k");
            }
            second.call("SELECT", "9");

            assertThat(text(second.call("WATCH", "k"))).isEqualTo("OK");
        }
    }

    @Test
    void whoCouldDoWithoutGetsNoneOfTheLastAndGivesItBackWhenIdle() {
        String large = "x".repeat(100_000);
        try (RespClient first = client();
                RespClient second = client();
                RespClient third = client();
                RespClient heavy = client()) {
            assertThat(text(heavy.call("SET", "large", large))).isEqualTo("OK"); // on a link of its own
            assertThat(text(heavy.call("GET", "large"))).isEqualTo(large);
            await().atMost(Rig.PATIENCE)
                    .pollInterval(5, TimeUnit.MILLISECONDS)
                    .until(() -> text(first.call("WATCH", "k")).equals("OK")
                            && text(second.call("WATCH", "k")).equals("OK"));

            assertThat(text(heavy.call("GET", "large"))).isEqualTo(large); // on the link that all share
            assertThat(text(third.call("WATCH", "k"))).isEqualTo(REFUSAL);
        }
    }

    @Test
    void whoHasGoneLeavesItsPlace() {
        for (int i = 0; i < 3 * LINKS; i++) {
            try (RespClient subscriber = client()) {
                // A client's going is heard of when the loop comes to it.
                await().atMost(Rig.PATIENCE)
                        .pollInterval(5, TimeUnit.MILLISECONDS)
                        .until(() -> text(subscriber.call("SUBSCRIBE", "news")).equals("[subscribe, news, 1]"));
            }
        }
    }
}
