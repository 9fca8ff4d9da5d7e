package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import io.holdfast.testing.RespPeer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * OBJECT ENCODING names what a real redis-server names, after the same commands, at and around every limit.
 *
 * <pre>
 *   HSET k {128:f# v#}   128 pairs f0 v0 f1 v1 …        {x*64}   a word of 64 letters
 * </pre>
 *
 * <p>After each line the encoding of {@code k} is compared, and that of {@code to}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EncodingTest {
    private static final String LIMITS = """
            CONFIG SET hash-max-listpack-entries 128 hash-max-listpack-value 64 list-max-listpack-size -2
            CONFIG SET set-max-intset-entries 512 zset-max-listpack-entries 128 zset-max-listpack-value 64
            """;

    private static final String[] SCRIPTS = {
        // strings
        """
        SET k 12345
        SET k 9223372036854775807
        SET k 9223372036854775808
        SET k 007
        SET k {x*44}
        SET k {x*45}
        APPEND k x
        SET k 1
        APPEND k 2
        SET k 12
        INCR k
        SETRANGE k 0 9
        SET k abc
        SETRANGE k 0 ""
        SETRANGE k 1 x
        SET k 3.0
        INCRBYFLOAT k 1
        INCR k
        GETSET k 5
        SET k ""
        APPEND to 5
        COPY k to REPLACE
        GETEX to PERSIST
        SETBIT k 1 1
        BITOP NOT to k
        PFADD h a
        RENAME h k
        """,
        // hashes: fields
        """
        HSET k {128:f# v#}
        HSET k f0 again
        HSET k one more
        HDEL k {128:f#}
        DEL k
        HSET k {129:f# v#}
        """,
        """
        HMSET k f {x*64}
        HSET k {x*64} v
        COPY k to
        HSET k g {x*65}
        HSET k g v
        HSET to {x*65} v
        HDEL to {x*65}
        """,
        """
        HSET k n {9*17}
        HINCRBY k n 1
        HINCRBYFLOAT k n 0.5
        HSETNX k {x*65} v
        """,
        """
        HSET k {5:f# v#}
        CONFIG SET hash-max-listpack-entries 3
        HGET k f0
        HDEL k f4
        HSET k f0 w
        DEL k
        HSET k a 1 b 2 c 3
        HSETNX k c 4
        HINCRBY k a 1
        HSETNX k d 4
        CONFIG SET hash-max-listpack-entries 100
        HSET k e 5
        """,
        """
        HSET k f {x*20}
        CONFIG SET hash-max-listpack-value 10
        HSET k g v
        HSET k g {x*11}
        HSET to n {9*12}
        HINCRBYFLOAT to m 1234567.125
        CONFIG SET hash-max-listpack-value 1kb
        HSET new f {x*1024}
        """,
        // sets
        """
        SADD k {512:#}
        SADD k 1
        SADD k 512
        SREM k {513:#}
        SADD k 1
        SADD to {513:#}
        """,
        """
        SADD k 1 2 3
        SADD k x
        SREM k x
        SADD to x
        SMOVE k to 1
        SADD k {x*65}
        """,
        """
        SADD a {600:#}
        SADD b {300:#}
        SINTERSTORE to a b
        SUNIONSTORE to a b
        SDIFFSTORE to a b
        SDIFFSTORE to b b
        SADD c x
        SUNIONSTORE to b c
        SINTERSTORE k to b
        SMOVE c k x
        COPY b to REPLACE
        SORT b STORE k
        """,
        """
        SADD k 1 2 3 4
        CONFIG SET set-max-intset-entries 3
        SADD k 4
        SREM k 4
        SADD k 5
        SADD to 1 2 3
        SADD to 4
        CONFIG SET set-max-intset-entries 512
        SADD to 5
        SUNIONSTORE k to
        """,
        // sorted sets
        """
        ZADD k {128:# m#}
        ZADD k 5 m0
        ZADD k 5 one
        ZREM k {128:m#}
        ZADD to {129:# m#}
        ZREMRANGEBYRANK to 0 -2
        ZPOPMIN to
        """,
        """
        ZADD k 1 {x*64}
        ZADD k 2 {y*64}
        ZINCRBY k 1 {z*65}
        ZREM k {z*65}
        COPY k to
        """,
        """
        ZADD a {100:# a#}
        ZADD b {100:# b#}
        ZUNIONSTORE to 2 a b
        ZINTERSTORE to 2 a a
        ZDIFFSTORE to 2 a b
        ZRANGESTORE k to 0 50
        ZRANGESTORE to to 0 50
        ZADD big {300:# m#}
        ZRANGESTORE k big 0 128
        ZRANGESTORE k big 0 127
        ZRANGESTORE k big 0 -1
        ZADD long 1 {x*65}
        ZUNIONSTORE to 1 long
        ZUNIONSTORE to 2 long a
        ZRANGESTORE k long 0 -1
        """,
        """
        ZADD k 1 a 2 b 3 c 4 d
        CONFIG SET zset-max-listpack-entries 3
        ZADD k 9 a
        ZREM k d
        ZADD k 5 e
        ZADD to 1 a 2 b 3 c
        ZUNIONSTORE to 1 to
        ZADD to 4 d
        CONFIG SET zset-max-listpack-entries 0
        ZADD new 1 a
        RENAME new k
        ZUNIONSTORE to 1 k
        ZRANGESTORE to k 0 -1
        CONFIG SET zset-max-listpack-entries 128
        ZRANGESTORE to k 0 -1
        CONFIG SET zset-max-listpack-value 3
        ZADD k 1 abcd
        ZADD n 1 abcd
        RENAME n to
        """,
        """
        GEOADD k 13 38 a 15 37 b
        GEOADD k 1 1 {x*65}
        GEORADIUS k 15 37 1000 km STORE to
        GEOSEARCHSTORE to k FROMLONLAT 1 1 BYRADIUS 10 km
        GEOSEARCHSTORE to k FROMLONLAT 15 37 BYRADIUS 10 km STOREDIST
        """,
        // lists: always a quicklist before 7.2
        """
        RPUSH k a
        RPUSH k {300:#}
        LTRIM k 0 0
        CONFIG SET list-max-listpack-size 2
        RPUSH k b c d
        LMOVE k to LEFT LEFT
        CONFIG SET list-max-listpack-size -5
        RPUSH to {x*9000}
        SORT k ALPHA STORE to
        """,
    };

    private final RealRedis real = RealRedis.start();
    private final RespClient redis = real.connect();

    @AfterAll
    void stop() {
        redis.close();
        real.close();
    }

    @TestFactory
    Stream<DynamicTest> encodingsAreThoseOfTheRealServer() {
        return Stream.of(SCRIPTS)
                .map(script -> dynamicTest(script.lines().findFirst().orElseThrow(), () -> compare(script)));
    }

    private void compare(String script) {
        redis.raw("FLUSHALL");
        try (EngineClient engine = EngineClient.start(RedisVersion.parse(real.version()), System::currentTimeMillis)) {
            for (String line : (LIMITS + script).lines().toList()) {
                assertThat(encodings(engine, line)).as(line + "\nin\n" + script).isEqualTo(encodings(redis, line));
            }
        }
    }

    private static List<String> encodings(RespPeer peer, String line) {
        List<String> found = new ArrayList<>();
        Bytes[] command = expanded(line);
        found.add(text(peer.raw(command)));
        for (String key : List.of("k", "to")) {
            found.add(text(peer.raw("OBJECT", "ENCODING", key)));
        }
        return found;
    }

    private static String text(byte[] reply) {
        return new String(reply, StandardCharsets.ISO_8859_1);
    }

    private static Bytes[] expanded(String line) {
        List<Bytes> words = new ArrayList<>();
        int at = 0;
        while (at < line.length()) {
            int end = line.charAt(at) == '{' ? line.indexOf('}', at) : line.indexOf(' ', at);
            String word = line.substring(at, end < 0 ? line.length() : end);
            at = end < 0 ? line.length() : line.indexOf(' ', end) < 0 ? line.length() : line.indexOf(' ', end) + 1;
            if (word.startsWith("{") && word.contains("*")) {
                words.add(Bytes.of(word.substring(1, 2).repeat(Integer.parseInt(word.substring(3)))));
            } else if (word.startsWith("{")) {
                String[] parts = word.substring(1).split(":", 2);
                for (int i = 0; i < Integer.parseInt(parts[0]); i++) {
                    for (String one : parts[1].split(" ", -1)) {
                        words.add(Bytes.of(one.replace("#", Integer.toString(i))));
                    }
                }
            } else {
                words.add(Bytes.of(word.equals("\"\"") ? "" : word));
            }
        }
        return words.toArray(Bytes[]::new);
    }

    // ---- Redis 7.2: small lists and sets are listpacks, and lists come back to it

    @Test
    void smallListsOf72AreListpacks() {
        assertThat(after("RPUSH k {128:#}")).isEqualTo("listpack");
        assertThat(after("RPUSH k {x*8190}")).isEqualTo("quicklist");
        assertThat(after("CONFIG SET list-max-listpack-size 3", "RPUSH k a b c"))
                .isEqualTo("listpack");
        assertThat(after("CONFIG SET list-max-listpack-size 3", "RPUSH k a b c d"))
                .isEqualTo("quicklist");
        assertThat(after("CONFIG SET list-max-listpack-size 0", "RPUSH k a")).isEqualTo("listpack");
        assertThat(after("CONFIG SET list-max-listpack-size 0", "RPUSH k a b")).isEqualTo("quicklist");
        assertThat(after("CONFIG SET list-max-listpack-size -1", "RPUSH k {x*4000}"))
                .isEqualTo("listpack");
        assertThat(after("CONFIG SET list-max-listpack-size -1", "RPUSH k {x*4090}"))
                .isEqualTo("quicklist");
        assertThat(after("CONFIG SET list-max-listpack-size -5", "RPUSH k {x*60000}"))
                .isEqualTo("listpack");
        assertThat(after("CONFIG SET list-max-listpack-size 4", "RPUSH k a b c d e", "LPOP k", "LPOP k"))
                .isEqualTo("quicklist");
        assertThat(after("CONFIG SET list-max-listpack-size 4", "RPUSH k a b c d e", "LPOP k 3"))
                .isEqualTo("listpack");
    }

    @Test
    void smallSetsOf72AreListpacks() {
        assertThat(after("SADD k a 1")).isEqualTo("listpack");
        assertThat(after("SADD k {128:n#}")).isEqualTo("listpack");
        assertThat(after("SADD k {129:n#}")).isEqualTo("hashtable");
        assertThat(after("SADD k {x*65}")).isEqualTo("hashtable");
        assertThat(after("SADD k {200:#}", "SADD k a")).isEqualTo("hashtable");
        assertThat(after("SADD k {513:#}")).isEqualTo("hashtable");
        assertThat(after("CONFIG SET set-max-listpack-entries 2", "SADD k a b c"))
                .isEqualTo("hashtable");
        assertThat(after("CONFIG SET set-max-listpack-value 3", "SADD k abcd")).isEqualTo("hashtable");
        assertThat(after("SADD k a", "CONFIG SET set-max-listpack-entries 1", "SADD k b"))
                .isEqualTo("hashtable");
    }

    @Test
    void olderNamesOfTheLimitsAreKnown() {
        assertThat(after("CONFIG SET hash-max-ziplist-entries 1", "HSET k a 1 b 2"))
                .isEqualTo("hashtable");
        assertThat(after("CONFIG SET zset-max-ziplist-value 1", "ZADD k 1 ab")).isEqualTo("skiplist");
    }

    private static String after(String... lines) {
        try (EngineClient engine = EngineClient.start(RedisVersion.STANDALONE, System::currentTimeMillis)) {
            for (String line : lines) {
                engine.raw(expanded(line));
            }
            return text(engine.raw("OBJECT", "ENCODING", "k"))
                    .lines()
                    .skip(1)
                    .findFirst()
                    .orElse("nothing");
        }
    }

    // ---- CONFIG SET

    @Test
    void limitsAreCheckedAsTheRealServerDoes() {
        EngineClient engine = EngineClient.start(RedisVersion.parse(real.version()), System::currentTimeMillis);
        for (String line : LIMITS.lines().toList()) {
            engine.raw(expanded(line));
            redis.raw(expanded(line));
        }
        for (String setting : List.of(
                "hash-max-listpack-entries -1",
                "hash-max-listpack-entries abc",
                "hash-max-listpack-entries 1kb",
                "hash-max-listpack-entries 9223372036854775808",
                "hash-max-listpack-value 2kb",
                "hash-max-listpack-value 3MB",
                "hash-max-listpack-value -1",
                "hash-max-listpack-value 1x",
                "hash-max-listpack-value k",
                "hash-max-ziplist-value 64",
                "list-max-listpack-size -6",
                "list-max-listpack-size 3000000000",
                "list-max-listpack-size x",
                "list-max-ziplist-size -2",
                "set-max-intset-entries 5",
                "set-max-intset-entries 1.5",
                "zset-max-listpack-entries 0",
                "zset-max-ziplist-entries 128",
                "hll-sparse-max-bytes 1k",
                "hll-sparse-max-bytes x",
                "hll-sparse-max-bytes 3000")) {
            String name = setting.substring(0, setting.indexOf(' '));
            for (String line : List.of("CONFIG SET " + setting, "CONFIG GET " + name)) {
                assertThat(text(engine.raw(expanded(line)))).as(line).isEqualTo(text(redis.raw(expanded(line))));
            }
        }
    }
}
