package io.holdfast.sync.journal;

import io.holdfast.engine.keyspace.Keyspaces;
import io.holdfast.engine.store.Database;
import io.holdfast.engine.store.StorageException;
import io.holdfast.engine.store.StorageSalvage;
import io.holdfast.engine.value.EncodingLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Repairs a data directory that no process has open: finds out what is damaged, keeps what is readable of it, and says what
 * was lost. Works on a copy; the damaged files stay beside the new ones. For one thread.
 *
 * <pre>
 *   DIR/storage.db ──copy──► DIR/backup-TIME/storage.db ──salvage──► DIR/repair-TIME/storage.db
 *        └──rename──► DIR/storage.db.corrupt-TIME        DIR/storage.db ◄──rename──┘
 * </pre>
 */
public final class DirectoryRepair {
    private static final String STORAGE = Database.FILE_NAME;
    private static final String MARK = "storage.mark";
    private static final String SYNC = "sync.db";
    private static final String JOURNAL = "journal";
    /** Epochs may have begun that no segment tells of; a later one must be greater. */
    private static final long EPOCHS_SKIPPED = 1_000;

    private static final int DATABASES_MAX = 1024;

    private final Path directory;
    private final String time;
    private final Path backup;
    private final Path work;
    private final RandomGenerator random;
    private final List<String> damaged = new ArrayList<>();
    private final List<String> lost = new ArrayList<>();
    private final List<String> replaced = new ArrayList<>();

    /**
     * What was found.
     *
     * @param damaged a line for each file that is not as it was written; empty when all are
     * @param lost a line for each thing that could not be kept
     * @param backup where the files are as they were; null when they were not touched
     */
    public record Report(
            List<String> damaged,
            List<String> lost,
            @Nullable Path backup) {
        public boolean isWhole() {
            return damaged.isEmpty();
        }
    }

    private DirectoryRepair(Path directory, String time, RandomGenerator random) {
        this.directory = directory;
        this.time = time;
        this.random = random;
        backup = directory.resolve("backup-" + time);
        work = directory.resolve("repair-" + time);
    }

    /**
     * Repairs a directory, or finds out what that would do.
     *
     * @param time names the backup and the files that are put aside: digits, for order
     * @param dryRun leave everything as it is
     * @throws StorageException when the directory is in use, or the file system refuses
     */
    public static Report run(Path wanted, String time, boolean dryRun, RandomGenerator random) {
        try {
            Path directory = wanted.toRealPath();
            DirectoryLock lock = DirectoryLock.take(directory);
            try {
                return new DirectoryRepair(directory, time, random).run(dryRun);
            } finally {
                lock.close();
            }
        } catch (IOException e) {
            throw new StorageException("data directory " + wanted + " cannot be repaired: " + e.getMessage(), e);
        }
    }

    private Report run(boolean dryRun) throws IOException {
        try {
            copy(directory, backup);
            Files.createDirectory(work, DiskFiles.OWNER_DIRECTORY);
            NodeIdentity node = node();
            long newest = journal(node);
            storage(newest);
            sync(newest);
            boolean keep = !dryRun && !damaged.isEmpty();
            if (keep) {
                exchange(node);
            }
            return new Report(List.copyOf(damaged), List.copyOf(lost), keep ? backup : null);
        } finally {
            delete(work);
            if (dryRun || damaged.isEmpty()) {
                delete(backup);
            }
        }
    }

    // ---- finding out

    private NodeIdentity node() throws IOException {
        try {
            return NodeFile.read(backup).orElseGet(() -> fresh());
        } catch (StorageException e) {
            damaged.add(String.valueOf(e.getMessage()));
            replaced.add(NodeFile.NAME);
            NodeIdentity writer = JournalSalvage.writer(backup.resolve(JOURNAL)).orElse(null);
            if (writer != null) {
                return new NodeIdentity(writer.idHigh(), writer.idLow(), writer.epoch() + EPOCHS_SKIPPED);
            }
            lost.add("node: who this node was; the upstream will take its entries for those of a new one");
            return fresh();
        }
    }

    private NodeIdentity fresh() {
        return new NodeIdentity(random.nextLong(), random.nextLong(), 1);
    }

    private long journal(NodeIdentity node) throws IOException {
        Path into = Files.createDirectory(work.resolve(JOURNAL), DiskFiles.OWNER_DIRECTORY);
        JournalSalvage.Result result = JournalSalvage.salvage(backup.resolve(JOURNAL), into, node);
        if (result.damaged()) {
            damaged.add("the journal");
            lost.addAll(result.lost());
            replaced.add(JOURNAL);
        }
        return result.newest();
    }

