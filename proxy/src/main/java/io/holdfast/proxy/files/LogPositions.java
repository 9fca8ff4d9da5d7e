package io.holdfast.proxy.files;

import io.holdfast.resp.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The file that says how far each key is in its log, and what the last step appends to the logs: both or neither, as it is
 * replaced whole. So a crash between that and the appending is made good at the next start, and nothing is appended twice.
 *
 * <pre>
 *   holdfast logs 1
 *   list   LOG KEY-IN-HEX KEY-ID POSITION CHECKSUM LIKENESS,LIKENESS…
 *   stream LOG KEY-IN-HEX MS SEQ
 *   append PATH LENGTH-OF-THE-FILE-BEFORE BYTES     and behind this line so many bytes
 * </pre>
 *
 * On one thread.
 */
final class LogPositions {
    /** Below the data directory. */
    static final String FILE = "logs/.positions";

    private static final String HEAD = "holdfast logs 1";
    private static final HexFormat HEX = HexFormat.of();

    private final Path root;
    private final Map<Name, LogPosition> positions = new HashMap<>();
    private List<LogAppend> last = List.of();

    /** A key in a log. */
    record Name(String log, String keyInHex) {
        static Name of(String log, byte[] key) {
            return new Name(log, HEX.formatHex(key));
        }
    }

    /** @throws IOException when there is a file, and it cannot be read */
    LogPositions(Path root) throws IOException {
        this.root = root;
        Path file = root.resolve(FILE);
        if (Files.exists(file)) {
            try {
                read(Files.readAllBytes(file));
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                throw new IOException(
                        file + " cannot be understood; remove it, and all that the keys hold is written once more", e);
            }
        }
    }

    Map<Name, LogPosition> all() {
        return positions;
    }

    /** What the step before, in whatever process, was to append. */
    List<LogAppend> last() {
        return last;
    }

    /**
     * Takes a step, which is there whole after this, or not at all.
     *
     * @param steps new positions of some keys
     * @param appends which the caller makes true afterwards
     */
    void write(Map<Name, LogPosition> steps, List<LogAppend> appends) throws IOException {
        Map<Name, LogPosition> all = new HashMap<>(positions);
        all.putAll(steps);
        var out = new ByteArrayOutputStream();
        line(out, HEAD);
        for (Map.Entry<Name, LogPosition> each : all.entrySet()) {
            line(out, text(each.getKey(), each.getValue()));
        }
        for (LogAppend append : appends) {
            line(
                    out,
                    "append " + append.path() + " " + append.at() + " "
                            + append.lines().length());
            out.writeBytes(append.lines().array());
        }
        replace(out.toByteArray());
        positions.putAll(steps);
        last = List.copyOf(appends);
    }

    private void replace(byte[] content) throws IOException {
        Path file = root.resolve(FILE);
        Path directory = file.resolveSibling("");
        OwnDirectory.make(root, directory);
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        try (FileChannel channel = FileChannel.open(
                fresh,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                OwnDirectory.OWNER_FILE)) {
            var buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(false);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void line(ByteArrayOutputStream out, String text) {
        out.writeBytes((text + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static String text(Name name, LogPosition position) {
        String key = name.log() + " " + name.keyInHex() + " ";
        if (position instanceof LogPosition.OfList list) {
            List<String> recent = list.recent().stream().map(Long::toHexString).toList();
            return "list " + key + list.keyId() + " " + list.position() + " " + list.checksum() + " "
                    + String.join(",", recent);
        } else if (position instanceof LogPosition.OfStream stream) {
            return "stream " + key + Long.toUnsignedString(stream.ms()) + " " + Long.toUnsignedString(stream.seq());
        }
        throw new IllegalStateException("no position is " + position);
    }

    // ---- reading

    private void read(byte[] content) {
        List<LogAppend> appends = new ArrayList<>();
        int at = 0;
        boolean isFirst = true;
        while (at < content.length) {
            int end = at;
            while (content[end] != '\n') {
                end++;
            }
            String[] words = new String(content, at, end - at, StandardCharsets.UTF_8).split(" ", -1);
            at = end + 1;
            if (isFirst) {
                require(HEAD.equals(String.join(" ", words)));
                isFirst = false;
                continue;
            }
            switch (words[0]) {
                case "list" -> positions.put(new Name(words[1], words[2]), list(words));
                case "stream" ->
                    positions.put(
                            new Name(words[1], words[2]),
                            new LogPosition.OfStream(
                                    Long.parseUnsignedLong(words[3]), Long.parseUnsignedLong(words[4])));
                case "append" -> {
                    int length = Integer.parseInt(words[3]);
                    require(length >= 0 && length <= content.length - at);
                    require(root.resolve(words[1]).normalize().startsWith(root.resolve("logs")));
                    appends.add(new LogAppend(words[1], Long.parseLong(words[2]), Bytes.copyOf(content, at, length)));
                    at += length;
                }
                default -> require(false);
            }
        }
        last = List.copyOf(appends);
    }

    private static LogPosition list(String[] words) {
        List<Long> recent = new ArrayList<>();
        for (String likeness : words[6].split(",", -1)) {
            if (!likeness.isEmpty()) {
                recent.add(Long.parseUnsignedLong(likeness, 16));
            }
        }
        return new LogPosition.OfList(
                Long.parseLong(words[3]), Long.parseLong(words[4]), Long.parseLong(words[5]), recent);
    }

    private static void require(boolean isSo) {
        if (!isSo) {
            throw new IllegalArgumentException("not what was written");
        }
    }
}
