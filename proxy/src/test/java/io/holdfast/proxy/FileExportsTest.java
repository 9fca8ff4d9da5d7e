package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.testing.RespClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files that the observability system's own fallback has, while Holdfast runs. */
class FileExportsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path data;

    FileExportsTest(@TempDir Path dir) {
        data = dir.resolve("data");
    }

    @Test
    void filesFollowTheKeys() throws Exception {
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            client.call("SET", "handoff:project:my/app:20251009_083755", "first");
            client.call(
                    "SET",
                    "handoff:project:my/app:20251009_091500",
                    "{\"session_id\":\"s\",\"handoff_content\":\"second\",\"metadata\":{\"git_hash\":\"abc\"}}");
            client.call("HSET", "metrics:hourly:2025-10-09T08:reviewer", "execution_count", "2");
            client.call("HSET", "metrics:daily:2025-10-09", "total_executions", "9");
            client.call("ZADD", "agent:performance:debugger:duration", "7200", "a", "800", "b");
            client.call("SET", "terminal:status:a", "{\"agent_name\":\"n\"}");
            client.call("SET", "terminal:completed:b", "{\"agent_name\":\"n\"}");
            awaitFiles(
                    "handoffs/latest_my%2fapp.json",
                    "handoffs/my%2fapp_20251009_083755.json",
                    "handoffs/my%2fapp_20251009_091500.json",
                    "metrics/agents/debugger.json",
                    "metrics/daily/2025-10-09.json",
                    "metrics/hourly/2025-10-09-08:reviewer.json",
                    "terminal/active/a.json",
                    "terminal/completed/b.json");
            awaitJson(
                    "handoffs/latest_my%2fapp.json",
                    "{\"project_name\":\"my/app\",\"timestamp\":\"2025-10-09T09:15:00Z\","
                            + "\"session_id\":\"s\",\"handoff_content\":\"second\",\"metadata\":{\"git_hash\":\"abc\"}}");
            awaitJson(
                    "metrics/agents/debugger.json",
                    "{\"agent_name\":\"debugger\",\"executions\":2,\"total_duration_ms\":8000}");
            awaitValue("metrics/daily/2025-10-09.json", "total_executions", "9");

            client.call("DEL", "handoff:project:my/app:20251009_091500", "terminal:completed:b");
            client.call("PEXPIRE", "terminal:status:a", "1");
            client.call("HINCRBY", "metrics:daily:2025-10-09", "total_executions", "1");
            awaitFiles(
                    "handoffs/latest_my%2fapp.json",
                    "handoffs/my%2fapp_20251009_083755.json",
                    "metrics/agents/debugger.json",
                    "metrics/daily/2025-10-09.json",
                    "metrics/hourly/2025-10-09-08:reviewer.json");
            awaitValue("metrics/daily/2025-10-09.json", "total_executions", "10");
            awaitValue("handoffs/latest_my%2fapp.json", "handoff_content", "first");
        }
    }

    @Test
    void filesGoWithTheirProfile() throws Exception {
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            client.call("HSET", "metrics:daily:2025-10-09", "total_executions", "9");
            awaitFiles("metrics/daily/2025-10-09.json");
        }
        assertThat(files()).hasSize(1); // they stay while nobody runs
        ProxyServer.start(ProxyConfig.of(data, null)).close();
        assertThat(files()).isEmpty();
        assertThat(data.resolve("exported")).doesNotExist();
    }

    private void awaitFiles(String... names) {
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(UncheckedIOException.class) // a file that went while it was met
                .untilAsserted(() -> assertThat(files()).containsExactly(names));
    }

    /** A file is there before it says what the last command has made of it. */
    private void awaitJson(String name, String content) throws IOException {
        JsonNode expected = JSON.readTree(content);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(json(name)).isEqualTo(expected));
    }

    private void awaitValue(String name, String field, String value) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(json(name).get(field).asText()).isEqualTo(value));
    }

    private Set<String> files() throws IOException {
        var found = new TreeSet<String>();
        try (Stream<Path> paths = Files.walk(data)) {
            paths.filter(path -> path.toString().endsWith(".json"))
                    .forEach(path -> found.add(data.relativize(path).toString()));
        }
        return found;
    }

    private JsonNode json(String name) throws IOException {
        return JSON.readTree(data.resolve(name).toFile());
    }

    private ProxyServer start() throws StartupException {
        return ProxyServer.start(ProxyConfig.of(data, null).withProfiles(List.of("agent-observability")));
    }
}
