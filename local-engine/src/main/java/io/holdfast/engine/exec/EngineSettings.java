package io.holdfast.engine.exec;

import io.holdfast.engine.command.Latencies;
import io.holdfast.engine.command.Server;
import io.holdfast.engine.command.SlowLog;
import io.holdfast.engine.config.Setting;
import io.holdfast.engine.config.Settings;
import io.holdfast.engine.keyspace.EvictionPolicy;
import io.holdfast.engine.keyspace.Keyspaces;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/** The settings that change what the engine itself does, under their redis.conf names. */
final class EngineSettings {
    private static final int SAMPLES_MAX = 64;

    private EngineSettings() {}

    static void addTo(Settings settings, Server server) {
        settings.add(
                "notify-keyspace-events",
                () -> server.keyEvents().letters(),
                value -> server.keyEvents().configure(value));
        number(
                settings,
                "tracking-table-max-keys",
                0,
                () -> server.invalidations().keysMax(),
                server.invalidations()::keysMax);
        ofMemory(settings, server.keyspaces());
        SlowLog slowLog = server.records().slowLog();
        number(settings, "slowlog-log-slower-than", -1, slowLog::thresholdMicros, slowLog::thresholdMicros);
        number(settings, "slowlog-max-len", 0, slowLog::entriesMax, slowLog::entriesMax);
        Latencies latencies = server.records().latencies();
        number(settings, "latency-monitor-threshold", 0, latencies::thresholdMs, latencies::thresholdMs);
    }

    private static void ofMemory(Settings settings, Keyspaces keyspaces) {
        settings.add(
                "maxmemory",
                () -> Long.toString(keyspaces.values().bytesMax()),
                value -> keyspaces.boundValues(Setting.parseBytes(value)));
        settings.add(
                "maxmemory-policy",
                () -> keyspaces.eviction().policy().redisName(),
                value -> keyspaces.evictBy(EvictionPolicy.named(value)));
        settings.add(
                "maxmemory-samples",
                () -> Integer.toString(keyspaces.eviction().samples()),
                value -> keyspaces.eviction().samples((int) Setting.parseInteger(value, 1, SAMPLES_MAX)));
        settings.onChange("lfu-log-factor", factor -> keyspaces.lfuLogFactor(Integer.parseInt(factor)));
        settings.onChange("lfu-decay-time", minutes -> keyspaces.lfuDecayMinutes(Integer.parseInt(minutes)));
    }

    private static void number(Settings settings, String name, long min, LongSupplier read, LongConsumer write) {
        settings.add(
                name,
                () -> Long.toString(read.getAsLong()),
                value -> write.accept(Setting.parseInteger(value, min, Long.MAX_VALUE)));
    }
}
