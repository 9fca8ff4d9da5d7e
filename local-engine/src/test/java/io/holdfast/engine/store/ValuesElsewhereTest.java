package io.holdfast.engine.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.keyspace.EvictionPolicy;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Values that are not in memory, and keys that are given up, as clients meet them. */
class ValuesElsewhereTest {
    private static final long NEARLY_NOTHING = 16;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private BoundedEngine engine;

    @BeforeEach
    void open() {
        engine = BoundedEngine.open(directory, RedisVersion.STANDALONE, NEARLY_NOTHING);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void aWaitingClientIsServedByAKeyWhoseValueIsNotInMemory() {
        call("SELECT", "1");
        call("RPUSH", "queue", "job");
        call("SELECT", "0");
        engine.checkpoint();
        EngineClient waiting = engine.another();
        waiting.send(Bytes.of("BLPOP"), Bytes.of("queue"), Bytes.of("0"));
        long loads = engine.values().loads();
        call("SWAPDB", "0", "1");

        assertThat(text(waiting)).isEqualTo("*2\r\n$5\r\nqueue\r\n$3\r\njob\r\n");
        assertThat(engine.values().loads()).isEqualTo(loads + 1);
    }

    @Test
    void aStreamThatLeftMemoryComesBackWithItsGroups() {
        call("XADD", "s", "5-1", "a", "1");
        call("XGROUP", "CREATE", "s", "g", "0");
        call("XREADGROUP", "GROUP", "g", "ada", "STREAMS", "s", ">");
        engine.checkpoint();
        long evictions = engine.values().evictions();

        assertThat(call("XPENDING", "s", "g").toString()).contains("ada");
        assertThat(call("XACK", "s", "g", "5-1")).isEqualTo(new Reply.Int(1));
        engine.checkpoint();
        assertThat(call("XADD", "s", "5-1", "a", "1")).isInstanceOf(Reply.Failure.class);
        assertThat(evictions).isPositive();
        assertThat(engine.values().loads()).isGreaterThanOrEqualTo(2);
    }

    @Test
    void whatWasLookedAtForAChangeAndNotChangedLeavesMemoryAgain() {
        for (int i = 0; i < 50; i++) {
            call("SADD", "s" + i, "member");
        }
        engine.checkpoint();
        for (int i = 0; i < 50; i++) {
            assertThat(call("SREM", "s" + i, "stranger")).isEqualTo(new Reply.Int(0));
            assertThat(call("SADD", "s" + i, "member")).isEqualTo(new Reply.Int(0));
        }
        engine.turn();

        assertThat(engine.values().pinnedBytes()).isZero();
        assertThat(engine.values().bytes()).isLessThanOrEqualTo(NEARLY_NOTHING);
    }

    @Test
    void aRequestThatIsTooShortForItsKeysIsRefusedInRedisWords() {
        call("SET", "k", "v");
        engine.checkpoint();
        for (String command :
                List.of("GET", "SORT", "XREAD", "EVAL", "ZUNION", "GEORADIUS", "XREADGROUP", "COPY", "LMPOP")) {
            assertThat(engine.call(true, Bytes.of(command))).isInstanceOf(Reply.Failure.class);
            assertThat(engine.call(true, Bytes.of(command), Bytes.of("k"))).isNotNull();
        }
    }

    @Test
    void aScriptFindsTheValuesOfKeysThatItHasNotDeclared() {
        call("SET", "a", "1");
        call("RPUSH", "l", "x", "y");
        engine.checkpoint();

        Reply reply = engine.call(
                true,
                Bytes.of("EVAL"),
                Bytes.of("redis.call('INCR', KEYS[1]); redis.call('INCR', 'a');"
                        + " return redis.call('GET', 'a') .. redis.call('LPOP', 'l')"),
                Bytes.of("1"),
                Bytes.of("a"));
        engine.checkpoint();

        assertThat(reply).isEqualTo(Reply.bulk(Bytes.of("3x")));
        assertThat(call("LRANGE", "l", "0", "-1"))
                .hasToString(call("LRANGE", "l", "-1", "-1").toString());
        assertThat(call("GET", "a")).isEqualTo(Reply.bulk(Bytes.of("3")));
    }

    @Test
    void whatTheSettingsSayOfMemoryActs() {
        assertThat(call(
                        "CONFIG",
                        "SET",
                        "maxmemory",
                        "100",
                        "maxmemory-policy",
                        "allkeys-lfu",
                        "maxmemory-samples",
                        "7"))
                .isEqualTo(Reply.OK);

        assertThat(call("CONFIG", "GET", "maxmemory").toString()).contains("100");
        assertThat(engine.values().bytesMax()).isEqualTo(100);
        assertThat(engine.engine().keyspaces().eviction().policy()).isEqualTo(EvictionPolicy.ALLKEYS_LFU);
        assertThat(engine.engine().keyspaces().eviction().samples()).isEqualTo(7);
        assertThat(call("CONFIG", "SET", "maxmemory", "much")).isInstanceOf(Reply.Failure.class);
        assertThat(call("CONFIG", "SET", "maxmemory-policy", "some")).isInstanceOf(Reply.Failure.class);
    }

    @Test
    void whoListensHearsOfAKeyThatAPolicyGaveUp() {
        engine.engine().keyspaces().evictBy(EvictionPolicy.ALLKEYS_RANDOM);
        call("CONFIG", "SET", "notify-keyspace-events", "Ee");
        EngineClient listener = engine.another();
        listener.send(Bytes.of("SUBSCRIBE"), Bytes.of("__keyevent@0__:evicted"));
        text(listener);
        call("SET", "k", "v");
        call("PING");

        assertThat(text(listener)).contains("message").endsWith("$1\r\nk\r\n");
        assertThat(call("EXISTS", "k")).isEqualTo(new Reply.Int(0));
    }

    private static String text(EngineClient client) {
        List<String> all = new ArrayList<>();
        while (client.hasUnread()) {
            all.add(new String(client.readRaw(), StandardCharsets.UTF_8));
        }
        return String.join("", all);
    }

    private Reply call(String... command) {
        var args = new Bytes[command.length];
        for (int i = 0; i < args.length; i++) {
            args[i] = Bytes.of(command[i]);
        }
        return engine.call(false, args);
    }
}
