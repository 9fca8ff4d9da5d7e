package io.holdfast.proxy;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.Session;
import io.holdfast.engine.command.Timers;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.value.RowSink;
import io.holdfast.engine.value.StreamEntry;
import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.Value;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

/** A data directory with keys of all types, some checkpointed and some in the journal alone, and what it holds. */
final class DataFiles {
    private static final int STREAMS = 10;

    private DataFiles() {}

    /**
     * Fills a directory, and copies its files as a kill would leave them.
     *
     * @return what a start has to find there
     */
    static Map<String, String> fill(Path directory, Path killed, int commands, long seed)
            throws IOException, StartupException {
        try (EngineParts parts = open(directory)) {
            var random = new SplittableRandom(seed);
            Session session = parts.engine().connect(new Nobody(), "127.0.0.1:1", "127.0.0.1:2");
            for (int i = 0; i < STREAMS; i++) {
                run(parts.engine(), session, "XGROUP", "CREATE", "x" + i, "g", "0", "MKSTREAM");
            }
            for (int i = 0; i < commands; i++) {
                run(parts.engine(), session, command(random));
                if (i % (commands / 3) == commands / 4) {
                    parts.checkpointer().checkpointNow();
                }
            }
            parts.store().connections().remember("run", 7, 1);
            parts.store().settings().put("some", "value");
            copy(directory, killed);
            return contents(parts.engine());
        }
    }

    /** The files of a directory in which {@code commands} were run, as a kill would leave them before the first checkpoint. */
    static void killedBehind(Path directory, Path killed, List<String[]> commands)
            throws IOException, StartupException {
        try (EngineParts parts = open(directory)) {
            Session session = parts.engine().connect(new Nobody(), "127.0.0.1:1", "127.0.0.1:2");
            for (String[] command : commands) {
                run(parts.engine(), session, command);
            }
            copy(directory, killed);
        }
    }

    static EngineParts open(Path directory) throws StartupException {
        return EngineParts.open(
                ProxyConfig.of(directory, null), commands -> {}, task -> {}, new NoTimers(), Platform.real());
    }

    private static void run(LocalEngine engine, Session session, String... command) {
        var args = new Bytes[command.length];
        for (int i = 0; i < args.length; i++) {
            args[i] = Bytes.of(command[i]);
        }
        if (engine.execute(session, null, args) instanceof Reply.Failure failure) {
            throw new AssertionError(String.join(" ", command) + ": " + failure.text());
        }
        engine.commit();
    }

    private static String[] command(SplittableRandom random) {
        String n = Integer.toString(random.nextInt(40));
        String element = "e" + random.nextInt(200);
        String value = "v" + random.nextLong();
        return switch (random.nextInt(10)) {
            case 0 -> new String[] {"SET", "s" + n, value.repeat(1 + random.nextInt(30))};
            case 1 -> new String[] {"INCRBY", "i" + n, "3"};
            case 2 -> new String[] {"HSET", "h" + n, element, value};
            case 3 -> new String[] {"SADD", "set" + n, element, value};
            case 4 -> new String[] {"ZADD", "z" + n, Integer.toString(random.nextInt()), element};
            case 5 -> new String[] {"RPUSH", "l" + n, value, element};
            case 6 -> new String[] {"DEL", "s" + n, "l" + random.nextInt(40)};
            case 7 -> new String[] {"XADD", "x" + random.nextInt(STREAMS), "*", element, value};
            case 8 ->
                new String[] {
                    "XREADGROUP", "GROUP", "g", element, "COUNT", "2", "STREAMS", "x" + random.nextInt(STREAMS), ">"
                };
            default -> new String[] {"PEXPIREAT", "h" + n, Long.toString(4_000_000_000_000L + random.nextInt())};
        };
    }

    /** Everything an engine holds, by key. */
    static Map<String, String> contents(LocalEngine engine) {
        Map<String, String> contents = new TreeMap<>();
        for (KeyRecord record : engine.keyspaces().everyKey()) {
            var rows = new Rows();
            Value copy = record.value().copy();
            copy.drainChanges(rows);
            contents.put(record.db() + "/" + record.key(), record.expiresAtMs() + " " + record.type() + rows.all);
        }
        return contents;
    }

