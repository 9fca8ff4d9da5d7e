package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.awaitInfo;
import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.upstream.ReturnPace;
import io.holdfast.testing.RespClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Rows of the contract's table of faults from U10 on, those of what the upstream answers and holds, with a real redis-server behind a
 * cable; those of the connection are in {@link ConnectionFaultsTest}. Rows that take more than one test have classes of their own:
 * U16 {@link UpstreamNameTest}, U19 {@code PromotedReplicaTest} and {@code ReplayClaimTest}, U23 {@code ReplayFenceTest} and
 * {@code CapabilityProbeTest}, U24 also {@link HugeValueTest}, U25 {@link BrokenRepliesTest}.
 */
@Execution(ExecutionMode.CONCURRENT)
class UpstreamFaultsTest {
    /** Between two probes: never within a test, so that what becomes of the upstream is met by a command. */
    private static final int NO_PROBE_MS = 60_000;

    // ---- U10 to U15: what it answers

    @Test
    void u10AnUpstreamThatLoadsItsDataIsAway(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir, Rig.NO_TIMEOUT_MS, null, "--enable-debug-command", "yes")) {
            RespClient client = rig.client();
            RespClient direct = rig.direct();
            client.call("SET", "k", "v");
            for (int i = 0; i < 3000; i++) {
                direct.send("SET", "key:" + i, "x".repeat(100));
            }
            for (int i = 0; i < 3000; i++) {
                direct.read();
            }
            direct.call("CONFIG", "SET", "loading-process-events-interval-bytes", "1024", "key-load-delay", "1000");
            direct.send("DEBUG", "RELOAD");
            RespClient other = rig.direct();
            await().atMost(Rig.PATIENCE)
                    .until(() -> text(other.call("GET", "k")).startsWith("-LOADING"));
            assertThat(text(client.call("SET", "k", "w"))).isEqualTo("OK");
            assertThat(text(client.call("GET", "k"))).isEqualTo("w");
            client.call("MULTI");
            client.call("INCR", "n");
            assertThat(text(client.call("EXEC"))).isEqualTo("[1]");
            awaitInfo(client, "mode:offline");
            other.call("CONFIG", "SET", "key-load-delay", "0");
            direct.read();
            rig.awaitMode("online");
            assertThat(text(direct.call("MGET", "k", "n"))).isEqualTo("[w, 1]");
        }
    }

    /** The command that meets it, be it the first of a transaction, was not carried out there and is here. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void u11AWriteThatADemotedUpstreamRefusesRunsHere(boolean inTransaction, @TempDir Path dataDir) throws Exception {
        ReturnPace usual = ReturnPace.DEFAULT;
        var pace = new ReturnPace(NO_PROBE_MS, usual.retryMsMax(), usual.replayMsMax(), usual.strategy());
        try (var rig = Rig.with(dataDir, config -> config.withPace(pace))) {
            RespClient client = rig.client();
            client.call("SET", "n", "5");
            RespClient direct = rig.direct();
            direct.call("REPLICAOF", "127.0.0.1", Integer.toString(rig.cable.port()));
            if (inTransaction) {
                client.send("MULTI");
                client.send("INCR", "n");
                client.send("EXEC");
                client.read();
                client.read();
                assertThat(text(client.read())).isEqualTo("[6]");
            } else {
                assertThat(text(client.call("INCR", "n"))).isEqualTo("6");
            }
            awaitInfo(client, "mode:offline");
            direct.call("REPLICAOF", "NO", "ONE");
            rig.awaitMode("online");
            assertThat(text(direct.call("GET", "n"))).isEqualTo("6");
        }
    }

    @Test
    void u12WhatTheUpstreamRefusesForItsOwnStateIsTheClientsAnswer(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            RespClient direct = rig.direct();
            direct.call("CONFIG", "SET", "maxmemory", "1");
            assertThat(text(client.call("SET", "k", "v"))).startsWith("-OOM ");
            direct.call("CONFIG", "SET", "maxmemory", "0");

            direct.call("CONFIG", "SET", "min-replicas-to-write", "1");
            assertThat(text(client.call("SET", "k", "v"))).startsWith("-NOREPLICAS ");
            direct.call("CONFIG", "SET", "min-replicas-to-write", "0");

            Files.createDirectory(rig.redis.directory().resolve("dump.rdb")); // so that no snapshot can be saved
            direct.call("CONFIG", "SET", "save", "900 1");
            direct.call("BGSAVE");
            await().atMost(Rig.PATIENCE)
                    .until(() -> text(direct.call("INFO", "persistence")).contains("rdb_last_bgsave_status:err"));
            direct.call("CONFIG", "RESETSTAT");
            assertThat(text(client.call("SET", "k", "v"))).startsWith("-MISCONF ");
            await().atMost(Rig.PATIENCE)
                    .until(() -> text(direct.call("INFO", "commandstats"))
                            .matches("(?s).*cmdstat_ping:[^\r]*rejected_calls=[2-9].*")); // so it was probed since
            assertThat(text(client.call("INFO", "holdfast"))).contains("mode:online");
            assertThat(text(client.call("GET", "k"))).isEqualTo("nil");
        }
    }

    @Test
    void u13AnUpstreamThatRefusesOurPasswordIsAwayAndTheConditionSaysWhy(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(
                dataDir,
                Rig.NO_TIMEOUT_MS,
                "keeper:canary",
                "--user",
                "keeper",
                "on",
                ">canary",
                "~*",
                "&*",
                "+@all")) {
            RespClient client = rig.client();
            client.call("SET", "k", "v");
            RespClient direct = rig.direct();
            direct.call("ACL", "SETUSER", "keeper", "resetpass", ">another");
            direct.call("CLIENT", "KILL", "USER", "keeper");
            awaitInfo(client, "mode:offline", "condition:auth-failed");
            assertThat(text(client.call("INCR", "n"))).isEqualTo("1");
            assertThat(text(client.call("HOLDFAST", "STATUS"))).doesNotContain("canary");
            direct.call("ACL", "SETUSER", "keeper", "resetpass", ">canary");
            rig.awaitMode("online");
            awaitInfo(client, "condition:\r\n");
            assertThat(text(direct.call("GET", "n"))).isEqualTo("1");
        }
    }

    @Test
    void u14ANodeOfAClusterIsNoUpstream(@TempDir Path dataDir) throws Exception {
        try (var rig = Rig.away(dataDir, "--cluster-enabled", "yes")) {
            RespClient client = rig.client();
            awaitInfo(client, "mode:offline", "cluster");
            assertThat(text(client.call("INCR", "n"))).isEqualTo("1");
        }
    }

    @Test
    void u15AnUpstreamThatIsBusyWithAScriptIsAway(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "k", "v");
            RespClient direct = rig.direct();
            direct.call("CONFIG", "SET", "busy-reply-threshold", "1");
            direct.send("EVAL", "while true do end", "0");
            RespClient other = rig.direct();
            await().atMost(Rig.PATIENCE).until(() -> text(other.call("PING")).startsWith("-BUSY"));
            assertThat(text(client.call("GET", "k"))).isEqualTo("v");
            assertThat(text(client.call("INCR", "n"))).isEqualTo("1");
            other.call("SCRIPT", "KILL");
            direct.read();
            rig.awaitMode("online");
            assertThat(text(other.call("GET", "n"))).isEqualTo("1");
        }
    }

    @Test
    void u15AReplicaWithoutItsMasterIsAway(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "k", "v");
            RespClient direct = rig.direct();
            direct.call("CONFIG", "SET", "replica-serve-stale-data", "no");
            direct.call("REPLICAOF", "127.0.0.1", "1");
            assertThat(text(client.call("GET", "k"))).isEqualTo("v");
            awaitInfo(client, "mode:offline");
            direct.call("REPLICAOF", "NO", "ONE");
            rig.awaitMode("online");
        }
    }

    @Test
    void u15AnUpstreamThatTakesNoMoreClientsIsAway(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "k", "v");
            RespClient direct = rig.direct();
            direct.call("CONFIG", "SET", "maxclients", "1");
            direct.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
            awaitInfo(client, "mode:offline", "max number of clients");
            assertThat(text(client.call("GET", "k"))).isEqualTo("v");
            direct.call("CONFIG", "SET", "maxclients", "1000");
            rig.awaitMode("online");
        }
    }

    // ---- U17 to U22: what it holds

    @Test
    void u17RestartedWithItsDataItGetsWhatItLacks(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("INCR", "n");
            for (int round = 1; round <= 2; round++) {
                rig.redis.kill();
                rig.awaitMode("offline");
                for (int i = 0; i < 10; i++) {
                    client.call("INCRBY", "m", "1");
                }
                rig.redis.restart();
                rig.awaitMode("online");
                assertThat(text(rig.direct().call("MGET", "n", "m"))).isEqualTo("[1, " + 10 * round + "]");
            }
        }
    }

    @Test
    void u18RestartedEmptyItGetsWhatWasNeverThereAndAPersonIsCalled(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            rig.goOffline();
            client.call("INCR", "before");
            rig.goOnline();
            rig.redis.kill();
            rig.awaitMode("offline"); // what is sent before has no known outcome
            rig.redis.deleteAppendOnlyFiles();
            client.call("INCR", "since");
            rig.redis.restart();
            rig.awaitMode("online");
            assertThat(text(rig.direct().call("MGET", "before", "since"))).isEqualTo("[nil, 1]");
            awaitInfo(client, "condition:upstream-lost");
        }
    }

    @Test
    void u20AFlushByOthersIsNoLossAndRepeatsNothing(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            rig.goOffline();
            client.call("INCR", "before");
            rig.goOnline();
            rig.goOffline();
            rig.direct().call("FLUSHALL");
            client.call("INCR", "since");
            rig.goOnline();
            assertThat(text(rig.direct().call("MGET", "before", "since"))).isEqualTo("[nil, 1]");
            awaitInfo(client, "condition:\r\n");
        }
    }

    @Test
    void u21AFencedNodeRefusesWritesAndServesReads(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "k", "v");
            rig.goOffline();
            client.call("INCR", "n");
            rig.goOnline();
            rig.goOffline();
            RespClient direct = rig.direct();
            String cursor = text(direct.call("KEYS", "holdfast:*"));
            direct.call("HSET", cursor.substring(1, cursor.length() - 1), "epoch", "1000000");
            rig.cable.mend();
            awaitInfo(client, "condition:fenced");
            assertThat(text(client.call("GET", "k"))).isEqualTo("v");
            assertThat(text(client.call("SET", "k", "w"))).startsWith("-FENCED ");
            assertThat(text(direct.call("GET", "k"))).isEqualTo("v");
        }
    }

    @Test
    void u22TwoNodesReplayTheirOwn(@TempDir Path one, @TempDir Path other) throws Exception {
        try (var rig = new Rig(one);
                var second = rig.second(other)) {
            RespClient a = rig.client();
            RespClient b = Rig.clientOf(second);
            a.call("HOLDFAST", "OFFLINE", "test");
            b.call("HOLDFAST", "OFFLINE", "test");
            for (int i = 0; i < 50; i++) {
                a.call("INCR", "n");
                b.call("INCR", "n");
                a.call("SADD", "s", "a" + i);
                b.call("SADD", "s", "b" + i);
            }
            a.call("HOLDFAST", "ONLINE");
            b.call("HOLDFAST", "ONLINE");
            awaitInfo(a, "mode:online", "journal_pending:0\r\n");
            awaitInfo(b, "mode:online", "journal_pending:0\r\n");
            assertThat(List.of(text(a.call("GET", "n")), text(b.call("SCARD", "s"))))
                    .containsExactly("100", "100");
            b.close();
        }
    }

    // ---- U24: what it sends

    @Test
    void u24AReplyNestedBeyondReasonEndsItsConnectionOnly(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "k", "v");
            String nested = "local t = {} for i = 1, 200 do t = {t} end return t";
            assertThat(text(client.call("EVAL", nested, "0"))).startsWith("-");
            assertThat(text(client.call("GET", "k"))).isEqualTo("v");
            rig.awaitMode("online");
        }
    }
}