    private void storage(long newest) throws IOException {
        if (!Files.exists(backup.resolve(STORAGE))) {
            return;
        }
        // Opening writes to the file, so it is another copy that is tried.
        Path trial = work.resolve("trial");
        copy(backup, trial);
        String problem = problemOf(trial);
        delete(trial);
        if (problem == null) {
            return;
        }
        damaged.add(problem);
        Path source = work.resolve("source");
        copy(backup, source);
        Path into = Files.createDirectory(work.resolve("storage"), DiskFiles.OWNER_DIRECTORY);
        StorageSalvage.Result result = StorageSalvage.salvage(source, into, newest);
        delete(source);
        if (problem.contains("lost its checkpoints")) {
            lost.add(problem);
        }
        lost.addAll(result.lost());
        if (result.sequence() < 0 && newest > 0) {
            lost.add("journal: which entries up to " + newest
                    + " storage.db includes is not known any more, so none of them is" + " applied again");
        }
        replaced.add(STORAGE);
        replaced.add(MARK);
    }

    /** What is wrong with the tables in a directory; null when nothing is. */
    private static @Nullable String problemOf(Path in) {
        try (Database database = Database.open(in)) {
            var random = new SplittableRandom(1);
            database.load(new Keyspaces(DATABASES_MAX, random), EncodingLimits.DEFAULT);
            database.libraries();
            return null;
        } catch (StorageException e) {
            return String.valueOf(e.getMessage()).replace(in + "/", "");
        }
    }

    private void sync(long newest) throws IOException {
        if (!Files.exists(backup.resolve(SYNC))) {
            return;
        }
        Path trial = work.resolve("trial");
        copy(backup, trial);
        boolean isWhole = SyncSalvage.isWhole(trial.resolve(SYNC));
        delete(trial);
        if (isWhole) {
            return;
        }
        damaged.add("sync.db");
        Path source = work.resolve("source");
        copy(backup, source);
        lost.addAll(SyncSalvage.salvage(source.resolve(SYNC), work.resolve(SYNC), newest));
        delete(source);
        replaced.add(SYNC);
    }

    // ---- exchanging

    private void exchange(NodeIdentity node) throws IOException {
        for (String name : replaced) {
            for (String suffix : List.of("", "-wal", "-shm")) {
                Path old = directory.resolve(name + suffix);
                if (Files.exists(old)) {
                    Files.move(
                            old, directory.resolve(name + ".corrupt-" + time + suffix), StandardCopyOption.ATOMIC_MOVE);
                }
            }
        }
        place(work.resolve("storage").resolve(STORAGE), STORAGE);
        place(work.resolve(SYNC), SYNC);
        if (replaced.contains(JOURNAL)) {
            place(work.resolve(JOURNAL), JOURNAL);
        }
        if (replaced.contains(NodeFile.NAME)) {
            NodeFile.write(directory, node, new DiskFiles());
        }
        DegradedNote.write(directory, lines());
        new DiskFiles().syncDirectory(directory);
    }

    private List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("repaired " + time + "; the damaged files are kept as *.corrupt-" + time + " and in backup-" + time);
        damaged.forEach(line -> lines.add("damaged: " + line));
        lost.forEach(line -> lines.add("lost: " + line));
        return lines;
    }

    private void place(Path made, String name) throws IOException {
        if (Files.exists(made)) {
            Files.move(made, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        }
    }

    /** Our files of one directory, those of the journal included. */
    private static void copy(Path from, Path into) throws IOException {
        Files.createDirectory(into, DiskFiles.OWNER_DIRECTORY);
        for (String name : List.of(NodeFile.NAME, STORAGE, STORAGE + "-wal", MARK, SYNC, SYNC + "-wal")) {
            if (Files.exists(from.resolve(name))) {
                Files.copy(from.resolve(name), into.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        Path journal = from.resolve(JOURNAL);
        if (Files.isDirectory(journal)) {
            Files.createDirectory(into.resolve(JOURNAL), DiskFiles.OWNER_DIRECTORY);
            try (var segments = Files.newDirectoryStream(journal)) {
                for (Path segment : segments) {
                    Files.copy(
                            segment,
                            into.resolve(JOURNAL).resolve(segment.getFileName()),
                            StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
    }

    private static void delete(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        List<Path> paths;
        try (var walk = Files.walk(tree)) {
            paths = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : paths) {
            Files.delete(path);
        }
    }
}
