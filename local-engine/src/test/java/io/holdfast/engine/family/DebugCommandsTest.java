package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.MemoryJournal;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import io.holdfast.testing.TestClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** DEBUG where it is allowed, beside a redis-server that allows it too. */
class DebugCommandsTest {
    private static final long CLOCK_MS = 1_800_000_000_000L;
    private static final List<String> KEYS = List.of(
            "text",
            "number",
            "raw",
            "brief",
            "list",
            "quicklist",
            "set",
            "intset",
            "bigset",
            "hash",
            "bighash",
            "zset",
            "bigzset",
            "stream",
            "group",
            "nosuch");

    /** Redis would pack other long strings before it counts their bytes. */
    private static final String INCOMPRESSIBLE =
            IntStream.rangeClosed('!', '~').mapToObj(Character::toString).collect(Collectors.joining());

    private final RealRedis redis = RealRedis.start("--enable-debug-command", "yes");
    private final TestClock clock = new TestClock(CLOCK_MS);
    private final MemoryJournal journal = new MemoryJournal();
    private final EngineClient engine = EngineClient.start(RedisVersion.parse(redis.version()), journal, clock);
    private final RespClient real = redis.connect();

    @BeforeEach
    void allow() {
        var settings = engine.engine().settings();
        settings.choose(Objects.requireNonNull(settings.find("enable-debug-command")), "yes");
    }

    @AfterEach
    void stop() {
        real.close();
        engine.close();
        redis.close();
    }

    @Test
    void digestsAreThoseOfARedisThatHoldsTheSame() {
        fill();
        var values = new ArrayList<>(List.of("DEBUG", "DIGEST-VALUE"));
        values.addAll(KEYS);
        assertSame(values.toArray(String[]::new));
        assertSame("DEBUG", "DIGEST");
        both("SELECT", "3");
        both("SET", "text", "elsewhere");
        assertSame("DEBUG", "DIGEST");
        both("FLUSHALL");
        assertSame("DEBUG", "DIGEST");
        assertSame("DEBUG", "DIGEST-VALUE");
    }

    @Test
    void aDigestTellsTheOrderOfAListAndThatAKeyExpires() {
        fill();
        Reply before = engine.call("DEBUG", "DIGEST-VALUE", "list", "text");
        both("RPOPLPUSH", "list", "list");
        both("PEXPIRE", "text", "1000000");
        Reply after = engine.call("DEBUG", "DIGEST-VALUE", "list", "text");
        assertThat(((Reply.Array) before).items()).doesNotContainAnyElementsOf(((Reply.Array) after).items());
        assertSame("DEBUG", "DIGEST-VALUE", "list", "text");
    }

    @Test
    void expiredKeysAreSeenUntilSomebodyMeetsThem() {
        engine.call("DEBUG", "SET-ACTIVE-EXPIRE", "0");
        engine.call("SET", "k", "v", "PX", "1");
        clock.advance(Duration.ofMillis(2));
        engine.engine().tick();
        assertThat(engine.call("DEBUG", "OBJECT", "k")).isInstanceOf(Reply.Simple.class);
        assertThat(engine.call("EXISTS", "k")).isEqualTo(Reply.ZERO);
        assertThat(engine.call("DEBUG", "OBJECT", "k")).isInstanceOf(Reply.Failure.class);
        engine.call("SET", "k", "v", "PX", "1");
        clock.advance(Duration.ofMillis(2));
        engine.call("DEBUG", "SET-ACTIVE-EXPIRE", "1");
        engine.engine().tick();
        assertThat(engine.call("DEBUG", "OBJECT", "k")).isInstanceOf(Reply.Failure.class);
    }

    @Test
    void everyKindOfReplyIsSpelledAsRedisDoes() {
        for (RespVersion version : RespVersion.values()) {
            engine.speak(version);
            real.speak(version);
            for (String kind : List.of(
                    "string",
                    "integer",
                    "double",
                    "bignum",
                    "null",
                    "array",
                    "set",
                    "map",
                    "attrib",
                    "true",
                    "false",
                    "VERBATIM",
                    "nosuch")) {
                assertSame("DEBUG", "PROTOCOL", kind);
            }
        }
        assertSame("DEBUG", "PROTOCOL", "push");
        assertThat(Bytes.wrap(engine.readRaw())).isEqualTo(Bytes.wrap(real.readRaw()));
    }

    @Test
    void objectsAreDescribedAsRedisDoes() {
        fill();
        for (String key : KEYS) {
            assertThat(described(engine.call("DEBUG", "OBJECT", key)))
                    .describedAs(key)
                    .isEqualTo(described(real.call("DEBUG", "OBJECT", key)));
        }
    }

    @Test
    void whatRedisWouldNotPackIsAsLongAsInItsFile() {
        fill();
        for (String key : List.of("text", "number", "raw", "intset", "hash", "bighash")) {
            assertThat(serializedLength(engine.call("DEBUG", "OBJECT", key)))
                    .describedAs(key)
                    .isEqualTo(serializedLength(real.call("DEBUG", "OBJECT", key)));
        }
    }

    private static String serializedLength(Reply reply) {
        return reply.toString().replaceAll(".*(serializedlength:\\d+).*", "$1");
    }

