package io.holdfast.engine.exec;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import io.holdfast.testing.TestClock;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What INFO and the logs say of commands that ran, failed and were refused, beside what redis-server says of the same. */
class CommandStatisticsTest {
    private static final long STARTED_MS = 1_800_000_000_000L;

    private final RealRedis redis = RealRedis.start();
    private final RespClient real = redis.connect();
    private final TestClock clock = new TestClock(STARTED_MS);
    private final EngineClient engine = EngineClient.start(RedisVersion.parse(redis.version()), clock);

    @BeforeEach
    void sections() {
        String runId = ProcessFacts.freshRunId(new SplittableRandom(1));
        new StandardInfo(engine.engine(), new ProcessFacts(runId, () -> 6380, STARTED_MS, clock))
                .addTo(engine.engine().info());
    }

    @AfterEach
    void stop() {
        engine.close();
        real.close();
        redis.close();
    }

    private Bytes onBoth(String... command) {
        Bytes mine = text(engine.call(command));
        assertThat(mine).describedAs(String.join(" ", command)).isEqualTo(text(real.call(command)));
        return mine;
    }

    private static Bytes text(Reply reply) {
        if (reply instanceof Reply.Verbatim verbatim) {
            return verbatim.text();
        }
        return reply instanceof Reply.Bulk bulk ? bulk.value() : Bytes.of(reply.toString());
    }

    /** Without how long they took, in the order of their names. */
    private static List<String> commands(Reply info) {
        return text(info)
                .utf8()
                .lines()
                .map(line -> line.replaceAll("usec=\\d+,usec_per_call=[0-9.]+,", ""))
                .sorted()
                .toList();
    }

    private void assertSameCommands() {
        assertThat(commands(engine.call("INFO", "commandstats")))
                .isEqualTo(commands(real.call("INFO", "commandstats")));
    }

    @Test
    void whatDoesItsWorkByAnotherCommandIsCountedAlone() {
        onBoth("CONFIG", "RESETSTAT");
        onBoth("GEOADD", "places", "13.361389", "38.115556", "Palermo");
        onBoth("SET", "no places", "v");
        onBoth("GEOADD", "no places", "13.361389", "38.115556", "Palermo");

        assertSameCommands();
        assertThat(commands(engine.call("INFO", "errorstats"))).isEqualTo(commands(real.call("INFO", "errorstats")));
    }

    @Test
    void callsFailuresAndRefusalsAreCountedAsByRedis() {
        onBoth("SADD", "set", "a");
        onBoth("CONFIG", "RESETSTAT");
        onBoth("GET", "k");
        onBoth("GET", "set");
        onBoth("GET");
        onBoth("CONFIG", "GET");
        onBoth("INCR", "set");
        onBoth("MULTI");
        onBoth("SET", "k", "v");
        onBoth("GET");
        onBoth("EXEC");
        onBoth("MULTI");
        onBoth("GET", "set");
        onBoth("EXEC");
        onBoth("SELECT", "99");
        assertThat(onBoth("INFO", "errorstats").utf8()).contains("errorstat_WRONGTYPE:count=3");
        assertSameCommands();
    }

    @Test
    void errorsOfScriptsAreCountedOnceAsByRedis() {
        onBoth("SADD", "set", "a");
        onBoth("CONFIG", "RESETSTAT");
        onBoth("EVAL", "return redis.error_reply('MY_ERR_CODE custom msg')", "0");
        onBoth("EVAL", "return {err='OTHER words'}", "0");
        onBoth("EVAL", "return redis.pcall('get')", "0");
        onBoth("EVAL", "return redis.call('lpop', KEYS[1])", "1", "set");
        onBoth("EVAL", "redis.pcall('lpop', KEYS[1]) return 1", "1", "set");
        onBoth("EVAL", "return redis.pcall('lpop', KEYS[1])", "1", "set");
        onBoth("EVAL", "error('my words')", "0");
        onBoth("EVAL", "error({err='CODE words'})", "0");
        onBoth("EVAL", "return redis.call('nosuch')", "0");
        onBoth("EVAL_RO", "return redis.call('del', KEYS[1])", "1", "set");
        onBoth("FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('f', function() return {err='FN x'} end)");
        onBoth("FCALL", "f", "0");
        assertThat(onBoth("INFO", "errorstats").utf8()).contains("errorstat_MY_ERR_CODE:count=1\r\n");
        assertSameCommands();
    }

    @Test
    void aServedCommandIsLoggedAndCountedUnderItsOwnName() {
        engine.call("CONFIG", "SET", "slowlog-log-slower-than", "0");
        var waiting = engine.another();
        waiting.send(Bytes.of("BLPOP"), Bytes.of("l"), Bytes.of("0"));
        assertThat(engine.call("INFO", "commandstats").toString()).doesNotContain("cmdstat_blpop");
        engine.call("LPUSH", "l", "a");
        assertThat(engine.call("INFO", "commandstats").toString()).contains("cmdstat_blpop:calls=1,");
        engine.call("CONFIG", "SET", "slowlog-log-slower-than", "-1");
        List<Reply> entries = ((Reply.Array) engine.call("SLOWLOG", "GET", "-1")).items();
        assertThat(entries.stream().map(entry -> ((Reply.Array) entry).items().get(3)))
                .containsOnlyOnce(Reply.array(Reply.bulk("BLPOP"), Reply.bulk("l"), Reply.bulk("0")));
    }

    @Test
    void latenciesAreGivenByTheChosenPercentiles() {
        engine.call("GET", "k");
        assertThat(engine.call("INFO", "latencystats").toString())
                .containsPattern("latency_percentiles_usec_get:p50=[0-9.]+,p99=[0-9.]+,p99.9=[0-9.]+");
        engine.call("CONFIG", "SET", "latency-tracking-info-percentiles", "10");
        assertThat(engine.call("INFO", "latencystats").toString())
                .containsPattern("latency_percentiles_usec_get:p10=[0-9.]+\\\\x0d");
    }
}
