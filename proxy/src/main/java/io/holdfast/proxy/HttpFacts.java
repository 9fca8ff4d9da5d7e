package io.holdfast.proxy;

import io.holdfast.proxy.http.ServerState;
import io.holdfast.proxy.routing.Phase;
import io.holdfast.proxy.routing.RoutingStateMachine;
import io.holdfast.proxy.upstream.HealthProbe;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What those who ask by HTTP are told of a server.
 *
 * @param running the configuration that holds now
 */
record HttpFacts(
        Supplier<ProxyConfig> running,
        EngineParts parts,
        RoutingStateMachine machine,
        @Nullable UpstreamParts upstream,
        Description description,
        StorageFigures storage)
        implements ServerState {
    private static final double MS_A_SECOND = 1_000;

    @Override
    public Facts now() {
        return new Facts(
                parts.engine().nowMs(),
                machine.phase().mode(),
                machine.reason(),
                description.condition(),
                !parts.journal().hasFailed() && parts.room().shortage() == null,
                upstream == null ? null : upstreamNow(upstream),
                upstream == null ? 0 : upstream.pending(parts.journal()),
                parts.store().deadLetters().count(),
                description.replayed(),
                description.lastSyncMs());
    }

    private Upstream upstreamNow(UpstreamParts with) {
        Phase phase = machine.phase();
        ProxyConfig config = running.get();
        return new Upstream(
                String.valueOf(config.upstream()),
                config.timeoutMs(),
                with.handOver().isPaused(),
                phase == Phase.REPLAYING
                        || phase == Phase.DRAINING
                        || (phase == Phase.ONLINE && with.handOver().isOwing()),
                with.probe().last());
    }

    @Override
    public CompletableFuture<HealthProbe.Look> look() {
        if (upstream == null) {
            throw new IllegalStateException("there is no upstream to look at");
        }
        return upstream.probe().look();
    }

    @Override
    public CompletableFuture<Figures> figures() {
        return storage.now();
    }

    @Override
    public Figures lastFigures() {
        return storage.last();
    }

    @Override
    public long replayed() {
        return description.replayed();
    }

    @Override
    public Map<String, Object> configuration() {
        ProxyConfig config = running.get();
        Map<String, Object> fallback = new LinkedHashMap<>();
        fallback.put("enabled", true);
        fallback.put("storage_dir", config.dataDir().toString());
        fallback.put("retention_days", config.retentionDays());
        fallback.put("max_size_mb", config.maxSizeMb());
        fallback.put("profiles", config.profiles());
        Map<String, Object> redis = new LinkedHashMap<>();
        redis.put("url", config.upstream() == null ? null : config.upstream().toString());
        redis.put("connection_timeout", config.timeoutMs() / MS_A_SECOND);
        redis.put("retry_interval", config.pace().retryMsMax() / MS_A_SECOND);
        Map<String, Object> sync = new LinkedHashMap<>();
        sync.put(
                "enabled",
                upstream != null
                        && !upstream.handOver().isPaused()
                        && upstream.handOver().syncOff() == null);
        sync.put("batch_size", config.replay().batchEntriesMax());
        sync.put("sync_interval", config.pace().replayMsMax() / MS_A_SECOND);
        sync.put("backoff_strategy", config.pace().strategy().name().toLowerCase(Locale.ROOT));
        sync.put("conflict_policy", config.conflicts().usual().toString());
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("fallback", fallback);
        all.put("redis", redis);
        all.put("sync", sync);
        return all;
    }
}
