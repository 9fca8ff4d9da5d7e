package io.holdfast.sync.journal;

import io.holdfast.resp.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Real files that fail when told to, and that forget at a power loss what nobody synced. */
final class FaultyFiles implements SegmentFiles {
    private static final int SECTOR_BYTES = 512;

    private final DiskFiles disk = new DiskFiles();
    private final Map<Path, Long> syncedBytes = new ConcurrentHashMap<>();
    /** What stood where a file was written over since its last sync, the newest first. */
    private final Map<Path, Deque<Overwritten>> overwritten = new ConcurrentHashMap<>();

    private final Set<Path> unsyncedNames = ConcurrentHashMap.newKeySet();
    private final Map<Path, byte[]> unsyncedDeletions = new ConcurrentHashMap<>();
    private volatile Runnable betweenSteps = () -> {};

    private record Overwritten(long position, Bytes before) {}

    private int writesUntilFailure = Integer.MAX_VALUE;
    private int bytesBeforeFailure;
    private int writeBytesMax = Integer.MAX_VALUE;
    private int syncsUntilFailure = Integer.MAX_VALUE;
    private @Nullable Path ballast;
    private boolean truncateFails;
    private volatile CountDownLatch syncGate = new CountDownLatch(0);
    private volatile CountDownLatch syncEntered = new CountDownLatch(1);

    /** The {@code n}th write from now takes {@code bytes} and then finds the disk full, as do all later ones. */
    void failWrite(int n, int bytes) {
        writesUntilFailure = n;
        bytesBeforeFailure = bytes;
    }

    /** Writes beyond {@code bytes} find the disk full, until {@code file} is deleted. */
    void fullWhileThereIs(Path file, int bytes) {
        ballast = file;
        bytesBeforeFailure = bytes;
    }

    /** The {@code n}th sync from now fails, as do all later ones. */
    void failSync(int n) {
        syncsUntilFailure = n;
    }

    void failTruncate() {
        truncateFails = true;
    }

    /** Each write takes no more than this. */
    void writeAtMost(int bytes) {
        writeBytesMax = bytes;
    }

    /** Syncs wait until the returned latch is counted down. */
    CountDownLatch holdSyncs() {
        syncEntered = new CountDownLatch(1);
        syncGate = new CountDownLatch(1);
        return syncGate;
    }

    /** Counted down when a sync has begun to wait. */
    CountDownLatch syncEntered() {
        return syncEntered;
    }

    /** What a crash of the machine leaves: every file as it was at its last sync, no file whose name was not synced. */
    void losePower() throws IOException {
        for (Map.Entry<Path, Long> file : syncedBytes.entrySet()) {
            if (unsyncedNames.contains(file.getKey())) {
                Files.deleteIfExists(file.getKey());
            } else if (Files.exists(file.getKey())) {
                try (var channel = FileChannel.open(file.getKey(), StandardOpenOption.WRITE)) {
                    for (Overwritten part : overwritten(file.getKey())) {
                        channel.write(ByteBuffer.wrap(part.before().array()), part.position());
                    }
                    channel.truncate(Math.min(channel.size(), file.getValue()));
                }
            }
        }
    }

    /** Is run before each step that changes what a power loss would leave, on the thread that takes it. */
    void betweenSteps(Runnable task) {
        betweenSteps = task;
    }

    /**
     * Copies {@code directory} as a power loss at this moment could leave it: of what was not synced a part, by chance.
     *
     * @param into is made
     */
    void copyAfterPowerLoss(Path directory, Path into, SplittableRandom random) throws IOException {
        Files.createDirectory(into);
        for (Map.Entry<Path, byte[]> file : unsyncedDeletions.entrySet()) {
            if (random.nextBoolean()) {
                Files.write(into.resolve(file.getKey().getFileName()), file.getValue());
            }
        }
        for (Map.Entry<Path, Long> file : syncedBytes.entrySet()) {
            Path path = file.getKey();
            boolean keepsName = !unsyncedNames.contains(path) || random.nextBoolean();
            if (keepsName && Files.exists(path) && path.startsWith(directory)) {
                byte[] bytes = Files.readAllBytes(path);
                for (Overwritten part : overwritten(path)) {
                    revert(bytes, part, random);
                }
                Files.write(
                        into.resolve(path.getFileName()),
                        afterPowerLoss(bytes, Math.toIntExact(file.getValue()), random));
            }
        }
    }

    private Deque<Overwritten> overwritten(Path path) {
        return overwritten.computeIfAbsent(path, its -> new ConcurrentLinkedDeque<>());
    }

