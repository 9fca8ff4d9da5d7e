package io.holdfast.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the mains of drivers have in common: options that are numbers, and a directory that is gone afterwards. */
final class Driver {
    private final String name;
    private final Map<String, Integer> numbers = new LinkedHashMap<>();

    /** What is measured. */
    @FunctionalInterface
    interface Measuring {
        /**
         * @param launcher the program to measure
         * @param scratch empty
         */
        void run(Driver options, Path launcher, Path scratch) throws IOException, InterruptedException;
    }

    private Driver(String name) {
        this.name = name;
    }

    /** @param name of the class, as {@code bench/run} is told it */
    static Driver named(String name) {
        return new Driver(name);
    }

    /** It has an option {@code --option N}. */
    Driver with(String option, int otherwise) {
        numbers.put("--" + option, otherwise);
        return this;
    }

    int number(String option) {
        Integer number = numbers.get("--" + option);
        if (number == null) {
            throw new IllegalArgumentException(name + " has no option --" + option);
        }
        return number;
    }

    /** Ends the process where an argument is none of the options. */
    void run(String[] args, Measuring measuring) throws IOException, InterruptedException {
        if (!takes(args)) {
            System.err.println("usage: bench/run " + name
                    + numbers.keySet().stream()
                            .map(option -> " [" + option + " N]")
                            .collect(Collectors.joining()));
            System.exit(1);
        }
        Path scratch = Files.createTempDirectory("holdfast-bench");
        try {
            measuring.run(this, home().resolve("holdfast"), scratch);
        } finally {
            deleteAll(scratch);
        }
    }

    private boolean takes(String[] args) {
        for (int i = 0; i < args.length; i += 2) {
            if (i + 1 == args.length || !numbers.containsKey(args[i]) || !args[i + 1].matches("[0-9]{1,9}")) {
                return false;
            }
            numbers.put(args[i], Integer.parseInt(args[i + 1]));
        }
        return true;
    }

    /** Where the launcher is. */
    static Path home() {
        return Path.of(System.getProperty("holdfast.home", "")).toAbsolutePath();
    }

    static void deleteAll(Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
