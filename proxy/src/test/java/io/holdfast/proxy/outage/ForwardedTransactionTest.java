package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.call;
import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Transactions that run upstream, with commands in them that are a matter of the client's own connection. */
class ForwardedTransactionTest {
    private static final String ABORTED = "-EXECABORT Transaction discarded because of previous errors.";

    private Rig rig;
    private RespClient client;
    /** Has the link upstream that {@code client} has. */
    private RespClient other;

    @BeforeEach
    void start(@TempDir Path dataDir) throws Exception {
        rig = new Rig(dataDir);
        client = rig.client();
        other = rig.client();
        other.call("SET", "k", "v");
    }

    @AfterEach
    void end() {
        rig.close();
    }

    // ---- what would change the state of a link that others use

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SUBSCRIBE c",
                "PSUBSCRIBE c",
                "SSUBSCRIBE c",
                "UNSUBSCRIBE",
                "PUNSUBSCRIBE c",
                "SUNSUBSCRIBE",
                "subscribe c d"
            })
    void aSubscriptionInATransactionIsRefusedAndNobodyElseHearsOfIt(String command) {
        String[] words = command.split(" ", -1);
        call(client, "MULTI");
        call(client, "SET", "k", "w");

        assertThat(call(client, words))
                .isEqualTo(
                        "-ERR " + words[0].toUpperCase(Locale.ROOT) + " is not passed on in transactions by Holdfast");
        assertThat(call(client, "EXEC")).isEqualTo(ABORTED);

        assertThat(call(other, "GET", "k")).isEqualTo("v");
        assertThat(call(client, "GET", "k")).isEqualTo("v");
        assertThat(call(rig.direct(), "PUBSUB", "NUMPAT")).isEqualTo("0");
    }

    @Test
    void aSubscriptionWithoutAChannelIsRefusedAsByRedis() {
        call(client, "MULTI");

        assertThat(call(client, "SUBSCRIBE")).isEqualTo("-ERR wrong number of arguments for 'subscribe' command");
        assertThat(call(client, "EXEC")).isEqualTo(ABORTED);
    }

    @Test
    void aSubscriptionThatWasQueuedInAnOutageAbortsTheTransactionBehindIt() {
        rig.goOffline();
        call(client, "MULTI");
        call(client, "SET", "k", "w");
        assertThat(call(client, "SUBSCRIBE", "c")).isEqualTo("QUEUED");
        rig.goOnline();

        assertThat(call(client, "EXEC")).isEqualTo(ABORTED);

        assertThat(call(other, "GET", "k")).isEqualTo("v");
        assertThat(call(client, "GET", "k")).isEqualTo("v");
    }

    @Test
    void aSubscriptionInATransactionThatRunsInAnOutageIsHeardBehindItToo() {
        rig.goOffline();
        call(client, "MULTI");
        call(client, "SUBSCRIBE", "c");
        assertThat(call(client, "EXEC")).isEqualTo("[[subscribe, c, 1]]");
        rig.goOnline();
        RespClient direct = rig.direct();
        await().atMost(Rig.PATIENCE)
                .until(() -> call(direct, "PUBSUB", "NUMSUB", "c").equals("[c, 1]"));

        call(other, "PUBLISH", "c", "news");

        assertThat(text(client.read())).isEqualTo("[message, c, news]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MONITOR",
                "SYNC",
                "PSYNC ? -1",
                "REPLCONF listening-port 1",
                "SHUTDOWN NOSAVE",
                "FAILOVER",
                "READONLY",
                "READWRITE",
                "ASKING",
                "AUTH wrong",
                "HELLO 3",
                "RESET",
                "SELECT 5",
                "WATCH k",
                "CLIENT TRACKING ON",
                "CLIENT CACHING YES",
                "CLIENT NO-EVICT ON",
                "CLIENT NO-TOUCH ON",
                "CLIENT SETNAME x",
                "CLIENT REPLY SKIP",
                "CLIENT UNHEARD OF",
                "SCRIPT DEBUG YES",
                "WAIT 1 0",
                "BLPOP none 0"
            })
    void nothingInATransactionReachesTheClientsThatShareTheLink(String command) {
        client.sendText("MULTI\r\n" + command + "\r\nEXEC\r\n");
        RespClient third = rig.client();
        third.speak(RespVersion.RESP3);

        for (int i = 0; i < 3; i++) {
            assertThat(call(other, "SET", "k", "v" + i)).isEqualTo("OK");
            assertThat(call(other, "GET", "k")).isEqualTo("v" + i);
            assertThat(call(other, "EVAL", "return 'e'", "0")).isEqualTo("e");
            assertThat(call(third, "GET", "k")).isEqualTo("v" + i);
        }
        assertThat(call(other, "INFO", "holdfast")).contains("mode:online\r\n");
        assertThat(call(rig.direct(), "GET", "k")).isEqualTo("v2");
    }

    // ---- what is carried out here

    private static List<String> replies(RespClient of, int count) {
        return Stream.generate(() -> text(of.read())).limit(count).toList();
    }

    @Test
    void whatIsSentBehindATransactionDoesNotGetIntoItNorItsCommandsIntoTheNext() {
        client.sendText("MULTI\r\nGET k\r\nCLIENT GETNAME\r\nEXEC\r\nMULTI\r\nSET b 1\r\n");
        assertThat(replies(client, 6)).containsExactly("OK", "QUEUED", "QUEUED", "[v, nil]", "OK", "QUEUED");

        assertThat(call(client, "EXEC")).isEqualTo("[OK]");
    }

    @Test
    void whatIsSentBehindATransactionFindsWhatThatHasChangedHere() {
        client.sendText("MULTI\r\nGET k\r\nCLIENT SETNAME x\r\nEXEC\r\nCLIENT GETNAME\r\nGET k\r\n");

        assertThat(replies(client, 6)).containsExactly("OK", "QUEUED", "QUEUED", "[v, OK]", "x", "v");
    }

    @Test
    void whatWaitsForATransactionGoesOnWhenThatIsLost() {
        rig.redis.freeze();
        client.sendText("MULTI\r\nINCR n\r\nCLIENT SETNAME x\r\nEXEC\r\nECHO behind\r\n");
        assertThat(replies(client, 3)).containsExactly("OK", "QUEUED", "QUEUED");
        rig.cable.cut();

        assertThat(text(client.read())).startsWith("-UNCERTAIN exec ");
        assertThat(text(client.read())).isEqualTo("behind");
        rig.thaw();
    }

    @Test
    void monitorInATransactionIsRefusedAsByRedis() {
        call(client, "MULTI");
        call(client, "MONITOR");

        assertThat(call(client, "EXEC")).isEqualTo("[-ERR MONITOR isn't allowed for DENY BLOCKING client]");

        assertThat(call(client, "GET", "k")).isEqualTo("v");
    }

    @Test
    void whoKillsItselfInATransactionGetsItsReplyAndIsGone() {
        String id = call(client, "CLIENT", "ID");
        call(client, "MULTI");
        call(client, "CLIENT", "KILL", "ID", id, "SKIPME", "no");

        assertThat(call(client, "EXEC")).isEqualTo("[1]");

        assertThat(client.isClosedByServer()).isTrue();
    }

    // ---- what tracking clients are told

    @Test
    void cachingThatWasAskedForBeforeATransactionCountsForAllOfIt() {
        client.speak(RespVersion.RESP3);
        call(client, "CLIENT", "TRACKING", "ON", "OPTIN");
        call(client, "CLIENT", "CACHING", "YES");
        client.sendText("MULTI\r\nGET k\r\nGET l\r\nEXEC\r\nGET m\r\n");
        replies(client, 5);

        call(rig.direct(), "MSET", "m", "1", "k", "1", "l", "1");

        assertThat(replies(client, 2)).containsExactly("[invalidate, [k]]", "[invalidate, [l]]");
    }

    @Test
    void cachingThatIsAskedForInATransactionCountsForWhatIsBehindItThere() {
        client.speak(RespVersion.RESP3);
        call(client, "CLIENT", "TRACKING", "ON", "OPTIN");
        client.sendText("MULTI\r\nGET l\r\nCLIENT CACHING YES\r\nGET k\r\nEXEC\r\nGET m\r\n");
        replies(client, 6);

        call(rig.direct(), "MSET", "m", "1", "l", "1", "k", "1");

        assertThat(text(client.read())).isEqualTo("[invalidate, [k]]");
    }

    /** Nobody may have listened while they were read. */
    @Test
    void whoBeginsToTrackInATransactionIsToldThatWhatItHasReadThereMayBeOutdated() {
        client.speak(RespVersion.RESP3);
        client.sendText("MULTI\r\nGET l\r\nCLIENT TRACKING ON\r\nGET k\r\nEXEC\r\nGET k\r\n");
        assertThat(replies(client, 7))
                .containsExactly("OK", "QUEUED", "QUEUED", "QUEUED", "[nil, OK, v]", "[invalidate, [k]]", "v");

        call(rig.direct(), "SET", "k", "w");

        assertThat(text(client.read())).isEqualTo("[invalidate, [k]]");
    }
}
