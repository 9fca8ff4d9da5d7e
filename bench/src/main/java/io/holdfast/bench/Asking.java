package io.holdfast.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** One question to a server on this machine, answered by a line or a bulk string. */
final class Asking {
    private static final int TIMEOUT_MS = 5_000;
    private static final int BULK_BYTES_MAX = 1 << 20;

    private Asking() {}

    /**
     * @param command words, with a space between them
     * @return the answer's text without its RESP type
     * @throws IOException when nobody answers within five seconds, or the answer is an error or of another kind
     */
    static String ask(int port, String command) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(TIMEOUT_MS);
            socket.setTcpNoDelay(true);
            socket.getOutputStream().write(request(command.split(" ", -1)));
            var input = new BufferedInputStream(socket.getInputStream());
            String line = line(input);
            return switch (line.isEmpty() ? ' ' : line.charAt(0)) {
                case '+', ':' -> line.substring(1);
                case '$' -> bulk(input, Integer.parseInt(line.substring(1)));
                default -> throw new IOException(command + " was answered " + line);
            };
        }
    }

    /** Not the inline form, which some proxies do not know. */
    private static byte[] request(String[] words) {
        var request = new StringBuilder("*" + words.length + "\r\n");
        for (String word : words) {
            int length = word.getBytes(StandardCharsets.UTF_8).length;
            request.append("$").append(length).append("\r\n").append(word).append("\r\n");
        }
        return request.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String line(InputStream input) throws IOException {
        var text = new StringBuilder();
        for (int b = input.read(); b != '\n'; b = input.read()) {
            if (b < 0) {
                throw new IOException("closed before a whole line came");
            }
            text.append((char) b);
        }
        return text.toString().trim();
    }

    private static String bulk(InputStream input, int length) throws IOException {
        if (length < 0 || length > BULK_BYTES_MAX) {
            throw new IOException("a bulk string of " + length + " bytes is not an answer to print");
        }
        return new String(input.readNBytes(length), StandardCharsets.UTF_8);
    }
}
