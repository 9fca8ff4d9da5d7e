package io.holdfast.proxy.admin;

import io.holdfast.engine.command.AclFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;

/**
 * A file of lines that only its owner may read: users, or a password. Written whole or not at all: a new file, synced,
 * takes the place of the old.
 */
public final class SecretFile implements AclFile {
    private final Path path;

    public SecretFile(Path path) {
        this.path = path;
    }

    @Override
    public String name() {
        return path.toString();
    }

    /** @throws IOException also when others could change the file */
    @Override
    public List<String> read() throws IOException {
        try {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
            if (permissions.contains(PosixFilePermission.GROUP_WRITE)
                    || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
                throw new IOException("others can write to it (" + PosixFilePermissions.toString(permissions)
                        + "): chmod 600 " + path);
            }
            return Files.readAllLines(path, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            throw new IOException("No such file or directory", e);
        }
    }

    /**
     * The first line, a password.
     *
     * @throws IOException also when others can read the file, or nothing stands in it
     */
    public String readPassword() throws IOException {
        List<String> lines = read();
        requirePrivate();
        if (lines.isEmpty() || lines.get(0).isEmpty()) {
            throw new IOException("its first line, which should be the password, is empty");
        }
        return new String(lines.get(0).getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /** @throws IOException when others can read the file */
    void requirePrivate() throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
        if (permissions.contains(PosixFilePermission.GROUP_READ)
                || permissions.contains(PosixFilePermission.OTHERS_READ)) {
            throw new IOException(
                    "others can read it (" + PosixFilePermissions.toString(permissions) + "): chmod 600 " + path);
        }
    }

    @Override
    public void write(List<String> lines) throws IOException {
        byte[] content = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.ISO_8859_1);
        WholeFile.write(path, content, WholeFile.OWNER_ONLY);
    }
}
