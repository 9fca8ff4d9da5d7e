package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.awaitInfo;
import static io.holdfast.proxy.outage.Rig.awaitKnown;
import static io.holdfast.proxy.outage.Rig.call;
import static io.holdfast.proxy.outage.Rig.info;
import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.sync.mirror.MirrorMode;
import io.holdfast.sync.mirror.MirrorSettings;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RealRedis.Newer;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Before a Redis 8 and a Valkey, whose commands and options Holdfast does not all have: outages and what comes back of them. */
@Execution(ExecutionMode.CONCURRENT)
class NewerUpstreamTest {
    private static final String PASSWORD = "canary-8112";

    private final Path dataDir;

    NewerUpstreamTest(@TempDir Path dataDir) {
        this.dataDir = dataDir;
    }

    private Rig rig(Newer newer) throws Exception {
        return Rig.before(newer, dataDir, config -> config);
    }

    @ParameterizedTest
    @EnumSource(Newer.class)
    void whatWasWrittenWhileItWasKilledIsThereOnce(Newer newer) throws Exception {
        try (var rig = rig(newer)) {
            RespClient client = rig.client();
            client.call("SET", "n", "5");
            client.call("RPUSH", "l", "a", "b");
            client.call("HSET", "h", "f", "1");
            client.call("ZADD", "z", "1", "m");
            client.call("XADD", "s", "1-1", "f", "v");
            client.call("XGROUP", "CREATE", "s", "g", "0");
            awaitKnown(client, "n", "l", "h", "z", "s");
            rig.redis.kill();
            rig.awaitMode("offline");

            assertThat(call(client, "INCRBY", "n", "2")).isEqualTo("7");
            assertThat(call(client, "LPOP", "l")).isEqualTo("a");
            assertThat(call(client, "HINCRBY", "h", "f", "2")).isEqualTo("3");
            assertThat(call(client, "ZINCRBY", "z", "1.5", "m")).isEqualTo("2.5");
            assertThat(call(client, "XREADGROUP", "GROUP", "g", "me", "STREAMS", "s", ">"))
                    .isEqualTo("[[s, [[1-1, [f, v]]]]]");
            client.call("SET", "brief", "v", "EX", "1000");
            client.call("MULTI");
            client.call("SADD", "set", "m");
            assertThat(call(client, "EXEC")).isEqualTo("[1]");
            rig.redis.restart();
            rig.awaitMode("online");

            assertThat(info(client)).contains("dead_letters:0\r\n", "conflicts:0\r\n", "guarantee:exactly-once\r\n");
            assertThat(rig.redis.cli("GET", "n")).isEqualTo("7");
            assertThat(rig.redis.cli("LRANGE", "l", "0", "-1")).isEqualTo("b");
            assertThat(rig.redis.cli("HGET", "h", "f")).isEqualTo("3");
            assertThat(rig.redis.cli("ZSCORE", "z", "m")).isEqualTo("2.5");
            assertThat(rig.redis.cli("XPENDING", "s", "g", "-", "+", "9", "me")).startsWith("1-1\nme\n");
            assertThat(rig.redis.cli("SMEMBERS", "set")).isEqualTo("m");
            assertThat(Integer.parseInt(rig.redis.cli("TTL", "brief"))).isBetween(900, 1000);
        }
    }

    /** IFEQ is Valkey's since 8.1; where SET does not have it the copy stays as it was, too. */
    @ParameterizedTest
    @EnumSource(Newer.class)
    void theCopyHasWhatAnOptionThatIsNotKnownHereHasDone(Newer newer) throws Exception {
        try (var rig = rig(newer)) {
            RespClient client = rig.client();
            client.call("SET", "s", "one");
            client.call("SET", "s", "two", "IFEQ", "one");
            client.call("SET", "s", "three", "IFEQ", "none");
            awaitKnown(client, "s");
            String upstream = rig.redis.cli("GET", "s");
            assertThat(upstream).isEqualTo(newer == Newer.VALKEY_8 ? "two" : "one");
            rig.goOffline();

            assertThat(call(client, "GET", "s")).isEqualTo(upstream);
        }
    }

    @ParameterizedTest
    @EnumSource(Newer.class)
    void nobodyKnowsWhatBecameOfAnOptionThatIsNotKnownHere(Newer newer) throws Exception {
        try (var rig = rig(newer)) {
            RespClient client = rig.client();
            client.call("SET", "s", "one");
            rig.redis.freeze();
            client.send("SET", "s", "two", "IFEQ", "one");
            client.send("SET", "s", "three");
            rig.waitBriefly();

            assertThat(text(client.read())).startsWith("-UNCERTAIN set ");
            assertThat(text(client.read())).isEqualTo("OK");
            assertThat(call(client, "SET", "s", "two", "IFEQ", "one")).isEqualTo("-ERR syntax error");
            rig.thaw();
            rig.awaitMode("online");
            assertThat(rig.redis.cli("GET", "s")).isEqualTo("three");
        }
    }

