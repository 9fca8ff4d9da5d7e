package io.holdfast.proxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.proxy.StartupException;
import io.holdfast.proxy.admin.Options;
import io.holdfast.proxy.config.Origin.Source;
import io.holdfast.proxy.upstream.ReturnPace.Strategy;
import io.holdfast.sync.conflict.ConflictPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What flags, environment and file come to, and what is said of what is wrong. */
class ConfigurationTest {
    private static final String OF_THE_SEED = """
            {
                "fallback": {
                    "enabled": true,
                    "storage_dir": "~/.claude/fallback",
                    "retention_days": 30,
                    "max_size_mb": 500
                },
                "redis": {
                    "connection_timeout": 2,
                    "retry_interval": 30,
                    "max_retries": 3
                },
                "sync": {
                    "enabled": true,
                    "batch_size": 100,
                    "sync_interval": 30,
                    "backoff_strategy": "exponential"
                }
            }
            """;

    private final Path dir;

    ConfigurationTest(@TempDir Path dir) {
        this.dir = dir;
    }

    // ---- the observability system's names

    @Test
    void theFileOfTheObservabilitySystemIsTakenAsItStands() throws Exception {
        Configuration configuration = read(Map.of(), Map.of(), OF_THE_SEED);

        assertThat(configuration.get(Keys.DATA_DIR)).isEqualTo(home(".claude/fallback"));
        assertThat(configuration.get(Keys.RETENTION_DAYS)).isEqualTo(30);
        assertThat(configuration.get(Keys.MAX_SIZE_MB)).isEqualTo(500);
        assertThat(configuration.get(Keys.TIMEOUT)).isEqualTo(2_000);
        assertThat(configuration.get(Keys.RETRY_INTERVAL)).isEqualTo(30_000);
        assertThat(configuration.get(Keys.BATCH_SIZE)).isEqualTo(100);
        assertThat(configuration.get(Keys.SYNC_INTERVAL)).isEqualTo(30_000);
        assertThat(configuration.get(Keys.BACKOFF_STRATEGY)).isEqualTo(Strategy.EXPONENTIAL);
        assertThat(configuration.warnings())
                .containsExactly(dir.resolve("holdfast.json")
                        + ":11: redis.max_retries has no effect: Holdfast never gives up an upstream, since what waits for it"
                        + " would be lost");
    }

    @Test
    void theNamesInItsEnvironmentWork() throws Exception {
        Configuration configuration = read(
                Map.of(),
                Map.ofEntries(
                        Map.entry("CLAUDE_FALLBACK_ENABLED", "true"),
                        Map.entry("CLAUDE_FALLBACK_DIR", "~/.claude/fallback"),
                        Map.entry("CLAUDE_REDIS_TIMEOUT", "3"),
                        Map.entry("CLAUDE_SYNC_INTERVAL", "30"),
                        Map.entry("CLAUDE_FALLBACK_RETENTION_DAYS", "7"),
                        Map.entry("CLAUDE_FALLBACK_MAX_SIZE_MB", "500"),
                        Map.entry("CLAUDE_SYNC_BATCH_SIZE", "50"),
                        Map.entry("CLAUDE_SYNC_MAX_RETRIES", "3"),
                        Map.entry("CLAUDE_SYNC_BACKOFF", "linear"),
                        Map.entry("CLAUDE_SYNC_ENABLED", "false"),
                        Map.entry("REDIS_URL", "redis://10.0.0.1:6390")),
                "{}");

        assertThat(configuration.get(Keys.ENABLED)).isTrue();
        assertThat(configuration.get(Keys.DATA_DIR)).isEqualTo(home(".claude/fallback"));
        assertThat(configuration.get(Keys.TIMEOUT)).isEqualTo(3_000);
        assertThat(configuration.get(Keys.SYNC_INTERVAL)).isEqualTo(30_000);
        assertThat(configuration.get(Keys.RETENTION_DAYS)).isEqualTo(7);
        assertThat(configuration.get(Keys.MAX_SIZE_MB)).isEqualTo(500);
        assertThat(configuration.get(Keys.BATCH_SIZE)).isEqualTo(50);
        assertThat(configuration.get(Keys.BACKOFF_STRATEGY)).isEqualTo(Strategy.LINEAR);
        assertThat(configuration.get(Keys.SYNC_ENABLED)).isFalse();
        assertThat(configuration.get(Keys.URL).host()).isEqualTo("10.0.0.1");
        assertThat(configuration.warnings()).singleElement().asString().startsWith("CLAUDE_SYNC_MAX_RETRIES (");
        assertThat(new Options(configuration).warnings())
                .anyMatch(warning -> warning.startsWith("CLAUDE_SYNC_ENABLED (sync.enabled) is false")
                        && warning.contains("HOLDFAST_SYNC_ENABLED=true"));
    }

