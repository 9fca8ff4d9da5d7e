package io.holdfast.testing;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

/**
 * A real redis-server on 127.0.0.1, on a free port and in a directory of its own, that can be killed, frozen and brought
 * back. It answers PING when {@link #start} returns, and ends with {@link #close} or with this JVM. For one test thread.
 */
public final class RealRedis implements AutoCloseable {
    private static final String DEBUG = "--enable-debug-command";
    private static final int STARTS_MAX = 5;
    private static final Duration WAIT_MAX = Duration.ofSeconds(30);
    private static final int POLL_MS = 5;
    private static final int ANSWER_MS_MAX = 1000;

    private final RedisBinary binary;
    private final Path directory;
    private final List<String> arguments;
    private int port;
    private Process process;
    private Thread endWithJvm;

    private RealRedis(RedisBinary binary, Path directory, List<String> arguments) throws IOException {
        this.binary = binary;
        this.directory = directory;
        this.arguments = arguments;
        this.port = freePort();
        this.process = launch();
        this.endWithJvm = endWithJvm(process);
    }

    /**
     * Starts a redis-server that keeps nothing on disk, unless the arguments say otherwise.
     *
     * @param arguments of redis-server, such as {@code "--appendonly", "yes"}; they win over the ones given here
     */
    public static RealRedis start(String... arguments) {
        try {
            return start(RedisBinary.find(), arguments);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same with a Redis 6.2, the oldest that is supported; where there is none for this machine the test is skipped. */
    public static RealRedis startOldest(String... arguments) {
        RedisBinary binary = RedisBinary.oldest();
        if (binary == null) {
            throw new TestAbortedException(RedisBinary.whyNoOldest());
        }
        return start(binary, arguments);
    }

    /** Versions beyond the one that is on PATH. */
    public enum Newer {
        REDIS_8("redis-8"),
        VALKEY_8("valkey-8");

        private final String directory;

        Newer(String directory) {
            this.directory = directory;
        }
    }

    /** The same with a newer one; where it was not fetched the test is skipped. */
    public static RealRedis start(Newer newer, String... arguments) {
        RedisBinary binary = RedisBinary.newer(newer.directory);
        if (binary == null) {
            throw new TestAbortedException(RedisBinary.whyNoNewer(newer.directory));
        }
        return start(binary, arguments);
    }

    private static RealRedis start(RedisBinary binary, String... arguments) {
        try {
            Path directory = Files.createTempDirectory("holdfast-redis");
            var redis = new RealRedis(binary, directory, List.of(arguments));
            redis.awaitFirstStart();
            return redis;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Somebody else may take the free port before redis-server does: then another one is tried. */
    private void awaitFirstStart() throws IOException {
        for (int starts = 1; !awaitAnswer(); starts++) {
            if (starts == STARTS_MAX || !log().contains("Address already in use")) {
                String log = log();
                close();
                throw new IllegalStateException("redis-server does not start: " + log);
            }
            port = freePort();
            relaunch();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    private Process launch() throws IOException {
        var command = new ArrayList<String>(List.of(binary.path().toString()));
        command.addAll(List.of("--bind", "127.0.0.1", "--port", Integer.toString(port)));
        command.addAll(List.of("--dir", directory.toString(), "--save", "", "--appendonly", "no"));
        command.addAll(List.of("--daemonize", "no", "--logfile", ""));
        command.addAll(arguments);
        if (!binary.isAtLeastSeven() && command.contains(DEBUG)) {
            int at = command.indexOf(DEBUG);
            command.subList(at, at + 2).clear(); // DEBUG is always allowed there, and the option unknown
        }
        var builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()));
        builder.environment().put("LC_ALL", "C"); // SORT … ALPHA follows the locale
        return builder.start();
    }

    private void relaunch() throws IOException {
        Runtime.getRuntime().removeShutdownHook(endWithJvm);
        process = launch();
        endWithJvm = endWithJvm(process);
    }

    private static Thread endWithJvm(Process process) {
        var hook = new Thread(process::destroyForcibly, "end redis-server " + process.pid());
        Runtime.getRuntime().addShutdownHook(hook);
        return hook;
    }

    /** False when the process has ended before it answered. */
    private boolean awaitAnswer() {
        long deadline = System.nanoTime() + WAIT_MAX.toNanos();
        while (System.nanoTime() < deadline) {
            if (answersPing()) {
                return true;
            }
            if (hasExitedWithin(Duration.ofMillis(POLL_MS))) {
                return false;
            }
        }
        throw new IllegalStateException("redis-server does not answer within " + WAIT_MAX + ": " + log());
    }

    /**
     * Tells a Redis that is loading its data from one that is ready, and ours from another that has the port: two that take
     * the same free port at the same time are answered by the one that got it, while the other still runs into its error.
     */
    private boolean answersPing() {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), ANSWER_MS_MAX);
            socket.setSoTimeout(ANSWER_MS_MAX);
            socket.getOutputStream().write("PING\r\nINFO server\r\n".getBytes(StandardCharsets.US_ASCII));
            var answers = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            String line = answers.readLine();
            if (!"+PONG".equals(line)) {
                return false;
            }
            while (line != null && !line.startsWith("process_id:")) {
                line = answers.readLine();
            }
            return ("process_id:" + process.pid()).equals(line);
        } catch (IOException notYet) {
            return false;
        }
    }

    private boolean hasExitedWithin(Duration time) {
        try {
            return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for redis-server", e);
        }
    }

    public int port() {
        return port;
    }

    /** Such as {@code redis://127.0.0.1:16379}. */
    public String url() {
        return "redis://127.0.0.1:" + port;
    }

    /** The process that runs now; another one after {@link #restart}. */
    public long pid() {
        return process.pid();
    }

    /** Such as {@code 7.0.15}. */
    public String version() {
        return binary.version();
    }

    /** Where its dump and append-only files are. */
    public Path directory() {
        return directory;
    }

    /** Has it come back without data that it kept with {@code --appendonly yes}; to be called while it is killed. */
    public void deleteAppendOnlyFiles() {
        boolean hasDirectory = binary.isAtLeastSeven();
        Path kept = directory.resolve(hasDirectory ? "appendonlydir" : "appendonly.aof");
        try (Stream<Path> files = Files.walk(kept)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it has logged so far. */
    public String log() {
        try {
            return Files.readString(logFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path logFile() {
        return directory.resolve("redis.log");
    }

    public RespClient connect() {
        return RespClient.connect(port);
    }

    /** Runs one command on a connection of its own and gives its reply as {@code redis-cli} prints it to a pipe. */
    public String cli(String... command) {
        try (var client = connect()) {
            return text(client.call(command));
        }
    }

    private static String text(Reply reply) {
        if (reply instanceof Reply.Bulk bulk) {
            return bulk.value().utf8();
        }
        if (reply instanceof Reply.Simple simple) {
            return simple.text().utf8();
        }
        if (reply instanceof Reply.Failure failure) {
            return failure.text().utf8();
        }
        if (reply instanceof Reply.Int number) {
            return Bytes.of(number.value()).utf8();
        }
        if (reply instanceof Reply.Array array) {
            return String.join("\n", array.items().stream().map(RealRedis::text).toList());
        }
        return "";
    }

    /** Ends it as a crash would (SIGKILL), and waits until the process is gone. */
    public void kill() {
        process.destroyForcibly();
        if (!hasExitedWithin(WAIT_MAX)) {
            throw new IllegalStateException("redis-server " + pid() + " outlives SIGKILL");
        }
    }

    /** Starts it again on the same port and directory; if it still runs, it is first asked to end (SIGTERM). */
    public void restart() {
        process.destroy();
        if (!hasExitedWithin(WAIT_MAX)) {
            throw new IllegalStateException("redis-server " + pid() + " does not end");
        }
        try {
            relaunch();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (!awaitAnswer()) {
            throw new IllegalStateException("redis-server does not start again: " + log());
        }
    }

    /** Stops it where it stands (SIGSTOP): connections stay open, nothing is answered. */
    public void freeze() {
        signal("STOP");
        awaitStopped();
    }

    /** Lets it go on (SIGCONT). */
    public void thaw() {
        signal("CONT");
    }

    private void signal(String name) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid()))
                    .inheritIO()
                    .start();
            if (kill.waitFor() != 0) {
                throw new IllegalStateException("kill -" + name + " " + pid() + " ended with " + kill.exitValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while sending SIG" + name, e);
        }
    }

    /** A signal is only noted when kill returns; on Linux we can see when the process has obeyed. */
    private void awaitStopped() {
        Path state = Path.of("/proc", Long.toString(pid()), "stat");
        long deadline = System.nanoTime() + WAIT_MAX.toNanos();
        try {
            while (Files.exists(state) && !Files.readString(state).contains(") T ")) {
                if (System.nanoTime() > deadline || hasExitedWithin(Duration.ofMillis(1))) {
                    throw new IllegalStateException("redis-server " + pid() + " does not stop");
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Kills it, if it still runs, and deletes its directory. */
    @Override
    public void close() {
        kill();
        Runtime.getRuntime().removeShutdownHook(endWithJvm);
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
