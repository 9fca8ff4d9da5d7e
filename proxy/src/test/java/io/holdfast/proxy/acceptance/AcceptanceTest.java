package io.holdfast.proxy.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.ProxyServer;
import io.holdfast.proxy.outage.Cable;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The recorded working hour with an outage in it: every reply, and what the upstream holds in the end. */
@Execution(ExecutionMode.CONCURRENT)
class AcceptanceTest {
    static final Duration PATIENCE = Duration.ofSeconds(30);
    /** Never reached: nothing is an outage but what a test does, however slow the machine and its disk. */
    static final int NO_TIMEOUT_MS = 60_000;

    /** In which a frozen upstream is found out. */
    private static final int BRIEF_MS = 500;

    private static final int TTL_TOLERANCE_SECONDS = 15;

    /** How the upstream becomes unreachable. */
    enum Outage {
        KILLED,
        CUT_OFF,
        FROZEN
    }

    /** Which protocol the clients speak; null: each its own, as recorded. */
    record Run(Outage outage, @Nullable RespVersion everybody) {
        @Override
        public String toString() {
            return outage + ", " + (everybody == null ? "as recorded" : everybody);
        }
    }

    static List<Run> runs() {
        List<Run> runs = new ArrayList<>();
        for (Outage outage : Outage.values()) {
            runs.add(new Run(outage, null));
            runs.add(new Run(outage, RespVersion.RESP2));
            runs.add(new Run(outage, RespVersion.RESP3));
        }
        return runs;
    }

    @ParameterizedTest
    @MethodSource("runs")
    void theWorkingHourEndsUpstreamExactlyRight(Run run, @TempDir Path dataDir) throws Exception {
        try (var redis = RealRedis.start("--appendonly", "yes", "--appendfsync", "always");
                var cable = Cable.to(redis.port());
                var holdfast = ProxyServer.start(ProxyConfig.of(
                                dataDir.resolve("data"), new UpstreamAddress("127.0.0.1", cable.port(), null, null))
                        .withTimeoutMs(NO_TIMEOUT_MS));
                var clients = new Clients(holdfast.port())) {
            clients.awaitMode("online");
            for (Step step : Step.all()) {
                if (step.isUpstreamDown()) {
                    down(run.outage, redis, cable, clients);
                } else if (step.isUpstreamUp()) {
                    up(run.outage, redis, cable, clients);
                } else if (step.waitMs() > 0) {
                    clients.awaitExpiry(step.waitMs());
                } else {
                    check(step, run.everybody, clients);
                }
            }
            clients.awaitMode("online");
            assertThat(clients.info()).contains("\r\nconflicts:0\r\n", "\r\ndead_letters:0\r\n");
            checkUpstream(redis);
        }
    }

    private static void down(Outage outage, RealRedis redis, Cable cable, Clients clients) {
        clients.awaitCopied();
        switch (outage) {
            case KILLED -> redis.kill();
            case CUT_OFF -> cable.cut();
            case FROZEN -> {
                redis.freeze();
                clients.timeout(BRIEF_MS);
            }
        }
    }

    private static void up(Outage outage, RealRedis redis, Cable cable, Clients clients) {
        switch (outage) {
            case KILLED -> redis.restart();
            case CUT_OFF -> cable.mend();
            case FROZEN -> {
                clients.timeout(NO_TIMEOUT_MS);
                redis.thaw();
            }
        }
    }

    /** @param everybody which protocol the clients speak; null: each its own, as recorded */
    static void check(Step step, @Nullable RespVersion everybody, Clients clients) {
        RespVersion version = everybody == null ? step.version() : everybody;
        RespClient client = clients.of(step.connection(), version);
        version = clients.versionOf(step.connection(), version);
        JsonNode got = step.isScanAll() ? scanAll(client, step) : Recorded.spell(client.call(step.command()));
        if (step.isAnyReply()) {
            return;
        }
        assertThat(Recorded.same(step.expected(version), got, step.isSorted() || step.isScanAll()))
                .as("step %s, in %s: got %s", step, version, got)
                .isTrue();
    }

    /** Repeats SCAN to its end; the recording holds the keys. */
    private static JsonNode scanAll(RespClient client, Step step) {
        var keys = new TreeSet<String>();
        Bytes[] command = step.command();
        do {
            JsonNode reply = Recorded.spell(client.call(command));
            command[1] = Bytes.of(reply.get(0).asText());
            reply.get(1).forEach(key -> keys.add(key.asText()));
        } while (!command[1].equals(Bytes.of(0)));
        var json = new com.fasterxml.jackson.databind.ObjectMapper();
        return step.expected(RespVersion.RESP2).size() == 2
                        && step.expected(RespVersion.RESP2).get(1).isArray()
                ? json.valueToTree(List.of("0", keys))
                : json.valueToTree(keys);
    }