    @Test
    void withoutItsFallbackItDoesNotStart() throws Exception {
        Configuration configuration = read(Map.of(), Map.of("CLAUDE_FALLBACK_ENABLED", "no"), "{}");

        StartupException refused =
                catchThrowableOfType(StartupException.class, () -> new Options(configuration).config());

        assertThat(refused)
                .hasMessageStartingWith("CLAUDE_FALLBACK_ENABLED (fallback.enabled) is false")
                .hasMessageContaining("HOLDFAST_FALLBACK_ENABLED=true");
    }

    // ---- what goes before what

    @Test
    void eachSourceGoesBeforeTheWeakerOnes() throws Exception {
        var flags = Map.of("--data-dir", "flag");
        var both = Map.of("HOLDFAST_DATA_DIR", "own", "CLAUDE_FALLBACK_DIR", "shared");
        var shared = Map.of("CLAUDE_FALLBACK_DIR", "shared");
        String file = "{\"fallback\": {\"storage_dir\": \"file\"}}";

        assertDataDir(read(flags, both, file), "flag", Source.FLAG);
        assertDataDir(read(flags, shared, "{}"), "flag", Source.FLAG);
        assertDataDir(read(flags, Map.of(), file), "flag", Source.FLAG);
        assertDataDir(read(flags, Map.of(), "{}"), "flag", Source.FLAG);
        assertDataDir(read(Map.of(), both, file), "own", Source.ENVIRONMENT);
        assertDataDir(read(Map.of(), both, "{}"), "own", Source.ENVIRONMENT);
        assertDataDir(read(Map.of(), shared, file), "shared", Source.SHARED_ENVIRONMENT);
        assertDataDir(read(Map.of(), shared, "{}"), "shared", Source.SHARED_ENVIRONMENT);
        assertDataDir(read(Map.of(), Map.of(), file), "file", Source.FILE);
        assertDataDir(read(Map.of(), Map.of(), "{}"), home(".holdfast").toString(), Source.DEFAULT);
    }

    private static void assertDataDir(Configuration configuration, String value, Source source) {
        assertThat(configuration.get(Keys.DATA_DIR)).isEqualTo(Path.of(value));
        assertThat(configuration.origin(Keys.DATA_DIR).source()).isEqualTo(source);
    }

    @Test
    void everyKeyHasANameInTheEnvironmentThatCounts() throws Exception {
        for (Key<?> key : Keys.all()) {
            String value = key.example().isEmpty() ? "x" : key.example();

            Configuration configuration = read(Map.of(), Map.of(key.environment(), value), "{}");

            assertThat(configuration.origin(key)).hasToString(key.environment());
        }
    }

    @Test
    void anEmptyVariableCountsAsNotSet() throws Exception {
        Configuration configuration = read(Map.of(), Map.of("HOLDFAST_PORT", ""), "{\"server\": {\"port\": 7000}}");

        assertThat(configuration.get(Keys.PORT)).isEqualTo(7000);
    }

