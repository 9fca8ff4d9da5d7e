package io.holdfast.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One run of redis-benchmark.
 *
 * @param test as {@code redis-benchmark -t} names it, with {@code _1k} behind it for values of 1024 bytes; or {@link #ZRANGE_100}
 * @param pipeline commands that a client sends before it reads replies
 * @param keys how many there are to choose from, at random
 */
record Load(String test, int clients, int pipeline, int requests, int keys) {
    /** Where nothing else is said. */
    static final int KEYS = 100_000;

    /** Name of the test, rate, average, least and median latency in milliseconds, then that of 95 and 99 in a hundred. */
    private static final Pattern ROW = Pattern.compile(
            "^\"[A-Z0-9_]+[^\"]*\",\"([0-9.]+)\",\"[0-9.]+\",\"[0-9.]+\",\"([0-9.]+)\",\"[0-9.]+\",\"([0-9.]+)\"",
            Pattern.MULTILINE);

    /** A hundred members of a sorted set, which redis-benchmark has no test of. */
    static final String ZRANGE_100 = "zrange_100";

    private static final String ZRANGE_KEY = "bench:zset";

    /** Ends the name of a test whose values are of a kilobyte. */
    private static final String KILOBYTE = "_1k";

    /** Of {@link #KEYS} keys. */
    Load(String test, int clients, int pipeline, int requests) {
        this(test, clients, pipeline, requests, KEYS);
    }

    /**
     * @param perSecond requests
     * @param medianMs latency as a client sees it
     * @param slowMs what 99 in a hundred take at most
     */
    record Measurement(double perSecond, double medianMs, double slowMs) {}

    /**
     * @return what redis-benchmark measured
     * @throws IOException when redis-benchmark cannot be run, or met an error
     */
    Measurement run(int port) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "redis-benchmark",
                "--csv",
                "-p",
                Integer.toString(port),
                "-c",
                Integer.toString(clients),
                "-P",
                Integer.toString(pipeline),
                "-n",
                Integer.toString(requests),
                "-r",
                Integer.toString(keys)));
        command.addAll(what());
        return measurement(output(command));
    }

    private List<String> what() {
        if (test.equals(ZRANGE_100)) {
            return List.of("ZRANGE", ZRANGE_KEY, "0", "99");
        }
        return test.endsWith(KILOBYTE)
                ? List.of("-d", "1024", "-t", test.substring(0, test.length() - KILOBYTE.length()))
                : List.of("-t", test);
    }

    /**
     * Puts there what the test reads.
     *
     * @throws IOException when redis-benchmark cannot be run, or met an error
     */
    void prepare(int port) throws IOException {
        if (test.startsWith("get")) {
            new Load(test.replace("get", "set"), 50, 16, 2 * keys, keys).run(port);
        } else if (test.equals(ZRANGE_100)) {
            output(List.of(
                    "redis-benchmark",
                    "--csv",
                    "-p",
                    Integer.toString(port),
                    "-n",
                    "1000",
                    "-r",
                    "1000000",
                    "ZADD",
                    ZRANGE_KEY,
                    "__rand_int__",
                    "element:__rand_int__"));
        }
    }

    private static String output(List<String> command) throws IOException {
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
        return output;
    }

    /** The last row's: rows before it are of commands that only prepare. */
    static Measurement measurement(String csv) throws IOException {
        Matcher row = ROW.matcher(csv);
        Measurement last = null;
        while (row.find()) {
            last = new Measurement(
                    Double.parseDouble(row.group(1)),
                    Double.parseDouble(row.group(2)),
                    Double.parseDouble(row.group(3)));
        }
        if (last == null || last.perSecond() <= 0) {
            throw new IOException("redis-benchmark printed no rate:\n" + csv);
        }
        return last;
    }

    Load withTest(String other) {
        return new Load(other, clients, pipeline, requests, keys);
    }

    Load withRequests(int other) {
        return new Load(test, clients, pipeline, other, keys);
    }
}