    /** Valkey has that since 9.0. */
    @ParameterizedTest
    @EnumSource(value = Newer.class, names = "REDIS_8")
    void aCopyLosesAFieldThatExpiresUpstream(Newer newer) throws Exception {
        var pins = new MirrorSettings(MirrorMode.TOUCHED, List.of("p:*"));
        try (var rig = Rig.before(newer, dataDir, config -> config.withMirror(pins))) {
            RespClient client = rig.client();
            awaitInfo(client, "mirror_pins_complete:1\r\n");
            rig.redis.cli("HSET", "p:h", "brief", "v", "stays", "v");
            awaitInfo(client, "mirror_fetched:1\r\n");
            rig.redis.cli("HPEXPIRE", "p:h", "1", "FIELDS", "1", "brief");
            await().atMost(Rig.PATIENCE)
                    .until(() -> rig.redis.cli("HGETALL", "p:h").equals("stays\nv"));
            // The last word of it is read behind whatever made another one necessary.
            rig.redis.cli("SET", "p:last", "v");
            awaitKnown(client, "p:last");
            awaitKnown(client, "p:h");
            rig.goOffline();

            assertThat(call(client, "HGETALL", "p:h")).isEqualTo("[stays, v]");
        }
    }

    @ParameterizedTest
    @EnumSource(Newer.class)
    void aConsumerWhoWasGivenNothingIsInTheCopyToo(Newer newer) throws Exception {
        try (var rig = rig(newer)) {
            RespClient client = rig.client();
            client.call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
            awaitKnown(client, "s");
            assertThat(call(client, "XREADGROUP", "GROUP", "g", "me", "STREAMS", "s", ">"))
                    .isEqualTo("nil");
            rig.goOffline();

            assertThat(call(client, "XGROUP", "DELCONSUMER", "s", "g", "me")).isEqualTo("0");
            assertThat(call(client, "XINFO", "GROUPS", "s")).startsWith("[[name, g, consumers, 0,");
            rig.goOnline();
            assertThat(rig.redis.cli("XINFO", "CONSUMERS", "s", "g")).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(Newer.class)
    void whatOthersChangedMeanwhileIsAConflict(Newer newer) throws Exception {
        try (var rig = rig(newer)) {
            RespClient client = rig.client();
            client.call("MSET", "both", "base", "ours", "base");
            client.call("SADD", "set", "a");
            client.call("DEL", "made"); // its reply comes behind those to whatever is asked to know the keys before
            rig.goOffline();
            client.call("SET", "both", "here");
            client.call("SET", "ours", "here");
            client.call("SADD", "set", "here");
            rig.redis.cli("SET", "both", "there");
            rig.redis.cli("SADD", "set", "there");
            rig.goOnline();

            assertThat(rig.redis.cli("MGET", "both", "ours")).isEqualTo("here\nhere");
            assertThat(rig.redis.cli("SCARD", "set")).isEqualTo("3");
            assertThat(info(client)).contains("\r\nconflicts:1\r\n");
        }
    }

    @ParameterizedTest
    @EnumSource(Newer.class)
    void itsUsersMayDoTheSameWhileItIsAwayAndAreToldSoInItsWords(Newer newer) throws Exception {
        try (var rig = rig(newer)) {
            rig.redis.cli("ACL", "SETUSER", "bob", "on", ">" + PASSWORD, "~a*", "+@all", "-@admin", "-ttl");
            RespClient bob = rig.client();
            assertThat(call(bob, "AUTH", "bob", PASSWORD)).isEqualTo("OK");
            List<String> online = whatBobMayDo(bob);
            assertThat(online.get(0)).isEqualTo("OK");
            assertThat(online.get(1)).isEqualTo("-NOPERM No permissions to access a key");

            rig.goOffline();

            assertThat(whatBobMayDo(bob)).isEqualTo(online);
            RespClient again = rig.client();
            assertThat(call(again, "AUTH", "bob", PASSWORD)).isEqualTo("OK");
            assertThat(whatBobMayDo(again)).isEqualTo(online);
        }
    }

    private static List<String> whatBobMayDo(RespClient bob) {
        return List.of(
                call(bob, "SET", "a1", "v"),
                call(bob, "SET", "b", "v"),
                call(bob, "TTL", "a1"),
                call(bob, "ACL", "LIST"),
                call(bob, "MGET", "a1", "b"));
    }

    @ParameterizedTest
    @EnumSource(Newer.class)
    void aNodeOfAClusterIsNoUpstream(Newer newer) throws Exception {
        try (var rig = Rig.away(arguments -> RealRedis.start(newer, arguments), dataDir, "--cluster-enabled", "yes")) {
            awaitInfo(rig.client(), "reason:it is a node of a cluster, and the upstream must be a single Redis");
        }
    }
}
