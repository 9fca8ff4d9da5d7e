package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.awaitInfo;
import static io.holdfast.proxy.outage.Rig.call;
import static io.holdfast.proxy.outage.Rig.info;
import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.proxy.ProxyServer;
import io.holdfast.resp.RespVersion;
import io.holdfast.sync.mirror.MirrorMode;
import io.holdfast.sync.mirror.MirrorSettings;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Before a Redis 6.2, the oldest that is supported: outages and what comes back of them. */
@Execution(ExecutionMode.CONCURRENT)
class OldestUpstreamTest {
    private static final String PASSWORD = "canary-6209";

    private final Path dataDir;

    OldestUpstreamTest(@TempDir Path dataDir) {
        this.dataDir = dataDir;
    }

    private Rig rig() throws Exception {
        return Rig.oldest(dataDir, config -> config);
    }

    @Test
    void whatWasWrittenWhileItWasKilledIsThereOnce() throws Exception {
        try (var rig = rig()) {
            RespClient client = rig.client();
            client.call("SET", "n", "5");
            client.call("RPUSH", "l", "a", "b");
            client.call("ZADD", "z", "1", "m");
            client.call("XADD", "s", "1-1", "f", "v");
            client.call("XGROUP", "CREATE", "s", "g", "0");
            Rig.awaitKnown(client, "n", "l", "z", "s");
            rig.redis.kill();
            rig.awaitMode("offline");

            assertThat(call(client, "INCRBY", "n", "2")).isEqualTo("7");
            assertThat(call(client, "LPOP", "l")).isEqualTo("a");
            assertThat(call(client, "ZINCRBY", "z", "1.5", "m")).isEqualTo("2.5");
            assertThat(call(client, "XREADGROUP", "GROUP", "g", "me", "STREAMS", "s", ">"))
                    .isEqualTo("[[s, [[1-1, [f, v]]]]]");
            assertThat(call(client, "XAUTOCLAIM", "s", "g", "you", "0", "0")).isEqualTo("[0-0, [[1-1, [f, v]]]]");
            assertThat(call(client, "COPY", "s", "copied")).isEqualTo("1");
            assertThat(call(client, "EVAL", "return redis.call('INCR', KEYS[1])", "1", "n"))
                    .isEqualTo("8");
            client.call("MULTI");
            client.call("SETEX", "brief", "1000", "v");
            client.call("EXPIRE", "n", "1000");
            assertThat(call(client, "EXEC")).isEqualTo("[OK, 1]");
            assertThat(call(client, "EXPIRE", "n", "9", "NX")).startsWith("-ERR wrong number of arguments");
            rig.redis.restart();
            rig.awaitMode("online");

            assertThat(info(client)).contains("dead_letters:0\r\n", "conflicts:0\r\n", "guarantee:exactly-once\r\n");
            assertThat(rig.redis.cli("GET", "n")).isEqualTo("8");
            assertThat(rig.redis.cli("LRANGE", "l", "0", "-1")).isEqualTo("b");
            assertThat(rig.redis.cli("ZSCORE", "z", "m")).isEqualTo("2.5");
            assertThat(rig.redis.cli("XPENDING", "s", "g", "-", "+", "9", "you"))
                    .startsWith("1-1\nyou\n");
            assertThat(rig.redis.cli("XINFO", "GROUPS", "copied"))
                    .isEqualTo("name\ng\nconsumers\n2\npending\n1\nlast-delivered-id\n1-1");
            assertThat(Integer.parseInt(rig.redis.cli("TTL", "brief"))).isBetween(900, 1000);
            assertThat(Integer.parseInt(rig.redis.cli("TTL", "n"))).isBetween(900, 1000);
        }
    }

    @Test
    void nothingThatItHadInItsBuffersWhenItFrozeRunsAfterTheReturn() throws Exception {
        try (var rig = rig()) {
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
            client.call("INCR", "m");
            rig.thaw();
            rig.awaitMode("online");

            String afterReturn = rig.redis.cli("GET", "n");
            for (int i = 0; i < 50; i++) {
                client.call("INCR", "m");
            }

            assertThat(rig.redis.cli("MGET", "n", "m")).isEqualTo(afterReturn + "\n51");
        }
    }

    /** The engine had no version to follow when it wrote the journal. */
    @Test
    void whatWasWrittenBeforeItWasFirstSeenArrivesWhole() throws Exception {
        try (var rig = Rig.oldest(dataDir, config -> config);
                Cable cable = Cable.to(rig.redis.port())) {
            cable.cut();
            Path other = dataDir.resolve("other");
            try (ProxyServer holdfast = Rig.behind(cable, other);
                    RespClient client = Rig.clientOf(holdfast)) {
                client.call("XADD", "s", "1-1", "f", "v");
                client.call("XGROUP", "CREATE", "s", "g", "0");
                client.call("XREADGROUP", "GROUP", "g", "me", "STREAMS", "s", ">");
                client.call("COPY", "s", "copied");
                cable.mend();
                awaitInfo(client, "mode:online");

                assertThat(info(client)).contains("dead_letters:0\r\n");
                for (String key : List.of("s", "copied")) {
                    assertThat(rig.redis.cli("XINFO", "GROUPS", key))
                            .isEqualTo("name\ng\nconsumers\n1\npending\n1\nlast-delivered-id\n1-1");
                }
            }
        }
    }

