package io.holdfast.sync.journal;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.store.Database;
import io.holdfast.resp.Bytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The tables of a live directory, as a power loss may leave them. While nobody writes them everything is on the disk; while a
 * checkpoint is being written, only this is known:
 *
 * <pre>
 *   header of the log   before everything behind it
 *   log                 any part of it, until the transaction is committed; all of it from then on
 *   storage.db          not touched before; then any of its new pages
 *   storage.mark        last of all
 * </pre>
 */
final class LossyStorage {
    private static final String LOG = Database.FILE_NAME + "-wal";
    private static final String MARK = "storage.mark";
    private static final int LOG_HEADER_BYTES = 32;
    private static final int BLOCK_BYTES = 4096;
    private static final int COPIES_MAX = 6;

    private final Path directory;
    private final SplittableRandom random;
    private final Consumer<Copy> loss;

    /** Writes the tables, as they are left, into a directory. */
    @FunctionalInterface
    interface Copy {
        void into(Path target) throws IOException;
    }

    private record State(Bytes mark, Bytes tables, Bytes log) {}

    /** @param loss is called at many moments of a checkpoint, on any thread, one after another */
    LossyStorage(Path directory, SplittableRandom random, Consumer<Copy> loss) {
        this.directory = directory;
        this.random = random;
        this.loss = loss;
    }

    /** While nobody writes. */
    void copyWhole(Path target) throws IOException {
        write(state(), target);
    }

    private State state() throws IOException {
        Bytes mark = read(MARK); // first: what it promises is in what is read after it
        return new State(mark, read(Database.FILE_NAME), read(LOG));
    }

    private Bytes read(String name) throws IOException {
        try {
            return Bytes.wrap(Files.readAllBytes(directory.resolve(name)));
        } catch (NoSuchFileException e) {
            return Bytes.EMPTY;
        }
    }

    private static void write(State state, Path target) throws IOException {
        Files.write(target.resolve(Database.FILE_NAME), state.tables().array());
        if (!state.log().isEmpty()) {
            Files.write(target.resolve(LOG), state.log().array());
        }
        if (!state.mark().isEmpty()) {
            Files.write(target.resolve(MARK), state.mark().array());
        }
    }

    /** What is left of a checkpoint that has begun at {@code before}. */
    private State afterLoss(State before) throws IOException {
        State now = state();
        Bytes tablesLater = read(Database.FILE_NAME);
        if (!now.mark().equals(before.mark())) {
            return state(); // the mark says that all is on the disk
        }
        if (tablesLater.equals(before.tables())) {
            return new State(now.mark(), before.tables(), mixed(before.log(), now.log(), LOG_HEADER_BYTES));
        }
        // All of the log was on the disk before the first page went into the tables.
        return new State(now.mark(), mixed(before.tables(), tablesLater, 0), read(LOG));
    }

    /** Of each block, what was there before or what is there now, or nothing where there was none; no {@code certain} byte is lost. */
    private Bytes mixed(Bytes before, Bytes now, int certain) {
        if (before.equals(now)) {
            return now;
        }
        int longest = Math.max(before.length(), now.length());
        byte[] old = Arrays.copyOf(before.array(), longest);
        byte[] mixed = Arrays.copyOf(now.array(), longest);
        for (int from = certain; from < longest; from += BLOCK_BYTES) {
            if (random.nextBoolean()) {
                System.arraycopy(old, from, mixed, from, Math.min(BLOCK_BYTES, longest - from));
            }
        }
        return Bytes.wrap(mixed);
    }

    /** A journal that tells when the tables are about to be written and when they have been. */
    Journal watching(Journal journal) {
        return new Watching(journal);
    }

    private final class Watching implements Journal {
        private final Journal journal;
        private @Nullable Thief thief;

        Watching(Journal journal) {
            this.journal = journal;
        }

        @Override
        public void sync() {
            journal.sync();
            thief = new Thief();
        }

        @Override
        public void checkpointed(long sequence) {
            Thief running = thief;
            if (running != null) {
                running.stop();
            }
            loss.accept(LossyStorage.this::copyWhole);
            journal.checkpointed(sequence);
        }

        @Override
        public long stage(Scope scope, long timeMs, Bytes client, List<Effect> effects) {
            return journal.stage(scope, timeMs, client, effects);
        }

        @Override
        public boolean hasStaged() {
            return journal.hasStaged();
        }

        @Override
        public void commit() {
            journal.commit();
        }

        @Override
        public long lastSequence() {
            return journal.lastSequence();
        }

        @Override
        public void read(long sequence, Consumer<Entry> reader) {
            journal.read(sequence, reader);
        }

        @Override
        public boolean hasFailed() {
            return journal.hasFailed();
        }

        @Override
        public void close() {
            journal.close();
        }
    }

    /** Loses power again and again while the tables are written. */
    private final class Thief {
        private final CompletableFuture<Void> ended;
        private volatile boolean stopped;

        Thief() {
            State before;
            try {
                before = state();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            ended = CompletableFuture.runAsync(() -> steal(before));
        }

        private void steal(State before) {
            for (int i = 0; i < COPIES_MAX && !stopped; i++) {
                loss.accept(target -> write(afterLoss(before), target));
            }
        }

        void stop() {
            stopped = true;
            ended.join();
        }
    }
}
