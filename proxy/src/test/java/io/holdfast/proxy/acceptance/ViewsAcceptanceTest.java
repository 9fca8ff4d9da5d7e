package io.holdfast.proxy.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.ProxyServer;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The working hour as tables: with the upstream killed, and when all is upstream again, each view of the shipped profile has
 * the rows that one gets by reading the workload with pencil and paper.
 */
class ViewsAcceptanceTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /** {@code <key-300>} stands for the second 300 s before the key expires: when it was last written. */
    private static final Pattern WRITTEN = Pattern.compile("<(\\S+)-(\\d+)>");

    private static final String NO = "∅";

    private static final String REVIEWER_TOOLS = "[\"Bash\",\"Grep\",\"Read\"]";
    private static final String TASK = "Review code changes in the fallback storage module and report defects";

    private final Map<String, RespClient> clients = new HashMap<>();

    @Test
    void everyViewHasTheRowsOfTheWorkloadOfflineAndOnline(@TempDir Path dir) throws Exception {
        try (var redis = RealRedis.start("--appendonly", "yes", "--appendfsync", "always");
                var holdfast = ProxyServer.start(
                        ProxyConfig.of(dir.resolve("data"), new UpstreamAddress("127.0.0.1", redis.port(), null, null))
                                .withTimeoutMs(AcceptanceTest.NO_TIMEOUT_MS)
                                .withProfiles(List.of("agent-observability")));
                var operator = RespClient.connect(holdfast.port(), PATIENCE)) {
            awaitMode(operator, "online");
            for (Step step : Step.all()) {
                if (step.isUpstreamDown()) {
                    awaitInfo(operator, "\r\nmirror_waiting:0\r\n"); // so that the copy has what replies do not tell
                    redis.kill();
                } else if (step.isUpstreamUp()) {
                    check(operator, offline());
                    redis.restart();
                } else if (step.waitMs() > 0) {
                    await().atMost(PATIENCE)
                            .until(() -> spell(operator, "EXISTS", "agent:active:ag_1759995100005_f9x4k5")
                                    .equals("0"));
                } else {
                    client(holdfast, step.connection()).call(step.command());
                }
            }
            awaitMode(operator, "online");
            check(operator, online());
        } finally {
            clients.values().forEach(RespClient::close);
        }
    }

    // ---- pencil and paper

    private static Map<String, List<String>> offline() {
        Map<String, List<String>> views = new HashMap<>();
        views.put(
                "agent_executions",
                agents(
                        first(),
                        third(),
                        row(
                                "ag_1759995100004_e9x4k4",
                                "screenshot-analyzer",
                                "unknown",
                                "active",
                                1760001000000L,
                                NO,
                                NO,
                                NO,
                                TASK,
                                "[\"Read\",\"Grep\",\"Bash\"]",
                                NO,
                                NO,
                                1760001000,
                                "<agent:active:ag_1759995100004_e9x4k4-300>"),
                        seventh()));
        views.put(
                "metrics_hourly",
                List.of(
                        row(
                                "2025-10-09-08:debugger",
                                "debugger",
                                1759996800,
                                1,
                                0,
                                1,
                                7200,
                                4100,
                                0.82,
                                "<metrics:hourly:2025-10-09T08:debugger-604800>"),
                        row(
                                "2025-10-09-08:reviewer",
                                "reviewer",
                                1759996800,
                                2,
                                2,
                                0,
                                4300,
                                2400,
                                0.3,
                                "<metrics:hourly:2025-10-09T08:reviewer-604800>"),
                        row("2025-10-09-09:analyzer", "analyzer", 1760000400, 3, 3, 0, 1002, 360, 0, NO),
                        row(
                                "2025-10-09-09:reviewer",
                                "reviewer",
                                1760000400,
                                1,
                                1,
                                0,
                                1200,
                                800,
                                0.1706,
                                "<metrics:hourly:2025-10-09T09:reviewer-604800>")));
        views.put("metrics_daily", days(7, 2, 10900, 6400, 1.28));
        views.put("tool_usage", tools(4));
        views.put("terminal_status", terminals());
        views.put("session_handoffs", handoffs("20251009_083755", "20251009_091500", "20251009_091600"));
        return views;
    }

    private static Map<String, List<String>> online() {
        Map<String, List<String>> views = new HashMap<>(offline());
        views.put(
                "agent_executions",
                agents(
                        first(),
                        third(),
                        row(
                                "ag_1759995100006_g9x4k6",
                                "code-reviewer",
                                "reviewer",
                                "success",
                                1760001600125L,
                                1760001660000L,
                                900,
                                "sess_a",
                                "Review code changes",
                                REVIEWER_TOOLS,
                                tokens(300, 180, 120, "0.0006"),
                                "{\"duration_ms\":900}",
                                1760001600,
                                1760001660),
                        seventh()));
        List<String> hours = new ArrayList<>(views.get("metrics_hourly"));
        hours.set(
                3,
                row(
                        "2025-10-09-09:reviewer",
                        "reviewer",
                        1760000400,
                        2,
                        2,
                        0,
                        2100,
                        1100,
                        0.2306,
                        "<metrics:hourly:2025-10-09T09:reviewer-604800>"));
        views.put("metrics_hourly", hours);
        views.put("metrics_daily", days(9, 4, 11800, 6700, 1.34));
        views.put("tool_usage", tools(5));
        List<String> terminals = new ArrayList<>(terminals());
        terminals.add(terminal("ag_1759995100006_g9x4k6", "code-reviewer", "reviewer", 1760001600000L, 900));
        views.put("terminal_status", terminals);
        views.put(
                "session_handoffs",
                handoffs("20251009_083755", "20251009_091500", "20251009_091600", "20251009_092500"));
        return views;
    }

    /** The bulk of what ended: a hundred runs of the debugger, of which the list keeps the newest hundred. */
    private static List<String> agents(String... others) {
        List<String> all = new ArrayList<>(List.of(others));
        IntStream.rangeClosed(5, 104).forEach(i -> {
            long start = 1760001120000L - 1000 - i;
            all.add(row(
                    "ag_b%03d".formatted(i),
                    "debugger",
                    "debugger",
                    "success",
                    start,
                    1760001120000L,
                    1000 + i,
                    NO,
                    NO,
                    NO,
                    tokens(500, 300, 200, "0.001"),
                    NO,
                    start / 1000,
                    1760001120));
        });
        return all;
    }

    private static String first() {
        return row(
                "ag_1759995100001_b9x4k1",
                "code-reviewer",
                "reviewer",
                "success",
                1759996862401L,
                1759997040000L,
                2500,
                "sess_a",
                "Review code changes",
                REVIEWER_TOOLS,
                tokens(1500, 900, 600, "0.003"),
                "{\"duration_ms\":2500}",
                1759996862,
                1759997040);
    }

    private static String third() {
        return row(
                "ag_1759995100003_d9x4k3",
                "code-reviewer",
                "reviewer",
                "success",
                1759999700250L,
                1760000410000L,
                1200,
                "sess_a",
                "Review code changes",
                REVIEWER_TOOLS,
                tokens(800, 480, 320, "0.0016"),
                "{\"duration_ms\":1200}",
                1759999700,
                1760000410);
    }

    /** A hash, which the server wrote. */
    private static String seventh() {
        return row(
                "ag_1759995100007_h9x4k7",
                "security-scanner",
                "unknown",
                "active",
                1759996950000L,
                NO,
                NO,
                NO,
                NO,
                NO,
                NO,
                NO,
                1759996950,
                "<agent:active:ag_1759995100007_h9x4k7-300>");
    }

    private static String tokens(int total, int input, int output, String cost) {
        return "{\"total_tokens\":%d,\"input_tokens\":%d,\"output_tokens\":%d,\"estimated_cost\":%s}"
                .formatted(total, input, output, cost);
    }

    private static List<String> days(int executions, int successes, int durationMs, int tokens, double cost) {
        return List.of(
                row("2025-10-08", 1759881600, 61, 55, 6, 361234, 182345, 36.46, "<metrics:daily:2025-10-08-7776000>"),
                row(
                        "2025-10-09",
                        1759968000,
                        executions,
                        successes,
                        1,
                        durationMs,
                        tokens,
                        cost,
                        "<metrics:daily:2025-10-09-7776000>"));
    }

    private static List<String> tools(int reads) {
        return List.of(
                row("Bash", "2025-10-09", 4, "[\"debugger\"]"),
                row("Edit", "2025-10-09", 1, "[\"code-reviewer\"]"),
                row("Glob", "2025-10-09", 3, NO),
                row("Grep", "2025-10-09", 1, "[\"code-reviewer\"]"),
                row("Read", "2025-10-09", reads, "[\"code-reviewer\",\"debugger\"]"));
    }

    private static List<String> terminals() {
        return List.of(
                terminal("ag_1759995100001_b9x4k1", "code-reviewer", "reviewer", 1759996862000L, 2500),
                terminal("ag_1759995100002_c9x4k2", "debugger", "debugger", 1759996920000L, 7200),
                terminal("ag_1759995100003_d9x4k3", "code-reviewer", "reviewer", 1759999700000L, 1200));
    }

    private static String terminal(String id, String name, String type, long startMs, long durationMs) {
        return row(
                id,
                name,
                type,
                "complete",
                startMs,
                startMs + durationMs,
                durationMs,
                "sess_a",
                "claude-code",
                100,
                startMs / 1000,
                "<terminal:completed:" + id + "-60>");
    }

    private static List<String> handoffs(String... stamps) {
        List<String> all = new ArrayList<>();
        for (String stamp : stamps) {
            String key = "handoff:project:multi-agent-observability-system:" + stamp;
            String time = stamp.replaceAll("(....)(..)(..)_(..)(..)(..)", "$1-$2-$3T$4:$5:$6Z");
            String content = Step.expectedKeys().get(key).get("value").asText();
            all.add(row("multi-agent-observability-system", time, NO, content, "{\"source\":\"" + key + "\"}"));
        }
        return all;
    }

    private static String row(Object... values) {
        List<String> texts = new ArrayList<>();
        for (Object value : values) {
            texts.add(value.toString());
        }
        return String.join(" | ", texts);
    }

    // ----

    private static void check(RespClient operator, Map<String, List<String>> views) {
        views.forEach((view, rows) -> {
            JsonNode reply =
                    Recorded.spell(operator.call("HOLDFAST", "SQL", "select * from " + view + " order by 1, 2"));
            List<String> got = new ArrayList<>();
            reply.forEach(row -> got.add(line(row)));
            List<String> wanted = rows.stream()
                    .map(row -> {
                        String sameSecond = withTimes(operator, row, 0);
                        // A copy lives from when the upstream's reply came: it may end in the second after.
                        return got.contains(sameSecond) ? sameSecond : withTimes(operator, row, 1);
                    })
                    .toList();
            assertThat(got.subList(1, got.size())).as(view).containsExactlyInAnyOrderElementsOf(wanted);
        });
    }

    private static String line(JsonNode row) {
        List<String> values = new ArrayList<>();
        row.forEach(value -> values.add(value.isNull() ? NO : value.asText()));
        return String.join(" | ", values);
    }

    private static String withTimes(RespClient operator, String row, int secondsLater) {
        return WRITTEN.matcher(row)
                .replaceAll(found -> Long.toString(writtenAt(operator, found.group(1), found.group(2)) + secondsLater));
    }

    private static long writtenAt(RespClient operator, String key, String ttlSeconds) {
        long expiresMs = Long.parseLong(spell(operator, "PEXPIRETIME", key));
        assertThat(expiresMs).as(key).isPositive();
        return expiresMs / 1000 - Long.parseLong(ttlSeconds);
    }

    private static String spell(RespClient client, String... command) {
        return Recorded.spell(client.call(command)).asText();
    }

    private RespClient client(ProxyServer holdfast, String name) {
        return clients.computeIfAbsent(name, n -> RespClient.connect(holdfast.port(), PATIENCE));
    }

    private static void awaitMode(RespClient client, String mode) {
        awaitInfo(client, "mode:" + mode + "\r\n");
    }

    private static void awaitInfo(RespClient client, String line) {
        await().atMost(PATIENCE)
                .pollInterval(20, TimeUnit.MILLISECONDS)
                .until(() -> spell(client, "INFO", "holdfast").contains(line));
    }
}
