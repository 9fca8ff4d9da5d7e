package io.holdfast.bench;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.DataDirectory;
import io.holdfast.sync.journal.DiskRoom;
import io.holdfast.sync.journal.JournalOptions;
import io.holdfast.sync.journal.SegmentJournal;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What string keys take in memory, beside redis-server, and how long it takes to have them back: {@code bench/run Footprint
 * [--keys N] [--bytes N]}. Prints Markdown.
 */
public final class Footprint {
    private static final int KEYS = 1_000_000;
    private static final int VALUE_BYTES = 100;
    private static final int SETS_A_BATCH = 10_000;
    private static final int SETS_A_COMMIT = 50;

    private static final Pattern RECOVERED =
            Pattern.compile("Recovered (\\d+) keys, (\\d+) journal entries .* in (\\d+) ms");
    private static final Pattern HISTOGRAM_TOTAL = Pattern.compile("(?m)^Total +\\d+ +(\\d+)");
    private static final Pattern RSS = Pattern.compile("used_memory_rss:(\\d+)");

    private final Path home;
    private final Path scratch;
    private final int keys;
    private final String value;

    private Footprint(Path home, Path scratch, int keys, int valueBytes) {
        this.home = home;
        this.scratch = scratch;
        this.keys = keys;
        this.value = "x".repeat(valueBytes);
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        Driver.named("Footprint")
                .with("keys", KEYS)
                .with("bytes", VALUE_BYTES)
                .run(
                        args,
                        (options, launcher, scratch) -> new Footprint(
                                        Driver.home(), scratch, options.number("keys"), options.number("bytes"))
                                .run());
    }

    private void run() throws IOException {
        System.out.printf(Locale.ROOT, "%,d string keys of %d bytes%n%n", keys, value.length());
        long redis;
        try (var server = Contestant.redis("redis-server", scratch)) {
            load(server.port());
            redis = number(RSS, Asking.ask(server.port(), "INFO memory"));
        }
        Path directory = Files.createDirectory(scratch.resolve("ours"));
        long heap;
        try (var ours = Contestant.holdfastOver("Holdfast", directory, launcher(), "everysec", "--standalone")) {
            load(ours.port());
            ours.await("holdfast", "checkpoint_keys_owed:0");
            heap = liveBytes(ours.pid());
        }
        System.out.println("| | bytes | of redis-server |");
        System.out.println("|---|--:|--:|");
        System.out.printf(Locale.ROOT, "| redis-server, resident | %,d | 1 |%n", redis);
        System.out.printf(
                Locale.ROOT,
                "| Holdfast, heap in use after a collection | %,d | %.2f |%n%n",
                heap,
                (double) heap / redis);
        System.out.println("| start | keys | journal entries | recovery, ms | first PONG, s |");
        System.out.println("|---|--:|--:|--:|--:|");
        start("from storage.db", directory);
        Path journaled = Files.createDirectory(scratch.resolve("journaled"));
        journal(journaled.resolve("data"));
        start("from the journal alone", journaled);
    }

    private Path launcher() {
        return home.resolve("holdfast");
    }

    private void start(String what, Path directory) throws IOException {
        try (var ours = Contestant.holdfastOver("Holdfast", directory, launcher(), "everysec", "--standalone")) {
            Matcher line = RECOVERED.matcher(Files.readString(directory.resolve("log")));
            if (!line.find()) {
                throw new IOException("the log does not say how long recovery took");
            }
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %s | %s | %s | %.2f |%n",
                    what,
                    line.group(1),
                    line.group(2),
                    line.group(3),
                    ours.secondsToPong());
            ours.kill();
        }
    }

    private void load(int port) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            OutputStream out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
            for (int sent = 0; sent < keys; ) {
                int end = Math.min(keys, sent + SETS_A_BATCH);
                int batch = end - sent;
                for (; sent < end; sent++) {
                    String key = key(sent);
                    out.write(("*3\r\n$3\r\nSET\r\n$" + key.length() + "\r\n" + key + "\r\n$" + value.length() + "\r\n"
                                    + value + "\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
                }
                out.flush();
                socket.getInputStream().readNBytes(batch * "+OK\r\n".length());
            }
        }
    }

    private static String key(int number) {
        return "key:%012d".formatted(number);
    }

    /** A data directory whose storage.db was never written. */
    private void journal(Path data) {
        try (var directory = DataDirectory.open(data, new SecureRandom());
                var journal = SegmentJournal.open(
                        directory.journal(),
                        directory.node(),
                        JournalOptions.DEFAULT,
                        DiskRoom.of(directory.path()),
                        System::currentTimeMillis,
                        System::nanoTime)) {
            for (int i = 0; i < keys; i++) {
                var set = Effect.of(0, Bytes.of("SET"), Bytes.of(key(i)), Bytes.of(value));
                journal.stage(Journal.Scope.LOCAL, System.currentTimeMillis(), List.of(set));
                if (i % SETS_A_COMMIT == 0) {
                    journal.commit();
                }
            }
            journal.commit();
        }
    }

    /** What a full collection leaves. */
    static long liveBytes(long pid) throws IOException {
        return number(HISTOGRAM_TOTAL, jcmd(pid, "GC.class_histogram"));
    }

    /** What the JVM answers. */
    static String jcmd(long pid, String... question) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), Long.toString(pid)));
        command.addAll(List.of(question));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static long number(Pattern pattern, String text) throws IOException {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new IOException("no " + pattern + " in " + text);
        }
        return Long.parseLong(matcher.group(1));
    }
}