    @Test
    void theVariablesOfAServiceOfThatNameAreNotSettings() throws Exception {
        var environment = Map.of(
                "HOLDFAST_PORT", "tcp://10.1.2.3:6380",
                "HOLDFAST_SERVICE_HOST", "10.1.2.3",
                "HOLDFAST_PORT_6380_TCP_ADDR", "10.1.2.3");

        assertThat(read(Map.of(), environment, "{}").get(Keys.PORT)).isEqualTo(6380);
    }

    @Test
    void anUpstreamOnTheCommandLineGoesBeforeStandaloneElsewhere() throws Exception {
        var standalone = Map.of("HOLDFAST_STANDALONE", "true");

        assertThat(new Options(read(Map.of("--upstream", "redis://10.0.0.1"), standalone, "{}"))
                        .config()
                        .upstream())
                .isNotNull();
        assertThat(new Options(read(Map.of(), standalone, "{\"redis\": {\"url\": \"redis://10.0.0.1\"}}"))
                        .config()
                        .upstream())
                .isNull();
        assertThat(new Options(read(Map.of("--standalone", "true"), Map.of("REDIS_URL", "redis://10.0.0.1"), "{}"))
                        .config()
                        .upstream())
                .isNull();
    }

    @Test
    void parametersOfRedisConfComeFromAllThree() throws Exception {
        Configuration configuration = read(
                Map.of("--tls-port", "7001"),
                Map.of("HOLDFAST_SETTINGS_MAXMEMORY_POLICY", "allkeys-lru", "HOLDFAST_TLS_PORT", "7002"),
                "{\"settings\": {\"SLOWLOG-max-len\": 7, \"maxmemory-policy\": \"noeviction\", \"tls-port\": 7003}}");

        assertThat(configuration.settings())
                .isEqualTo(Map.of("tls-port", "7001", "maxmemory-policy", "allkeys-lru", "slowlog-max-len", "7"));
    }

    // ---- units

