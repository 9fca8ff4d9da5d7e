package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.resp.Reply;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Handoffs that are posted and asked for, before a real upstream that is well, away, or frozen. */
class HttpHandoffsTest {
    private static final String API = "/api/fallback/";
    private static final String HANDOFFS = API + "handoffs/";
    private static final String KEY = "handoff:project:my-project:";

    private final Path dataDir;

    HttpHandoffsTest(@TempDir Path dataDir) {
        this.dataDir = dataDir;
    }

    private Rig rig() throws Exception {
        return Rig.with(dataDir, config -> config.withHttpPort(0).withProfiles(List.of("agent-observability")));
    }

    /** On a busy machine an upstream that is well may take longer than a request waits for it. */
    private static void awaitUpstream(Rig rig, String key) {
        RespClient direct = rig.direct();
        await().atMost(Rig.PATIENCE)
                .untilAsserted(
                        () -> assertThat(text(direct.call("EXISTS", key))).isEqualTo("1"));
    }

    @Test
    void aHandoffThatIsPostedIsAKeyUpstreamAndTheNewestIsGiven() throws Exception {
        try (Rig rig = rig()) {
            var caller = new HttpCaller(rig.holdfast);
            rig.client().call("SET", KEY + "20250121_103000", "an older one, as a hook writes it");

            JsonNode posted = caller.post(
                            HANDOFFS + "my-project",
                            "{\"handoff_content\":\"new\",\"session_id\":\"sess_1\",\"metadata\":{\"git_hash\":\"abc\"}}")
                    .body();
            String key = posted.path("key").asText();
            awaitUpstream(rig, key);
            JsonNode newest = caller.get(HANDOFFS + "my-project").body();

            assertThat(key).matches(KEY + "\\d{8}_\\d{6}");
            assertThat(rig.redis.cli("get", key))
                    .contains("\"project_name\":\"my-project\"")
                    .contains("\"handoff_content\":\"new\"");
            assertThat(Integer.parseInt(rig.redis.cli("ttl", key).trim())).isGreaterThan(2_590_000);
            assertThat(HttpCaller.names(newest))
                    .containsExactly(
                            "project_name", "timestamp", "session_id", "handoff_content", "metadata", "has_content");
            assertThat(newest.path("handoff_content").asText()).isEqualTo("new");
            assertThat(newest.path("session_id").asText()).isEqualTo("sess_1");
            assertThat(newest.at("/metadata/git_hash").asText()).isEqualTo("abc");
            JsonNode both = caller.get(HANDOFFS + "my-project?limit=10").body().path("handoffs");
            assertThat(both).hasSize(2);
            assertThat(both.path(1).path("handoff_content").asText()).isEqualTo("an older one, as a hook writes it");
            assertThat(both.path(1).path("timestamp").asText()).isEqualTo("2025-01-21T10:30:00Z");
        }
    }

    @Test
    void twoHandoffsOfOneSecondAreTwo() throws Exception {
        try (Rig rig = rig()) {
            var caller = new HttpCaller(rig.holdfast);
            for (int i = 0; i < 5; i++) {
                String content = "{\"handoff_content\":\"" + i + "\"}";
                awaitUpstream(
                        rig,
                        caller.post(HANDOFFS + "p", content).body().path("key").asText());
            }

            JsonNode all = caller.get(HANDOFFS + "p?limit=100").body().path("handoffs");

            assertThat(all.findValuesAsText("handoff_content")).containsExactly("4", "3", "2", "1", "0");
        }
    }

    @Test
    void aHandoffPostedOfflineIsJournaledAndReachesTheUpstream() throws Exception {
        try (Rig rig = rig()) {
            var caller = new HttpCaller(rig.holdfast);
            rig.goOffline();
            String key = caller.post(HANDOFFS + "my-project", "{\"handoff_content\":\"offline\"}")
                    .body()
                    .path("key")
                    .asText();
            assertThat(caller.get(HANDOFFS + "my-project")
                            .body()
                            .path("handoff_content")
                            .asText())
                    .isEqualTo("offline");

            rig.goOnline();

            assertThat(text(rig.direct().call("GET", key))).contains("\"handoff_content\":\"offline\"");
        }
    }

    @Test
    void aProjectsNameIsNoPattern() throws Exception {
        try (Rig rig = rig()) {
            var caller = new HttpCaller(rig.holdfast);
            caller.post(HANDOFFS + "abc", "{\"handoff_content\":\"other\"}");
            JsonNode posted = caller.post(HANDOFFS + "a%2Fb%20%C3%BC%3A%5B%2A", "{\"handoff_content\":\"mine\"}")
                    .body();
            awaitUpstream(rig, posted.path("key").asText());

            assertThat(caller.get(HANDOFFS + "a%2Fb%20%C3%BC%3A%5B%2A")
                            .body()
                            .path("handoff_content")
                            .asText())
                    .isEqualTo("mine");
            for (String pattern : List.of("*", "a*", "a%3Fc", "%5Ba-z%5Dbc")) {
                JsonNode none = caller.get(HANDOFFS + pattern).body();
                assertThat(none.path("has_content").asBoolean(true)).isFalse();
                assertThat(none.path("handoff_content").asText("x")).isEmpty();
            }
        }
    }

    @Test
    void aHandoffIntoAFrozenUpstreamIsKeptHereOnceThatCountsAsAway() throws Exception {
        try (Rig rig = rig()) {
            var caller = new HttpCaller(rig.holdfast);
            rig.redis.freeze();
            try {
                String key = caller.post(HANDOFFS + "my-project", "{\"handoff_content\":\"kept\"}")
                        .body()
                        .path("key")
                        .asText();
                rig.waitBriefly();
                rig.awaitMode("offline");

                assertThat(caller.get(HANDOFFS + "my-project")
                                .body()
                                .path("handoff_content")
                                .asText())
                        .isEqualTo("kept");
                assertThat(caller.get(API + "status")
                                .body()
                                .at("/overall_status/mode")
                                .asText())
                        .isEqualTo("fallback");
                assertThat(caller.get(API + "sync-queue")
                                .body()
                                .path("operations")
                                .findValuesAsText("redis_key"))
                        .contains(key);
                assertThat(caller.post(HANDOFFS + "my-project", "{\"handoff_content\":\"offline\"}")
                                .status())
                        .isEqualTo(200);
                rig.thaw();
                rig.awaitMode("online");

                assertThat(text(rig.direct().call("GET", key))).contains("\"handoff_content\":\"kept\"");
                assertThat(rig.direct().call("DBSIZE")).isEqualTo(Reply.of(3)); // and the cursor
            } finally {
                rig.redis.thaw();
            }
        }
    }
}
