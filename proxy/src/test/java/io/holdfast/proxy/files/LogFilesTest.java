package io.holdfast.proxy.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.profile.KeyLog;
import io.holdfast.engine.profile.Profile;
import io.holdfast.engine.profile.ProfileParser;
import io.holdfast.resp.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dated files grow at their ends, by whole lines, and go when they are old. */
class LogFilesTest {
    private static final int MB = 1 << 20;

    private final Path root;

    LogFilesTest(@TempDir Path root) throws IOException {
        this.root = root.toRealPath();
    }

    @Test
    void linesAreAppendedToTheFileOfTheirDay() throws Exception {
        append("2026-11-27", "one\n");
        append("2026-11-27", "two\n");
        append("2026-11-28", "three\n");

        assertThat(root.resolve("logs/l/k/2026-11-27.jsonl")).hasContent("one\ntwo");
        assertThat(root.resolve("logs/l/k/2026-11-28.jsonl")).hasContent("three");
        assertThat(permissions("logs/l/k/2026-11-27.jsonl")).isEqualTo("rw-------");
        assertThat(permissions("logs/l/k")).isEqualTo("rwx------");
        assertThat(permissions("logs")).isEqualTo("rwx------");
    }

    @Test
    void aFullFileIsFollowedByTheNext() throws Exception {
        String line = "x".repeat(MB - 100) + "\n";
        append("2026-11-28", line);
        append("2026-11-28", line);
        append("2026-11-28", "short\n");
        append("2026-11-28", line);

        assertThat(names()).containsExactly("2026-11-28.1.jsonl", "2026-11-28.2.jsonl", "2026-11-28.jsonl");
        assertThat(Files.readString(root.resolve("logs/l/k/2026-11-28.1.jsonl")))
                .endsWith("\nshort\n");
    }

    @Test
    void halfALineIsCutOffAndWhatIsThereStays() throws Exception {
        append("2026-11-28", "one\n");
        Path file = root.resolve("logs/l/k/2026-11-28.jsonl");
        var lines = List.of(new LogAppend("logs/l/k/2026-11-28.jsonl", 4, Bytes.of("two\nthree\n")));
        Files.writeString(file, "one\ntwo\nth");

        new LogFiles(root).settle(lines);
        assertThat(file).hasContent("one\ntwo\nthree");
        new LogFiles(root).settle(lines);
        assertThat(file).hasContent("one\ntwo\nthree");

        Files.writeString(file, ""); // by somebody else
        new LogFiles(root).settle(lines);
        assertThat(file).hasContent("two\nthree");
    }

