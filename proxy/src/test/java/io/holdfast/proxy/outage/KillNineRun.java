package io.holdfast.proxy.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * One outage with SIGKILLs in it, everything chosen by the seed: online, upstream away, killed while clients write,
 * upstream back, killed (Holdfast, the upstream or both) while the journal is replayed. For one test thread.
 */
final class KillNineRun implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int ONLINE_WRITES_MAX = 10;
    private static final int WRITES_BETWEEN_KILLS_MAX = 700;
    private static final int BURST_MAX = 24;
    /** About as many bytes as one write takes on its way upstream: so that most trips are within the replay. */
    private static final int BYTES_PER_WRITE = 100;

    /** Who gets SIGKILL while the journal is replayed. */
    private enum Victim {
        HOLDFAST,
        UPSTREAM,
        BOTH
    }

    private final SplittableRandom random;
    private final RealRedis redis = RealRedis.start("--appendonly", "yes", "--appendfsync", "always");
    private final Cable cable = Cable.to(redis.port());
    private final HoldfastProcess holdfast;
    private final List<Writer> writers = new ArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicInteger acknowledged = new AtomicInteger();
    private boolean upstreamIsDead;
    private int kills;

    KillNineRun(HoldfastProgram program, Path directory, long seed) {
        random = new SplittableRandom(seed);
        // A slow disk of the upstream is no outage: its clients would be told UNCERTAIN.
        holdfast = HoldfastProcess.start(program, directory, cable.port(), Map.of("CLAUDE_REDIS_TIMEOUT", "60s"));
        int clients = random.nextBoolean() ? 1 : 3;
        int burstMax = random.nextBoolean() ? 1 : BURST_MAX;
        for (int i = 0; i < clients; i++) {
            writers.add(new Writer(i, burstMax, random.split()));
        }
    }

    /** @return how often somebody was killed while it mattered */
    int run() throws Exception {
        holdfast.awaitMode("online");
        writeOnline();
        goOffline();
        int offlineKills = 1 + random.nextInt(4) / 3;
        for (int i = 0; i < offlineKills; i++) {
            writeUntilKilled();
        }
        if (random.nextBoolean()) {
            writeWithoutKill();
        }
        replayUnderKills();
        check();
        return kills;
    }

    String log() {
        return holdfast.log();
    }

    // ---- the outage

    private void writeOnline() {
        for (Writer writer : writers) {
            try (RespClient client = holdfast.connect()) {
                writer.writeOnline(client, random.nextInt(ONLINE_WRITES_MAX));
            }
        }
    }

    private void goOffline() {
        if (random.nextBoolean()) {
            redis.kill();
            upstreamIsDead = true;
        } else {
            cable.cut();
        }
        holdfast.awaitMode("offline");
    }

    /** The writer that gets the fatal acknowledgement kills, mostly in the middle of what others, and it, have sent. */
    private void writeUntilKilled() throws Exception {
        int fatal = acknowledged.get() + 1 + random.nextInt(WRITES_BETWEEN_KILLS_MAX);
        List<Future<?>> writing = startWriters(() -> false, () -> {
            if (acknowledged.incrementAndGet() == fatal) {
                holdfast.kill();
            }
        });
        join(writing);
        assertThat(holdfast.isAlive()).as("writers end with the server").isFalse();
        kills++;
        holdfast.restart();
        try (RespClient client = holdfast.connect()) {
            for (Writer writer : writers) {
                writer.settle(Contents.textsOf(client, writer::isOwn));
            }
        }
    }

    private void writeWithoutKill() throws Exception {
        int enough = acknowledged.get() + 1 + random.nextInt(WRITES_BETWEEN_KILLS_MAX);
        join(startWriters(() -> acknowledged.get() >= enough, acknowledged::incrementAndGet));
        assertThat(writers).allSatisfy(writer -> assertThat(writer.inFlight()).isZero());
    }

    private List<Future<?>> startWriters(BooleanSupplier end, Runnable onAcknowledged) {
        List<Future<?>> writing = new ArrayList<>();
        for (Writer writer : writers) {
            RespClient client = holdfast.connect();
            writing.add(threads.submit(() -> {
                try (client) {
                    writer.write(client, end, onAcknowledged);
                }
            }));
        }
        return writing;
    }

    private static void join(List<Future<?>> writing)
            throws InterruptedException, ExecutionException, TimeoutException {
        for (Future<?> one : writing) {
            one.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    // ---- the way back

    private void replayUnderKills() throws Exception {
        boolean clientsWrite = random.nextBoolean();
        var enough = new AtomicBoolean();
        List<Future<?>> writing = clientsWrite ? startWriters(enough::get, acknowledged::incrementAndGet) : List.of();
        int attempts = 1 + random.nextInt(5) / 3;
        for (int i = 0; i < attempts; i++) {
            // With the upstream gone under a forwarded write, its client is told UNCERTAIN: that is another test.
            boolean writersRun = clientsWrite && i == 0;
            Victim victim = writersRun || random.nextInt(3) > 0 ? Victim.HOLDFAST : Victim.values()[random.nextInt(3)];
            Cable.Way way = random.nextBoolean() ? Cable.Way.TO_UPSTREAM : Cable.Way.FROM_UPSTREAM;
            int share = way == Cable.Way.TO_UPSTREAM ? BYTES_PER_WRITE : BYTES_PER_WRITE / 10;
            var struck = new AtomicBoolean();
            cable.tripAfter(way, random.nextInt(1 + acknowledged.get() * share), () -> {
                strike(victim);
                struck.set(true);
            });
            bringBack(i == 0);
            await().atMost(PATIENCE)
                    .pollInterval(5, TimeUnit.MILLISECONDS)
                    .until(() -> struck.get() || holdfast.isIn("online"));
            boolean tooLate = cable.removeTrip();
            if (!tooLate) {
                await().atMost(PATIENCE).untilTrue(struck);
                upstreamIsDead = victim != Victim.HOLDFAST;
                kills++;
            }
            if (writersRun) {
                enough.set(true);
                join(writing);
            }
            if (tooLate) {
                break;
            }
        }
        bringBack(false);
        holdfast.awaitMode("online");
    }

    private void strike(Victim victim) {
        if (victim != Victim.UPSTREAM) {
            holdfast.kill();
        }
        if (victim != Victim.HOLDFAST) {
            redis.kill();
        }
    }

    /** Starts again who is dead, and has Holdfast look at once. */
    private void bringBack(boolean first) {
        if (first && !upstreamIsDead) {
            cable.mend();
        }
        if (upstreamIsDead) {
            redis.restart();
            upstreamIsDead = false;
        }
        if (!holdfast.isAlive()) {
            holdfast.restart();
        }
        try (RespClient client = holdfast.connect()) {
            client.call("HOLDFAST", "ONLINE");
        } catch (UncheckedIOException e) {
            if (!holdfast.isKilled()) {
                throw e; // otherwise the trip was quicker
            }
        }
    }

    private void check() {
        try (RespClient upstream = redis.connect();
                RespClient client = holdfast.connect()) {
            var expected = new Contents();
            for (Writer writer : writers) {
                writer.settle(Contents.textsOf(upstream, writer::isOwn));
                expected.addAll(writer.contents());
            }
            for (int i = 0; i < Writer.sharedCounters(); i++) {
                int counter = i;
                long sum = writers.stream().mapToLong(w -> w.shared(counter)).sum();
                if (sum > 0) {
                    expected.set(Writer.SHARED + counter, Long.toString(sum));
                }
            }
            assertThat(Contents.textsOf(upstream, key -> true)).isEqualTo(expected.texts(key -> true));
            assertThat(Contents.textsOf(client, key -> true))
                    .as("through Holdfast")
                    .isEqualTo(expected.texts(key -> true));
            assertThat(Rig.info(client, "dead_letters")).isEqualTo("0");
            assertThat(Rig.info(client, "conflicts")).isEqualTo("0");
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
        holdfast.close();
        cable.close();
        redis.close();
    }
}
