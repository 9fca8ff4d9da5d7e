package io.holdfast.sync.journal;

import io.holdfast.engine.failpoint.Failpoint;
import io.holdfast.engine.store.StorageException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Everything this node must not forget lies here, and one process owns it: from {@link #open} until {@link #close}. Opened
 * and closed by the wiring; the paths may be asked for on any thread.
 *
 * <pre>
 *   DIR/ 0700           all files 0600
 *     holdfast.lock     who has it open
 *     reserve           see {@link DiskRoom}
 *     node              id and epoch, see {@link NodeFile}
 *     journal/          see {@link SegmentJournal}
 *     storage.db        the tables of the local engine
 *     sync.db           see {@link SyncStore}
 *     tmp/              native libraries, unpacked where nobody else can change them
 * </pre>
 */
public final class DataDirectory implements AutoCloseable {
    private final Path path;
    private final DirectoryLock lock;
    private final NodeIdentity node;

    private DataDirectory(Path path, DirectoryLock lock, NodeIdentity node) {
        this.path = path;
        this.lock = lock;
        this.node = node;
    }

    /**
     * Opens the directory {@code wanted}, which is made if it is missing, and begins a new epoch, durably.
     *
     * @param random makes the id of a new directory: a cryptographic source
     * @throws StorageException when another process owns it, when others may write to it or own it, when it is of a newer
     *     format, or when the file system refuses
     */
    public static DataDirectory open(Path wanted, RandomGenerator random) {
        try {
            Path path = makeOwn(wanted);
            var files = new DiskFiles();
            DirectoryLock lock = DirectoryLock.take(path);
            try {
                NodeIdentity node = nextEpoch(path, random);
                Failpoint.EPOCH_BEFORE_WRITE.pass();
                NodeFile.write(path, node, files);
                Failpoint.EPOCH_AFTER_WRITE.pass();
                return new DataDirectory(path, lock, node);
            } catch (IOException | StorageException e) {
                lock.close();
                throw e;
            }
        } catch (FileSystemException e) {
            throw new StorageException("data directory " + wanted + " cannot be used: " + reason(e), e);
        } catch (IOException e) {
            throw new StorageException("data directory " + wanted + " cannot be used: " + e.getMessage(), e);
        }
    }

    /** In words: these exceptions' messages are file names. */
    private static String reason(FileSystemException e) {
        if (e instanceof FileAlreadyExistsException) {
            return e.getFile() + " is not a directory";
        } else if (e instanceof AccessDeniedException) {
            return e.getFile() + ": permission denied";
        } else if (e instanceof NoSuchFileException) {
            return e.getFile() + " cannot be made there";
        }
        return e.getFile() + ": " + e.getReason();
    }

    /** Its real path, absolute. */
    public Path path() {
        return path;
    }

    /** Who this directory is, in this epoch. */
    public NodeIdentity node() {
        return node;
    }

    /** The directory of {@link SegmentJournal}. */
    public Path journal() {
        return journal(path);
    }

    /** The file of {@link SyncStore}. */
    public Path syncDatabase() {
        return syncDatabase(path);
    }

    /** The file of the local engine's tables. */
    public Path storageDatabase() {
        return path.resolve("storage.db");
    }

    /** Lets another process have the directory; whatever is open in it must be closed before. */
    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            throw new StorageException("data directory " + path + " could not be released: " + e.getMessage(), e);
        }
    }

    /** Refuses a directory whose content others could change. */
    static void check(Path path, UserPrincipal owner, UserPrincipal us, Set<PosixFilePermission> permissions) {
        if (!owner.equals(us)) {
            throw new StorageException("data directory " + path + " belongs to " + owner.getName()
                    + ", but Holdfast runs as " + us.getName() + ": choose another directory or change its owner");
        }
        if (permissions.contains(PosixFilePermission.GROUP_WRITE)
                || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new StorageException("data directory " + path + " can be written by others ("
                    + PosixFilePermissions.toString(permissions) + "): chmod go-w " + path);
        }
    }

    private static Path makeOwn(Path wanted) throws IOException {
        if (wanted.toString().contains("?")) {
            throw new StorageException(
                    "data directory " + wanted + " has a '?' in its name, which would be taken for SQLite parameters");
        }
        Files.createDirectories(wanted, DiskFiles.OWNER_DIRECTORY);
        Path path = wanted.toRealPath();
        Path probe = Files.createTempFile(path, "probe", ".tmp", DiskFiles.OWNER_FILE);
        try {
            PosixFileAttributes attributes = Files.readAttributes(path, PosixFileAttributes.class);
            check(path, attributes.owner(), Files.getOwner(probe), attributes.permissions());
        } finally {
            Files.delete(probe);
        }
        return path;
    }

    private static NodeIdentity nextEpoch(Path path, RandomGenerator random) throws IOException {
        var before = NodeFile.read(path);
        if (before.isPresent()) {
            NodeIdentity node = before.get();
            return new NodeIdentity(node.idHigh(), node.idLow(), node.epoch() + 1);
        }
        if (Files.exists(journal(path)) || Files.exists(syncDatabase(path))) {
            throw new StorageException("data directory " + path + " has a journal but no file '" + NodeFile.NAME
                    + "': restore it from a backup, because the upstream knows this node's entries by the id in it");
        }
        return new NodeIdentity(random.nextLong(), random.nextLong(), 1);
    }

    private static Path journal(Path path) {
        return path.resolve("journal");
    }

    private static Path syncDatabase(Path path) {
        return path.resolve("sync.db");
    }
}
