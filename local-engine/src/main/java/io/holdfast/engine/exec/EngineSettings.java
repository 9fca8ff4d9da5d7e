package io.holdfast.engine.exec;

import io.holdfast.engine.command.Latencies;
import io.holdfast.engine.command.Server;
import io.holdfast.engine.command.SlowLog;
import io.holdfast.engine.config.Setting;
import io.holdfast.engine.config.Settings;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/** The settings that change what the engine itself does, under their redis.conf names. */
final class EngineSettings {
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
        SlowLog slowLog = server.records().slowLog();
        number(settings, "slowlog-log-slower-than", -1, slowLog::thresholdMicros, slowLog::thresholdMicros);
        number(settings, "slowlog-max-len", 0, slowLog::entriesMax, slowLog::entriesMax);
        Latencies latencies = server.records().latencies();
        number(settings, "latency-monitor-threshold", 0, latencies::thresholdMs, latencies::thresholdMs);
    }

    private static void number(Settings settings, String name, long min, LongSupplier read, LongConsumer write) {
        settings.add(
                name,
                () -> Long.toString(read.getAsLong()),
                value -> write.accept(Setting.parseInteger(value, min, Long.MAX_VALUE)));
    }
}
