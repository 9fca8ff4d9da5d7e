package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.command.RedisError;
import io.holdfast.proxy.admin.ConfigChanges;
import io.holdfast.proxy.admin.Options;
import io.holdfast.proxy.admin.Order;
import io.holdfast.proxy.config.Configuration;
import io.holdfast.proxy.config.Key;
import io.holdfast.proxy.config.Keys;
import io.holdfast.proxy.config.Sources;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What somebody changes of a server that runs. */
class ReconfigurationTest {
    private static final Order ORDER = new Order("a test", 1);

    @Test
    void whatTheTableSaysCanChangeAtOnceIsWhatChangesAtOnce() {
        assertThat(Keys.all().stream()
                        .filter(Key::isLive)
                        .filter(key -> !key.section().equals(Keys.SETTINGS))
                        .collect(Collectors.toSet()))
                .isEqualTo(Reconfiguration.changeable());
    }

    @Test
    void whatSomebodyChangesHoldsUntilTheFileSaysSomethingNew(@TempDir Path dir) throws Exception {
        Path file = Files.writeString(dir.resolve("holdfast.json"), "{\"sync\": {\"batch_size\": 10}}");
        var flags = Map.of(
                "--standalone",
                "true",
                "--port",
                "0",
                "--data-dir",
                dir.resolve("data").toString());
        Configuration configuration = Configuration.read(new Sources(flags, Map.of(), file));
        try (ProxyServer server = ProxyServer.start(new Options(configuration).config())) {
            server.configuredBy(configuration);

            assertThat(change(server, Keys.BATCH_SIZE, "20").changed())
                    .containsExactly("sync.batch_size: 10 -> 20 (a test)");
            assertThat(server.operations().reload(ORDER).changed()).isEmpty();
            assertThat(shown(server)).isEqualTo("20");

            Files.writeString(file, "{\"sync\": {\"batch_size\": 30}}");
            assertThat(server.operations().reload(ORDER).changed())
                    .containsExactly("sync.batch_size: 20 -> 30 (" + file + ":1)");
            assertThat(shown(server)).isEqualTo("30");
        }
    }

    @Test
    void whatIsRefusedChangesNothing(@TempDir Path dir) throws Exception {
        try (ProxyServer server = ProxyServer.start(ProxyConfig.of(dir, null))) {
            for (var mistake : Map.of(
                            "sync.batch_size", "0",
                            "sync.batchsize", "1",
                            "server.port", "7000",
                            "fallback.enabled", "false")
                    .entrySet()) {
                assertThatThrownBy(() -> server.operations()
                                .configure(
                                        ORDER,
                                        Map.of(
                                                mistake.getKey(),
                                                List.of(mistake.getValue()),
                                                Keys.SYNC_INTERVAL.path(),
                                                List.of("9s"))))
                        .isInstanceOf(RedisError.class)
                        .hasMessageContaining(mistake.getKey());
            }
            assertThat(server.operations().configuration())
                    .filteredOn(shown -> shown.path().equals(Keys.SYNC_INTERVAL.path()))
                    .singleElement()
                    .extracting(Configuration.Shown::value)
                    .isEqualTo("1s");
        }
    }

    /** A server that runs inside another program has settings that no source of its configuration knows of. */
    @Test
    void whatIsChangedOfTheReplayLeavesTheTimeoutAsItIs(@TempDir Path dir) throws Exception {
        int timeoutMs = 54_321;
        try (ProxyServer server = ProxyServer.start(ProxyConfig.of(dir, null).withTimeoutMs(timeoutMs))) {
            change(server, Keys.SYNC_RATE, "7");

            assertThat(server.operations().config().replay().entriesPerSecondMax())
                    .isEqualTo(7);
            assertThat(server.operations().config().timeoutMs()).isEqualTo(timeoutMs);

            change(server, Keys.TIMEOUT, "3s");

            assertThat(server.operations().config().timeoutMs()).isEqualTo(3_000);
        }
    }

    private static ConfigChanges change(ProxyServer server, Key<?> key, String value) {
        return server.operations().configure(ORDER, Map.of(key.path(), List.of(value)));
    }

    private static String shown(ProxyServer server) {
        return server.operations().configuration().stream()
                .filter(shown -> shown.path().equals(Keys.BATCH_SIZE.path()))
                .findFirst()
                .orElseThrow()
                .value();
    }
}
