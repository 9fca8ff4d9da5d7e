package io.holdfast.sync.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.differential.CommandGenerator;
import io.holdfast.engine.family.Families;
import io.holdfast.engine.store.BoundedEngine;
import io.holdfast.engine.store.Checkpointer;
import io.holdfast.engine.store.Database;
import io.holdfast.resp.Bytes;
import io.holdfast.testing.EngineClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What was acknowledged with {@code appendfsync always} is there after a power loss, at whatever moment that comes, and
 * nothing else is but the whole command that was under way.
 */
class PowerLossTest {
    private static final int COMMANDS = 600;
    private static final int LOSSES_MIN = 50;

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void whatWasAcknowledgedIsThereAfterAPowerLossAtAnyMoment(long seed, @TempDir Path directory) throws IOException {
        try (var run = new Run(seed, directory)) {
            run.run(COMMANDS);
            assertThat(run.losses).isGreaterThan(LOSSES_MIN);
        }
    }

    @Test
    @Tag("soak")
    void whatWasAcknowledgedIsThereAfterAPowerLossForAsLongAsAsked(@TempDir Path directory) throws IOException {
        Duration length = Duration.ofMinutes(Long.getLong("soak.minutes", 1));
        long started = System.nanoTime();
        long seed = Long.getLong("soak.seed", 1);
        while (System.nanoTime() - started < length.toNanos()) {
            try (var run = new Run(seed, Files.createDirectory(directory.resolve("seed-" + seed)))) {
                run.run(COMMANDS);
            }
            seed++;
        }
    }

    private static final class Run implements AutoCloseable {
        private static final RedisVersion VERSION = RedisVersion.STANDALONE;
        private static final long SEGMENT_BYTES_MAX = 8_000;
        private static final int WATCHED_EVERY = 30;
        private static final int CHECKPOINT_EVERY = 60;

        private final long seed;
        private final Path directory;
        private final SplittableRandom random;
        /** Of its own: how often it is asked during a checkpoint is a matter of threads. */
        private final SplittableRandom losing;

        private final AtomicLong nowMs = new AtomicLong(JournalFixture.START_MS);
        private final FaultyFiles files = new FaultyFiles();
        private final SegmentJournal journal;
        private final LossyStorage storage;
        private final Checkpointer checkpointer;
        private final EngineClient client;
        private final CommandGenerator generator;
        private final List<Path> copies = new ArrayList<>();
        private String doing = "";
        private int losses;

        Run(long seed, Path temporary) throws IOException {
            this.seed = seed;
            directory = Files.createDirectory(temporary.resolve("live"));
            random = new SplittableRandom(seed);
            losing = random.split();
            journal = openJournal(directory, files);
            storage = new LossyStorage(directory, random.split(), this::copy);
            client = EngineClient.start(VERSION, journal, nowMs::get);
            checkpointer = new Checkpointer(
                    client.engine().keyspaces().changes(),
                    storage.watching(journal),
                    Database.open(directory),
                    task -> {},
                    Checkpointer.Pacing.DEFAULT,
                    nowMs::get,
                    nowMs::get,
                    Executors.newSingleThreadExecutor());
            generator = new CommandGenerator(
                    seed,
                    CommandTable.of(Families.all()).all().stream()
                            .map(spec -> spec.name().toUpperCase(Locale.ROOT))
                            .collect(Collectors.toSet()));
        }

        private SegmentJournal openJournal(Path in, SegmentFiles of) {
            return SegmentJournal.open(
                    in.resolve("journal"),
                    new NodeIdentity(7, 8, 1),
                    new JournalOptions(SEGMENT_BYTES_MAX, AppendFsync.ALWAYS, new Retention(0, Duration.ZERO)),
                    DiskRoom.of(in),
                    nowMs::get,
                    () -> 1,
                    of);
        }

        void run(int commands) throws IOException {
            for (int i = 0; i < commands; i++) {
                nowMs.addAndGet(random.nextInt(20));
                for (Bytes[] command : generator.next()) {
                    doing = "command " + i + ", " + List.of(command);
                    if (random.nextInt(WATCHED_EVERY) == 0) {
                        watched(() -> client.raw(command));
                    } else {
                        client.raw(command);
                    }
                }
                if (random.nextInt(CHECKPOINT_EVERY) == 0) {
                    doing = "checkpoint behind command " + i;
                    watched(checkpointer::checkpointNow);
                }
            }
        }

        /** Loses power at some moments of {@code what}, and when it has been acknowledged. */
        private void watched(Runnable what) throws IOException {
            Map<String, String> before = contents(client);
            files.betweenSteps(() -> {
                if (losing.nextBoolean()) {
                    copy(storage::copyWhole);
                }
            });
            what.run();
            files.betweenSteps(() -> {});
            Map<String, String> after = contents(client);
            for (Path copy : copies) {
                assertThat(recovered(copy)).as(toString()).isIn(before, after);
            }
            copies.clear();
            copy(storage::copyWhole);
            assertThat(recovered(copies.remove(0))).as(toString()).isEqualTo(after);
        }

        /** What a power loss at this moment leaves, {@code theTables} included. */
        private synchronized void copy(LossyStorage.Copy theTables) {
            Path into = directory.resolveSibling("loss-" + losses++);
            try {
                files.copyAfterPowerLoss(
                        directory.resolve("journal"),
                        Files.createDirectory(into).resolve("journal"),
                        losing);
                theTables.into(into);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            copies.add(into);
        }

        private Map<String, String> recovered(Path copy) {
            try (var itsJournal = openJournal(copy, new DiskFiles());
                    var database = Database.open(copy)) {
                EngineClient fresh = EngineClient.start(VERSION, itsJournal, nowMs::get);
                database.load(
                        fresh.engine().keyspaces(), fresh.engine().config().encodingLimits());
                itsJournal.skipTo(database.checkpointedSequence());
                fresh.engine().recover(database.checkpointedSequence());
                return contents(fresh);
            }
        }

        /**
         * Without negative zeros: a sorted set that was large and is small again keeps them until a restart, as in Redis, which loads
         * it as a small one.
         */
        private static Map<String, String> contents(EngineClient of) {
            return BoundedEngine.contents(of.engine()).entrySet().stream()
                    .collect(Collectors.toMap(
                            Map.Entry::getKey, its -> its.getValue().replace("=-0.0", "=0.0")));
        }

        @Override
        public String toString() {
            return "seed " + seed + ", " + doing;
        }

        @Override
        public void close() {
            checkpointer.close();
            journal.close();
        }
    }
}
