package io.holdfast.proxy.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.ProxyServer;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.resp.Reply;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The view sync_queue: what waits for the upstream, and what it has refused. */
class SyncQueueTest {
    private static final String ASK =
            "select operation_type, redis_key, redis_value, redis_score, hash_field, ttl_seconds,"
                    + " sync_status, sync_attempts, created_at > 1700000000, last_sync_attempt > 1700000000"
                    + " from sync_queue order by id";

    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void whatWaitsIsListedAndWhatIsUpstreamIsNot(@TempDir Path dir) throws Exception {
        try (var redis = RealRedis.start("--appendonly", "yes", "--appendfsync", "always");
                var holdfast = ProxyServer.start(
                        ProxyConfig.of(dir.resolve("data"), new UpstreamAddress("127.0.0.1", redis.port(), null, null))
                                .withTimeoutMs(Rig.NO_TIMEOUT_MS)
                                .withProfiles(List.of("agent-observability")));
                var client = RespClient.connect(holdfast.port(), Rig.PATIENCE)) {
            awaitMode(client, "online");
            try (RespClient direct = redis.connect()) {
                direct.call("SET", "theirs", "a string");
            }
            assertThat(rows(client)).isEmpty();
            redis.kill();
            awaitMode(client, "offline");
            client.call("SET", "k", "v", "EX", "100");
            client.call("HSET", "h", "f", "1", "g", "2");
            client.call("ZADD", "z", "NX", "1.5", "m");
            client.call("LPUSH", "theirs", "x");
            client.call("DEL", "k");
            assertThat(rows(client))
                    .containsExactly(
                            "[set, k, v, nil, nil, 100, pending, 0, 1, nil]",
                            "[hset, h, 1, nil, f, nil, pending, 0, 1, nil]",
                            "[hset, h, 2, nil, g, nil, pending, 0, 1, nil]",
                            "[zadd, z, m, 1.5, nil, nil, pending, 0, 1, nil]",
                            "[lpush, theirs, x, nil, nil, nil, pending, 0, 1, nil]",
                            "[del, k, nil, nil, nil, nil, pending, 0, 1, nil]");
            Path sync = dir.resolve("data/sync");
            awaitJson(
                    sync.resolve("pending.json"),
                    pending -> pending.size() == 6
                            && pending.get(3).get("redis_score").asDouble() == 1.5
                            && pending.get(5).get("operation_type").asText().equals("del"));
            awaitJson(
                    sync.resolve("last_sync.json"),
                    last -> last.get("pending_operations").asInt() == 6 && isOffline(last));
            redis.restart();
            awaitMode(client, "online");
            assertThat(rows(client)).containsExactly("[lpush, theirs, x, nil, nil, nil, failed, 1, 1, 1]");
            awaitJson(
                    sync.resolve("last_sync.json"),
                    last -> last.get("failed_operations").asInt() == 1
                            && last.get("pending_operations").asInt() == 0
                            && last.get("last_successful_sync").asLong() > 1700000000
                            && last.get("redis_status").asText().equals("online"));
            client.call("HOLDFAST", "DEADLETTERS", "DISCARD", "ALL");
            assertThat(rows(client)).isEmpty();
        }
    }

    @Test
    void eachFieldOfTheLastSyncIsTrueInEveryPhase(@TempDir Path dir) throws Exception {
        try (var redis = RealRedis.start("--appendonly", "yes", "--appendfsync", "always");
                var holdfast = ProxyServer.start(
                        ProxyConfig.of(dir.resolve("data"), new UpstreamAddress("127.0.0.1", redis.port(), null, null))
                                .withTimeoutMs(60_000)
                                .withProfiles(List.of("agent-observability")));
                var client = RespClient.connect(holdfast.port(), Rig.PATIENCE)) {
            Path file = dir.resolve("data/sync/last_sync.json");
            awaitMode(client, "online");
            awaitJson(
                    file,
                    last -> last.get("last_sync_timestamp").isNull()
                            && last.get("last_successful_sync").isNull()
                            && last.get("pending_operations").asInt() == 0
                            && last.get("redis_status").asText().equals("online")
                            && last.get("next_retry").isNull());

            redis.kill();
            awaitMode(client, "offline");
            client.call("SET", "k", "v");
            awaitJson(file, last -> last.get("pending_operations").asInt() == 1 && isOffline(last));
            long tried = JSON.readTree(file.toFile()).get("last_sync_timestamp").asLong();
            awaitJson(
                    file,
                    last -> last.get("last_sync_timestamp").asLong() > tried
                            && last.get("last_successful_sync").isNull()
                            && isOffline(last));

            client.call("HOLDFAST", "SYNC", "PAUSE");
            awaitJson(
                    file,
                    last -> last.get("redis_status").asText().equals("offline")
                            && last.get("next_retry").isNull());

            redis.restart();
            try (RespClient direct = redis.connect()) {
                direct.call("CLIENT", "PAUSE", "60000", "WRITE");
                client.call("HOLDFAST", "SYNC", "RESUME");
                awaitMode(client, "replaying");
                awaitJson(
                        file,
                        last -> last.get("redis_status").asText().equals("online")
                                && last.get("pending_operations").asInt() == 1
                                && last.get("next_retry").isNull());
                direct.call("CLIENT", "UNPAUSE");
            }
            awaitMode(client, "online");
            awaitJson(
                    file,
                    last -> last.get("pending_operations").asInt() == 0
                            && last.get("last_successful_sync").asLong() >= tried
                            && last.get("last_sync_timestamp").equals(last.get("last_successful_sync"))
                            && last.get("next_retry").isNull());
        }
    }

    /** It was tried a moment ago, and the next time is the probe's: within its longest pause, and the second it is rounded by. */
    private static boolean isOffline(JsonNode last) {
        long retry = last.get("next_retry").asLong();
        long tried = last.get("last_sync_timestamp").asLong();
        return last.get("redis_status").asText().equals("offline") && retry >= tried && retry <= tried + 7;
    }

    private static void awaitJson(Path file, Predicate<JsonNode> condition) {
        await().atMost(Rig.PATIENCE.multipliedBy(2))
                .until(() -> Files.exists(file) && condition.test(JSON.readTree(file.toFile())));
    }

    private static List<String> rows(RespClient client) {
        Reply.Array reply = (Reply.Array) client.call("HOLDFAST", "SQL", ASK);
        return reply.items().stream().skip(1).map(Rig::text).toList();
    }

    private static void awaitMode(RespClient client, String mode) {
        await().atMost(Rig.PATIENCE)
                .pollInterval(10, TimeUnit.MILLISECONDS)
                .until(() -> Rig.text(client.call("INFO", "holdfast")).contains("mode:" + mode + "\r\n"));
    }
}
