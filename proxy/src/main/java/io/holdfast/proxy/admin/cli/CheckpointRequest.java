package io.holdfast.proxy.admin.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Asks the Holdfast that runs in a data directory to bring its tables up to date. Stateless. */
public final class CheckpointRequest {
    /** The socket's name in the data directory. */
    public static final String SOCKET = "checkpoint.sock";

    /** What is answered when all went well. */
    public static final String DONE = "ok";

    private static final int ANSWER_BYTES_MAX = 4096;
    /** A little longer than a Holdfast tries. */
    private static final int WAIT_SECONDS_MAX = 65;

    private CheckpointRequest() {}

    /** Waits until the tables are up to date; why they may not be, null when they are. */
    static @Nullable String send(Path directory) throws InterruptedException {
        Path socket = directory.resolve(SOCKET);
        if (!Files.exists(socket)) {
            return "no Holdfast runs in " + directory;
        }
        CompletableFuture<String> asked = CompletableFuture.supplyAsync(() -> ask(socket));
        try {
            String answer = asked.get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
            return answer.equals(DONE) ? null : answer;
        } catch (ExecutionException e) {
            return "no Holdfast runs in " + directory + " any more";
        } catch (TimeoutException e) {
            return "the Holdfast that runs in " + directory + " does not answer";
        }
    }

    private static String ask(Path socket) {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            String answer = readAll(channel).strip();
            return answer.isEmpty() ? "Holdfast is ending" : answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String readAll(SocketChannel channel) throws IOException {
        var answer = new ByteArrayOutputStream();
        var buffer = ByteBuffer.allocate(ANSWER_BYTES_MAX);
        while (answer.size() < ANSWER_BYTES_MAX && channel.read(buffer) >= 0) {
            answer.write(buffer.array(), 0, buffer.position());
            buffer.clear();
        }
        return answer.toString(StandardCharsets.UTF_8);
    }
}
