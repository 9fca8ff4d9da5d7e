package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.ProxyServer;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every route does what it says before a real upstream that is well, away, or frozen. */
class HttpRoutesTest {
    private static final String API = "/api/fallback/";
    private static final String HANDOFFS = API + "handoffs/";
    private static final String KEY = "handoff:project:my-project:";

    private final Path dataDir;

    HttpRoutesTest(@TempDir Path dataDir) {
        this.dataDir = dataDir;
    }

    private Rig rig() throws Exception {
        return Rig.with(dataDir, config -> config.withHttpPort(0).withProfiles(List.of("agent-observability")));
    }

    // ---- status

    @Test
    void theStatusHasTheNamesThatTheSystemReads() throws Exception {
        try (Rig rig = rig()) {
            JsonNode status = new HttpCaller(rig.holdfast).get(API + "status").body();

            assertThat(HttpCaller.names(status))
                    .containsExactly("redis", "fallback_storage", "sync_service", "overall_status");
            assertThat(HttpCaller.names(status.path("redis"))).containsExactly("status", "health", "config", "stats");
            assertThat(HttpCaller.names(status.at("/redis/status")))
                    .containsExactly("isConnected", "lastCheck", "latency", "version");
            assertThat(HttpCaller.names(status.path("fallback_storage"))).containsExactly("enabled", "stats");
            assertThat(HttpCaller.names(status.at("/fallback_storage/stats")))
                    .containsExactly("total_size_mb", "record_counts", "pending_sync_operations");
            assertThat(HttpCaller.names(status.path("sync_service"))).containsExactly("enabled", "is_syncing", "stats");
            assertThat(HttpCaller.names(status.at("/sync_service/stats")))
                    .containsExactly(
                            "total_operations",
                            "synced_operations",
                            "failed_operations",
                            "pending_operations",
                            "last_sync_time",
                            "sync_rate_per_minute",
                            "error_rate_percentage");
            assertThat(HttpCaller.names(status.path("overall_status")))
                    .containsExactly("mode", "operational", "last_update");
        }
    }

    @Test
    void theStatusOnlineIsWhatTheProbeFoundAndWhatIsStored() throws Exception {
        try (Rig rig = rig()) {
            var caller = new HttpCaller(rig.holdfast);
            rig.client().call("SET", KEY + "20250121_103000", "text");

            JsonNode status = caller.get(API + "status").body();

            assertThat(status.at("/redis/status/isConnected").asBoolean()).isTrue();
            assertThat(status.at("/redis/status/version").asText()).isEqualTo(rig.redis.version());
            assertThat(status.at("/redis/status/latency").asDouble()).isPositive();
            assertThat(status.at("/redis/status/lastCheck").asLong()).isPositive();
            assertThat(status.at("/redis/health/ping").asBoolean()).isTrue();
            assertThat(status.at("/redis/stats/uptime_in_seconds").asText()).matches("\\d+");
            assertThat(status.at("/overall_status/mode").asText()).isEqualTo("redis");
            assertThat(status.at("/overall_status/operational").asBoolean()).isTrue();
            await().atMost(Rig.PATIENCE).untilAsserted(() -> {
                JsonNode stats = caller.get(API + "status").body().at("/fallback_storage/stats");
                assertThat(stats.at("/record_counts/session_handoffs").asLong()).isEqualTo(1);
                assertThat(stats.at("/record_counts/agent_executions").asLong(-1))
                        .isZero();
                assertThat(stats.path("total_size_mb").asDouble()).isPositive();
            });
        }
    }