    /** Without what depends on the machine, the moment, and how a quicklist was filled or packed. */
    private static String described(Reply reply) {
        return reply.toString()
                .replaceAll("at:0x\\w+", "at")
                .replaceAll("serializedlength:\\d+", "length")
                .replaceAll("lru:\\d+ lru_seconds_idle:\\d+", "lru")
                .replaceAll("(encoding:quicklist) .*", "$1");
    }

    @Test
    void whatNeedsNoDataIsAnsweredAlike() {
        fill();
        for (String line : List.of(
                "DEBUG NOSUCH",
                "DEBUG DIGEST x",
                "DEBUG RELOAD NOSUCH",
                "DEBUG CHANGE-REPL-ID",
                "DEBUG OBJECT",
                "DEBUG OBJECT nosuch",
                "DEBUG LISTPACK hash",
                "DEBUG LISTPACK bighash",
                "DEBUG LISTPACK nosuch",
                "DEBUG QUICKLIST quicklist",
                "DEBUG QUICKLIST hash",
                "DEBUG SDSLEN number",
                "DEBUG HTSTATS 99",
                "DEBUG HTSTATS x",
                "DEBUG HTSTATS-KEY hash",
                "DEBUG POPULATE -1",
                "DEBUG POPULATE 3",
                "DEBUG POPULATE 5 pre 3",
                "DEBUG POPULATE 2 pre 20",
                "MGET key:0 key:2 key:3 pre:0 pre:1 pre:4",
                "DBSIZE",
                "DEBUG ERROR BAD\\nnews")) {
            assertSame(line.split(" "));
        }
    }

    @Test
    void aPatternIsMatchedAgainstNulBytes() {
        assertThat(engine.call("DEBUG", "STRINGMATCH-LEN", "1000", "***x")).isEqualTo(Reply.ZERO);
        assertThat(engine.call("DEBUG", "STRINGMATCH-LEN", "2", "??")).isEqualTo(Reply.ONE);
    }

    @Test
    void whatPopulateMakesIsJournaled() {
        engine.call("DEBUG", "POPULATE", "2", "made", "4");
        var other = EngineClient.start(RedisVersion.STANDALONE, journal, clock);
        other.engine().recover(0);
        assertThat(other.call("MGET", "made:0", "made:1"))
                .isEqualTo(Reply.array(Reply.bulk("valu"), Reply.bulk("valu")));
    }

    @Test
    void reloadStandsAlone() {
        engine.call("MULTI");
        engine.call("SET", "k", "v");
        engine.call("DEBUG", "RELOAD");
        var replies = ((Reply.Array) engine.call("EXEC")).items();
        assertThat(replies.get(0)).isEqualTo(Reply.OK);
        assertThat(replies.get(1).toString()).contains("ERR DEBUG RELOAD stands alone");
    }

    @Test
    void scriptsAdministerTheServerOnlyWhereTheyWereAllowed() {
        String script = "return redis.call('DEBUG', 'PROTOCOL', 'integer')";
        assertThat(engine.call("EVAL", script, "0").toString()).contains("not allowed from script");
        assertSame("DEBUG", "SET-DISABLE-DENY-SCRIPTS", "1");
        assertSame("EVAL", script, "0");
        assertSame("EVAL", "redis.setresp(3) return redis.call('DEBUG', 'PROTOCOL', 'attrib')", "0");
        engine.call("DEBUG", "SET-DISABLE-DENY-SCRIPTS", "0");
        assertThat(engine.call("EVAL", script, "0").toString()).contains("not allowed from script");
    }

    private void fill() {
        both("SET", "text", "hello");
        both("SET", "number", "12345");
        both("SET", "raw", INCOMPRESSIBLE);
        both("SET", "brief", "x", "PX", "10000000");
        both("RPUSH", "list", "a", "b", "c", "1", "-2", "300000");
        both("RPUSH", "quicklist", "y".repeat(9000), "b");
        both("SADD", "set", "a", "b", "c", "1");
        both("SADD", "intset", "1", "2", "3");
        both("HSET", "hash", "a", "1", "b", "two");
        both("HSET", "bighash", "a", INCOMPRESSIBLE);
        both("ZADD", "zset", "1", "a", "2.5", "b", "inf", "c", "-inf", "d", "1e20", "e", "0.1", "7");
        both("ZADD", "bigzset", "0.1", INCOMPRESSIBLE, "-0", "b");
        for (int i = 0; i < 600; i++) {
            both("SADD", "bigset", Integer.toString(i * 7));
        }
        both("XADD", "stream", "1-1", "a", "b", "c", "d");
        both("XADD", "stream", "1-2", "a", "b", "a", "d");
        both("XADD", "stream", "2-0", "f", "1");
        both("XDEL", "stream", "1-2");
        both("XGROUP", "CREATE", "group", "g", "0", "MKSTREAM");
    }

    private void both(String... command) {
        assertSame(command);
    }

    private void assertSame(String... command) {
        Bytes[] args = new Bytes[command.length];
        for (int i = 0; i < args.length; i++) {
            args[i] = Bytes.of(command[i]);
        }
        assertThat(Bytes.wrap(engine.raw(args)))
                .describedAs(String.join(" ", command))
                .isEqualTo(Bytes.wrap(real.raw(args)));
    }
}