    @Test
    void pinnedKeysFollowWhatOthersChange() throws Exception {
        try (var rig = Rig.oldest(
                dataDir, config -> config.withMirror(new MirrorSettings(MirrorMode.TOUCHED, List.of("p:*"))))) {
            RespClient client = rig.client();
            awaitInfo(client, "mirror_pins_complete:1\r\n");
            // In one command, so that there is one word of it, and each key is read once.
            rig.redis.cli(
                    "EVAL",
                    "redis.call('HSET', 'p:h', 'f', 'v')"
                            + " redis.call('XADD', 'p:s', '1-1', 'f', 'v')"
                            + " redis.call('XGROUP', 'CREATE', 'p:s', 'g', '0')",
                    "0");
            awaitInfo(client, "mirror_fetched:2\r\n");
            rig.redis.cli("XADD", "p:s", "2-1", "f", "v");
            awaitInfo(client, "mirror_fetched:3\r\n");
            rig.redis.cli("HSET", "p:h", "f", "changed");
            awaitInfo(client, "mirror_fetched:4\r\n");

            rig.goOffline();

            assertThat(call(client, "HGET", "p:h", "f")).isEqualTo("changed");
            assertThat(call(client, "XRANGE", "p:s", "-", "+")).isEqualTo("[[1-1, [f, v]], [2-1, [f, v]]]");
            assertThat(call(client, "XREADGROUP", "GROUP", "g", "me", "COUNT", "1", "STREAMS", "p:s", ">"))
                    .isEqualTo("[[p:s, [[1-1, [f, v]]]]]");
            assertThat(call(client, "GET", "p:none")).isEqualTo("nil");
        }
    }

    @Test
    void cachesOfClientsHearOfChangesAndOfTheSwitch() throws Exception {
        try (var rig = rig()) {
            RespClient client = rig.client(RespVersion.RESP3);
            client.call("CLIENT", "TRACKING", "ON");
            client.call("GET", "k");
            rig.redis.cli("SET", "k", "v");
            assertThat(text(client.read())).isEqualTo("[invalidate, [k]]");
            client.call("GET", "k");
            rig.goOffline();
            assertThat(text(client.read())).isEqualTo("[invalidate, nil]");
        }
    }

    @Test
    void whatOthersChangedMeanwhileIsAConflict() throws Exception {
        try (var rig = rig()) {
            RespClient client = rig.client();
            client.call("MSET", "both", "base", "ours", "base", "theirs", "base");
            client.call("SADD", "set", "a");
            client.call("DEL", "made"); // its reply comes behind those to whatever is asked to know the keys before
            rig.goOffline();
            client.call("SET", "both", "here");
            client.call("SET", "ours", "here");
            client.call("SADD", "set", "here");
            rig.redis.cli("MSET", "both", "there", "theirs", "there");
            rig.redis.cli("SADD", "set", "there");
            rig.goOnline();

            assertThat(rig.redis.cli("MGET", "both", "ours", "theirs")).isEqualTo("here\nhere\nthere");
            assertThat(rig.redis.cli("SCARD", "set")).isEqualTo("3");
            assertThat(info(client)).contains("\r\nconflicts:1\r\n");
        }
    }

    @Test
    void itsUsersMayDoTheSameWhileItIsAwayAndAreToldSoInItsWords() throws Exception {
        try (var rig = rig()) {
            rig.redis.cli(
                    "ACL",
                    "SETUSER",
                    "bob",
                    "on",
                    ">" + PASSWORD,
                    "~a*",
                    "resetchannels",
                    "&news*",
                    "+@all",
                    "-@admin",
                    "-client",
                    "+client|id",
                    "-ttl");
            RespClient bob = rig.client();
            assertThat(call(bob, "AUTH", "bob", PASSWORD)).isEqualTo("OK");
            List<String> online = whatBobMayDo(bob);
            assertThat(online.get(0)).isEqualTo("OK");
            assertThat(online.get(1)).startsWith("-NOPERM this user has no permissions to access one of the keys");
            assertThat(online.get(2)).endsWith("run the 'ttl' command or its subcommand");

            rig.goOffline();

            assertThat(whatBobMayDo(bob)).isEqualTo(online);
            RespClient again = rig.client();
            assertThat(call(again, "AUTH", "bob", "wrong")).startsWith("-OFFLINE ");
            assertThat(call(again, "AUTH", "bob", PASSWORD)).isEqualTo("OK");
            assertThat(whatBobMayDo(again)).isEqualTo(online);
        }
    }

    private static List<String> whatBobMayDo(RespClient bob) {
        return List.of(
                call(bob, "SET", "a1", "v"),
                call(bob, "SET", "b", "v"),
                call(bob, "TTL", "a1"),
                call(bob, "PUBLISH", "news", "x"),
                call(bob, "PUBLISH", "other", "x"),
                call(bob, "ACL", "LIST"),
                call(bob, "CONFIG", "GET", "maxmemory"),
                call(bob, "MGET", "a1", "b"));
    }
}
