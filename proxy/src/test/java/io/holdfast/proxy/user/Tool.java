package io.holdfast.proxy.user;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a program of this machine to its end. Stateless. */
final class Tool {
    private static final Duration LONGEST = Duration.ofMinutes(2);

    private Tool() {}

    /**
     * How a program ended.
     *
     * @param out what it wrote to standard output, a char a byte
     * @param err the same of standard error
     */
    record Ended(int status, String out, String err) {}

    /** Skips the test where the program is not installed: nothing but a JDK and Maven is asked of a machine. */
    static void need(String name) {
        String path = System.getenv("PATH");
        boolean found = false;
        for (String directory : (path == null ? "" : path).split(File.pathSeparator, -1)) {
            found |= !directory.isEmpty() && Files.isExecutable(Path.of(directory, name));
        }
        assumeTrue(found, name + " is not on PATH");
    }

    static Ended run(List<String> command) {
        return run(command, "", Map.of());
    }

    /** @param input latin-1, one byte a char */
    static Ended run(List<String> command, String input, Map<String, String> environment) {
        try {
            Path out = Files.createTempFile("tool", ".out");
            Path err = Files.createTempFile("tool", ".err");
            try {
                var builder =
                        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
                builder.environment().putAll(environment);
                Process process = builder.start();
                try (OutputStream in = process.getOutputStream()) {
                    in.write(input.getBytes(StandardCharsets.ISO_8859_1));
                }
                end(process, command);
                return new Ended(process.exitValue(), text(out), text(err));
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException e) {
            throw new IllegalStateException("cannot run " + command, e);
        }
    }

    private static void end(Process process, List<String> command) {
        try {
            if (!process.waitFor(LONGEST.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("does not end: " + command);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while it ran: " + command, e);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static String text(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }
}
