package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.call;
import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.outage.Cable.Way;
import io.holdfast.sync.mirror.MirrorMode;
import io.holdfast.sync.mirror.MirrorSettings;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nobody stands behind the large requests and replies of others, and who has them keeps the order of its own. */
class HeavyClientsTest {
    private static final int LARGE = 1 << 20;
    /** As many clients as could share a link have one of their own. */
    private static final int LINKS = 16;

    private static final String LARGE_VALUE = "x".repeat(LARGE);

    private final Rig rig;
    private final CountDownLatch stuck = new CountDownLatch(1);
    private final CountDownLatch mayGoOn = new CountDownLatch(1);
    private RespClient heavy;
    private RespClient other;

    HeavyClientsTest(@TempDir Path dataDir) throws Exception {
        // Nothing but what clients ask for is to be on the way.
        rig = Rig.with(dataDir, config -> config.withMirror(new MirrorSettings(MirrorMode.OFF, List.of())));
    }

    @BeforeEach
    void connect() {
        heavy = rig.client();
        other = rig.client();
        assertThat(call(other, "INCR", "n")).isEqualTo("1");
    }

    @AfterEach
    void close() {
        mayGoOn.countDown();
        rig.close();
    }

    /** The connection on which a megabyte's half comes that way stands still then, and no other. */
    private void stopAmidst(Way way) {
        rig.cable.tripAfter(way, LARGE / 2, () -> {
            stuck.countDown();
            try {
                mayGoOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    @Test
    void aLargeReplyKeepsOnlyWhoAskedForItWaiting() throws Exception {
        rig.direct().call("SET", "large", LARGE_VALUE);
        awaitOwnLink("GET", "large");
        stopAmidst(Way.FROM_UPSTREAM);

        heavy.send("GET", "large");
        heavy.send("INCR", "n");
        stuck.await();

        assertThat(call(other, "INCR", "m")).isEqualTo("1");
        mayGoOn.countDown();
        assertThat(text(heavy.read())).isEqualTo(LARGE_VALUE);
        assertThat(text(heavy.read())).isEqualTo("2");
    }

    @Test
    void aLargeRequestKeepsOnlyWhoSentItWaiting() throws Exception {
        awaitOwnLink("SET", "large", LARGE_VALUE);
        stopAmidst(Way.TO_UPSTREAM);

        heavy.send("SET", "large", LARGE_VALUE);
        heavy.send("INCR", "n");
        stuck.await();

        assertThat(call(other, "INCR", "m")).isEqualTo("1");
        mayGoOn.countDown();
        assertThat(text(heavy.read())).isEqualTo("OK");
        assertThat(text(heavy.read())).isEqualTo("2");
    }

    @Test
    void aLargeTransactionKeepsOnlyWhoSentItWaiting() throws Exception {
        awaitOwnLink("SET", "large", LARGE_VALUE);
        call(heavy, "DEL", "large");
        stopAmidst(Way.TO_UPSTREAM);

        heavy.sendText("MULTI\r\n");
        for (int i = 0; i < 3; i++) {
            heavy.send("APPEND", "large", LARGE_VALUE);
        }
        heavy.sendText("INCR n\r\nEXEC\r\n");
        stuck.await();

        assertThat(call(other, "INCR", "m")).isEqualTo("1");
        mayGoOn.countDown();
        for (int i = 0; i < 5; i++) {
            heavy.read();
        }
        assertThat(text(heavy.read())).isEqualTo("[%d, %d, %d, 2]".formatted(LARGE, 2 * LARGE, 3 * LARGE));
    }

    /** Sends it until it goes over another connection than what others send. */
    private void awaitOwnLink(String... command) {
        await().atMost(Rig.PATIENCE).pollInterval(10, TimeUnit.MILLISECONDS).until(() -> {
            call(heavy, command);
            call(other, "PING");
            return rig.redis.cli("CLIENT", "LIST").contains("cmd=" + command[0].toLowerCase(Locale.ROOT) + " ");
        });
    }

    @Test
    void noMoreThanAFewHaveALinkOfTheirOwn() {
        int before = connectionsUpstream();
        List<RespClient> many = new ArrayList<>();
        for (int i = 0; i < 2 * LINKS; i++) {
            many.add(rig.client());
        }
        await().atMost(Rig.PATIENCE).pollInterval(10, TimeUnit.MILLISECONDS).until(() -> {
            setLarge(many);
            return connectionsUpstream() - before >= LINKS;
        });

        setLarge(many);
        assertThat(connectionsUpstream() - before).isEqualTo(LINKS);
    }

    @Test
    void whereTheUpstreamLetsInNoMoreAllShareALink() {
        String epoch = Rig.epoch(other);
        rig.redis.cli("CONFIG", "SET", "maxclients", Integer.toString(connectionsUpstream() + 1)); // room for one
        List<RespClient> many = List.of(heavy, rig.client(), rig.client(), rig.client());

        for (int i = 0; i < 3; i++) {
            setLarge(many);
        }

        assertThat(Rig.epoch(other)).isEqualTo(epoch); // it has always been online
        assertThat(call(other, "INCR", "n")).isEqualTo("2");
    }

    private static void setLarge(List<RespClient> clients) {
        clients.forEach(client -> client.send("SET", "large", LARGE_VALUE));
        clients.forEach(client -> assertThat(text(client.read())).isEqualTo("OK"));
    }

    /** With that of the question. */
    private int connectionsUpstream() {
        return (int) rig.redis.cli("CLIENT", "LIST", "TYPE", "normal").lines().count();
    }

    @Test
    void requestsKeepTheirOrderWhenTheirClientBecomesHeavyAndLightAgain() {
        List<String> expected = new ArrayList<>();
        int length = 0;
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 40; i++) {
                length += 1000;
                heavy.send("APPEND", "k", "y".repeat(1000));
                expected.add(Integer.toString(length));
                heavy.send("GETRANGE", "k", "0", "-1");
                expected.add("y".repeat(length));
            }
            heavy.send("SET", "k", "");
            expected.add("OK");
            length = 0;
            for (int i = 0; i < 600; i++) {
                length++;
                heavy.send("APPEND", "k", "z");
                expected.add(Integer.toString(length));
            }
            heavy.send("DEL", "k");
            expected.add("1");
            length = 0;
        }

        for (String reply : expected) {
            assertThat(text(heavy.read())).isEqualTo(reply);
        }
    }
}
