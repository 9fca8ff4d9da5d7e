package io.holdfast.engine.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.TestClock;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StandardInfoTest {
    private static final long STARTED_MS = 1_800_000_000_000L;

    private final TestClock clock = new TestClock(STARTED_MS);
    private final EngineClient client = EngineClient.start(RedisVersion.STANDALONE, clock);
    private final String runId = ProcessFacts.freshRunId(new SplittableRandom(1));

    @BeforeEach
    void sections() {
        new StandardInfo(client.engine(), new ProcessFacts(runId, () -> 6380, STARTED_MS, clock))
                .addTo(client.engine().info());
    }

    @Test
    void infoHasTheSectionsOfRedisInItsOrder() {
        assertThat(info().lines().filter(line -> line.startsWith("#")))
                .containsExactly(
                        "# Server",
                        "# Clients",
                        "# Memory",
                        "# Persistence",
                        "# Stats",
                        "# Replication",
                        "# CPU",
                        "# Modules",
                        "# Errorstats",
                        "# Cluster",
                        "# Keyspace");
    }

    @Test
    void everyLineIsATitleOrANameAndAValue() {
        client.call("SET", "k", "v");
        assertThat(info().split("\r\n")).allSatisfy(line -> assertThat(line).matches("|# [A-Za-z]+|[a-z0-9_]+:.*"));
    }

    @Test
    void theMemorySectionCountsScriptsAndFunctions() {
        client.call("SCRIPT", "LOAD", "return 1");
        client.call(
                "FUNCTION",
                "LOAD",
                "#!lua name=lib\nredis.register_function('f', function() return 1 end)"
                        + "\nredis.register_function('g', function() return 2 end)");
        assertThat(info("memory").lines())
                .contains("number_of_cached_scripts:1", "number_of_functions:2", "number_of_libraries:1")
                .doesNotContain("used_memory_lua:0");
    }

    @Test
    void theServerSectionTellsOfTheProcess() {
        clock.advance(Duration.ofDays(2));
        assertThat(info("server").lines())
                .contains(
                        "redis_version:7.2.4",
                        "redis_mode:standalone",
                        "run_id:" + runId,
                        "tcp_port:6380",
                        "uptime_in_seconds:172800",
                        "uptime_in_days:2");
    }

    @Test
    void theKeyspaceSectionCountsKeysOfDatabasesThatHaveSome() {
        client.call("SET", "a", "1");
        client.call("SET", "b", "1", "PX", "5000");
        client.call("SELECT", "3");
        client.call("SET", "c", "1");
        assertThat(info("keyspace"))
                .isEqualTo("# Keyspace\r\ndb0:keys=2,expires=1,avg_ttl=5000\r\ndb3:keys=1,expires=0,avg_ttl=0\r\n");
    }

    @Test
    void theStatsSectionCountsAndIsResetByConfigResetstat() {
        client.call("GET", "nokey");
        client.call("NOSUCH");
        assertThat(info("stats").lines()).contains("keyspace_misses:1", "total_error_replies:1");
        client.call("CONFIG", "RESETSTAT");
        assertThat(info("stats").lines()).contains("keyspace_misses:0", "total_error_replies:0");
    }

    @Test
    void errorsAreCountedByTheirFirstWord() {
        client.call("NOSUCH");
        client.call("SET", "k", "v");
        client.call("LPUSH", "k", "v");
        client.call("NOSUCH");
        assertThat(info("errorstats"))
                .isEqualTo("# Errorstats\r\nerrorstat_ERR:count=2\r\nerrorstat_WRONGTYPE:count=1\r\n");
        client.call("CONFIG", "RESETSTAT");
        assertThat(info("errorstats")).isEqualTo("# Errorstats\r\n");
    }

    /** But what a Redis counts of scripts and clients that it has seen, which only some runs have. */
    @Test
    void everyFieldOfTheRealServerIsThere() {
        try (var redis = RealRedis.start();
                var real = redis.connect()) {
            real.call("SET", "k", "v");
            client.call("SET", "k", "v");
            String theirs = ((Reply.Bulk) real.call("INFO", "default")).value().latin1();
            assertThat(names(info("default"))).containsAll(names(theirs));
        }
    }

    private static List<String> names(String info) {
        return info.lines()
                .filter(line -> line.contains(":"))
                .map(line -> line.substring(0, line.indexOf(':')))
                .toList();
    }

    @Test
    void severalSectionsCanBeNamed() {
        assertThat(info("cluster", "MODULES")).isEqualTo("# Modules\r\n\r\n# Cluster\r\ncluster_enabled:0\r\n");
    }

    @Test
    void bytesAreShortenedAsRedisDoes() {
        assertThat(List.of(0L, 1023L, 1024L, 1585152L, 25276514304L).stream().map(StandardInfo::human))
                .containsExactly("0B", "1023B", "1.00K", "1.51M", "23.54G");
    }

    @Test
    void aRunIdHasFortyHexadecimalDigits() {
        assertThat(runId).matches("[0-9a-f]{40}");
        assertThatThrownBy(() -> new ProcessFacts("abc", () -> 0, 0, () -> 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private String info(String... sections) {
        var command = new String[sections.length + 1];
        command[0] = "INFO";
        System.arraycopy(sections, 0, command, 1, sections.length);
        return ((Reply.Verbatim) client.call(command)).text().latin1();
    }
}
