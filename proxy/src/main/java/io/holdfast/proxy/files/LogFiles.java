package io.holdfast.proxy.files;

import io.holdfast.engine.profile.KeyLog;
import io.holdfast.resp.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The dated files of logs: {@code 2026-11-28.jsonl}, and when that is full {@code 2026-11-28.1.jsonl}, {@code .2.jsonl} and so on.
 * They grow at their ends and are otherwise left alone. On one thread.
 */
final class LogFiles {
    static final Pattern NAME = Pattern.compile("(\\d{4}-\\d\\d-\\d\\d)(?:\\.([1-9]\\d{0,8}))?\\.jsonl");

    /** Days whose newest file is remembered, of all directories. */
    private static final int NEWEST_MAX = 10_000;

    private final Path root;
    /** The number of the newest file of a directory and day. */
    private final Map<String, Integer> newest = new HashMap<>();
    /** What is to be appended, by file; a file's length before is its first value. */
    private final Map<String, Growth> planned = new LinkedHashMap<>();

    private record Growth(long at, ByteArrayOutputStream lines) {
        long length() {
            return at + lines.size();
        }
    }

    LogFiles(Path root) {
        this.root = root;
    }

    /**
     * Plans a line for the newest file of its day, or for the one behind that where it does not fit in.
     *
     * @param directory below the data directory
     */
    void plan(KeyLog log, String directory, String day, byte[] line) throws IOException {
        String series = directory + "/" + day;
        int number = number(series, directory, day);
        Growth growth = growth(path(series, number));
        if (growth.length() > 0 && growth.length() + line.length > log.fileBytesMax()) {
            newest.put(series, number + 1);
            growth = growth(path(series, number + 1));
        }
        growth.lines().writeBytes(line);
    }

    /** What is planned, which then no longer is. */
    List<LogAppend> takePlan() {
        List<LogAppend> appends = new ArrayList<>();
        planned.forEach((path, growth) -> {
            if (growth.lines().size() > 0) {
                appends.add(new LogAppend(
                        path, growth.at(), Bytes.wrap(growth.lines().toByteArray())));
            }
        });
        dropPlan();
        return appends;
    }

    void dropPlan() {
        planned.clear();
        newest.clear();
    }

    private int number(String series, String directory, String day) throws IOException {
        Integer known = newest.get(series);
        if (known != null) {
            return known;
        }
        int number = 0;
        Path path = root.resolve(directory);
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(path, day + ".*jsonl")) {
                for (Path file : files) {
                    Matcher name = NAME.matcher(file.getFileName().toString());
                    if (name.matches() && name.group(2) != null) {
                        number = Math.max(number, Integer.parseInt(name.group(2)));
                    }
                }
            }
        }
        if (newest.size() >= NEWEST_MAX) {
            newest.clear();
        }
        newest.put(series, number);
        return number;
    }

    private static String path(String series, int number) {
        return series + (number == 0 ? "" : "." + number) + ".jsonl";
    }

    private Growth growth(String path) throws IOException {
        Growth known = planned.get(path);
        if (known == null) {
            Path file = root.resolve(path);
            known = new Growth(Files.exists(file) ? Files.size(file) : 0, new ByteArrayOutputStream());
            planned.put(path, known);
        }
        return known;
    }

    /** Makes appends true, whatever came of an earlier attempt: half of them is cut off, and what is there stays. */
    void settle(List<LogAppend> appends) throws IOException {
        for (LogAppend append : appends) {
            Path file = root.resolve(append.path());
            OwnDirectory.make(root, file.resolveSibling(""));
            try (FileChannel channel = FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                    OwnDirectory.OWNER_FILE)) {
                if (channel.size() >= append.at() + append.lines().length()) {
                    continue;
                }
                // Shorter than it was, it has been cut by somebody: then its end is the place.
                channel.truncate(append.at());
                channel.position(channel.size());
                var lines = ByteBuffer.wrap(append.lines().array());
                while (lines.hasRemaining()) {
                    channel.write(lines);
                }
                channel.force(false);
            }
        }
    }
}
