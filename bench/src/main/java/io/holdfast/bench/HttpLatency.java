package io.holdfast.bench;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How long each route of HTTP takes while the upstream is frozen (SIGSTOP): {@code bench/run HttpLatency [--requests N]}, once
 * before Holdfast has noticed, so that commands still go to the frozen one, and once behind. Prints Markdown.
 */
public final class HttpLatency {
    private static final int REQUESTS = 200;
    private static final int WARM_UPS = 20;

    /** A route, with what is sent to it. */
    private record Call(
            String method, String path, @Nullable String body) {}

    private static final List<Call> CALLS = List.of(
            new Call("GET", "/health/live", null),
            new Call("GET", "/health/ready", null),
            new Call("GET", "/api/fallback/status", null),
            new Call("GET", "/api/fallback/health", null),
            new Call("GET", "/api/fallback/config", null),
            new Call("GET", "/api/fallback/sync-queue", null),
            new Call("GET", "/api/fallback/handoffs/bench", null),
            new Call("POST", "/api/fallback/handoffs/bench", "{\"handoff_content\":\"what was done\"}"),
            new Call("POST", "/api/fallback/sync", null),
            new Call("POST", "/api/fallback/test-redis", null),
            new Call("PUT", "/api/fallback/sync-config", "{\"batch_size\":100}"),
            new Call("DELETE", "/api/fallback/sync-queue", null),
            new Call("POST", "/api/fallback/cleanup", null));

    /** 503 while too many handoffs wait for a frozen upstream; 409 where what waits is not to be discarded. Answers, too. */
    private static final Set<Integer> REFUSALS = Set.of(409, 503);

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final int requests;

    private HttpLatency(int requests) {
        this.requests = requests;
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        Driver.named("HttpLatency")
                .with("requests", REQUESTS)
                .run(
                        args,
                        (options, launcher, scratch) ->
                                new HttpLatency(options.number("requests")).run(launcher, scratch));
    }

    private void run(Path launcher, Path scratch) throws IOException, InterruptedException {
        System.out.printf(
                Locale.ROOT,
                "%d requests a route, one connection; milliseconds: the first, median, 99 %%, longest%n%n",
                requests);
        System.out.println("| route | frozen, not noticed | frozen, away |");
        System.out.println("|---|--:|--:|");
        warmUpClient();
        String[] early = measure(launcher, scratch, "600s");
        String[] late = measure(launcher, scratch, "100ms");
        for (int i = 0; i < CALLS.size(); i++) {
            Call call = CALLS.get(i);
            System.out.printf("| `%s %s` | %s | %s |%n", call.method(), call.path(), early[i], late[i]);
        }
    }

    /** The first request of a JVM takes a tenth of a second in its own client, which is not what is to be measured. */
    private void warmUpClient() throws IOException, InterruptedException {
        HttpServer other = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        other.createContext("/", exchange -> {
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        other.start();
        try {
            URI there = URI.create("http://127.0.0.1:" + other.getAddress().getPort() + "/");
            for (int i = 0; i < WARM_UPS; i++) {
                client.send(HttpRequest.newBuilder(there).build(), HttpResponse.BodyHandlers.ofString());
            }
        } finally {
            other.stop(0);
        }
    }

    /** @param timeout after which a frozen upstream counts as away */
    private String[] measure(Path launcher, Path scratch, String timeout) throws IOException, InterruptedException {
        int port = freePort();
        try (var redis = Contestant.redis("redis-server", scratch);
                var ours = Contestant.holdfastBy(
                        "{\"redis\": {\"connection_timeout\": \"" + timeout + "\"}}",
                        "Holdfast",
                        Files.createTempDirectory(scratch, "holdfast"),
                        launcher,
                        "--upstream",
                        "redis://127.0.0.1:" + redis.port(),
                        "--http-port",
                        Integer.toString(port))) {
            ours.await("holdfast", "mode:online");
            signal("STOP", redis.pid());
            try {
                if (timeout.endsWith("ms")) {
                    ours.await("holdfast", "mode:offline");
                }
                var lines = new String[CALLS.size()];
                for (int i = 0; i < lines.length; i++) {
                    lines[i] = measure(port, CALLS.get(i));
                }
                return lines;
            } finally {
                signal("CONT", redis.pid());
            }
        }
    }

    private String measure(int port, Call call) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + call.path()));
        if (call.body() == null) {
            request.method(call.method(), HttpRequest.BodyPublishers.noBody());
        } else {
            request.header("Content-Type", "application/json")
                    .method(call.method(), HttpRequest.BodyPublishers.ofString(call.body()));
        }
        var took = new long[requests];
        for (int i = 0; i < requests; i++) {
            long began = System.nanoTime();
            HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            took[i] = System.nanoTime() - began;
            if (response.statusCode() >= 300
                    && (call.method().equals("GET") || !REFUSALS.contains(response.statusCode()))) {
                throw new IOException(call.path() + " was answered " + response.statusCode() + " " + response.body());
            }
        }
        long first = took[0];
        Arrays.sort(took);
        return "%s / %s / %s / %s"
                .formatted(ms(first), ms(took[requests / 2]), ms(took[requests * 99 / 100]), ms(took[requests - 1]));
    }

    private static String ms(long nanos) {
        return String.format(Locale.ROOT, "%.1f", nanos / 1e6);
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void signal(String name, long pid) throws IOException, InterruptedException {
        int status = new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                .start()
                .waitFor();
        if (status != 0) {
            throw new IOException("kill -" + name + " " + pid + " ended with " + status);
        }
    }
}