    @Test
    void theStatusCountsWhatWaitsWhatIsThereAndWhatWasRefused() throws Exception {
        try (Rig rig = rig()) {
            var caller = new HttpCaller(rig.holdfast);
            RespClient client = rig.client();
            rig.goOffline();
            client.call("SET", "a", "1");
            client.call("RPUSH", "b", "x");
            client.call("SET", "c", "1");
            rig.direct().call("SET", "b", "in the way");
            JsonNode before = await().atMost(Rig.PATIENCE) // the probe may find out a moment after a link did
                    .until(
                            () -> caller.get(API + "status").body(),
                            status -> !status.at("/redis/status/isConnected").asBoolean());
            rig.goOnline();
            JsonNode after = caller.get(API + "status").body();

            assertThat(before.at("/overall_status/mode").asText()).isEqualTo("fallback");
            assertThat(before.at("/redis/status/isConnected").asBoolean()).isFalse();
            assertThat(before.at("/sync_service/stats/pending_operations").asLong())
                    .isEqualTo(3);
            assertThat(before.at("/fallback_storage/stats/pending_sync_operations")
                            .asLong())
                    .isEqualTo(3);
            JsonNode stats = after.at("/sync_service/stats");
            assertThat(stats.path("pending_operations").asLong()).isZero();
            assertThat(stats.path("failed_operations").asLong()).isEqualTo(1);
            assertThat(stats.path("synced_operations").asLong()).isEqualTo(3);
            assertThat(stats.path("total_operations").asLong()).isEqualTo(4);
            assertThat(stats.path("error_rate_percentage").asDouble()).isEqualTo(25);
            assertThat(stats.path("sync_rate_per_minute").asLong()).isEqualTo(3);
            assertThat(stats.path("last_sync_time").asLong()).isPositive();
        }
    }

    @Test
    void aStandaloneServerSaysSo() throws Exception {
        try (ProxyServer server =
                ProxyServer.start(ProxyConfig.of(dataDir.resolve("data"), null).withHttpPort(0))) {
            var caller = new HttpCaller(server);
            try (RespClient client = Rig.clientOf(server)) {
                client.call("HSET", "h", "f", "v");
            }

            JsonNode status = caller.get(API + "status").body();

            assertThat(status.at("/redis/status/isConnected").asBoolean()).isFalse();
            assertThat(status.at("/redis/health/trouble").asText()).isEqualTo("there is no upstream");
            assertThat(status.at("/overall_status/mode").asText()).isEqualTo("fallback");
            assertThat(status.at("/sync_service/enabled").asBoolean()).isFalse();
            assertThat(caller.post(API + "sync").error()).contains("Holdfast runs standalone");
            assertThat(caller.post(API + "test-redis").status()).isEqualTo(409);
            await().atMost(Rig.PATIENCE)
                    .untilAsserted(() -> assertThat(caller.get(API + "status")
                                    .body()
                                    .at("/fallback_storage/stats/record_counts/hash")
                                    .asLong())
                            .isEqualTo(1));
        }
    }

    // ---- what waits

    @Test
    void theQueueListsWhatWasRefusedThenWhatWaitsAPageAtATime() throws Exception {
        try (Rig rig = rig()) {
            var caller = new HttpCaller(rig.holdfast);
            RespClient client = rig.client();
            rig.goOffline();
            client.call("RPUSH", "list", "x");
            rig.direct().call("SET", "list", "in the way");
            rig.goOnline();
            rig.goOffline();
            client.call("HSET", "hash", "f1", "v1", "f2", "v2");
            client.call("ZADD", "zset", "1.5", "m");
            client.call("SET", "string", "v", "EX", "100");

            JsonNode first = caller.get(API + "sync-queue?limit=2").body();
            JsonNode second = caller.get(API + "sync-queue?limit=10&cursor="
                            + first.path("next_cursor").asText())
                    .body();

            assertThat(first.path("failed_operations").asLong()).isEqualTo(1);
            assertThat(first.path("pending_operations").asLong()).isEqualTo(3);
            assertThat(HttpCaller.names(first.at("/operations/0")))
                    .containsExactly(
                            "id",
                            "operation_type",
                            "redis_key",
                            "redis_value",
                            "redis_score",
                            "hash_field",
                            "ttl_seconds",
                            "created_at",
                            "sync_status",
                            "sync_attempts",
                            "last_sync_attempt");
            assertThat(first.at("/operations/0").toString())
                    .contains("\"operation_type\":\"rpush\",\"redis_key\":\"list\",\"redis_value\":\"x\"")
                    .contains("\"sync_status\":\"failed\",\"sync_attempts\":1");
            assertThat(first.at("/operations/1").toString())
                    .contains("\"operation_type\":\"hset\",\"redis_key\":\"hash\",\"redis_value\":\"v1\"")
                    .contains("\"hash_field\":\"f1\"");
            assertThat(second.path("operations").toString())
                    .contains("\"hash_field\":\"f2\"")
                    .contains("\"redis_value\":\"m\",\"redis_score\":1.5")
                    .contains("\"redis_key\":\"string\"")
                    .containsPattern("\"ttl_seconds\":(99|100)");
            assertThat(second.path("next_cursor").isNull()).isTrue();
            assertThat(caller.get(API + "sync-queue?status=failed").body().path("operations"))
                    .hasSize(1);
            assertThat(caller.get(API + "sync-queue?status=pending").body().path("operations"))
                    .hasSize(4);
        }
    }

