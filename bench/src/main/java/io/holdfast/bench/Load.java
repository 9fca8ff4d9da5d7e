package io.holdfast.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One run of redis-benchmark.
 *
 * @param test as {@code redis-benchmark -t} names it
 * @param pipeline commands that a client sends before it reads replies
 */
record Load(String test, int clients, int pipeline, int requests) {
    private static final int KEYS = 100_000;
    private static final Pattern ROW = Pattern.compile("^\"[A-Z0-9_]+[^\"]*\",\"([0-9.]+)\"", Pattern.MULTILINE);

    /**
     * @return requests per second
     * @throws IOException when redis-benchmark cannot be run, or met an error
     */
    double run(int port) throws IOException {
        List<String> command = List.of(
                "redis-benchmark",
                "--csv",
                "-p",
                Integer.toString(port),
                "-t",
                test,
                "-c",
                Integer.toString(clients),
                "-P",
                Integer.toString(pipeline),
                "-n",
                Integer.toString(requests),
                "-r",
                Integer.toString(KEYS));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            int status = process.waitFor();
            if (status != 0 || output.contains("Error")) {
                throw new IOException(String.join(" ", command) + " ended with " + status + ":\n" + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        return rate(output);
    }

    /** The last row's: rows before it are of commands that only prepare. */
    static double rate(String csv) throws IOException {
        Matcher row = ROW.matcher(csv);
        double rate = -1;
        while (row.find()) {
            rate = Double.parseDouble(row.group(1));
        }
        if (rate <= 0) {
            throw new IOException("redis-benchmark printed no rate:\n" + csv);
        }
        return rate;
    }

    Load withTest(String other) {
        return new Load(other, clients, pipeline, requests);
    }

    Load withRequests(int other) {
        return new Load(test, clients, pipeline, other);
    }
}
