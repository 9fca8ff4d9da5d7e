package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What lists and streams get is in their logs, each element once and in order, whatever becomes of the keys. */
class KeyLogsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Path data;
    private final Path profile;

    KeyLogsTest(@TempDir Path dir) throws IOException {
        data = dir.resolve("data");
        profile = Files.writeString(dir.resolve("logs.json"), """
                {"name": "logs", "logs": [
                  {"name": "chat", "keys": "chat:{room}", "read": "list", "newest": "head"},
                  {"name": "jobs", "keys": "jobs:{queue}", "read": "list", "newest": "tail"},
                  {"name": "hooks", "keys": "hooks:{hook}:{kind}", "read": "stream"}]}
                """);
    }

    @Test
    void aListThatIsTrimmedAtItsOtherEndIsLoggedOnce() throws Exception {
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            client.call("MULTI"); // so that nobody looks in between
            for (int i = 1; i <= 5; i++) {
                client.call("LPUSH", "chat:a/b", "{\"n\":" + i + "}");
                client.call("LTRIM", "chat:a/b", "0", "2");
            }
            client.call("EXEC");
            client.call("RPUSH", "jobs:mail", "1", "2", "3");
            awaitLog("chat/a%2fb", "{\"n\":3}", "{\"n\":4}", "{\"n\":5}");
            awaitLog("jobs/mail", value(1), value(2), value(3));

            client.call("LPUSH", "chat:a/b", "{\"n\":6}");
            client.call("LTRIM", "chat:a/b", "0", "2");
            client.call("LPOP", "jobs:mail", "2");
            client.call("RPUSH", "jobs:mail", "3", "4");
            awaitLog("chat/a%2fb", "{\"n\":3}", "{\"n\":4}", "{\"n\":5}", "{\"n\":6}");
            awaitLog("jobs/mail", value(1), value(2), value(3), value(3), value(4));

            client.call("RPOP", "jobs:mail");
            client.call("RPUSH", "jobs:mail", "5");
            client.call("LINSERT", "chat:a/b", "AFTER", "{\"n\":6}", "between");
            client.call("LPUSH", "chat:a/b", "{\"n\":7}");
            awaitLog("chat/a%2fb", "{\"n\":3}", "{\"n\":4}", "{\"n\":5}", "{\"n\":6}", "{\"n\":7}");
            awaitLog("jobs/mail", value(1), value(2), value(3), value(3), value(4), value(5));
        }
    }

    @Test
    void aKeyThatIsGoneLeavesItsLogAndAnotherOfItsNameGoesOnInIt() throws Exception {
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            client.call("RPUSH", "jobs:mail", "1");
            client.call("XADD", "hooks:pre:tool", "1706789400000-0", "tool", "Bash");
            awaitLog("jobs/mail", value(1));
            awaitLog("hooks/pre/tool", entry("1706789400000-0", "Bash"));

            client.call("DEL", "jobs:mail");
            client.call("PEXPIRE", "hooks:pre:tool", "1");
            client.call("RPUSH", "jobs:mail", "1");
            awaitLog("jobs/mail", value(1), value(1));
            awaitLog("hooks/pre/tool", entry("1706789400000-0", "Bash"));
        }
    }

    @Test
    void entriesOfAStreamAreInTheFilesOfTheirDays() throws Exception {
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            client.call("MULTI");
            client.call("XADD", "hooks:pre:tool", "1706745599999-0", "tool", "Bash");
            client.call("XADD", "hooks:pre:tool", "MAXLEN", "1", "1706789400000-0", "tool", "Read");
            client.call("EXEC");
            client.call("XADD", "hooks:pre:tool", "1706789400000-1", "tool", "Edit");
            awaitLog("hooks/pre/tool", entry("1706789400000-0", "Read"), entry("1706789400000-1", "Edit"));
            client.call("XADD", "hooks:pre:tool", "MAXLEN", "1", "1706900000000-0", "tool", "Bash");
            await().atMost(PATIENCE).until(() -> Files.exists(data.resolve("logs/hooks/pre/tool/2024-02-02.jsonl")));
            assertThat(data.resolve("logs/hooks/pre/tool/2024-02-01.jsonl")).exists();
        }
    }

    @Test
    void aStartGoesOnWhereTheLastRunWas() throws Exception {
        var expected = new ArrayList<String>();
        for (int run = 0; run < 3; run++) {
            try (var server = start();
                    var client = RespClient.connect(server.port())) {
                for (int i = 0; i < 1_500; i++) {
                    client.call("LPUSH", "chat:room", "alike");
                    expected.add(value("alike"));
                }
                // What is not in the log when it stops gets there after the next start.
                if (run != 1) {
                    awaitLog("chat/room", expected.toArray(String[]::new));
                }
            }
        }
        assertThat(log("chat/room")).isEqualTo(expected);
    }

    @Test
    void halfALineOfACrashIsCutOff() throws Exception {
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            client.call("RPUSH", "jobs:mail", "1", "2");
            awaitLog("jobs/mail", value(1), value(2));
            client.call("DEL", "jobs:mail"); // so that only what was to be appended can say it
        }
        Path file = files("jobs/mail").get(0);
        Files.writeString(file, value(1) + "\n{\"val");
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            client.call("RPUSH", "jobs:mail", "3");
            awaitLog("jobs/mail", value(1), value(2), value(3));
        }
    }

    @Test
    void onlineAndOfflineAreOneLog() throws Exception {
        try (var redis = RealRedis.start("--appendonly", "yes", "--appendfsync", "always")) {
            try (RespClient direct = redis.connect()) {
                direct.call("RPUSH", "chat:room", "2", "1");
            }
            var upstream = new UpstreamAddress("127.0.0.1", redis.port(), null, null);
            ProxyConfig config = ProxyConfig.of(data, upstream).withProfiles(List.of(profile.toString()));
            try (var server = ProxyServer.start(config);
                    var client = RespClient.connect(server.port())) {
                awaitMode(client, "online");
                client.call("LPUSH", "chat:room", "3");
                client.call("XADD", "hooks:post:tool", "1706789400000-0", "tool", "Bash");
                awaitLog("chat/room", value(1), value(2), value(3));
                awaitLog("hooks/post/tool", entry("1706789400000-0", "Bash"));
                redis.kill();
                awaitMode(client, "offline");
                client.call("LPUSH", "chat:room", "4");
                client.call("LTRIM", "chat:room", "0", "2");
                client.call("XADD", "hooks:post:tool", "1706789400000-1", "tool", "Read");
                awaitLog("chat/room", value(1), value(2), value(3), value(4));
                awaitLog("hooks/post/tool", entry("1706789400000-0", "Bash"), entry("1706789400000-1", "Read"));
            }
            redis.restart();
            try (var server = ProxyServer.start(config);
                    var client = RespClient.connect(server.port())) {
                awaitMode(client, "online");
                client.call("LRANGE", "chat:room", "0", "-1");
                client.call("LPUSH", "chat:room", "5");
                awaitLog("chat/room", value(1), value(2), value(3), value(4), value(5));
            }
        }
    }

    private ProxyServer start() throws StartupException {
        return ProxyServer.start(ProxyConfig.of(data, null).withProfiles(List.of(profile.toString())));
    }

    private static String value(Object element) {
        return "{\"value\":\"" + element + "\"}";
    }

    private static String entry(String id, String tool) {
        return "{\"id\":\"" + id + "\",\"time\":\"2024-02-01T12:10:00.000Z\",\"fields\":{\"tool\":\"" + tool + "\"}}";
    }

    private void awaitLog(String key, String... lines) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(log(key)).containsExactly(lines));
    }

    private List<String> log(String key) throws IOException {
        var lines = new ArrayList<String>();
        for (Path file : files(key)) {
            lines.addAll(Files.readAllLines(file));
        }
        return lines;
    }

    private List<Path> files(String key) throws IOException {
        Path directory = data.resolve("logs").resolve(key);
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }

    private static void awaitMode(RespClient client, String mode) {
        await().atMost(PATIENCE)
                .until(() -> String.valueOf(client.call("INFO", "holdfast")).contains("mode:" + mode));
    }
}
