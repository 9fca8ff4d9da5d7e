package io.holdfast.bench;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.function.IntFunction;

/** Many writes to a server on this machine, in pipelines. */
final class Pipelined {
    private static final int BATCH = 5_000;
    private static final int BUFFER_BYTES = 1 << 16;

    private Pipelined() {}

    /**
     * Sends {@code count} commands, each answered by one line.
     *
     * @param command gives an inline command for a number from 0 on
     * @throws IOException when one is answered by an error, which is not what is to be measured
     */
    static void write(int port, int count, IntFunction<String> command) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            OutputStream out = new BufferedOutputStream(socket.getOutputStream(), BUFFER_BYTES);
            InputStream in = new BufferedInputStream(socket.getInputStream(), BUFFER_BYTES);
            for (int sent = 0; sent < count; ) {
                int end = Math.min(count, sent + BATCH);
                int batch = end - sent;
                for (; sent < end; sent++) {
                    out.write((command.apply(sent) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
                }
                out.flush();
                for (int i = 0; i < batch; i++) {
                    skipLine(in);
                }
            }
        }
    }

    /** @throws IOException when it is an error, or the connection ends */
    static void skipLine(InputStream in) throws IOException {
        int first = in.read();
        if (first == '-' || first < 0) {
            throw new IOException("a write was refused: " + new String(in.readNBytes(100), StandardCharsets.UTF_8));
        }
        while (in.read() != '\n') {
            // to its end
        }
    }
}