    @Test
    void whatWaitsIsSentAtOnceWhenItIsAskedFor() throws Exception {
        try (Rig rig = rig()) {
            var caller = new HttpCaller(rig.holdfast);
            assertThat(caller.post(API + "sync").body().path("success").asBoolean())
                    .isTrue();
            rig.client().call("HOLDFAST", "SYNC", "PAUSE");

            HttpCaller.Answer held = caller.post(API + "sync");

            assertThat(held.status()).isEqualTo(409);
            assertThat(held.error()).isEqualTo("nothing is replayed now: an operator has paused the replay");
        }
    }

    @Test
    void whatWasRefusedCanBeGivenUpAndWhatWaitsCannot() throws Exception {
        try (Rig rig = rig()) {
            var caller = new HttpCaller(rig.holdfast);
            RespClient client = rig.client();
            rig.goOffline();
            client.call("RPUSH", "list", "x");
            rig.direct().call("SET", "list", "in the way");
            rig.goOnline();
            rig.goOffline();
            client.call("SET", "waits", "1");

            HttpCaller.Answer refused = caller.delete(API + "sync-queue?status=pending");
            JsonNode discarded = caller.delete(API + "sync-queue").body();
            rig.goOnline();

            assertThat(refused.status()).isEqualTo(409);
            assertThat(refused.error()).contains("never discarded");
            assertThat(discarded.path("discarded_operations").asLong()).isEqualTo(1);
            assertThat(discarded.path("failed_operations").asLong(-1)).isZero();
            assertThat(discarded.path("pending_operations").asLong()).isEqualTo(1);
            assertThat(text(rig.direct().call("GET", "waits"))).isEqualTo("1");
            assertThat(SyncDeskTest.audit(dataDir, "list"))
                    .contains("DEADLETTERS DISCARD")
                    .contains("default at 127.0.0.1:");
        }
    }

    // ---- configuration, room

    @Test
    void theReplayIsSwitchedOffAndOnByTheConfiguration() throws Exception {
        try (Rig rig = rig()) {
            var caller = new HttpCaller(rig.holdfast);
            rig.goOffline();
            rig.client().call("SET", "k", "v");

            JsonNode off =
                    caller.put(API + "sync-config", "{\"enabled\":false}").body();
            assertThat(off.at("/config/enabled").asBoolean(true)).isFalse();
            assertThat(caller.get(API + "status")
                            .body()
                            .at("/sync_service/enabled")
                            .asBoolean(true))
                    .isFalse();
            assertThat(text(rig.client().call("INFO", "holdfast"))).contains("replay_paused:1");
            assertThat(SyncDeskTest.audit(dataDir, "list")).contains("SYNC PAUSE");
            rig.cable.mend();
            JsonNode on = caller.put(API + "sync-config", "{\"enabled\":true}").body();
            rig.awaitMode("online");

            assertThat(on.at("/config/enabled").asBoolean()).isTrue();
            assertThat(text(rig.direct().call("GET", "k"))).isEqualTo("v");
        }
    }

    @Test
    void settingsOfTheReplayAreChangedAllOrNone() throws Exception {
        try (Rig rig = rig()) {
            var caller = new HttpCaller(rig.holdfast);

            JsonNode changed = caller.put(
                            API + "sync-config",
                            "{\"batch_size\":50,\"sync_interval\":3,\"conflict_rules\":[\"a:* park\",\"b:* local-wins\"]}")
                    .body();
            int refused = caller.put(API + "sync-config", "{\"batch_size\":60,\"backoff_strategy\":\"none\"}")
                    .whole()
                    .statusCode();

            assertThat(refused).isEqualTo(400);
            assertThat(changed.at("/config/batch_size").asInt()).isEqualTo(50);
            JsonNode sync = caller.get(API + "config").body().path("sync");
            assertThat(sync.path("batch_size").asInt()).isEqualTo(50);
            assertThat(sync.path("sync_interval").asDouble()).isEqualTo(3);
            assertThat(sync.path("backoff_strategy").asText()).isEqualTo("exponential");
            assertThat(SyncDeskTest.audit(dataDir, "list")).contains("sync.batch_size: ");
        }
    }

