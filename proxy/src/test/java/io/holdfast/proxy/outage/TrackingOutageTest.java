package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that keep values themselves, and those that watch others, through an outage and back (contract, C9, C11). */
class TrackingOutageTest {
    @Test
    void aTrackingClientIsToldOfChangesWhereverTheyHappen(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient tracking = rig.client(RespVersion.RESP3);
            RespClient other = rig.client();
            RespClient direct = rig.direct();
            assertThat(text(tracking.call("CLIENT", "TRACKING", "ON"))).isEqualTo("OK");
            assertThat(text(tracking.call("GET", "k"))).isEqualTo("nil");
            direct.call("SET", "k", "by a stranger");
            assertThat(text(tracking.read())).isEqualTo("[invalidate, [k]]");
            assertThat(text(tracking.call("GET", "k"))).isEqualTo("by a stranger");
            other.call("SET", "k", "by another client");
            assertThat(text(tracking.read())).isEqualTo("[invalidate, [k]]");
            tracking.call("GET", "k");

            rig.goOffline();
            assertThat(text(tracking.read())).isEqualTo("[invalidate, nil]");
            assertThat(text(tracking.call("GET", "k"))).isEqualTo("by another client");
            other.call("SET", "k", "offline");
            assertThat(text(tracking.read())).isEqualTo("[invalidate, [k]]");
            tracking.call("GET", "k");

            rig.goOnline();
            assertThat(text(tracking.read())).isEqualTo("[invalidate, nil]");
            assertThat(text(tracking.call("GET", "k"))).isEqualTo("offline");
            direct.call("DEL", "k");
            assertThat(text(tracking.read())).isEqualTo("[invalidate, [k]]");
        }
    }

    @Test
    void anotherConnectionIsToldInResp2(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient reader = rig.client();
            RespClient listener = rig.client();
            String id = text(listener.call("CLIENT", "ID"));
            listener.call("SUBSCRIBE", "__redis__:invalidate");
            reader.call("CLIENT", "TRACKING", "ON", "REDIRECT", id);
            reader.call("MGET", "a", "b");
            rig.direct().call("SET", "b", "x");
            assertThat(text(listener.read())).isEqualTo("[message, __redis__:invalidate, [b]]");
            rig.goOffline();
            assertThat(text(listener.read())).isEqualTo("[message, __redis__:invalidate, nil]");
        }
    }

    /** As an upstream does with connections that are idle for its timeout, and a person by CLIENT KILL. */
    @Test
    void aLostConnectionOnWhichChangesAreToldIsNoOutage(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient tracking = rig.client(RespVersion.RESP3);
            tracking.call("CLIENT", "TRACKING", "ON");
            tracking.call("GET", "k");
            String epoch = Rig.info(rig.client(), "epoch");

            rig.direct().call("CLIENT", "KILL", "ID", hearsAll(rig.direct()));
            rig.direct().call("SET", "k", "unheard perhaps");

            assertThat(text(tracking.read())).isEqualTo("[invalidate, nil]");
            assertThat(text(tracking.call("GET", "k"))).isEqualTo("unheard perhaps");
            rig.direct().call("SET", "k", "heard");
            assertThat(text(tracking.read())).isEqualTo("[invalidate, [k]]");
            assertThat(Rig.info(rig.client(), "epoch")).isEqualTo(epoch);
        }
    }

    @Test
    void theConnectionOnWhichChangesAreToldIsKeptInUse(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient tracking = rig.client(RespVersion.RESP3);
            tracking.call("CLIENT", "TRACKING", "ON");
            tracking.call("GET", "k");
            RespClient direct = rig.direct();

            await().atMost(Rig.PATIENCE)
                    .until(() -> text(direct.call("CLIENT", "LIST", "ID", hearsAll(direct)))
                            .contains(" cmd=ping "));
        }
    }

    /** The number upstream of the connection that is told of all keys. */
    private static String hearsAll(RespClient direct) {
        return text(direct.call("CLIENT", "LIST"))
                .lines()
                .filter(line -> line.matches(".* flags=[A-Za-z]*B[A-Za-z]* .*"))
                .map(line -> line.replaceFirst("^id=([0-9]+) .*", "$1"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void whatAScriptUpstreamIsGivenCountsAsRead(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient tracking = rig.client(RespVersion.RESP3);
            tracking.call("CLIENT", "TRACKING", "ON");
            assertThat(text(tracking.call("EVAL", "return redis.call('GET', KEYS[1])", "1", "k")))
                    .isEqualTo("nil");
            rig.direct().call("SET", "k", "v");
            assertThat(text(tracking.read())).isEqualTo("[invalidate, [k]]");

            tracking.call("MULTI");
            tracking.call("EVAL", "return redis.call('GET', KEYS[1])", "1", "k");
            assertThat(text(tracking.call("EXEC"))).isEqualTo("[v]");
            rig.direct().call("SET", "k", "w");
            assertThat(text(tracking.read())).isEqualTo("[invalidate, [k]]");
        }
    }

    @Test
    void aMonitorSeesWhatIsAnsweredUpstreamAndWhatIsAnsweredHere(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient monitor = rig.client();
            RespClient other = rig.client();
            assertThat(text(monitor.call("MONITOR"))).isEqualTo("OK");
            other.call("SET", "k", "v");
            assertThat(text(monitor.read())).endsWith("\"SET\" \"k\" \"v\"");
            other.call("MULTI");
            other.call("GET", "k");
            other.call("EXEC");
            assertThat(text(monitor.read())).endsWith("\"MULTI\"");
            assertThat(text(monitor.read())).endsWith("\"GET\" \"k\"");
            assertThat(text(monitor.read())).endsWith("\"EXEC\"");
            rig.cable.cut();
            assertThat(text(other.call("GET", "other"))).isEqualTo("nil");
            assertThat(text(monitor.read())).endsWith("\"GET\" \"other\"");
        }
    }

    @Test
    void repliesThatAreNotWantedAreLeftOutOnBothSides(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.send("CLIENT", "REPLY", "OFF");
            client.send("SET", "k", "1");
            client.send("CLIENT", "REPLY", "ON");
            assertThat(text(client.read())).isEqualTo("OK");
            assertThat(text(client.call("INCR", "k"))).isEqualTo("2");
            rig.goOffline();
            client.send("CLIENT", "REPLY", "SKIP");
            client.send("INCR", "k");
            assertThat(text(client.call("INCR", "k"))).isEqualTo("4");
        }
    }

    @Test
    void pausedWritesWaitWhileTheUpstreamAnswers(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            RespClient other = rig.client();
            assertThat(text(other.call("CLIENT", "PAUSE", "100000", "WRITE"))).isEqualTo("OK");
            client.send("SET", "k", "1");
            assertThat(text(other.call("GET", "k"))).isEqualTo("nil");
            other.call("CLIENT", "UNPAUSE");
            assertThat(text(client.read())).isEqualTo("OK");
        }
    }
}
