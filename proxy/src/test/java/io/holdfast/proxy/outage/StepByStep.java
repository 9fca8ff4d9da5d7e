package io.holdfast.proxy.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.engine.failpoint.Failpoint;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One Holdfast and one upstream that live through one death after another, each at a named step of a whole outage: journal,
 * segments, checkpoint, replay, a refused effect, the way back, the refused effect once more. After each, everything that was
 * acknowledged must be there, once. For one test thread.
 */
final class StepByStep implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Longer than anything that goes on by itself: a sync each second. */
    private static final Duration SOON = Duration.ofSeconds(5);

    private static final int BURST_MAX = 8;
    private static final int ONLINE_WRITES = 3;
    private static final int WRITES = 40;
    /** Of a mebibyte, which a segment has: three of them fill it. */
    private static final String PADDING = "x".repeat(400_000);

    private static final String PAD = "pad:";
    private static final String REFUSED = "refused:";

    private final SplittableRandom random;
    private final RealRedis redis = RealRedis.start("--appendonly", "yes", "--appendfsync", "always");
    private final HoldfastProcess holdfast;
    private final Writer writer;
    /** Counters that get 5 where a list was in the way, and whether that was acknowledged. */
    private final Map<String, Boolean> refused = new LinkedHashMap<>();

    private boolean sawOnline;

    StepByStep(HoldfastProgram program, Path directory, long seed) {
        random = new SplittableRandom(seed);
        writer = new Writer(0, BURST_MAX, random.split());
        // Small segments, an eighth of what is allowed at the start, and nothing is kept for longer than it is needed:
        // so
        // that they begin and go all the time.
        holdfast = HoldfastProcess.start(
                program,
                directory,
                redis.port(),
                Map.of(
                        "CLAUDE_FALLBACK_MAX_SIZE_MB",
                        "8",
                        "CLAUDE_FALLBACK_RETENTION_DAYS",
                        "0",
                        "CLAUDE_REDIS_TIMEOUT",
                        "60s")); // a slow disk of the upstream is no outage
        holdfast.awaitMode("online");
        try (RespClient client = holdfast.connect()) {
            writer.writeOnline(client, ONLINE_WRITES);
        }
        holdfast.kill();
    }

    /** Starts it, goes through an outage, and finds it dead at {@code step}; false when it never comes there. */
    boolean dieAt(Failpoint step, int hit) throws IOException {
        if (step == Failpoint.RECOVERY_TAIL_CUT) {
            tearTail();
        }
        boolean listens = holdfast.restartAt(step.word() + ":halt:" + hit);
        if (listens) {
            try (RespClient client = holdfast.connect()) {
                outage(client);
            } catch (UncheckedIOException gone) {
                // how it went is seen from its exit status
            }
        }
        boolean ended = holdfast.endsAtFailpoint(SOON);
        String log = holdfast.log();
        holdfast.kill();
        assertThat(ended || listens).as("%s: %s", step, log).isTrue();
        return ended && log.contains("Failpoint " + step.word() + ", passage " + hit);
    }

    /** Starts it without any such step, and leaves it online with everything in its place. */
    void live() {
        holdfast.restart();
        try (RespClient client = holdfast.connect()) {
            outage(client);
        }
    }

    String log() {
        return holdfast.log();
    }

    // ---- an outage

    private void outage(RespClient client) {
        call(client, "HOLDFAST", "CONFIG", "SET", "fallback.max_size_mb", "0");
        call(client, "HOLDFAST", "CLEANUP"); // behind which that holds
        if (Rig.info(client, "mode").equals("offline")) {
            writer.settle(Contents.textsOf(client, writer::isOwn)); // an operator holds it there
        }
        goOnline(client);
        bringBackRefused(client);
        check(client);
        call(client, "HOLDFAST", "OFFLINE");
        beRefused(client);
        int enough = WRITES;
        write(client, enough);
        for (int i = 0; i < 3; i++) {
            call(client, "SET", PAD + i, PADDING + random.nextInt());
        }
        write(client, enough);
        save(client);
        goOnline(client);
        bringBackRefused(client);
        check(client);
    }

    /** Behind the checkpoint that may be under way. */
    private static void save(RespClient client) {
        await().atMost(PATIENCE)
                .pollInterval(2, TimeUnit.MILLISECONDS)
                .until(() -> Rig.text(client.call("SAVE")).equals("OK"));
    }

    private void goOnline(RespClient client) {
        call(client, "HOLDFAST", "ONLINE");
        call(client, "HOLDFAST", "SYNC", "NOW");
        awaitInfo(client, "mode", "online");
    }

    /** Fails as a lost connection does when it goes meanwhile. */
    private static void awaitInfo(RespClient client, String field, String value) {
        await().atMost(PATIENCE)
                .pollInterval(2, TimeUnit.MILLISECONDS)
                .until(() -> Rig.info(client, field).equals(value));
    }

    private static String call(RespClient client, String... command) {
        String reply = Rig.text(client.call(command));
        assertThat(reply).as(command[0]).doesNotStartWith("-");
        return reply;
    }

    private void write(RespClient client, int count) {
        int[] acknowledged = {0};
        writer.write(client, () -> acknowledged[0] >= count, () -> acknowledged[0]++);
        if (writer.inFlight() > 0) {
            throw new UncheckedIOException(new IOException("it went while it was written to"));
        }
    }

    // ---- what the upstream refuses

    private void beRefused(RespClient client) {
        String key = REFUSED + refused.size();
        try (RespClient upstream = redis.connect()) {
            upstream.call("RPUSH", key, "in the way");
        }
        refused.put(key, false);
        call(client, "INCRBY", key, "5");
        refused.put(key, true);
    }

    /** Clears the way, has the letters replayed again, and sees that each arrived once. */
    private void bringBackRefused(RespClient client) {
        try (RespClient upstream = redis.connect()) {
            for (String key : refused.keySet()) {
                if (Rig.text(upstream.call("TYPE", key)).equals("list")) {
                    upstream.call("DEL", key);
                }
            }
            call(client, "HOLDFAST", "DEADLETTERS", "REQUEUE", "ALL");
            awaitInfo(client, "journal_pending", "0");
            refused.forEach((key, acknowledged) -> {
                String value = Rig.text(upstream.call("GET", key));
                assertThat(value).as(key).isIn(acknowledged ? List.of("5") : List.of("5", "nil"));
                upstream.call("DEL", key);
            });
        }
        refused.clear();
    }

    // ---- looking

    private void check(RespClient client) {
        try (RespClient upstream = redis.connect()) {
            writer.settle(Contents.textsOf(upstream, writer::isOwn));
            var expected = new Contents();
            expected.addAll(writer.contents());
            for (int i = 0; i < Writer.sharedCounters(); i++) {
                if (writer.shared(i) > 0) {
                    expected.set(Writer.SHARED + i, Long.toString(writer.shared(i)));
                }
            }
            var wanted = expected.texts(StepByStep::isCompared);
            assertThat(Contents.textsOf(upstream, StepByStep::isCompared))
                    .as("upstream")
                    .isEqualTo(wanted);
            assertThat(Contents.textsOf(client, StepByStep::isCompared))
                    .as("through Holdfast")
                    .isEqualTo(wanted);
        }
        assertThat(Rig.info(client, "dead_letters")).isEqualTo("0");
        assertThat(Rig.info(client, "conflicts")).isEqualTo("0");
        sawOnline = true;
    }

    /** Whether anything was ever compared. */
    boolean sawOnline() {
        return sawOnline;
    }

    private static boolean isCompared(String key) {
        return !key.startsWith(PAD) && !key.startsWith(REFUSED);
    }

    /** As a crash in the middle of a write leaves it. */
    private void tearTail() throws IOException {
        try (Stream<Path> files = Files.list(holdfast.dataDir().resolve("journal"))) {
            Path newest = files.filter(file -> file.toString().endsWith(".seg"))
                    .max(Path::compareTo)
                    .orElseThrow();
            Files.write(newest, new byte[] {0, 0, 1}, StandardOpenOption.APPEND);
        }
    }

    @Override
    public void close() {
        holdfast.close();
        redis.close();
    }
}
