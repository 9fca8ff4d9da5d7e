package io.holdfast.proxy.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** Directories and files of the owner's alone, that no link leads away from. Stateless. */
public final class OwnDirectory {
    /** What a file in one is created with. */
    public static final FileAttribute<?> OWNER_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private static final FileAttribute<?> OWNER_DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private OwnDirectory() {}

    /**
     * Makes a directory and those above it, where they are not there.
     *
     * @param root which is there, and is above it
     * @throws IOException also where one on the way is a link: a file of ours is written where its path says
     */
    public static void make(Path root, Path directory) throws IOException {
        Path made = root;
        for (Path name : root.relativize(directory)) {
            made = made.resolve(name);
            if (Files.isSymbolicLink(made)) {
                throw new IOException(made + " is a symbolic link, which is not followed");
            }
            if (!Files.isDirectory(made)) {
                Files.createDirectory(made, OWNER_DIRECTORY);
            }
        }
    }
}