    /** By chance, and each of its sectors by itself. */
    private static void revert(byte[] bytes, Overwritten part, SplittableRandom random) {
        byte[] before = part.before().array();
        int from = 0;
        while (from < before.length) {
            int at = Math.toIntExact(part.position()) + from;
            int length = Math.min(before.length - from, SECTOR_BYTES - at % SECTOR_BYTES);
            if (random.nextBoolean() && at + length <= bytes.length) {
                System.arraycopy(before, from, bytes, at, length);
            }
            from += length;
        }
    }

    private static byte[] afterPowerLoss(byte[] bytes, int synced, SplittableRandom random) {
        int unsynced = Math.max(0, bytes.length - synced);
        byte[] left = Arrays.copyOf(bytes, random.nextBoolean() ? bytes.length : synced + random.nextInt(unsynced + 1));
        if (left.length > synced && random.nextInt(3) == 0) {
            int from = synced + random.nextInt(left.length - synced);
            Arrays.fill(left, from, left.length, (byte) 0); // the length is known already, the bytes are not there
        }
        return left;
    }

    @Override
    public SegmentFile create(Path path) throws IOException {
        betweenSteps.run();
        SegmentFile file = disk.create(path);
        syncedBytes.put(path, 0L);
        unsyncedNames.add(path);
        return new Faulty(path, file);
    }

    @Override
    public SegmentFile open(Path path) throws IOException {
        syncedBytes.putIfAbsent(path, Files.size(path));
        return new Faulty(path, disk.open(path));
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        betweenSteps.run();
        disk.rename(from, to);
        Long bytes = syncedBytes.remove(from);
        syncedBytes.put(to, bytes == null ? Long.valueOf(Files.size(to)) : bytes);
        unsyncedNames.remove(from);
        unsyncedNames.add(to);
    }

    @Override
    public void delete(Path path) throws IOException {
        betweenSteps.run();
        if (Files.exists(path)) {
            unsyncedDeletions.put(path, Files.readAllBytes(path));
        }
        disk.delete(path);
        syncedBytes.remove(path);
        overwritten.remove(path);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        betweenSteps.run();
        disk.syncDirectory(directory);
        unsyncedNames.clear();
        unsyncedDeletions.clear();
    }

    private final class Faulty implements SegmentFile {
        private final SegmentFile file;
        private final Path created;

        Faulty(Path path, SegmentFile file) {
            this.created = path;
            this.file = file;
        }

        @Override
        public int write(ByteBuffer source, long position) throws IOException {
            betweenSteps.run();
            boolean fails = --writesUntilFailure <= 0 || (ballast != null && Files.exists(ballast));
            int bytes = Math.min(source.remaining(), fails ? bytesBeforeFailure : writeBytesMax);
            noteOverwritten(position, bytes);
            int limit = source.limit();
            source.limit(source.position() + bytes);
            int written = 0;
            while (source.hasRemaining()) {
                written += file.write(source, position + written);
            }
            source.limit(limit);
            if (fails) {
                throw new IOException("No space left on device");
            }
            return written;
        }

        private void noteOverwritten(long position, int bytes) throws IOException {
            try (var channel = FileChannel.open(path(), StandardOpenOption.READ)) {
                long there = Math.min(bytes, channel.size() - position);
                if (there > 0) {
                    var before = ByteBuffer.allocate((int) there);
                    while (before.hasRemaining() && channel.read(before, position + before.position()) > 0) {}
                    overwritten(path()).addFirst(new Overwritten(position, Bytes.wrap(before.array())));
                }
            }
        }

        @Override
        public void sync() throws IOException {
            betweenSteps.run();
            long bytes = Files.size(path());
            List<Overwritten> covered = List.copyOf(overwritten(path()));
            syncEntered.countDown();
            try {
                if (!syncGate.await(60, TimeUnit.SECONDS)) {
                    throw new IOException("the test did not let the sync go on");
                }
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            if (--syncsUntilFailure <= 0) {
                throw new IOException("Input/output error");
            }
            file.sync();
            syncedBytes.put(path(), bytes);
            overwritten(path()).removeAll(covered);
        }

        @Override
        public void truncate(long size) throws IOException {
            betweenSteps.run();
            if (truncateFails) {
                throw new IOException("Input/output error");
            }
            file.truncate(size);
        }

        @Override
        public void close() throws IOException {
            file.close();
        }

        /** Its name now: a new segment is renamed once. */
        private Path path() {
            String name = created.toString();
            Path named = Path.of(name.replace(Segments.UNFINISHED_SUFFIX, Segments.SUFFIX));
            return syncedBytes.containsKey(named) ? named : created;
        }
    }
}