    /** What the recording says that the upstream holds in the end. */
    static void checkUpstream(RealRedis redis) {
        JsonNode expected = Step.expectedKeys();
        try (RespClient client = redis.connect()) {
            var keys = new TreeSet<String>();
            Recorded.spell(client.call("KEYS", "*")).forEach(key -> keys.add(key.asText()));
            keys.removeIf(key -> key.startsWith("holdfast:"));
            var wanted = new TreeSet<String>();
            expected.fieldNames().forEachRemaining(wanted::add);
            assertThat(keys).isEqualTo(wanted);
            for (String key : keys) {
                checkKey(client, key, expected.get(key));
            }
        }
    }

    private static void checkKey(RespClient client, String key, JsonNode expected) {
        String type = expected.get("type").asText();
        assertThat(Recorded.spell(client.call("TYPE", key)).asText()).as(key).isEqualTo(type);
        JsonNode value = value(client, key, type);
        assertThat(sameValue(type, expected.get("value"), value))
                .as("%s: expected %s, got %s", key, expected.get("value"), value)
                .isTrue();
        long ttl = Recorded.spell(client.call("TTL", key)).asLong();
        long about = expected.get("ttl_about").asLong();
        if (about < 0) {
            assertThat(ttl).as("TTL of %s", key).isEqualTo(about);
        } else {
            assertThat(ttl)
                    .as("TTL of %s", key)
                    .isBetween(about - TTL_TOLERANCE_SECONDS, about + TTL_TOLERANCE_SECONDS);
        }
    }

    static JsonNode value(RespClient client, String key, String type) {
        return Recorded.spell(
                switch (type) {
                    case "string" -> client.call("GET", key);
                    case "hash" -> client.call("HGETALL", key);
                    case "list" -> client.call("LRANGE", key, "0", "-1");
                    case "set" -> client.call("SMEMBERS", key);
                    case "zset" -> client.call("ZRANGE", key, "0", "-1", "WITHSCORES");
                    default -> throw new IllegalArgumentException(type);
                });
    }

    private static boolean sameValue(String type, JsonNode expected, JsonNode got) {
        if (!type.equals("hash")) {
            return Recorded.same(expected, got, type.equals("set"));
        }
        Map<String, String> fields = new HashMap<>();
        for (int i = 0; i < got.size(); i += 2) {
            fields.put(got.get(i).asText(), got.get(i + 1).asText());
        }
        Map<String, String> wanted = new HashMap<>();
        expected.properties()
                .forEach(field -> wanted.put(field.getKey(), field.getValue().asText()));
        return fields.equals(wanted);
    }

    /** The connections of the workload by name. */
    static final class Clients implements AutoCloseable {
        private final int port;
        private final Map<String, RespClient> named = new HashMap<>();
        private final Map<String, RespVersion> versions = new HashMap<>();
        private final List<RespClient> all = new ArrayList<>();

        Clients(int port) {
            this.port = port;
        }

        RespClient of(String name, RespVersion version) {
            if (name.equals("@new")) {
                return connect(version);
            }
            versions.putIfAbsent(name, version);
            return named.computeIfAbsent(name, n -> connect(version));
        }

        RespVersion versionOf(String name, RespVersion version) {
            return versions.getOrDefault(name, version);
        }

        private RespClient connect(RespVersion version) {
            RespClient client = RespClient.connect(port, PATIENCE);
            all.add(client);
            if (version == RespVersion.RESP3) {
                client.speak(version);
            }
            return client;
        }

        void awaitMode(String mode) {
            await().atMost(PATIENCE)
                    .pollInterval(20, TimeUnit.MILLISECONDS)
                    .until(() -> info().contains("mode:" + mode + "\r\n"));
        }

        /**
         * Waits until everything that was to be read for the copy has been: what a reply does not tell of its key is read
         * behind it, and the recorded replies are those of an outage that comes later than that.
         */
        void awaitCopied() {
            await().atMost(PATIENCE)
                    .pollInterval(10, TimeUnit.MILLISECONDS)
                    .until(() -> info().contains("\r\nmirror_waiting:0\r\n"));
        }

        /** For replies of the upstream, from now on. */
        void timeout(int ms) {
            try (RespClient client = RespClient.connect(port, PATIENCE)) {
                Reply changed = client.call("HOLDFAST", "CONFIG", "SET", "redis.connection_timeout", ms + "ms");
                assertThat(changed).isNotInstanceOf(Reply.Failure.class);
            }
        }

        String info() {
            try (RespClient client = RespClient.connect(port, PATIENCE)) {
                return Recorded.spell(client.call("INFO", "holdfast")).asText();
            }
        }

        /** Lets the recorded time pass, by asking the server for it. */
        void awaitExpiry(long ms) {
            long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
            await().atMost(PATIENCE).pollInterval(20, TimeUnit.MILLISECONDS).until(() -> System.nanoTime() > until);
        }

        @Override
        public void close() {
            all.forEach(RespClient::close);
        }
    }
}
