package io.holdfast.engine.exec;

import io.holdfast.engine.command.Latencies;
import io.holdfast.engine.command.Server;
import io.holdfast.engine.command.SlowLog;
import io.holdfast.engine.config.Settings;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.resp.Bytes;
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
        settings.add(name, () -> Long.toString(read.getAsLong()), value -> write.accept(parse(value, min)));
    }

    /** @throws IllegalArgumentException in Redis's words when {@code value} is no such number */
    private static long parse(String value, long min) {
        if (!RedisInteger.isLong(Bytes.of(value))) {
            throw new IllegalArgumentException("argument couldn't be parsed into an integer");
        }
        long number = RedisInteger.parse(Bytes.of(value));
        if (number < min) {
            throw new IllegalArgumentException(
                    "argument must be between " + min + " and " + Long.MAX_VALUE + " inclusive");
        }
        return number;
    }
}
