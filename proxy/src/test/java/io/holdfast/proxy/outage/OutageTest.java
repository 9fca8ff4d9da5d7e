package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What connected clients see of an outage: the contract's ambiguity table and its table of client state. */
class OutageTest {
    @Test
    void readsAndPlainWritesInFlightAreAnsweredHereAndTheRestIsUncertain(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "k", "before");
            client.call("SET", "n", "5");
            rig.redis.freeze();
            client.send("GET", "k");
            client.send("SET", "k", "after");
            client.send("INCR", "n");
            client.send("GET", "k");
            client.send("SADD", "s", "a");
            rig.waitBriefly();

            assertThat(text(client.read())).isEqualTo("before");
            assertThat(text(client.read())).isEqualTo("OK");
            assertThat(text(client.read())).startsWith("-UNCERTAIN incr outcome unknown");
            assertThat(text(client.read())).isEqualTo("after");
            assertThat(text(client.read())).isEqualTo("1");

            rig.thaw();
            rig.awaitMode("online");
            assertThat(text(rig.direct().call("GET", "k"))).isEqualTo("after");
            assertThat(text(rig.direct().call("GET", "n"))).isIn("5", "6");
            assertThat(text(rig.direct().call("SMEMBERS", "s"))).isEqualTo("[a]");
        }
    }

    @Test
    void nothingThatAFrozenUpstreamHadInItsBuffersRunsAfterTheReturn(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "n", "0");
            rig.redis.freeze();
            for (int i = 0; i < Rig.UNDER_WAY; i++) {
                client.send("INCR", "n");
            }
            rig.waitBriefly();
            for (int i = 0; i < Rig.UNDER_WAY; i++) {
                assertThat(text(client.read())).startsWith("-UNCERTAIN");
            }
            for (int i = 0; i < 10; i++) {
                client.call("INCR", "m");
            }
            rig.thaw();
            rig.awaitMode("online");
            String afterReturn = text(rig.direct().call("GET", "n"));
            for (int i = 0; i < 50; i++) {
                client.call("INCR", "m");
            }
            assertThat(text(rig.direct().call("GET", "n"))).isEqualTo(afterReturn);
            assertThat(text(rig.direct().call("GET", "m"))).isEqualTo("60");
        }
    }

    @Test
    void aTransactionInFlightIsUncertainAsAWhole(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("GET", "a"); // the link stands: what is sent now may arrive
            client.call("MULTI");
            client.call("INCR", "a");
            client.call("INCR", "b");
            rig.redis.freeze();
            client.send("EXEC");
            rig.waitBriefly();
            assertThat(text(client.read())).startsWith("-UNCERTAIN exec outcome unknown");
            rig.thaw();
            rig.awaitMode("online");
            assertThat(text(rig.direct().call("GET", "a")))
                    .isEqualTo(text(rig.direct().call("GET", "b")));
        }
    }

    @Test
    void whatWasNotYetSentWhenTheUpstreamFrozeRunsHere(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir, Rig.BRIEF_MS)) {
            RespClient client = rig.client();
            rig.redis.freeze(); // before the first link was opened
            assertThat(text(client.call("INCR", "n"))).isEqualTo("1");
            rig.thaw();
            rig.awaitMode("online");
            assertThat(text(rig.direct().call("GET", "n"))).isEqualTo("1");
        }
    }

    @Test
    void aTransactionThatWasOpenWhenTheUpstreamWentRunsWholeOnTheOtherSide(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            assertThat(text(client.call("MULTI"))).isEqualTo("OK");
            assertThat(text(client.call("INCR", "a"))).isEqualTo("QUEUED");
            rig.goOffline();
            assertThat(text(client.call("INCR", "b"))).isEqualTo("QUEUED");
            assertThat(text(client.call("EXEC"))).isEqualTo("[1, 1]");
            client.call("MULTI");
            client.call("INCR", "a");
            rig.goOnline();
            client.call("INCR", "b");
            assertThat(text(client.call("EXEC"))).isEqualTo("[2, 2]");
            assertThat(text(rig.direct().call("MGET", "a", "b"))).isEqualTo("[2, 2]");
        }
    }

    @Test
    void aWatchDoesNotSurviveASwitchInEitherDirection(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            assertThat(text(client.call("WATCH", "k"))).isEqualTo("OK");
            rig.goOffline();
            client.call("MULTI");
            client.call("SET", "k", "v");
            assertThat(text(client.call("EXEC"))).isEqualTo("nil");

            assertThat(text(client.call("WATCH", "k"))).isEqualTo("OK");
            rig.goOnline();
            client.call("MULTI");
            client.call("SET", "k", "v");
            assertThat(text(client.call("EXEC"))).isEqualTo("nil");

            assertThat(text(client.call("WATCH", "k"))).isEqualTo("OK");
            client.call("MULTI");
            client.call("SET", "k", "v");
            assertThat(text(client.call("EXEC"))).isEqualTo("[OK]");
        }
    }

    @Test
    void aWatchedKeyThatAnotherClientChangesUpstreamAbortsExec(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("WATCH", "k");
            rig.direct().call("SET", "k", "by another");
            client.call("MULTI");
            client.call("SET", "k", "ours");
            assertThat(text(client.call("EXEC"))).isEqualTo("nil");
            assertThat(text(client.call("GET", "k"))).isEqualTo("by another");
        }
    }

    /** Ten thousand requests without a reply are the most that are taken from one client. */
    @Test
    void aClientThatAskedForExactlyAsMuchAsIsTakenIsReadFromAgain(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            rig.direct().call("CLIENT", "PAUSE", "200"); // so that all are taken before the first is answered
            client.sendText("GET k\r\n".repeat(10_000));
            for (int i = 0; i < 10_000; i++) {
                assertThat(text(client.read())).isEqualTo("nil");
            }
            assertThat(text(client.call("ECHO", "next"))).isEqualTo("next");
        }
    }

    /** Of a connection on which nothing is under way the upstream may take leave; its client is not to wait for it. */
    @Test
    void aClientWhoseIdleLinkTheUpstreamClosedIsServedAndItsWatchIsBroken(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient watcher = rig.client();
            RespClient other = rig.client();
            RespClient direct = rig.direct();
            for (int i = 0; i < 10; i++) {
                assertThat(text(watcher.call("WATCH", "k"))).isEqualTo("OK");
                String links = text(direct.call("CLIENT", "LIST"));
                String link = links.lines()
                        .filter(line -> line.contains(" cmd=watch "))
                        .findFirst()
                        .orElseThrow();
                int port = Integer.parseInt(link.replaceFirst("^.* addr=\\S+:(\\d+) .*$", "$1"));
                direct.call("CLIENT", "KILL", "ID", link.substring("id=".length(), link.indexOf(' ')));
                await().atMost(Rig.PATIENCE).until(() -> !isOpen(port));
                other.call("GET", "x"); // behind it, the loop has heard of the end of the other link
                assertThat(text(watcher.call("GET", "k"))).isEqualTo("nil");
                watcher.call("MULTI");
                watcher.call("SET", "k", "v");
                assertThat(text(watcher.call("EXEC"))).isEqualTo("nil");
            }
        }
    }

    /** Whether Holdfast holds this end of a connection; the end of another connection may come before that of this one. */
    private static boolean isOpen(int port) throws IOException {
        String end = String.format(":%04X", port);
        for (Path table : List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"))) {
            for (String line : Files.exists(table) ? Files.readAllLines(table) : List.<String>of()) {
                String[] columns = line.trim().split(" +", -1);
                boolean established = columns[3].equals("01") || columns[3].equals("08"); // or closed by the other end
                if (established && columns[1].endsWith(end)) {
                    return true;
                }
            }
        }
        return false;
    }

    @ParameterizedTest
    @EnumSource(RespVersion.class)
    void aSubscriberStaysSubscribedThroughTheOutage(RespVersion version, @TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient subscriber = rig.client(version);
            RespClient other = rig.client();
            assertThat(text(subscriber.call("SUBSCRIBE", "news"))).isEqualTo("[subscribe, news, 1]");
            assertThat(text(other.call("PUBLISH", "news", "online"))).isEqualTo("1");
            assertThat(text(subscriber.read())).isEqualTo("[message, news, online]");

            rig.goOffline();
            assertThat(text(other.call("PUBLISH", "news", "offline"))).isEqualTo("1");
            assertThat(text(subscriber.read())).isEqualTo("[message, news, offline]");
            assertThat(text(subscriber.call("PSUBSCRIBE", "n*"))).isEqualTo("[psubscribe, n*, 2]");

            rig.goOnline();
            RespClient direct = rig.direct();
            await().atMost(Rig.PATIENCE)
                    .until(() -> text(direct.call("PUBSUB", "NUMSUB", "news")).equals("[news, 1]")
                            && text(direct.call("PUBSUB", "NUMPAT")).equals("1"));
            assertThat(text(direct.call("PUBLISH", "news", "back"))).isEqualTo("2");
            assertThat(text(subscriber.read())).isEqualTo("[message, news, back]");
            assertThat(text(subscriber.read())).isEqualTo("[pmessage, n*, news, back]");
        }
    }

    @ParameterizedTest
    @EnumSource(RespVersion.class)
    void whoAsksIsToldForHowLongTheUpstreamWasNotHeard(RespVersion version, @TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient asking = rig.client(version);
            RespClient listeningToAll = rig.client(version);
            assertThat(text(asking.call("SUBSCRIBE", "holdfast:gap"))).isEqualTo("[subscribe, holdfast:gap, 1]");
            assertThat(text(listeningToAll.call("PSUBSCRIBE", "*"))).isEqualTo("[psubscribe, *, 1]");
            rig.goOffline();
            rig.goOnline();
            assertThat(text(asking.read())).matches("\\[message, holdfast:gap, \\d+\\]");
            RespClient direct = rig.direct();
            await().atMost(Rig.PATIENCE)
                    .until(() -> text(direct.call("PUBSUB", "NUMPAT")).equals("1"));
            direct.call("PUBLISH", "news", "back");
            assertThat(text(listeningToAll.read())).isEqualTo("[pmessage, *, news, back]");
        }
    }

    @Test
    void theSelectedDatabaseIsKeptAcrossBothSwitches(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SELECT", "3");
            client.call("SET", "k", "three");
            rig.goOffline();
            assertThat(text(client.call("GET", "k"))).isEqualTo("three");
            client.call("APPEND", "k", "+offline");
            rig.goOnline();
            assertThat(text(client.call("GET", "k"))).isEqualTo("three+offline");
            RespClient direct = rig.direct();
            assertThat(text(direct.call("GET", "k"))).isEqualTo("nil");
            direct.call("SELECT", "3");
            assertThat(text(direct.call("GET", "k"))).isEqualTo("three+offline");
        }
    }

    @Test
    void aBlockedClientIsToldThatTheInstanceHasChanged(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.send("BLPOP", "queue", "0");
            RespClient direct = rig.direct();
            await().atMost(Rig.PATIENCE)
                    .until(() -> text(direct.call("CLIENT", "LIST")).contains("cmd=blpop"));
            rig.goOffline();
            assertThat(text(client.read())).startsWith("-UNBLOCKED force unblock from blocking operation");
            assertThat(text(client.call("PING"))).isEqualTo("PONG");
        }
    }

    @Test
    void anExpiredKeyDoesNotComeBackAndAnErrorIsNotJournaled(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "status", "busy", "PX", "300");
            client.call("RPUSH", "list", "a");
            Rig.awaitKnown(client, "list");
            rig.goOffline();
            assertThat(text(client.call("GET", "list"))).startsWith("-WRONGTYPE");
            client.call("SET", "brief", "x", "PX", "1");
            await().atMost(Rig.PATIENCE)
                    .until(() -> text(client.call("EXISTS", "status", "brief")).equals("0"));
            rig.goOnline();
            assertThat(text(rig.direct().call("EXISTS", "status", "brief"))).isEqualTo("0");
            assertThat(text(client.call("INFO", "holdfast"))).contains("dead_letters:0");
        }
    }

    @Test
    void anOperatorCanHoldItOfflineAndLetItReturn(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            assertThat(text(client.call("HOLDFAST", "OFFLINE", "maintenance"))).isEqualTo("OK");
            assertThat(text(client.call("INFO", "holdfast"))).contains("mode:offline", "maintenance");
            client.call("INCR", "n");
            assertThat(text(rig.direct().call("GET", "n"))).isEqualTo("nil");
            assertThat(text(client.call("HOLDFAST", "ONLINE"))).isEqualTo("OK");
            rig.awaitMode("online");
            assertThat(text(rig.direct().call("GET", "n"))).isEqualTo("1");
        }
    }

    @Test
    void whatWasFlushedBeforeTheCutDoesNotComeBack(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "flushed", "v");
            client.call("FLUSHALL");
            client.call("SET", "swapped", "v");
            client.call("SWAPDB", "0", "1");
            client.call("GET", "flushed");
            client.call("SELECT", "1");
            client.call("SET", "there", "v");
            client.call("MULTI");
            client.call("FLUSHDB");
            client.call("SET", "k", "v");
            client.call("EXEC");
            rig.goOffline();

            assertThat(text(client.call("KEYS", "*"))).isEqualTo("[k]");
            client.call("SELECT", "0");
            assertThat(text(client.call("DBSIZE"))).isEqualTo("0");
        }
    }

    @Test
    void flushingIsRefusedWhileTheUpstreamIsAway(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "k", "v");
            rig.goOffline();
            assertThat(text(client.call("FLUSHALL"))).startsWith("-NOFLUSH");
            assertThat(text(client.call("GET", "k"))).isEqualTo("v");
        }
    }
}
