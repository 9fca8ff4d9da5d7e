package io.holdfast.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A server under measurement, running in a directory of its own on a free port of this machine. */
final class Contestant implements AutoCloseable {
    private static final long START_SECONDS_MAX = 60;
    private static final long STOP_SECONDS_MAX = 20;
    private static final int POLL_MS = 2;
    /** Between two looks at INFO: seldom enough that a replay does not take them for clients. */
    private static final int LOOK_MS = 10;

    private static final int REST_LOOK_MS = 200;
    private static final int REST_LOOKS_MAX = 300;
    /** Of one core; what else a few servers do that nobody asks anything is less. */
    private static final double REST_SHARE = 0.15;

    private final String name;
    private final int port;
    private final Process process;
    private final long startedNanos;
    private final double secondsToPong;

    private Contestant(String name, int port, Path directory, List<String> command) throws IOException {
        this(name, port, directory, command, "");
    }

    private Contestant(String name, int port, Path directory, List<String> command, String javaOptions)
            throws IOException {
        this.name = name;
        this.port = port;
        Path log = directory.resolve("log");
        var builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        if (!javaOptions.isEmpty()) {
            builder.environment().put("HOLDFAST_JAVA_OPTS", javaOptions);
        }
        startedNanos = System.nanoTime();
        process = builder.start();
        try {
            secondsToPong = awaitPong(log);
        } catch (IOException | RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    /** A redis-server without snapshots; {@code options} are lines of redis.conf, as {@code --name value}. */
    static Contestant redis(String name, Path parent, String... options) throws IOException {
        return redisAt(freePort(), name, Files.createTempDirectory(parent, "redis"), options);
    }

    /** As {@link #redis}, on that port and over what is in {@code directory}: where another was, as if it had come back. */
    static Contestant redisAt(int port, String name, Path directory, String... options) throws IOException {
        var command = new ArrayList<>(List.of("redis-server", "--port", Integer.toString(port), "--bind", "127.0.0.1"));
        command.addAll(List.of("--save", "", "--dir", directory.toString()));
        command.addAll(List.of(options));
        return new Contestant(name, port, directory, command);
    }

    /** A Holdfast, started as a user starts it; {@code options} are those of {@code serve}. */
    static Contestant holdfast(String name, Path parent, Path launcher, String appendFsync, String... options)
            throws IOException {
        return holdfastOver(name, Files.createTempDirectory(parent, "holdfast"), launcher, appendFsync, options);
    }

    /** As {@link #holdfast}, over what is in {@code directory} already, if it is. */
    static Contestant holdfastOver(String name, Path directory, Path launcher, String appendFsync, String... options)
            throws IOException {
        return holdfastBy(
                "{\"server\": {\"appendfsync\": \"" + appendFsync + "\"}}\n", name, directory, launcher, options);
    }

    /** As {@link #holdfastOver}, with a configuration file of the caller's. */
    static Contestant holdfastBy(String configuration, String name, Path directory, Path launcher, String... options)
            throws IOException {
        return holdfastWith("", configuration, name, directory, launcher, options);
    }

    /** As {@link #holdfastBy}, with options for its JVM. */
    static Contestant holdfastWith(
            String javaOptions, String configuration, String name, Path directory, Path launcher, String... options)
            throws IOException {
        Path config = directory.resolve("config.json");
        Files.writeString(config, configuration);
        int port = freePort();
        var command = new ArrayList<>(List.of(launcher.toString(), "serve", "--port", Integer.toString(port)));
        command.addAll(List.of("--data-dir", directory.resolve("data").toString(), "--config", config.toString()));
        command.addAll(List.of(options));
        return new Contestant(name, port, directory, command, javaOptions);
    }

    /** A server that is neither, and that {@code command} makes listen at {@code port}. */
    static Contestant other(String name, int port, Path directory, List<String> command) throws IOException {
        return new Contestant(name, port, directory, command);
    }

    static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private double awaitPong(Path log) throws IOException {
        while (process.isAlive() && seconds() < START_SECONDS_MAX) {
            try {
                if (Asking.ask(port, "PING").equals("PONG")) {
                    return seconds();
                }
            } catch (SocketException e) {
                Pause.ofMs(POLL_MS); // it does not listen yet, or is just about to
            } catch (IOException e) {
                if (!String.valueOf(e.getMessage()).contains("-LOADING ")) {
                    throw e;
                }
                Pause.ofMs(POLL_MS);
            }
        }
        throw new IOException(name + " did not start; it said:\n" + Files.readString(log));
    }

    private double seconds() {
        return (System.nanoTime() - startedNanos) / 1e9;
    }

    /** Waits until its INFO has {@code line}. */
    Contestant await(String section, String line) throws IOException {
        long began = System.nanoTime();
        while (!Asking.ask(port, "INFO " + section).contains(line)) {
            if (System.nanoTime() - began > TimeUnit.SECONDS.toNanos(START_SECONDS_MAX)) {
                throw new IOException(name + " has not come to say " + line);
            }
            Pause.ofMs(LOOK_MS);
        }
        return this;
    }

    long pid() {
        return process.pid();
    }

    /** Processor time that it has used, seconds. */
    double processorSeconds() throws IOException {
        return ProcessHandle.of(pid())
                        .flatMap(running -> running.info().totalCpuDuration())
                        .orElseThrow(() -> new IOException(name + " is gone"))
                        .toNanos()
                / 1e9;
    }

    /**
     * Waits until none of them does anything to speak of: what one has still to do after its turn, such as a checkpoint or a
     * rewrite of its AOF, would count against the next.
     *
     * @throws IOException when they do not come to rest
     */
    static void awaitRest(List<Contestant> contestants) throws IOException {
        double before = withChildren(contestants);
        for (int i = 0; i < REST_LOOKS_MAX; i++) {
            Pause.ofMs(REST_LOOK_MS);
            double now = withChildren(contestants);
            if (now - before < REST_SHARE * REST_LOOK_MS / 1000) {
                return;
            }
            before = now;
        }
        throw new IOException("still at work after " + REST_LOOKS_MAX * REST_LOOK_MS / 1000 + " s");
    }

    private static double withChildren(List<Contestant> contestants) {
        return contestants.stream()
                .flatMap(contestant -> ProcessHandle.of(contestant.pid()).stream())
                .flatMap(running -> Stream.concat(Stream.of(running), running.descendants()))
                .flatMap(running -> running.info().totalCpuDuration().stream())
                .mapToDouble(time -> time.toNanos() / 1e9)
                .sum();
    }

    /** Sends it a signal, such as STOP. */
    void signal(String signal) throws IOException {
        Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(pid())).start();
        try {
            if (kill.waitFor() != 0) {
                throw new IOException("kill -" + signal + " ended with " + kill.exitValue());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Ends it as a power failure would, but for the machine's memory. */
    void kill() throws IOException {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    String name() {
        return name;
    }

    int port() {
        return port;
    }

    /** From the start of the process to its first answer. */
    double secondsToPong() {
        return secondsToPong;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }
}
