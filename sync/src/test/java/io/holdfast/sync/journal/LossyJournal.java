package io.holdfast.sync.journal;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/** A journal in real files, of which a copy can be made as kill -9 or a power loss would leave them at that moment. */
public final class LossyJournal implements AutoCloseable {
    private final Path directory;
    private final FaultyFiles files = new FaultyFiles();
    private final SegmentJournal journal;

    /** @param directory is made if it is missing; what it holds is taken to be on the disk */
    public LossyJournal(Path directory, NodeIdentity node, JournalOptions options, LongSupplier clockMs) {
        this.directory = directory;
        if (Files.exists(directory)) {
            there(directory).forEach(this::isSynced);
        }
        journal = SegmentJournal.open(
                directory, node, options, DiskRoom.of(requireNonNull(directory.getParent())), clockMs, () -> 1, files);
    }

    private static List<Path> there(Path directory) {
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(Files::isRegularFile).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void isSynced(Path file) {
        try {
            files.open(file).close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public SegmentJournal journal() {
        return journal;
    }

    /** Runs {@code task} before each step that changes what a power loss would leave, on the thread that takes it. */
    public void betweenSteps(Runnable task) {
        files.betweenSteps(task);
    }

    /** While nobody writes, or between two steps: everything that was written. */
    public void copyAfterKill(Path into) {
        try {
            Files.createDirectory(into);
            for (Path file : there(directory)) {
                Files.copy(file, into.resolve(file.getFileName()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** While nobody writes, or between two steps: what was synced, and of the rest a part by chance. */
    public void copyAfterPowerLoss(Path into, SplittableRandom random) {
        try {
            files.copyAfterPowerLoss(directory, into, random);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        journal.close();
    }
}
