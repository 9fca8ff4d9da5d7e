package io.holdfast.proxy.http;

import io.holdfast.proxy.upstream.HealthProbe;
import io.netty.channel.EventLoop;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** How things stand. Used on the loop {@code http}. */
final class StatusRoutes {
    private static final double BYTES_A_MB = 1024.0 * 1024.0;
    private static final String[] MAY_ASK = {"HOLDFAST", "STATUS"};

    private final ServerState state;
    private final SyncRate rate;

    StatusRoutes(ServerState state, EventLoop http) {
        this.state = state;
        rate = new SyncRate(state.replayed());
        http.scheduleAtFixedRate(
                () -> rate.sample(state.replayed()),
                SyncRate.SAMPLE_SECONDS,
                SyncRate.SAMPLE_SECONDS,
                TimeUnit.SECONDS);
    }

    void addTo(Routes routes) {
        routes.addOpen("/health/live", (request, errand) -> CompletableFuture.completedFuture(live()))
                .addOpen("/health/ready", this::ready)
                .add("GET", "/api/fallback/status", this::status)
                .add("GET", "/api/fallback/health", this::health)
                .add("POST", "/api/fallback/test-redis", this::testRedis);
    }

    /** The facts, for those who may ask for them by command too. */
    static CompletableFuture<ServerState.Facts> facts(Errand errand) {
        return errand.call(MAY_ASK).thenCompose(reply -> {
            Routes.requireDone(reply);
            return errand.ask(ServerState::now);
        });
    }

    // ---- alive

    private static Answer live() {
        return Answer.of(Map.of("status", "live"));
    }

    /** Ready is who answers commands and has decided where they go. */
    private CompletableFuture<Answer> ready(Request request, Errand errand) {
        return errand.ask(ServerState::now).thenApply(facts -> {
            boolean isReady = !facts.mode().equals("starting");
            return Answer.of(
                    isReady ? 200 : 503, object("status", isReady ? "ready" : "starting", "mode", facts.mode()));
        });
    }

    // ---- how it is

    private CompletableFuture<Answer> health(Request request, Errand errand) {
        request.requireParameters();
        return facts(errand).thenApply(facts -> {
            boolean healthy = isOperational(facts);
            return Answer.of(
                    healthy ? 200 : 503,
                    object(
                            "status", healthy ? "healthy" : "unhealthy",
                            "redis_available", isConnected(facts),
                            "fallback_enabled", true,
                            "operational_mode", overallMode(facts),
                            "timestamp", facts.atMs()));
        });
    }

    private CompletableFuture<Answer> status(Request request, Errand errand) {
        request.requireParameters();
        return facts(errand)
                .thenCombine(
                        figures(errand),
                        (facts, figures) -> Answer.of(object(
                                "redis", redis(facts),
                                "fallback_storage", storage(facts, figures),
                                "sync_service", sync(facts),
                                "overall_status",
                                        object(
                                                "mode", overallMode(facts),
                                                "operational", isOperational(facts),
                                                "last_update", facts.atMs()))));
    }

    /** Counted now, or last where counting takes longer than an answer may. */
    private CompletableFuture<ServerState.Figures> figures(Errand errand) {
        return errand.await(ServerState::figures).exceptionally(late -> {
            requireLate(late);
            return state.lastFigures();
        });
    }

    /** @throws IllegalStateException unless there just was no answer in time */
    private static void requireLate(Throwable failure) {
        if (!(failure instanceof Errand.Unanswered) && !(failure.getCause() instanceof Errand.Unanswered)) {
            throw new IllegalStateException("an answer is a failure", failure);
        }
    }

    private static String overallMode(ServerState.Facts facts) {
        return facts.mode().equals("online") ? "redis" : "fallback";
    }

    /** Either the upstream takes writes, or they can be kept here. */
    private static boolean isOperational(ServerState.Facts facts) {
        return facts.canKeep() || facts.mode().equals("online");
    }

    private static boolean isConnected(ServerState.Facts facts) {
        HealthProbe.Look look = look(facts);
        return look != null && look.isGood();
    }

    private static HealthProbe.@Nullable Look look(ServerState.Facts facts) {
        return facts.upstream() == null ? null : facts.upstream().look();
    }

