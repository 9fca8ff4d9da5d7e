package io.holdfast.proxy.outage;

import static org.awaitility.Awaitility.await;

import io.holdfast.testing.RespClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Holdfast in a process of its own, that can be killed and started again on the same data directory; each start listens on
 * another port. It answers PING when {@link #start} returns. Started by one thread, killed by any.
 */
final class HoldfastProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Pattern GREETING = Pattern.compile("Holdfast listens on 127\\.0\\.0\\.1:(\\d+)");

    private static final int AT_FAILPOINT = 137;

    private HoldfastProgram program;
    private final Path dataDir;
    private final List<String> options;
    private final Map<String, String> environment;
    private final Path log;
    private final Thread endWithJvm = new Thread(this::destroy, "end holdfast");
    private volatile Process process;
    private volatile int port;
    private volatile boolean killed;
    private int starts;

    private HoldfastProcess(HoldfastProgram program, Path directory, List<String> options) {
        this(program, directory, options, Map.of());
    }

    private HoldfastProcess(
            HoldfastProgram program, Path directory, List<String> options, Map<String, String> environment) {
        this.program = program;
        this.environment = environment;
        this.options = options;
        dataDir = directory.resolve("data");
        log = directory.resolve("holdfast.log");
        process = launch();
        Runtime.getRuntime().addShutdownHook(endWithJvm);
        awaitPing();
    }

    /** @param directory gets the data directory and the log */
    static HoldfastProcess start(HoldfastProgram program, Path directory, int upstreamPort) {
        return new HoldfastProcess(program, directory, List.of("--upstream", "redis://127.0.0.1:" + upstreamPort));
    }

    /** As {@link #start}, with an upstream named by its URL. */
    static HoldfastProcess start(HoldfastProgram program, Path directory, String upstream) {
        return new HoldfastProcess(program, directory, List.of("--upstream", upstream));
    }

    /** As {@link #start}, with more in the environment. */
    static HoldfastProcess start(
            HoldfastProgram program, Path directory, int upstreamPort, Map<String, String> environment) {
        return new HoldfastProcess(
                program, directory, List.of("--upstream", "redis://127.0.0.1:" + upstreamPort), environment);
    }

    /**
     * As {@link #start}, without an upstream.
     *
     * @param config the configuration file
     */
    static HoldfastProcess standalone(HoldfastProgram program, Path directory, Path config) {
        return new HoldfastProcess(program, directory, List.of("--standalone", "--config", config.toString()));
    }

    /** As {@link #standalone}, with more in the environment. */
    static HoldfastProcess configured(
            HoldfastProgram program, Path directory, Path config, Map<String, String> environment) {
        return new HoldfastProcess(
                program, directory, List.of("--standalone", "--config", config.toString()), environment);
    }

    /** Starts it again, and kills it when it has come as far as to say something, or at once. */
    void restartAndKill(boolean atOnce) {
        process = launch();
        if (!atOnce) {
            await().atMost(PATIENCE)
                    .pollInterval(1, TimeUnit.MILLISECONDS)
                    .until(() -> !log().isEmpty() || !process.isAlive());
        }
        kill();
    }

    /** Starts it again. Returns early when another thread kills it meanwhile. */
    void restart() {
        process = launch();
        awaitPing();
    }

    /**
     * Starts it again, to end itself at a step: {@code NAME:halt:hit}. Returns whether it came as far as to listen; else it has
     * ended there.
     */
    boolean restartAt(String failpoint) {
        HoldfastProgram usual = program;
        program = usual.with("-Dholdfast.failpoint=" + failpoint);
        try {
            process = launch();
        } finally {
            program = usual;
        }
        await("start " + starts + " with " + failpoint)
                .atMost(PATIENCE)
                .pollInterval(2, TimeUnit.MILLISECONDS)
                .until(() -> !process.isAlive() || listens());
        return port != 0;
    }

    /** Whether it has ended itself at a step, soon or already. */
    boolean endsAtFailpoint(Duration soon) {
        try {
            return process.waitFor(soon.toMillis(), TimeUnit.MILLISECONDS)
                    && !killed
                    && process.exitValue() == AT_FAILPOINT;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while process " + pid() + " ends", e);
        }
    }

    /** Another process on the same data directory, whose output goes to {@code file}. */
    Process rival(Path file) throws IOException {
        return builder().redirectOutput(file.toFile()).start();
    }

    private Process launch() {
        starts++;
        port = 0;
        killed = false;
        try {
            Files.deleteIfExists(log);
            return builder().redirectOutput(log.toFile()).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ProcessBuilder builder() {
        var arguments = new ArrayList<>(List.of("serve", "--port", "0", "--data-dir", dataDir.toString()));
        arguments.addAll(options);
        // Whoever runs the tests by nohup has signals HUP ignored by every process below.
        var command = new ArrayList<>(List.of("env", "--default-signal=HUP"));
        command.addAll(program.command(arguments.toArray(String[]::new)));
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        return builder;
    }

    private void awaitPing() {
        await("start " + starts)
                .atMost(PATIENCE)
                .pollInterval(5, TimeUnit.MILLISECONDS)
                .until(() -> {
                    if (killed) {
                        return true; // it speaks to its upstream before it listens, so a strike may come as early
                    }
                    if (!process.isAlive()) {
                        throw new IllegalStateException(
                                "start " + starts + " ended with " + process.exitValue() + ": " + log());
                    }
                    return listens();
                });
        if (port == 0) {
            return;
        }
        try (RespClient client = connect()) {
            client.call("PING");
        } catch (UncheckedIOException e) {
            if (!killed) {
                throw e;
            }
        }
    }

    private boolean listens() {
        Matcher greeting = GREETING.matcher(log());
        if (!greeting.find()) {
            return false;
        }
        port = Integer.parseInt(greeting.group(1));
        return true;
    }

    /** Its own. */
    Path dataDir() {
        return dataDir;
    }

    /** What it has said since the last start. */
    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Whether we have killed it, or begun to, since its last start. */
    boolean isKilled() {
        return killed;
    }

    /** Where it listens since the last start. */
    int port() {
        return port;
    }

    RespClient connect() {
        return RespClient.connect(port, PATIENCE);
    }

    /** False also of a process that is gone. */
    boolean isIn(String mode) {
        try (RespClient client = connect()) {
            return Rig.info(client, "mode").equals(mode);
        } catch (UncheckedIOException gone) {
            return false;
        }
    }

    void awaitMode(String mode) {
        try (RespClient client = connect()) {
            await().atMost(PATIENCE)
                    .pollInterval(5, TimeUnit.MILLISECONDS)
                    .until(() -> Rig.info(client, "mode").equals(mode));
        }
    }

    /** SIGKILL; the process is gone when this returns. Does nothing to one that is gone. */
    void kill() {
        killed = true;
        process.destroyForcibly();
        awaitExit();
    }

    /** SIGTERM; gives the exit status. */
    int terminate() {
        process.destroy();
        return awaitExit();
    }

    /** Its exit status, waited for. */
    int awaitExit() {
        try {
            if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("process " + pid() + " does not end");
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while process " + pid() + " ends", e);
        }
    }

    private void destroy() {
        process.destroyForcibly();
    }

    @Override
    public void close() {
        kill();
        Runtime.getRuntime().removeShutdownHook(endWithJvm);
    }
}
