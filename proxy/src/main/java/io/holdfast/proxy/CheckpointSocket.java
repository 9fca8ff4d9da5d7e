package io.holdfast.proxy;

import io.holdfast.proxy.admin.cli.CheckpointRequest;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Unix socket in the data directory for programs that read its tables: who connects gets a line when they hold everything
 * that is there now. Its owner's alone, as the directory is. One after the other, on the thread {@code tables}.
 *
 * <pre>
 *   connect ──► checkpoint ──► "ok\n" or "failed: why\n" ──► closed
 * </pre>
 */
final class CheckpointSocket implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CheckpointSocket.class);
    private static final int WAIT_SECONDS_MAX = 60;

    private final Path file;
    private final ServerSocketChannel channel;
    private final Supplier<CompletableFuture<Void>> upToDate;

    private CheckpointSocket(Path file, ServerSocketChannel channel, Supplier<CompletableFuture<Void>> upToDate) {
        this.file = file;
        this.channel = channel;
        this.upToDate = upToDate;
    }

    /**
     * Listens in a data directory that this process holds; null where that is not possible, and the log says why.
     *
     * @param upToDate asked on the thread {@code tables}
     */
    static @Nullable CheckpointSocket open(Path directory, Supplier<CompletableFuture<Void>> upToDate) {
        Path file = directory.resolve(CheckpointRequest.SOCKET);
        try {
            Files.deleteIfExists(file); // of a process that was killed: the directory is ours
            ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                channel.bind(UnixDomainSocketAddress.of(file));
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
            var socket = new CheckpointSocket(file, channel, upToDate);
            var thread = new Thread(socket::serve, "tables");
            thread.setDaemon(true);
            thread.start();
            return socket;
        } catch (IOException | UnsupportedOperationException e) {
            log.warn("{} cannot be listened on, so holdfast sql shows the last checkpoint: {}", file, e.getMessage());
            return null;
        }
    }

    private void serve() {
        while (channel.isOpen()) {
            try (SocketChannel asking = channel.accept()) {
                asking.write(ByteBuffer.wrap((outcome() + "\n").getBytes(StandardCharsets.UTF_8)));
            } catch (ClosedChannelException e) {
                log.debug("{} is closed", file);
            } catch (IOException e) {
                log.debug("who asked has gone: {}", e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private String outcome() throws InterruptedException {
        try {
            upToDate.get().get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
            return CheckpointRequest.DONE;
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            return "failed: " + (cause == null ? e.getMessage() : cause.getMessage());
        } catch (TimeoutException e) {
            return "failed: no checkpoint within " + WAIT_SECONDS_MAX + " s";
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
            Files.deleteIfExists(file);
        } catch (IOException e) {
            log.debug("{} stays: {}", file, e.getMessage());
        }
    }
}