    @ParameterizedTest
    @CsvSource({"2, 2000", "2s, 2000", "2000ms, 2000", "0.5, 500", "1m, 60000", "'2 S', 2000", "120, 120000"})
    void aTimeHasAUnitOrThatOfItsDocumentation(String written, int ms) throws Exception {
        assertThat(read(Map.of(), Map.of("CLAUDE_REDIS_TIMEOUT", written), "{}").get(Keys.TIMEOUT))
                .isEqualTo(ms);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CLAUDE_SYNC_INTERVAL | 3000 | 3000 is taken as 3000s; write 3000ms if that is meant",
                "HOLDFAST_REDIS_CONNECTION_TIMEOUT | 120 | 120 is taken as 120s; write 120ms if that is meant",
                "HOLDFAST_SCRIPTS_BUSY_REPLY_THRESHOLD | 5 | 5 is taken as 5ms; write 5s if that is meant",
            })
    void anOddNumberWithoutAUnitIsWarnedOf(String name, String value, String doubt) throws Exception {
        assertThat(read(Map.of(), Map.of(name, value), "{}").warnings())
                .singleElement()
                .asString()
                .startsWith(name + " (")
                .endsWith(doubt);
    }

    @Test
    void aNumberWithAUnitIsNoOddOne() throws Exception {
        assertThat(read(Map.of(), Map.of("CLAUDE_SYNC_INTERVAL", "3000s"), "{}").warnings())
                .isEmpty();
    }

    // ---- mistakes

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "HOLDFAST_PROT | 1 | unknown environment variable HOLDFAST_PROT; the nearest is HOLDFAST_PORT",
                "CLAUDE_SYNC_BATCHSIZE | 1 | unknown environment variable CLAUDE_SYNC_BATCHSIZE; the nearest is CLAUDE_SYNC_BATCH_SIZE",
                "CLAUDE_FALLBACK_DIRS | x | the nearest is CLAUDE_FALLBACK_DIR",
                "HOLDFAST_MAXMEMORY | 1 | unknown environment variable HOLDFAST_MAXMEMORY; the nearest is HOLDFAST_SETTINGS_MAXMEMORY",
                "HOLDFAST_SETTINGS_MAXMEMROY | 1 | unknown environment variable HOLDFAST_SETTINGS_MAXMEMROY",
                "HOLDFAST_PORT | many | HOLDFAST_PORT (server.port) takes a number from 0 to 65535, not 'many'",
                "CLAUDE_REDIS_TIMEOUT | 2000 | CLAUDE_REDIS_TIMEOUT (redis.connection_timeout) takes a time from 10ms to 10m,"
                        + " like 2, 2s or 2000ms, not '2000': a number without a unit is seconds; write 2000ms",
                "CLAUDE_SYNC_BACKOFF | random | CLAUDE_SYNC_BACKOFF (sync.backoff_strategy) takes exponential, linear or fixed,"
                        + " not 'random'",
                "HOLDFAST_SETTINGS_MAXMEMORY | much | HOLDFAST_SETTINGS_MAXMEMORY (settings.maxmemory): argument must be a"
                        + " memory value",
            })
    void aMistakeInTheEnvironmentIsNamed(String name, String value, String mistake) {
        assertThat(refused(Map.of(), Map.of(name, value), "{}").mistakes())
                .singleElement()
                .asString()
                .contains(mistake);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"sync\": {\"batchsize\": 1}} | unknown key 'sync.batchsize'; the nearest is 'sync.batch_size'",
                "{\"sink\": {\"batch_size\": 1}} | unknown section 'sink'; the nearest is 'sync'",
                "{\"sync\": 1} | must be a section, as in",
                "{\"sync\": {\"batch_size\": 0}} | sync.batch_size takes a number from 1 to 10000, not 0",
                "{\"sync\": {\"batch_size\": 1.5}} | sync.batch_size takes a number from 1 to 10000, not 1.5",
                "{\"sync\": {\"batch_size\": true}} | sync.batch_size takes a number from 1 to 10000, not true",
                "{\"sync\": {\"batch_size\": [1]}} | sync.batch_size takes one value, not a list",
                "{\"sync\": {\"batch_size\": null}} | sync.batch_size takes one value",
                "{\"sync\": {\"enabled\": 1}} | sync.enabled takes true or false, not 1",
                "{\"sync\": {\"conflict_rules\": \"a park\"}} | sync.conflict_rules takes a list of texts, not that",
                "{\"sync\": {\"conflict_rules\": [\"park\"]}} | sync.conflict_rules takes patterns with policies",
                "{\"sync\": {\"conflict_rules\": [\"a prak\"]}} | keep-both or park, not 'prak'",
                "{\"server\": {\"bind\": 127}} | server.bind takes an address, such as 127.0.0.1, not 127",
                "{\"settings\": {\"maxmemroy\": 1}} | settings.maxmemroy is no parameter of redis.conf; the nearest is 'maxmemory'",
                "{\"settings\": {\"maxmemory\": \"much\"}} | settings.maxmemory: argument must be a memory value",
                "{\"settings\": {\"port\": 1}} | settings.port is server.port here",
                "{\"sync\": {\"batch_size\": 1, \"batch_size\": 2}} | is not JSON: Duplicate field 'batch_size'",
                "{\"sync\": {} | is not JSON",
            })
    void aMistakeInTheFileIsNamedWithItsLine(String content, String mistake) {
        assertThat(refused(Map.of(), Map.of(), "\n" + content).mistakes())
                .singleElement()
                .asString()
                .startsWith(dir.resolve("holdfast.json") + ":2: ")
                .contains(mistake);
    }

    @Test
    void everyMistakeIsNamedNotTheFirstAlone() {
        assertThat(refused(
                                Map.of("--port", "70000"),
                                Map.of("HOLDFAST_BNID", "x"),
                                "{\"redis\": {\"retry_interval\": \"soon\",\n\"user\": 1}}")
                        .mistakes())
                .hasSize(4);
    }

    @Test
    void aNameForOtherProgramsThatDoesNotCountNeedNotFit() throws Exception {
        var foreign = Map.of("REDIS_URL", "sentinel://a,b,c");

        assertThat(read(Map.of("--upstream", "redis://10.0.0.1"), foreign, "{}")
                        .get(Keys.URL)
                        .host())
                .isEqualTo("10.0.0.1");
        assertThat(refused(Map.of(), foreign, "{}").mistakes())
                .singleElement()
                .asString()
                .startsWith("REDIS_URL");
    }

    @Test
    void noMessageAndNoDisplayHasASecret() throws Exception {
        var environment = Map.of(
                "HOLDFAST_REQUIREPASS", "canary-1",
                "HOLDFAST_UPSTREAM_PASSWORD", "canary-2",
                "REDIS_URL", "redis://u:canary-3@10.0.0.1",
                "HOLDFAST_SETTINGS_TLS_KEY_FILE_PASS", "canary-4",
                "HOLDFAST_USERS", "user bob on >canary-5 +@all");
        assertThat(read(Map.of(), environment, "{}").shown().toString()).doesNotContain("canary");
        assertThat(refused(
                        Map.of("--upstream", "redis://u:canary-6@10.0.0.1/nosuch"),
                        Map.of(),
                        "{\"redis\": {\"password\": [\"canary-7\"]}, \"server\": {\"requirepass\": 8}}"))
                .message()
                .doesNotContain("canary");
    }

    // ---- documents

    @Test
    void theExampleSaysTheDefaultsAndIsAccepted() throws Exception {
        Configuration configuration = read(Map.of(), Map.of(), ConfigDocuments.example());

        for (Key<?> key : Keys.all()) {
            if (key.written().isEmpty()) {
                assertThat(ConfigDocuments.example()).contains("// \"" + key.name() + "\": ");
            } else {
                assertThat(configuration.origin(key).source()).isEqualTo(Source.FILE);
            }
        }
        assertThat(configuration.differing(read(Map.of(), Map.of(), "{}"))).isEmpty();
        assertThat(configuration.warnings()).isEmpty();
    }

    @Test
    void whatStandsInCommentsInTheExampleIsAcceptedToo() throws Exception {
        String all = ConfigDocuments.example().replaceAll("(?m)^    // (\".*,)$", "    $1");

        Configuration configuration = read(Map.of(), Map.of(), all);

        assertThat(Keys.all()).allMatch(key -> configuration.origin(key).source() == Source.FILE);
    }

    // ---- while it runs

    @ParameterizedTest
    @MethodSource
    void aListIsOneTextOrItsItems(List<String> values) throws Exception {
        Configuration configuration =
                read(Map.of(), Map.of(), "{}").with(Map.of("sync.conflict_rules", values), "an operator");

        assertThat(configuration.get(Keys.CONFLICT_RULES))
                .containsExactly(Map.entry("a:*", ConflictPolicy.PARK), Map.entry("b:*", ConflictPolicy.LOCAL_WINS));
    }

    static List<List<String>> aListIsOneTextOrItsItems() {
        return List.of(List.of("a:* park, b:* local-wins"), List.of("a:* park", "b:* local-wins"));
    }

    // ----

    private Configuration read(Map<String, String> flags, Map<String, String> environment, String file)
            throws IOException, BadConfigurationException {
        return Configuration.read(
                new Sources(flags, environment, Files.writeString(dir.resolve("holdfast.json"), file)));
    }

    private BadConfigurationException refused(Map<String, String> flags, Map<String, String> environment, String file) {
        return catchThrowableOfType(BadConfigurationException.class, () -> read(flags, environment, file));
    }

    private static Path home(String below) {
        return Path.of(System.getProperty("user.home"), below);
    }
}
