package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Messages that are published in an outage and are to reach who listens upstream (contract, C7, {@code publish=journal}). */
class PublishOutageTest {
    private Rig rig;
    private RespClient client;
    /** Listens upstream, to everything. */
    private RespClient there;

    @BeforeEach
    void start(@TempDir Path dataDir) throws Exception {
        rig = new Rig(dataDir);
        client = rig.client();
        publish("journal");
        there = rig.direct();
        there.call("PSUBSCRIBE", "*");
    }

    private void publish(String rule) {
        assertThat(text(client.call("HOLDFAST", "CONFIG", "SET", "offline.publish", rule)))
                .startsWith("[changed, ");
    }

    @AfterEach
    void end() {
        rig.close();
    }

    /** What is published once everything else has been heard. */
    private void assertNothingMoreComes() {
        rig.direct().call("PUBLISH", "end", "end");
        assertThat(text(there.read())).isEqualTo("[pmessage, *, end, end]");
    }

    @Test
    void aMessageReachesWhoListensHereAtOnceAndThoseThereLater() {
        RespClient here = rig.client();
        here.call("SUBSCRIBE", "news");
        rig.goOffline();
        assertThat(text(client.call("PUBLISH", "news", "1"))).isEqualTo("1");
        assertThat(text(here.read())).isEqualTo("[message, news, 1]");
        assertThat(text(client.call("INFO", "holdfast"))).contains("journal_pending:1\r\n");
        rig.goOnline();
        assertThat(text(there.read())).isEqualTo("[pmessage, *, news, 1]");
        assertNothingMoreComes();
        RespClient direct = rig.direct();
        await().atMost(Rig.PATIENCE)
                .until(() -> text(direct.call("PUBSUB", "NUMSUB", "news")).equals("[news, 1]"));
        direct.call("PUBLISH", "news", "2");
        assertThat(text(here.read())).isEqualTo("[message, news, 2]"); // and not the first one again
    }

    @Test
    void messagesComeInOrderAndWithTheWritesAroundThem() {
        rig.goOffline();
        client.call("INCR", "n");
        client.call("PUBLISH", "news", "1");
        client.call("INCR", "n");
        client.call("MULTI");
        client.call("SET", "k", "v");
        client.call("PUBLISH", "news", "2");
        client.call("EXEC");
        client.call("EVAL", "redis.call('PUBLISH', 'news', ARGV[1]); return redis.call('INCR', 'n')", "0", "3");
        rig.goOnline();
        assertThat(text(there.read())).isEqualTo("[pmessage, *, news, 1]");
        assertThat(text(there.read())).isEqualTo("[pmessage, *, news, 2]");
        assertThat(text(there.read())).isEqualTo("[pmessage, *, news, 3]");
        assertNothingMoreComes();
        assertThat(text(rig.direct().call("MGET", "n", "k"))).isEqualTo("[3, v]");
    }

    @Test
    void aMessageThatTheUpstreamMayHaveCarriedIsNotRepeatedThere() {
        RespClient here = rig.client();
        here.call("SUBSCRIBE", "news");
        client.call("SET", "k", "v"); // the link is there
        rig.redis.freeze();
        client.send("PUBLISH", "news", "1");
        rig.waitBriefly();
        assertThat(text(client.read())).isEqualTo("1");
        assertThat(text(here.read())).isEqualTo("[message, news, 1]");
        assertThat(text(client.call("INFO", "holdfast"))).contains("journal_pending:0\r\n");
        rig.thaw();
    }

    @Test
    void byDefaultItReachesOnlyWhoListensHere() {
        publish("local");
        rig.goOffline();
        assertThat(text(client.call("PUBLISH", "news", "1"))).isEqualTo("0");
        assertThat(text(client.call("INFO", "holdfast"))).contains("journal_pending:0\r\n");
        rig.goOnline();
        assertNothingMoreComes();
    }
}