    private static Map<String, Object> redis(ServerState.Facts facts) {
        HealthProbe.Look look = look(facts);
        ServerState.Upstream upstream = facts.upstream();
        return object(
                "status", connection(look),
                "health", checks(look, facts),
                "config",
                        object(
                                "url", upstream == null ? null : upstream.url(),
                                "timeout", upstream == null ? null : upstream.timeoutMs()),
                "stats",
                        object(
                                "uptime_in_seconds", field(look, "uptime_in_seconds"),
                                "used_memory_human", field(look, "used_memory_human")));
    }

    /** As the newest probe found it. */
    private static Map<String, Object> connection(HealthProbe.@Nullable Look look) {
        return object(
                "isConnected",
                look != null && look.isGood(),
                "lastCheck",
                look == null ? 0 : look.atMs(),
                "latency",
                look == null || look.latencyMicros() < 0 ? null : look.latencyMicros() / 1000.0,
                "version",
                field(look, "redis_version"));
    }

    private static Map<String, Object> checks(HealthProbe.@Nullable Look look, ServerState.Facts facts) {
        boolean answers = look != null && !look.fields().isEmpty();
        boolean hasItsData = answers && "0".equals(field(look, "loading"));
        return object(
                "ping",
                look != null && look.latencyMicros() >= 0,
                "memory",
                field(look, "used_memory_human") != null,
                "keyspace",
                hasItsData,
                "replication",
                answers && "master".equals(field(look, "role")),
                "persistence",
                hasItsData,
                "trouble",
                look == null
                        ? facts.upstream() == null ? "there is no upstream" : "it was not looked at yet"
                        : look.trouble());
    }

    private static @Nullable String field(HealthProbe.@Nullable Look look, String name) {
        return look == null ? null : look.fields().get(name);
    }

    private static Map<String, Object> storage(ServerState.Facts facts, ServerState.Figures figures) {
        return object(
                "enabled",
                true,
                "stats",
                object(
                        "total_size_mb", Math.round(figures.bytes() / BYTES_A_MB * 1000) / 1000.0,
                        "record_counts", figures.rows(),
                        "pending_sync_operations", facts.pending()));
    }

    private Map<String, Object> sync(ServerState.Facts facts) {
        ServerState.Upstream upstream = facts.upstream();
        long done = facts.replayed() + facts.failed();
        return object(
                "enabled", upstream != null && !upstream.isPaused(),
                "is_syncing", upstream != null && upstream.isReplaying(),
                "stats",
                        object(
                                "total_operations", done + facts.pending(),
                                "synced_operations", facts.replayed(),
                                "failed_operations", facts.failed(),
                                "pending_operations", facts.pending(),
                                "last_sync_time", facts.lastSyncMs(),
                                "sync_rate_per_minute", rate.perMinute(facts.replayed()),
                                "error_rate_percentage",
                                        done == 0 ? 0.0 : Math.round(facts.failed() * 10_000.0 / done) / 100.0));
    }

    // ---- looking again

    /**
     * Has the upstream looked at, and waits for that as long as an answer may take. What a frozen one is said to be is what
     * the probe before found, and how old that is.
     */
    private CompletableFuture<Answer> testRedis(Request request, Errand errand) {
        request.requireParameters();
        return facts(errand).thenCompose(facts -> {
            ServerState.Upstream upstream = facts.upstream();
            if (upstream == null) {
                throw new Refusal(Answer.error(409, "there is no upstream to test: Holdfast runs standalone"));
            }
            return errand.await(ServerState::look)
                    .thenApply(look -> tested(look, facts, true))
                    .exceptionally(late -> {
                        requireLate(late);
                        return tested(upstream.look(), facts, false);
                    });
        });
    }

    private static Answer tested(HealthProbe.@Nullable Look look, ServerState.Facts facts, boolean isFresh) {
        Map<String, Object> connection = connection(look);
        String waits = "the upstream has not answered within " + Errand.OTHERS_MS_MAX
                + " ms; a probe is under way, and this is what the one before it found";
        connection.put("error", isFresh ? look == null || look.isGood() ? null : look.trouble() : waits);
        return Answer.of(object(
                "connection",
                connection,
                "fresh",
                isFresh,
                "age_ms",
                look == null ? null : Long.valueOf(Math.max(0, facts.atMs() - look.atMs())),
                "timestamp",
                facts.atMs()));
    }

    /** Names and values in turn, in this order. */
    static Map<String, Object> object(@Nullable Object... namesAndValues) {
        Map<String, Object> object = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            object.put(String.valueOf(namesAndValues[i]), namesAndValues[i + 1]);
        }
        return object;
    }
}
