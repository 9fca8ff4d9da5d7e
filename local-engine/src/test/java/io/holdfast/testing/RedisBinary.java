package io.holdfast.testing;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A redis-server program: of version 7 the one on PATH, or else the one that org.signal:embedded-redis carries; of version 6.2 the
 * one in com.github.codemonstur:embedded-redis; newer ones where {@code src/test/upstreams/install} has put them. Immutable.
 *
 * @param version such as {@code 7.0.15}
 */
record RedisBinary(Path path, String version) {
    /** {@code -Dredis.series=6.2} has every test that asks for no series by name run with the oldest one. */
    private static final String SERIES = "redis.series";
    /** {@code -Dredis.program=/path/to/redis-server} has them run with that, of whatever version: a Redis 8, a Valkey. */
    private static final String PROGRAM = "redis.program";

    private static final String MAJOR = "7.";
    private static final String OLDEST = "6.2";
    /** Seen from each module's directory, where its tests run. */
    private static final Path UPSTREAMS = Path.of("..", "local-engine", "target", "upstreams");

    private static final Pattern VERSION = Pattern.compile("\\bv=([0-9.]+)");
    private static final int VERSION_SECONDS_MAX = 10;

    /** Unpacked once, when it is first asked for. */
    private static final class Oldest {
        static final @Nullable RedisBinary BINARY = unpackedOnce();

        private static @Nullable RedisBinary unpackedOnce() {
            try {
                return unpacked(oldestName());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** @throws IllegalStateException when there is none; a test that needs Redis fails, it is not skipped */
    static RedisBinary find() throws IOException {
        String program = System.getProperty(PROGRAM);
        if (program != null) {
            return named(Path.of(program));
        }
        String series = System.getProperty(SERIES, MAJOR);
        if (series.equals(OLDEST)) {
            RedisBinary oldest = oldest();
            if (oldest == null) {
                throw new IllegalStateException(whyNoOldest());
            }
            return oldest;
        } else if (!series.equals(MAJOR)) {
            throw new IllegalStateException("-D" + SERIES + "=" + OLDEST + " is the only other one");
        }
        RedisBinary onPath = onPath();
        if (onPath != null) {
            return onPath;
        }
        RedisBinary embedded = embedded();
        if (embedded != null) {
            return embedded;
        }
        throw new IllegalStateException("these tests need redis-server " + MAJOR + "x: there is none on PATH, and the"
                + " class path has no " + embeddedName() + " (org.signal:embedded-redis)");
    }

    private static RedisBinary named(Path program) throws IOException {
        String version = Files.isExecutable(program) ? versionOf(program) : null;
        if (version == null) {
            throw new IllegalStateException("-D" + PROGRAM + "=" + program + " is no redis-server that can be run");
        }
        return new RedisBinary(program, version);
    }

    boolean isAtLeastSeven() {
        return !version.startsWith(OLDEST);
    }

    private static @Nullable RedisBinary onPath() throws IOException {
        String path = System.getenv("PATH");
        for (String directory : (path == null ? "" : path).split(File.pathSeparator, -1)) {
            Path candidate = Path.of(directory, "redis-server");
            if (!directory.isEmpty() && Files.isExecutable(candidate)) {
                String version = versionOf(candidate);
                if (version != null && version.startsWith(MAJOR)) {
                    return new RedisBinary(candidate, version);
                }
            }
        }
        return null;
    }

    /** Unpacks the program of version 7 that is carried for this machine; null: there is none. */
    static @Nullable RedisBinary embedded() throws IOException {
        return unpacked(embeddedName());
    }

    /** The program of version 6.2 that is carried for this machine; null: there is none. */
    static @Nullable RedisBinary oldest() {
        return Oldest.BINARY;
    }

    /** The program of a newer version by its name; null: there is none. */
    static @Nullable RedisBinary newer(String name) {
        Path program =
                UPSTREAMS.resolve(name).resolve("redis-server").toAbsolutePath().normalize();
        try {
            String version = Files.isExecutable(program) ? versionOf(program) : null;
            return version == null ? null : new RedisBinary(program, version);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** For who skips a test. */
    static String whyNoNewer(String name) {
        return "there is no " + UPSTREAMS.resolve(name) + ": local-engine/src/test/upstreams/install fetches it";
    }

    /** For who skips a test. */
    static String whyNoOldest() {
        return "the class path has no " + oldestName() + " (com.github.codemonstur:embedded-redis)";
    }

    private static @Nullable RedisBinary unpacked(String name) throws IOException {
        try (InputStream resource = RedisBinary.class.getResourceAsStream("/" + name)) {
            if (resource == null) {
                return null;
            }
            Path directory = Files.createTempDirectory("holdfast-redis-bin");
            Path unpacked = directory.resolve("redis-server");
            Files.copy(resource, unpacked);
            if (!unpacked.toFile().setExecutable(true)) {
                throw new IOException("cannot make executable: " + unpacked);
            }
            // The directory after the file: files are deleted in reverse order.
            directory.toFile().deleteOnExit();
            unpacked.toFile().deleteOnExit();
            String version = versionOf(unpacked);
            return version == null ? null : new RedisBinary(unpacked, version);
        }
    }

    private static String embeddedName() {
        return "redis-server-7.0.15" + machine();
    }

    /** Named after releases of Redis Stack; the one for Linux on x86 says 6.2.11. */
    private static String oldestName() {
        String machine = machine();
        return "redis-server-6.2." + (machine.equals("-linux-arm64") ? "7" : "6-v5") + machine;
    }

    private static String machine() {
        String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        String machine = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        boolean arm = machine.contains("aarch64") || machine.contains("arm64");
        return (system.contains("mac") ? "-darwin-" : "-linux-") + (arm ? "arm64" : "amd64");
    }

    private static @Nullable String versionOf(Path program) throws IOException {
        Process process = new ProcessBuilder(program.toString(), "--version")
                .redirectErrorStream(true)
                .start();
        try (InputStream output = process.getInputStream()) {
            String text = new String(output.readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(VERSION_SECONDS_MAX, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            Matcher matcher = VERSION.matcher(text);
            return matcher.find() ? matcher.group(1) : null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while asking for the version of " + program, e);
        }
    }
}