    @Test
    void aLinkIsNotFollowed(@TempDir Path elsewhere) throws Exception {
        Files.createDirectories(root.resolve("logs/l"));
        Files.createSymbolicLink(root.resolve("logs/l/k"), elsewhere);

        assertThatThrownBy(() -> append("2026-11-28", "one\n"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is a symbolic link, which is not followed");
        assertThat(elsewhere).isEmptyDirectory();
    }

    @Test
    void positionsAndWhatIsAppendedAreReadAsTheyWereWritten() throws Exception {
        var list = new LogPosition.OfList(7, -12, 4_000_000_000L, List.of(1L, -2L));
        var stream = new LogPosition.OfStream(-1, 5);
        byte[] key = {0, (byte) 0xff, ' '};
        var append = new LogAppend("logs/l/k%20/2026-11-28.jsonl", 4, Bytes.of("two\nappend x y z\n"));
        new LogPositions(root)
                .write(
                        Map.of(LogPositions.Name.of("l", key), list, LogPositions.Name.of("s", key), stream),
                        List.of(append));
        new LogPositions(root)
                .write(Map.of(LogPositions.Name.of("l", bytes("other")), LogPosition.OfStream.START), List.of(append));

        var read = new LogPositions(root);
        assertThat(read.all())
                .hasSize(3)
                .containsEntry(LogPositions.Name.of("l", key), list)
                .containsEntry(LogPositions.Name.of("s", key), stream);
        assertThat(read.last()).singleElement().satisfies(last -> {
            assertThat(last.path()).isEqualTo(append.path());
            assertThat(last.at()).isEqualTo(4);
            assertThat(last.lines()).isEqualTo(append.lines());
        });
        assertThat(permissions("logs/.positions")).isEqualTo("rw-------");
    }

    @Test
    void positionsThatLeadElsewhereAreRefused() throws Exception {
        Files.createDirectories(root.resolve("logs"));
        Files.writeString(root.resolve("logs/.positions"), "holdfast logs 1\nappend ../../passwd 0 1\nx");
        assertThatThrownBy(() -> new LogPositions(root))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot be understood");
    }

    // ---- retention

    @Test
    void oldFilesGoAndTheCurrentOneNever() throws Exception {
        dated("gone/2026-10-01.jsonl", 10, "2026-10-01");
        dated("k/2026-11-20.jsonl", 10, "2026-11-20");
        dated("k/2026-11-21.jsonl", 10, "2026-11-21");
        dated("k/2026-11-28.jsonl", 10, "2026-11-28");
        dated("late/1970-01-01.jsonl", 10, "2026-11-28");
        dated("k/mine.txt", 10, "2026-01-01");

        LogRetention.apply(root, log("\"retention_days\": 7"), "2026-11-28");

        assertThat(all())
                .containsExactly("k/2026-11-21.jsonl", "k/2026-11-28.jsonl", "k/mine.txt", "late/1970-01-01.jsonl");
        assertThat(root.resolve("logs/l/gone")).doesNotExist();
    }

    @Test
    void theOldestGoWhenThereIsTooMuch() throws Exception {
        dated("a/2026-11-26.jsonl", MB, "2026-11-26");
        dated("b/2026-11-27.jsonl", MB, "2026-11-27");
        dated("b/2026-11-27.1.jsonl", MB, "2026-11-27");
        dated("b/2026-11-28.jsonl", 3 * MB, "2026-11-28");

        LogRetention.apply(root, log("\"retention_days\": 0, \"max_total_mb\": 4"), "2026-11-28");
        assertThat(all()).containsExactly("b/2026-11-27.1.jsonl", "b/2026-11-28.jsonl");

        LogRetention.apply(root, log("\"retention_days\": 0, \"max_total_mb\": 1"), "2026-11-28");
        assertThat(all()).containsExactly("b/2026-11-28.jsonl");
    }

    private void dated(String path, int bytes, String writtenOn) throws IOException {
        Path file = root.resolve("logs/l").resolve(path);
        Files.createDirectories(file.resolveSibling(""));
        Files.write(file, new byte[bytes]);
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse(writtenOn + "T12:00:00Z")));
    }

    private Set<String> all() throws IOException {
        var found = new TreeSet<String>();
        Path top = root.resolve("logs/l");
        try (Stream<Path> paths = Files.walk(top)) {
            paths.filter(Files::isRegularFile)
                    .forEach(path -> found.add(top.relativize(path).toString()));
        }
        return found;
    }

    private void append(String day, String line) throws Exception {
        var files = new LogFiles(root);
        files.plan(log("\"max_file_mb\": 1"), "logs/l/k", day, bytes(line));
        files.settle(files.takePlan());
    }

    private List<String> names() {
        return Stream.of(root.resolve("logs/l/k").toFile().list()).sorted().toList();
    }

    private String permissions(String path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve(path)));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static KeyLog log(String limits) throws Exception {
        String max = limits.contains("max_file_mb") ? "" : "\"max_file_mb\": 1, ";
        Profile profile = ProfileParser.parse(
                "p",
                "{\"name\": \"p\", \"logs\": [{\"name\": \"l\", \"keys\": \"l:{k}\", \"read\": \"stream\", " + max
                        + limits + "}]}");
        return profile.logs().get(0);
    }
}