    static void copy(Path from, Path into) throws IOException {
        try (var walk = Files.walk(from)) {
            for (Path path :
                    walk.filter(p -> !p.startsWith(from.resolve("tmp"))).toList()) {
                Path to = into.resolve(from.relativize(path));
                if (Files.isDirectory(path)) {
                    Files.createDirectories(to);
                } else if (!path.toString().endsWith("-shm") && !path.toString().endsWith(".lock")) {
                    Files.copy(path, to);
                }
            }
        }
    }

    static void delete(Path tree) throws IOException {
        List<Path> paths;
        try (var walk = Files.walk(tree)) {
            paths = new ArrayList<>(walk.sorted(Comparator.reverseOrder()).toList());
        }
        for (Path path : paths) {
            Files.delete(path);
        }
    }

    /** The rows of one value as text, in an order of their own. */
    private static final class Rows implements RowSink {
        private final TreeSet<String> all = new TreeSet<>();

        @Override
        public void clear() {
            all.clear();
        }

        @Override
        public void string(Bytes value) {
            all.add(value.toString());
        }

        @Override
        public void field(Bytes field, Bytes value) {
            all.add(field + "=" + value);
        }

        @Override
        public void member(Bytes member) {
            all.add(member.toString());
        }

        @Override
        public void scored(Bytes member, double score) {
            all.add(member + "=" + score);
        }

        @Override
        public void item(long position, Bytes value) {
            all.add("%06d=%s".formatted(all.size(), value));
        }

        @Override
        public void fieldGone(Bytes field) {
            throw new AssertionError(field);
        }

        @Override
        public void memberGone(Bytes member) {
            throw new AssertionError(member);
        }

        @Override
        public void scoredGone(Bytes member) {
            throw new AssertionError(member);
        }

        @Override
        public void itemsGone(long from, long to) {}

        @Override
        public void stream(StreamId lastId, StreamId maxDeletedId, long entriesAdded) {
            all.add("stream " + lastId + " " + maxDeletedId + " " + entriesAdded);
        }

        @Override
        public void entry(StreamEntry entry) {
            all.add(entry.toString());
        }

        @Override
        public void entriesGone(StreamId from, StreamId to) {
            throw new AssertionError(from);
        }

        @Override
        public void group(int group, Bytes name, StreamId lastDelivered, long entriesRead) {
            all.add("group " + group + " " + name + " " + lastDelivered + " " + entriesRead);
        }

        @Override
        public void groupGone(int group) {
            throw new AssertionError(group);
        }

        @Override
        public void consumer(int group, int consumer, Bytes name, long seenMs, long activeMs) {
            // When it asked last is not journaled where it was given nothing.
            all.add("consumer " + group + " " + consumer + " " + name + " " + activeMs);
        }

        @Override
        public void consumerGone(int group, int consumer) {
            throw new AssertionError(consumer);
        }

        @Override
        public void pending(int group, StreamId entry, int consumer, long deliveredMs, long deliveries) {
            all.add("pending " + group + " " + entry + " " + consumer + " " + deliveredMs + " " + deliveries);
        }

        @Override
        public void pendingGone(int group, StreamId entry) {
            throw new AssertionError(entry);
        }
    }

    private static final class Nobody implements Session.Output {
        @Override
        public void push(Reply reply) {
            throw new AssertionError(reply);
        }

        @Override
        public void pushBehindReplies(Reply reply) {
            throw new AssertionError(reply);
        }

        @Override
        public void answer(Reply reply) {
            throw new AssertionError(reply);
        }

        @Override
        public void close() {}
    }

    /** Nobody waits for anything. */
    private record NoTimers() implements Timers {
        @Override
        public long nanoTime() {
            return 0;
        }

        @Override
        public Alarm after(long delayMs, Runnable task) {
            throw new AssertionError(task);
        }
    }
}
