package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.awaitInfo;
import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.proxy.admin.cli.AuditCommand;
import io.holdfast.proxy.admin.cli.SyncCommand;
import io.holdfast.resp.Reply;
import io.holdfast.testing.RespClient;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** An operator looks into the journal and has a hand on the replay, before a real upstream. */
class SyncDeskTest {
    private static final int TIMEOUT_MS = 10_000;

    private static String ask(RespClient client, String... command) {
        return text(client.call(command));
    }

    @Test
    void theJournalSaysWhatWaitsWhatIsThereAndWhatWasRefused(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir, TIMEOUT_MS)) {
            RespClient client = rig.client();
            rig.goOffline();
            client.call("SET", "a", "1");
            client.call("RPUSH", "b", "x");
            rig.direct().call("SET", "b", "in the way");
            String before = ask(client, "HOLDFAST", "JOURNAL", "LIST", "MATCH", "a");
            rig.goOnline();

            String after = ask(client, "HOLDFAST", "JOURNAL", "LIST", "MATCH", "?");
            String pushes = ask(client, "HOLDFAST", "JOURNAL", "LIST", "TYPE", "rpush");

            assertThat(before).contains("scope, upstream, state, pending, effects, 1, db, 0, command, SET, key, a");
            assertThat(after)
                    .contains("scope, upstream, state, confirmed, effects, 1, db, 0, command, SET, key, a")
                    .contains("scope, upstream, state, dead, effects, 1, db, 0, command, RPUSH, key, b");
            assertThat(pushes).contains("command, RPUSH, key, b,").doesNotContain("command, SET,");
            assertThat(ask(client, "HOLDFAST", "JOURNAL", "LIST", "TYPE", "rpush", "MATCH", "a"))
                    .isEqualTo("[]");
            assertThat(ask(client, "HOLDFAST", "JOURNAL", "STATS"))
                    .contains("pending, 0, dead_letters, 1, segments, 1");
        }
    }

    @Test
    void anEntryIsShownWithItsEffectsAndAListGoesOnWhereItIsToldTo(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir, TIMEOUT_MS)) {
            RespClient client = rig.client();
            rig.goOffline();
            for (int i = 0; i < 5; i++) {
                client.call("LPUSH", "list", "v" + i);
            }
            String newest = ask(client, "INFO", "holdfast")
                    .lines()
                    .filter(line -> line.startsWith("journal_sequence:"))
                    .map(line -> line.substring("journal_sequence:".length()))
                    .findFirst()
                    .orElseThrow();
            long last = Long.parseLong(newest);

            assertThat(ask(client, "HOLDFAST", "JOURNAL", "SHOW", newest))
                    .startsWith("[sequence, " + last + ", ")
                    .contains("effect, [LPUSH, list, v4]")
                    .contains("client, default at "
                            + text(client.call("CLIENT", "INFO")).replaceAll("(?s).* addr=(\\S+).*", "$1") + ",");
            assertThat(client.call("HOLDFAST", "JOURNAL", "LIST", "FROM", Long.toString(last - 1)))
                    .isInstanceOfSatisfying(
                            Reply.Array.class, rows -> assertThat(rows.items()).hasSize(2));
            assertThat(client.call("HOLDFAST", "JOURNAL", "LIST", "COUNT", "3"))
                    .isInstanceOfSatisfying(
                            Reply.Array.class, rows -> assertThat(rows.items()).hasSize(3));
            assertThat(ask(client, "HOLDFAST", "JOURNAL", "LIST", "FROM", "1000"))
                    .isEqualTo("[]");
            assertThat(ask(client, "HOLDFAST", "JOURNAL", "SHOW", "1000"))
                    .isEqualTo("-ERR the journal holds no entry 1000");
        }
    }

    @Test
    void aPausedReplayLeavesTheNodeServingHereUntilItIsResumed(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir, TIMEOUT_MS)) {
            RespClient client = rig.client();
            rig.goOffline();
            client.call("INCR", "n");

            assertThat(ask(client, "HOLDFAST", "SYNC", "PAUSE")).isEqualTo("OK");
            rig.cable.mend();
            awaitInfo(client, "upstream_trouble:\r\n");
            assertThat(ask(client, "HOLDFAST", "SYNC", "NOW")).startsWith("-ERR nothing is replayed now: an operator");
            assertThat(ask(client, "INCR", "n")).isEqualTo("2");
            assertThat(ask(client, "HOLDFAST", "SYNC")).contains("mode, offline", "paused, 1");
            assertThat(text(rig.direct().call("GET", "n"))).isEqualTo("nil");

            assertThat(ask(client, "HOLDFAST", "SYNC", "RESUME")).isEqualTo("OK");
            rig.awaitMode("online");
            assertThat(text(rig.direct().call("GET", "n"))).isEqualTo("2");
            assertThat(ask(client, "HOLDFAST", "SYNC", "STATUS")).contains("paused, 0", "pending, 0");
        }
    }

    @Test
    void aRequeueWaitsForTheEndOfAPause(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir, TIMEOUT_MS)) {
            RespClient client = rig.client();
            rig.goOffline();
            client.call("INCR", "n");
            rig.direct().call("RPUSH", "n", "in the way");
            rig.goOnline();
            rig.direct().call("DEL", "n");
            client.call("HOLDFAST", "SYNC", "PAUSE");

            client.call("HOLDFAST", "DEADLETTERS", "REQUEUE", "1");
            assertThat(ask(client, "HOLDFAST", "SYNC")).contains("mode, online", "paused, 1", "pending, 1");
            assertThat(ask(client, "GET", "n")).isEqualTo("nil");

            client.call("HOLDFAST", "SYNC", "RESUME");
            awaitInfo(client, "journal_pending:0\r\n");
            assertThat(ask(client, "GET", "n")).isEqualTo("1");
        }
    }

    @Test
    void syncNowDoesNotWaitForManyGoodProbes(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir, TIMEOUT_MS)) {
            RespClient client = rig.client();
            rig.goOffline();
            client.call("INCR", "n");
            rig.cable.mend();

            assertThat(ask(client, "HOLDFAST", "SYNC", "NOW")).isEqualTo("OK");

            rig.awaitMode("online");
            assertThat(text(rig.direct().call("GET", "n"))).isEqualTo("1");
        }
    }

    @Test
    void aDryRunSaysWhatWouldBecomeOfEachKeyAndTheReplayThenDoesIt(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir, TIMEOUT_MS)) {
            RespClient client = rig.client();
            client.call("SET", "cart:1", "before");
            client.call("GET", "cart:1");
            client.call("HOLDFAST", "SYNC", "PAUSE");
            rig.goOffline();
            client.call("SET", "cart:1", "here");
            client.call("RPUSH", "cart:2", "x");
            client.call("INCR", "other");
            assertThat(ask(client, "HOLDFAST", "SYNC", "DRYRUN"))
                    .startsWith("-ERR no dry run: the upstream cannot be asked: ");
            rig.direct().call("SET", "cart:1", "there");
            rig.direct().call("SET", "cart:2", "in the way");
            rig.cable.mend();
            client.call("HOLDFAST", "CONFIG", "SET", "sync.conflict_policy", "park");

            String said = ask(client, "HOLDFAST", "SYNC", "DRYRUN", "MATCH", "cart:*");
            String table = sync(rig, 0, "dry-run", "--match", "cart:*", "--state", "conflict");
            String json = sync(rig, 0, "dry-run", "--json", "--count", "1");

            assertThat(said)
                    .contains("apply, 0, merge, 0, expired, 0, conflict, 1, dead-letter, 1, incomplete, , keys, [[")
                    .contains("key, cart:1, outcome, conflict, effects, 1")
                    .contains("compared, 1, policy, park, winner, nobody yet, reason, nil]")
                    .contains("key, cart:2, outcome, dead-letter")
                    .contains("reason, WRONGTYPE: RPUSH meets a string]");
            assertThat(table).containsPattern("0 +cart:1 +conflict +1 ").doesNotContain("cart:2");
            assertThat(json)
                    .contains("\"apply\" : 1", "\"outcome\" : \"conflict\"")
                    .doesNotContain("cart:2");
            assertThat(text(rig.direct().call("GET", "other"))).isEqualTo("nil");
            assertThat(ask(client, "HOLDFAST", "SYNC", "DRYRUN", "STATE", "lost"))
                    .isEqualTo("-ERR syntax error");
            client.call("HOLDFAST", "SYNC", "RESUME");
            rig.awaitMode("online");
            assertThat(ask(client, "INFO", "holdfast")).contains("dead_letters:1\r\n", "conflicts:1\r\n");
        }
    }

    private static String sync(Rig rig, int status, String... arguments) {
        var out = new StringWriter();
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--port", Integer.toString(rig.holdfast.port())));
        int exit =
                new CommandLine(new SyncCommand()).setOut(new PrintWriter(out)).execute(all.toArray(String[]::new));
        assertThat(exit).isEqualTo(status);
        return out.toString();
    }

    @Test
    void whatIsAskedWrongIsRefused(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir, TIMEOUT_MS)) {
            RespClient client = rig.client();

            assertThat(ask(client, "HOLDFAST", "SYNC", "STOP")).contains("Try HOLDFAST HELP.");
            assertThat(ask(client, "HOLDFAST", "SYNC", "NOW", "PLEASE")).contains("Try HOLDFAST HELP.");
            assertThat(ask(client, "HOLDFAST", "JOURNAL", "SHOW")).contains("Try HOLDFAST HELP.");
            assertThat(ask(client, "HOLDFAST", "JOURNAL", "LIST", "STATE", "dead"))
                    .isEqualTo("-ERR syntax error");
        }
    }

    @Test
    void everyOrderIsInTheAuditTrailWhichIsReadBesideARunningServer(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir, TIMEOUT_MS)) {
            RespClient client = rig.client();
            client.call("HOLDFAST", "OFFLINE", "maintenance");
            client.call("INCR", "n");
            rig.direct().call("RPUSH", "n", "in the way");
            client.call("HOLDFAST", "SYNC", "PAUSE");
            client.call("HOLDFAST", "SYNC", "RESUME");
            client.call("HOLDFAST", "ONLINE");
            rig.awaitMode("online");
            client.call("HOLDFAST", "DEADLETTERS", "EDIT", "1", "RPUSH", "n", "1");
            client.call("HOLDFAST", "DEADLETTERS", "REQUEUE", "1");
            client.call("HOLDFAST", "DEADLETTERS", "DISCARD", "ALL"); // of which there are none

            assertThat(audit(dataDir, "verify")).isEqualTo("intact" + System.lineSeparator());
            assertThat(audit(dataDir, "list").lines().map(line -> line.replaceAll("^.* at [0-9.:]+  ", "")))
                    .containsExactly(
                            "OFFLINE  an operator's HOLDFAST OFFLINE: maintenance",
                            "SYNC PAUSE",
                            "SYNC RESUME",
                            "ONLINE",
                            "DEADLETTERS EDIT  [1] from INCRBY n 1 to RPUSH n 1",
                            "DEADLETTERS REQUEUE  [1]");
        }
    }

    static String audit(Path dataDir, String what) {
        var out = new StringWriter();
        int status = new CommandLine(new AuditCommand())
                .setOut(new PrintWriter(out))
                .execute(what, "--data-dir", dataDir.resolve("data").toString());
        assertThat(status).isZero();
        return out.toString();
    }
}
