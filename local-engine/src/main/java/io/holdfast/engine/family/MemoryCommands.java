package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeySpec.key;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Heap;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Keyspace;
import io.holdfast.engine.rule.DoubleStyle;
import io.holdfast.engine.rule.RedisDouble;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** MEMORY: what data and the process take. The JVM tells less than an allocator would; what it does not tell reads 0. */
public final class MemoryCommands implements CommandFamily {
    /** What a key costs beside its name and its value: record, map slots. Bytes, an estimate. */
    private static final int KEY_OVERHEAD_BYTES = 112;
    /** Below it MEMORY DOCTOR has nothing to look at, as in Redis. */
    private static final long NOTEWORTHY_BYTES = 5L * 1024 * 1024;

    private static final double NEARLY_FULL = 0.9;

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.SERVER);
        var memory = commands.container("MEMORY", CommandKind.ADMIN)
                .since("4.0.0")
                .costs("Depends on the subcommand.")
                .says("Looks at the memory that data takes.");
        commands.sub(memory, "USAGE", atLeast(3), CommandKind.READ)
                .keys(key(2, RO))
                .since("4.0.0")
                .costs("O(1)")
                .says("Estimates the bytes that a key and its value take.")
                .calls(MemoryCommands::usage);
        commands.sub(memory, "PURGE", exactly(2))
                .since("4.0.0")
                .tip("request_policy:all_shards", "response_policy:all_succeeded")
                .costs("O(1)")
                .says("Would ask the allocator to give memory back; the JVM sees to that itself.")
                .calls(c -> Reply.OK);
        special(commands, memory, "STATS")
                .says("Gives figures on the memory that data and the process take.")
                .calls(MemoryCommands::stats);
        special(commands, memory, "DOCTOR")
                .says("Says whether memory is short.")
                .calls(MemoryCommands::doctor);
        special(commands, memory, "MALLOC-STATS")
                .says("Would print the allocator's own figures; prints the JVM's.")
                .calls(c -> new Reply.Verbatim("txt", Bytes.of(heapFigures())));
        HelpText.declare(commands, memory, "4.0.0");
    }

    private static CommandSpec special(CommandTable.Builder commands, CommandSpec memory, String word) {
        return commands.sub(memory, word, exactly(2))
                .since("4.0.0")
                .tip("nondeterministic_output", "request_policy:all_shards", "response_policy:special")
                .costs("O(1)");
    }

    private static Reply usage(CommandContext c) {
        for (int i = 3; i < c.argc(); i += 2) {
            if (!c.argIs(i, "SAMPLES") || i + 1 == c.argc() || c.longArg(i + 1) < 0) {
                throw RedisError.syntax();
            }
        }
        KeyRecord record = c.find(c.arg(2));
        return record == null
                ? Reply.Null.BULK
                : Reply.of(record.value().approximateBytes() + c.arg(2).length() + KEY_OVERHEAD_BYTES);
    }

    private static Reply stats(CommandContext c) {
        Heap heap = Heap.now();
        long used = heap.used();
        long keys =
                c.server().keyspaces().all().stream().mapToLong(Keyspace::size).sum();
        List<Reply> fields = new ArrayList<>();
        number(fields, "peak.allocated", Math.max(used, c.server().stats().peakBytes));
        number(fields, "total.allocated", used);
        number(fields, "startup.allocated", 0);
        number(fields, "replication.backlog", 0);
        number(fields, "clients.slaves", 0);
        number(fields, "clients.normal", 0);
        number(fields, "cluster.links", 0);
        number(fields, "aof.buffer", 0);
        number(fields, "lua.caches", c.server().scripting().memoryBytes());
        number(fields, "functions.caches", 0);
        for (Keyspace keyspace : c.server().keyspaces().all()) {
            if (keyspace.size() > 0) {
                fields.add(Reply.bulk("db." + keyspace.index()));
                List<Reply> overhead = new ArrayList<>();
                number(overhead, "overhead.hashtable.main", keyspace.size() * (long) KEY_OVERHEAD_BYTES);
                number(overhead, "overhead.hashtable.expires", 0);
                fields.add(new Reply.MapOf(overhead));
            }
        }
        number(fields, "overhead.total", keys * KEY_OVERHEAD_BYTES);
        number(fields, "keys.count", keys);
        number(fields, "keys.bytes-per-key", keys == 0 ? 0 : used / keys);
        number(fields, "dataset.bytes", Math.max(0, used - keys * KEY_OVERHEAD_BYTES));
        real(fields, "dataset.percentage", 100);
        real(fields, "peak.percentage", 100.0 * used / Math.max(used, c.server().stats().peakBytes));
        number(fields, "allocator.allocated", used);
        number(fields, "allocator.active", heap.committed());
        number(fields, "allocator.resident", heap.committed());
        real(fields, "allocator-fragmentation.ratio", 1);
        number(fields, "allocator-fragmentation.bytes", 0);
        real(fields, "allocator-rss.ratio", 1);
        number(fields, "allocator-rss.bytes", 0);
        real(fields, "rss-overhead.ratio", 1);
        number(fields, "rss-overhead.bytes", 0);
        real(fields, "fragmentation", 1);
        number(fields, "fragmentation.bytes", 0);
        return new Reply.MapOf(fields);
    }

    private static void number(List<Reply> fields, String name, long value) {
        fields.add(Reply.bulk(name));
        fields.add(Reply.of(value));
    }

    private static void real(List<Reply> fields, String name, double value) {
        fields.add(Reply.bulk(name));
        fields.add(new Reply.Real(value, RedisDouble.format(value, DoubleStyle.SHORTEST)));
    }

    private static Reply doctor(CommandContext c) {
        Heap heap = Heap.now();
        long used = heap.used();
        String finding;
        if (used < NOTEWORTHY_BYTES) {
            finding =
                    "Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in"
                            + " these conditions. Please, leave for your mission on Earth and fill it with some data. The new Sam"
                            + " and I will be back to our programming as soon as I finished rebooting.\n";
        } else if (used > heap.limit() * NEARLY_FULL) {
            finding = String.format(
                    Locale.ROOT,
                    "Sam, I detected a few issues in this Holdfast instance memory implants:%n%n * The heap is %d%% full:"
                            + " give the JVM more of it, or lower maxmemory.%n",
                    100 * used / heap.limit());
        } else {
            finding =
                    "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this"
                            + " base.\n";
        }
        return new Reply.Verbatim("txt", Bytes.of(finding));
    }

    private static String heapFigures() {
        Heap heap = Heap.now();
        return "heap: used " + heap.used() + ", committed " + heap.committed() + ", limit " + heap.limit() + "\n";
    }
}
