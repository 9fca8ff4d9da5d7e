package io.holdfast.engine.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
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
