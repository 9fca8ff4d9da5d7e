package io.holdfast.sync.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.store.StorageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
    private Path path;

    @BeforeEach
    void begin(@TempDir Path directory) throws IOException {
        path = directory.toRealPath().resolve("data");
    }

    @Test
    void theIdStaysAndTheEpochRisesWithEveryStart() {
        NodeIdentity first = openAndClose();
        NodeIdentity second = openAndClose();

        assertThat(first.epoch()).isEqualTo(1);
        assertThat(second.epoch()).isEqualTo(2);
        assertThat(second.id()).isEqualTo(first.id()).matches("[0-9a-f]{32}");
    }

    @Test
    void onlyTheOwnerMayReadIt() throws IOException {
        openAndClose();

        assertThat(permissions(path)).isEqualTo("rwx------");
        assertThat(permissions(path.resolve("node"))).isEqualTo("rw-------");
        assertThat(permissions(path.resolve("holdfast.lock"))).isEqualTo("rw-------");
    }

    @Test
    void aDirectoryThatOthersMayWriteToIsRefused() throws IOException {
        Files.createDirectory(path);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwx---"));

        assertThatThrownBy(this::open)
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("can be written by others (rwxrwx---): chmod go-w");
    }

    @Test
    void aDirectoryOfSomebodyElseIsRefused() {
        UserPrincipal owner = () -> "alice";
        UserPrincipal us = () -> "bob";

        assertThatThrownBy(() -> DataDirectory.check(path, owner, us, PosixFilePermissions.fromString("rwx------")))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("belongs to alice, but Holdfast runs as bob");
    }

    @Test
    void aSecondOpeningInThisProcessIsRefusedAndLeavesTheFirstItsLock() throws Exception {
        try (var directory = open()) {
            String message = "data directory " + directory.path() + " is in use by process "
                    + ProcessHandle.current().pid();

            assertThatThrownBy(this::open).isInstanceOf(StorageException.class).hasMessage(message);
            assertThat(openInAnotherProcess()).isEqualTo("refused: " + message);
        }
        assertThat(openInAnotherProcess()).isEqualTo("opened epoch 2");
    }

    @Test
    void aNewerFormatIsRefused() throws IOException {
        openAndClose();
        Files.writeString(path.resolve("node"), "holdfast-data 2\nsomething new\n");

        assertThatThrownBy(this::open)
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("written by a newer Holdfast: its format is 2, this one reads up to 1");
    }

    @Test
    void everyChangedByteOfTheNodeFileIsNoticed() throws IOException {
        openAndClose();
        byte[] whole = Files.readAllBytes(path.resolve("node"));
        for (int i = 0; i < whole.length; i++) {
            byte[] changed = whole.clone();
            changed[i] ^= 1;
            Files.write(path.resolve("node"), changed);
            assertThatThrownBy(this::open).as("byte %d", i).isInstanceOf(StorageException.class);
        }
    }

    @Test
    void aJournalWithoutItsNodeFileIsRefused() throws IOException {
        openAndClose();
        Files.createDirectory(path.resolve("journal"));
        Files.delete(path.resolve("node"));

        assertThatThrownBy(this::open).isInstanceOf(StorageException.class).hasMessageContaining("no file 'node'");
    }

    @Test
    void aDirectoryThatCannotBeMadeIsNamed() throws IOException {
        Files.writeString(path, "a file");

        assertThatThrownBy(this::open).isInstanceOf(StorageException.class).hasMessageContaining(path.toString());
    }

    @Test
    void aQuestionMarkInTheNameIsRefused() {
        path = path.resolveSibling("data?mode=memory");

        assertThatThrownBy(this::open).isInstanceOf(StorageException.class).hasMessageContaining("'?'");
    }

    /** What the other process does. */
    public static final class Opening {
        private Opening() {}

        public static void main(String[] arguments) {
            try (var directory = DataDirectory.open(Path.of(arguments[0]), new SplittableRandom(1))) {
                System.out.print("opened epoch " + directory.node().epoch());
            } catch (StorageException e) {
                System.out.print("refused: " + e.getMessage());
            }
        }
    }

    private String openInAnotherProcess() throws Exception {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        var process = new ProcessBuilder(
                        java.toString(),
                        "-Xshare:auto",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Opening.class.getName(),
                        path.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return output;
    }

    private NodeIdentity openAndClose() {
        try (var directory = open()) {
            return directory.node();
        }
    }

    private DataDirectory open() {
        return DataDirectory.open(path, new SplittableRandom(3));
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
