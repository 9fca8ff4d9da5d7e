package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.StartupException;
import io.holdfast.proxy.upstream.LostReplyPolicy;
import io.holdfast.proxy.upstream.SwitchRules;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients see of a switch where the configuration wants something else than the default: lost replies, C2, C4 and C6. */
class SwitchRulesTest {
    private static final String UNCERTAIN = "outcome unknown";

    private static Rig rig(Path dataDir, SwitchRules rules) throws StartupException {
        return Rig.with(dataDir, config -> config.withSwitches(rules));
    }

    private static Rig rig(Path dataDir, LostReplyPolicy policy) throws StartupException {
        return rig(dataDir, new SwitchRules(policy, false, false));
    }

    private static List<String> read(RespClient client, int count) {
        List<String> replies = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            replies.add(text(client.read()));
        }
        return replies;
    }

    /** A client whose link is there already, and whose keys are known here. */
    private static RespClient connected(Rig rig) {
        RespClient client = rig.client();
        client.call("SET", "n", "5");
        client.call("SET", "k", "before");
        client.call("GET", "n"); // now the copy has both
        return client;
    }

    /** Sends a read and writes of several kinds whose replies do not come, though they may have been carried out. */
    private static RespClient cutBeforeReplies(Rig rig) {
        RespClient client = connected(rig);
        rig.cable.tripAfter(Cable.Way.FROM_UPSTREAM, 0, rig.cable::cut);
        client.sendText(
                "GET k\r\nSET k after\r\nINCR n\r\nGET k\r\n"); // all are under way before the first is answered
        return client;
    }

    private static void sendTransaction(RespClient client) {
        client.send("MULTI");
        client.send("INCR", "n");
        client.send("EXEC");
    }

    @Test
    void everyWriteRunsAgainWhereThatIsWanted(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, LostReplyPolicy.RETRY)) {
            RespClient client = cutBeforeReplies(rig);
            assertThat(read(client, 4)).containsExactly("before", "OK", "6", "after");
            rig.goOnline();
            assertThat(text(rig.direct().call("GET", "n"))).isIn("6", "7");
            assertThat(text(client.call("INFO", "holdfast"))).contains("uncertain:0\r\n");
        }
    }

    @Test
    void aTransactionRunsAgainAsAWhole(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, LostReplyPolicy.RETRY)) {
            RespClient client = connected(rig);
            rig.redis.freeze();
            sendTransaction(client);
            rig.waitBriefly();
            assertThat(read(client, 3)).containsExactly("OK", "QUEUED", "[6]");
            rig.thaw();
            rig.awaitMode("online");
            assertThat(text(rig.direct().call("GET", "n"))).isIn("6", "7");
        }
    }

    @Test
    void noWriteRunsAgainWhereThatIsWanted(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, LostReplyPolicy.UNCERTAIN)) {
            RespClient client = cutBeforeReplies(rig);
            List<String> replies = read(client, 4);
            assertThat(replies.get(0)).isEqualTo("before");
            assertThat(replies.get(1)).startsWith("-UNCERTAIN set " + UNCERTAIN);
            assertThat(replies.get(2)).startsWith("-UNCERTAIN incr " + UNCERTAIN);
            assertThat(replies.get(3)).isEqualTo("before");
            assertThat(text(client.call("INFO", "holdfast"))).contains("uncertain:2\r\n", "journal_pending:0\r\n");
        }
    }

    @Test
    void aConnectionEndsBeforeTheFirstReplyThatNobodyKnows(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, LostReplyPolicy.CLOSE)) {
            RespClient client = cutBeforeReplies(rig);
            assertThat(read(client, 2)).containsExactly("before", "OK");
            assertThat(client.isClosedByServer()).isTrue();
            RespClient other = rig.client();
            assertThat(text(other.call("GET", "k"))).isEqualTo("after");
            assertThat(text(other.call("INFO", "holdfast"))).contains("uncertain:1\r\n");
            rig.goOnline();
            assertThat(text(rig.direct().call("MGET", "k", "n"))).isIn("[after, 5]", "[after, 6]");
        }
    }

    @Test
    void nothingRunsThatWasSentBehindIt(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, LostReplyPolicy.CLOSE)) {
            RespClient client = connected(rig);
            rig.redis.freeze();
            sendTransaction(client);
            client.send("SET", "behind", "v");
            rig.waitBriefly();
            assertThat(read(client, 2)).containsExactly("OK", "QUEUED");
            assertThat(client.isClosedByServer()).isTrue();
            RespClient other = rig.client();
            assertThat(text(other.call("INFO", "holdfast"))).contains("journal_pending:0\r\n");
            assertThat(text(other.call("GET", "behind"))).isEqualTo("nil");
        }
    }

    @Test
    void whoWaitsUpstreamIsCutOffToo(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, LostReplyPolicy.CLOSE)) {
            RespClient waiting = waiting(rig);
            rig.goOffline();
            assertThat(waiting.isClosedByServer()).isTrue();
        }
    }

    // ---- C4

    private static RespClient waiting(Rig rig) {
        RespClient waiting = rig.client();
        waiting.send("BLPOP", "queue", "1000");
        RespClient direct = rig.direct();
        await().atMost(Rig.PATIENCE)
                .until(() -> text(direct.call("INFO", "clients")).contains("blocked_clients:1\r\n"));
        return waiting;
    }

    @Test
    void whoWaitsUpstreamGoesOnWaitingHere(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, new SwitchRules(LostReplyPolicy.SETTLE, true, false))) {
            RespClient waiting = waiting(rig);
            rig.goOffline();
            RespClient other = rig.client();
            assertThat(text(other.call("INFO", "clients"))).contains("blocked_clients:1\r\n");
            assertThat(text(other.call("RPUSH", "queue", "x", "y"))).isEqualTo("2");
            assertThat(text(waiting.read())).isEqualTo("[queue, x]");
            rig.goOnline();
            assertThat(text(rig.direct().call("LRANGE", "queue", "0", "-1"))).isEqualTo("[y]");
        }
    }

    @Test
    void andBackUpstream(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, new SwitchRules(LostReplyPolicy.SETTLE, true, false))) {
            RespClient waiting = waiting(rig);
            rig.goOffline();
            rig.goOnline();
            RespClient direct = rig.direct();
            await().atMost(Rig.PATIENCE)
                    .until(() -> text(direct.call("CLIENT", "LIST")).contains("cmd=blpop"));
            direct.call("RPUSH", "queue", "x");
            assertThat(text(waiting.read())).isEqualTo("[queue, x]");
        }
    }

    /** It was popped there, and nobody was told: here it is yet, and whoever waited for it gets it. */
    @Test
    void anElementThatWasPoppedForNobodyIsHandedOut(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, new SwitchRules(LostReplyPolicy.SETTLE, true, false))) {
            RespClient client = rig.client();
            client.call("RPUSH", "queue", "x", "y");
            client.call("LRANGE", "queue", "0", "-1"); // now the copy has it
            rig.cable.tripAfter(Cable.Way.FROM_UPSTREAM, 0, rig.cable::cut);
            assertThat(text(client.call("BLPOP", "queue", "1000"))).isEqualTo("[queue, x]");
            rig.goOnline();
            assertThat(text(rig.direct().call("LRANGE", "queue", "0", "-1"))).isEqualTo("[y]");
        }
    }

    @Test
    void whatWasSentBehindItWouldOvertakeIt(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, new SwitchRules(LostReplyPolicy.SETTLE, true, false))) {
            RespClient waiting = waiting(rig);
            waiting.send("PING");
            RespClient direct = rig.direct();
            await().atMost(Rig.PATIENCE)
                    .until(() -> text(direct.call("CLIENT", "LIST")).contains(" qbuf=14 "));
            rig.goOffline();
            assertThat(text(waiting.read())).startsWith("-UNBLOCKED");
            assertThat(text(waiting.read())).isEqualTo("PONG");
        }
    }

    // ---- C6

    @Test
    void subscribersNoticeEachSwitch(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, new SwitchRules(LostReplyPolicy.SETTLE, false, true))) {
            RespClient before = rig.client();
            RespClient other = rig.client();
            before.call("SUBSCRIBE", "news");
            rig.goOffline();
            assertThat(before.isClosedByServer()).isTrue();
            RespClient meanwhile = rig.client();
            meanwhile.call("PSUBSCRIBE", "n*");
            assertThat(text(other.call("PUBLISH", "news", "offline"))).isEqualTo("1");
            assertThat(text(meanwhile.read())).isEqualTo("[pmessage, n*, news, offline]");
            rig.goOnline();
            assertThat(meanwhile.isClosedByServer()).isTrue();
            assertThat(text(other.call("PING"))).isEqualTo("PONG");
        }
    }

    @Test
    void theRulesCanChangeWhileItRuns(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient subscriber = rig.client();
            subscriber.call("SUBSCRIBE", "news");
            RespClient waiting = waiting(rig);
            assertThat(text(rig.client()
                            .call(
                                    "HOLDFAST",
                                    "CONFIG",
                                    "SET",
                                    "fallback.subscribers",
                                    "close",
                                    "fallback.blocked_clients",
                                    "migrate")))
                    .startsWith("[changed, ");
            rig.goOffline();
            assertThat(subscriber.isClosedByServer()).isTrue();
            rig.client().call("RPUSH", "queue", "x");
            assertThat(text(waiting.read())).isEqualTo("[queue, x]");
        }
    }
}
