package io.holdfast.proxy.files;

import io.holdfast.engine.profile.KeyLog;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes files of a log that are older than it keeps, and then the oldest until the rest is no larger than it may be. Each
 * directory's newest file stays for as long as it was written to today. Stateless.
 */
final class LogRetention {
    private static final Logger log = LoggerFactory.getLogger(LogRetention.class);

    private static final Comparator<Dated> OLDEST_FIRST =
            Comparator.comparing(Dated::day).thenComparing(Dated::number).thenComparing(Dated::path);

    private LogRetention() {}

    /** A file, by its name. */
    private record Dated(Path path, String day, int number, long bytes, String writtenOn) {
        Path directory() {
            return path.resolveSibling("");
        }
    }

    /**
     * Looks through a log's files.
     *
     * @param root the data directory
     * @param today of UTC, such as 2026-11-28
     */
    static void apply(Path root, KeyLog of, String today) throws IOException {
        Path top = root.resolve(of.directory(List.of()));
        if (!Files.isDirectory(top, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        List<Dated> files = new ArrayList<>(files(top));
        files.sort(OLDEST_FIRST);
        Map<Path, Dated> newest = new HashMap<>();
        files.forEach(file -> newest.put(file.directory(), file));
        long bytes = files.stream().mapToLong(Dated::bytes).sum();
        String first = of.retentionDays() == 0
                ? ""
                : LocalDate.parse(today).minusDays(of.retentionDays()).toString();
        for (Dated file : files) {
            boolean isTooOld = file.day().compareTo(first) < 0;
            boolean isTooMuch = of.totalBytesMax() != 0 && bytes > of.totalBytesMax();
            boolean isCurrent = file.equals(newest.get(file.directory()))
                    && file.writtenOn().equals(today);
            if ((isTooOld || isTooMuch) && !isCurrent) {
                Files.deleteIfExists(file.path());
                bytes -= file.bytes();
                log.debug("{} is removed: {}", file.path(), isTooOld ? "too old" : "too much");
                if (file.equals(newest.get(file.directory()))) {
                    removeEmpty(file.directory(), root);
                }
            }
        }
    }

    private static List<Dated> files(Path top) throws IOException {
        List<Dated> files = new ArrayList<>();
        Files.walkFileTree(top, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                Matcher name = LogFiles.NAME.matcher(file.getFileName().toString());
                if (attributes.isRegularFile() && name.matches()) {
                    files.add(new Dated(
                            file,
                            name.group(1),
                            name.group(2) == null ? 0 : Integer.parseInt(name.group(2)),
                            attributes.size(),
                            LogLine.day(attributes.lastModifiedTime().toMillis())));
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return files;
    }

    /** A key that is gone leaves nothing behind when its last file is. */
    private static void removeEmpty(Path directory, Path root) throws IOException {
        for (Path each = directory;
                !each.equals(root.resolve("logs"));
                each = each.resolveSibling("").normalize()) {
            try {
                Files.delete(each);
            } catch (DirectoryNotEmptyException e) {
                return; // somebody else's, or another key's, is in it
            }
        }
    }
}
