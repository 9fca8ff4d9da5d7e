package io.holdfast.proxy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/**
 * Uses what every start uses and ends by itself, so that a JVM told to archive the classes it has loaded archives the
 * right ones. Run by {@code ./holdfast} after a build; keeps nothing.
 */
final class WarmUp {
    private static final int REPLY_MS_MAX = 10_000;
    private static final List<String> REQUESTS = List.of("PING", "SET k v", "GET k", "INCR n", "DEL k n", "QUIT");

    /** With the body behind a space, where it is not the usual one. */
    private static final List<String> ROUTES = List.of(
            "GET /api/fallback/status",
            "GET /api/fallback/sync-queue",
            "GET /api/fallback/config",
            "POST /api/fallback/handoffs/p",
            "GET /api/fallback/handoffs/p",
            "POST /api/fallback/sync",
            "POST /api/fallback/cleanup",
            "DELETE /api/fallback/sync-queue",
            "PUT /api/fallback/sync-config {\"batch_size\":500}",
            "POST /api/fallback/test-redis");

    private static final String BODY = "{\"handoff_content\":\"x\"}";

    private WarmUp() {}

    /**
     * Ends with 0 when everything answered.
     *
     * @param args where native libraries are to be unpacked, if anywhere
     */
    public static void main(String[] args) throws IOException, StartupException {
        Path directory = Files.createTempDirectory("holdfast-warm-up");
        try {
            if (args.length > 0) {
                NativeLibraries.unpack(Path.of(args[0]));
            }
            Main.run("--version");
            // One that has an upstream, and the upstream itself: the two ways to start.
            try (ProxyServer upstream = ProxyServer.startAsRedis(ProxyConfig.of(directory.resolve("upstream"), null));
                    ProxyServer server = ProxyServer.start(Main.configuration(
                                    "--port",
                                    "0",
                                    "--upstream",
                                    "redis://127.0.0.1:" + upstream.port(),
                                    "--data-dir",
                                    directory.resolve("server").toString())
                            .withHttpPort(0))) {
                LoggerFactory.getLogger(WarmUp.class).info("{}", server.greeting());
                talkTo(server.port());
                for (String route : ROUTES) {
                    askByHttp(server.httpPort(), route);
                }
            }
        } finally {
            deleteAll(directory);
        }
        System.exit(0);
    }

    private static void talkTo(int port) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(REPLY_MS_MAX);
            var replies = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            for (String request : REQUESTS) {
                String[] words = request.split(" ", -1);
                var frame = new StringBuilder("*" + words.length + "\r\n");
                for (String word : words) {
                    frame.append("$")
                            .append(word.length())
                            .append("\r\n")
                            .append(word)
                            .append("\r\n");
                }
                socket.getOutputStream().write(frame.toString().getBytes(StandardCharsets.UTF_8));
                String reply = replies.readLine();
                if (reply == null || reply.startsWith("-")) {
                    throw new IOException(request + " was answered " + reply);
                }
                if (reply.startsWith("$")) {
                    replies.readLine();
                }
            }
        }
    }

    private static void askByHttp(int port, String route) throws IOException {
        String[] words = route.split(" ", 3);
        String body = words.length < 3 ? BODY : words[2];
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(REPLY_MS_MAX);
            List<String> lines = List.of(
                    words[0] + " " + words[1] + " HTTP/1.1",
                    "Host: localhost",
                    "Connection: close",
                    "Content-Type: application/json",
                    "Content-Length: " + body.length(),
                    "",
                    body);
            String request = String.join("\r\n", lines);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!answer.startsWith("HTTP/1.1 20")) {
                throw new IOException(route + " was answered " + answer);
            }
        }
    }

    private static void deleteAll(Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