    @Test
    void theConfigurationHasTheShapeOfTheFileAndNoSecret() throws Exception {
        try (ProxyServer server = ProxyServer.start(
                ProxyConfig.of(dataDir.resolve("data"), new UpstreamAddress("127.0.0.1", 1, "user", "hidden-7391"))
                        .withHttpPort(0))) {
            HttpCaller.Answer answer = new HttpCaller(server).get(API + "config");

            assertThat(HttpCaller.names(answer.body())).contains("fallback", "redis", "sync");
            assertThat(answer.body().at("/fallback/storage_dir").asText())
                    .isEqualTo(dataDir.resolve("data").toString());
            assertThat(answer.body().at("/fallback/retention_days").asInt()).isEqualTo(30);
            assertThat(answer.body().at("/redis/url").asText()).isEqualTo("redis://127.0.0.1:1");
            assertThat(answer.body().at("/sync/enabled").asBoolean()).isTrue();
            assertThat(answer.whole().body()).doesNotContain("hidden-7391");
        }
    }

    @Test
    void aCleanUpIsDoneAndIsInTheAuditTrail() throws Exception {
        try (Rig rig = rig()) {
            HttpCaller.Answer answer = new HttpCaller(rig.holdfast).post(API + "cleanup");

            assertThat(answer.status()).isIn(200, 202);
            assertThat(answer.body().path("success").asBoolean()).isTrue();
            await().atMost(Rig.PATIENCE)
                    .untilAsserted(() ->
                            assertThat(SyncDeskTest.audit(dataDir, "list")).contains("CLEANUP"));
        }
    }

    // ---- frozen

    @Test
    void everyRouteAnswersWhileTheUpstreamIsFrozenAndHasNotBeenFoundOut() throws Exception {
        try (Rig rig = Rig.with(dataDir, config -> config.withHttpPort(0))) {
            var caller = new HttpCaller(rig.holdfast);
            rig.client().call("SET", KEY + "20250121_103000", "kept here too");
            rig.client().call("GET", KEY + "20250121_103000");

            rig.redis.freeze();
            try {
                assertThat(caller.get("/health/live").body().path("status").asText())
                        .isEqualTo("live");
                assertThat(caller.get("/health/ready").body().path("mode").asText())
                        .isEqualTo("online");
                assertThat(caller.get(API + "status")
                                .body()
                                .at("/overall_status/mode")
                                .asText())
                        .isEqualTo("redis");
                assertThat(caller.get(API + "health").body().path("status").asText())
                        .isEqualTo("healthy");
                assertThat(caller.get(API + "config")
                                .body()
                                .at("/redis/connection_timeout")
                                .asDouble())
                        .isEqualTo(60);
                assertThat(caller.get(API + "sync-queue").body().path("operations"))
                        .isEmpty();
                assertThat(caller.post(API + "sync").body().path("success").asBoolean())
                        .isTrue();
                JsonNode tested = caller.post(API + "test-redis").body();
                assertThat(tested.path("fresh").asBoolean(true)).isFalse();
                assertThat(tested.path("age_ms").asLong(-1)).isNotNegative();
                assertThat(tested.at("/connection/error").asText()).contains("has not answered within");
                assertThat(caller.get(HANDOFFS + "my-project")
                                .body()
                                .path("handoff_content")
                                .asText())
                        .isEqualTo("kept here too");
                HttpCaller.Answer posted =
                        caller.post(HANDOFFS + "my-project", "{\"handoff_content\":\"into the cold\"}");
                assertThat(posted.status()).isEqualTo(202);
                assertThat(posted.body().path("message").asText()).contains("is on its way");
                rig.redis.thaw();

                String key = posted.body().path("key").asText();
                await().atMost(Rig.PATIENCE)
                        .untilAsserted(() ->
                                assertThat(text(rig.direct().call("GET", key))).contains("into the cold"));
            } finally {
                rig.redis.thaw();
            }
        }
    }
}
