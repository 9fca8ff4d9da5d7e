package io.holdfast.proxy.outage;

import io.holdfast.testing.RespClient;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Holdfast in a JVM of its own, that can be killed. */
final class HoldfastProcess implements AutoCloseable {
    private static final Duration START_MAX = Duration.ofSeconds(30);

    private final Path dataDir;
    private final int port;
    private final int upstreamPort;
    private Process process;

    HoldfastProcess(Path dataDir, int upstreamPort) {
        this.dataDir = dataDir;
        this.upstreamPort = upstreamPort;
        this.port = freePort();
        this.process = launch();
    }

    private static int freePort() {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Process launch() {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "-cp",
                System.getProperty("java.class.path"),
                "io.holdfast.proxy.Main",
                "serve",
                "--port",
                Integer.toString(port),
                "--upstream",
                "redis://127.0.0.1:" + upstreamPort,
                "--data-dir",
                dataDir.resolve("data").toString());
        try {
            File log = dataDir.resolve("holdfast.log").toFile();
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A client, as soon as one is accepted. */
    RespClient client() {
        long deadline = System.nanoTime() + START_MAX.toNanos();
        while (true) {
            try {
                return RespClient.connect(port, Rig.PATIENCE);
            } catch (RuntimeException refused) {
                if (System.nanoTime() > deadline || !process.isAlive()) {
                    throw refused;
                }
                Thread.onSpinWait();
            }
        }
    }

    /** {@code kill -9}; returns when it is gone. */
    void kill() {
        try {
            process.destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    void startAgain() {
        process = launch();
    }

    /** SIGTERM; the exit status. */
    int terminate() {
        try {
            process.destroy();
            if (!process.waitFor(START_MAX.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException("Holdfast does not stop");
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        kill();
    }
}
