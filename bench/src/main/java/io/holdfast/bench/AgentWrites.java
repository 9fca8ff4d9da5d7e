package io.holdfast.bench;

import io.holdfast.resp.Bytes;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Writes as the observability system writes, in the proportions of the acceptance workload, to keys that all stand in files of
 * the profile {@code agent-observability}. Several connections, each on a thread of its own, each with so many requests on
 * the way.
 */
final class AgentWrites {
    private static final int TYPES = 5;
    private static final int NAMES = 20;
    private static final int TOOLS = 12;
    private static final int PROJECTS = 10;

    private final int requests;
    private final int connections;
    private final int pipeline;
    private final int agents;
    /** Of each connection; made once, for this machine's cores are shared with who is measured. */
    private final List<List<Batch>> batches = new ArrayList<>();

    /**
     * @param requests of one run
     * @param pipeline requests that a connection sends before it reads replies
     * @param agents that are known at once
     */
    AgentWrites(int requests, int connections, int pipeline, int agents) {
        this.requests = requests;
        this.connections = connections;
        this.pipeline = pipeline;
        this.agents = agents;
        for (int i = 0; i < connections; i++) {
            batches.add(batches(i, requests));
        }
    }

    /**
     * Sends requests and awaits all replies.
     *
     * @return requests a second
     * @throws IOException when one was refused, or the server is gone
     */
    double run(int port) throws IOException {
        ExecutorService threads = Executors.newFixedThreadPool(connections);
        long began = System.nanoTime();
        try {
            List<Future<?>> running = new ArrayList<>();
            for (List<Batch> ofOne : batches) {
                running.add(threads.submit(() -> {
                    write(port, ofOne);
                    return null;
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            threads.shutdownNow();
        }
        return requests / ((System.nanoTime() - began) / 1e9);
    }

    /** Requests that are sent at once. */
    private record Batch(Bytes bytes, int requests) {}

    /** Every so many-th request, from {@code first} on. */
    private List<Batch> batches(int first, int end) {
        List<Batch> batches = new ArrayList<>();
        for (int next = first; next < end; ) {
            var out = new ByteArrayOutputStream();
            int count = 0;
            for (; count < pipeline && next < end; count++, next += connections) {
                out.writeBytes(request(next));
            }
            batches.add(new Batch(Bytes.wrap(out.toByteArray()), count));
        }
        return batches;
    }

    private static void write(int port, List<Batch> batches) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            OutputStream out = socket.getOutputStream();
            InputStream in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
            for (Batch batch : batches) {
                out.write(batch.bytes().array());
                for (int i = 0; i < batch.requests(); i++) {
                    skipLine(in);
                }
            }
        }
    }

    /** Every reply is one line; an error is not what is to be measured. */
    private static void skipLine(InputStream in) throws IOException {
        int first = in.read();
        if (first == '-' || first < 0) {
            throw new IOException("a write was refused: " + new String(in.readNBytes(100), StandardCharsets.UTF_8));
        }
        while (in.read() != '\n') {
            // to its end
        }
    }

    private byte[] request(int number) {
        int turn = number % 20;
        int round = number / 20;
        int agent = round % agents;
        int name = round % NAMES;
        String hour = "2026-11-28T%02d".formatted(round / 7 % 24);
        String line = switch (turn) {
            case 0, 10 -> "LPUSH agent:history:name%d {\"agent_id\":\"a%d\",\"n\":%d}".formatted(name, agent, number);
            case 1, 11 -> "LTRIM agent:history:name%d 0 99".formatted(name);
            case 2, 12 -> "HINCRBY metrics:hourly:%s:type%d execution_count 1".formatted(hour, round % TYPES);
            case 3, 13 -> "HINCRBY metrics:hourly:%s:type%d total_duration_ms 250".formatted(hour, round % TYPES);
            case 4 -> "HINCRBY metrics:hourly:%s:type%d success_count 1".formatted(hour, round % TYPES);
            case 5, 14 -> "HINCRBY metrics:daily:2026-11-28 total_executions 1";
            case 6 -> "HINCRBY metrics:daily:2026-11-28 total_tokens 120";
            case 7, 15 -> "ZINCRBY tools:usage:2026-11-28 1 tool%d".formatted(round % TOOLS);
            case 8 ->
                "SETEX terminal:status:a%d 300 {\"agent_name\":\"name%d\",\"progress\":%d}"
                        .formatted(agent, name, number);
            case 9 ->
                "HSET agent:active:a%d agent_name name%d agent_type type%d status active start_time %d"
                        .formatted(agent, name, round % TYPES, 1_764_000_000_000L + number);
            case 16 -> "ZADD agents:timeline %d a%d".formatted(1_764_000_000L + round, agent);
            case 17 -> "SADD tool:tool%d:agents name%d".formatted(round % TOOLS, name);
            case 18 -> "ZADD agent:performance:name%d:duration %d a%d".formatted(name, round % 9_000, agent);
            default ->
                "SET handoff:project:p%d:20261128_%06d session-%d".formatted(round % PROJECTS, round % 50, number);
        };
        String[] words = line.split(" ", -1);
        var request = new StringBuilder("*" + words.length + "\r\n");
        for (String word : words) {
            request.append('$')
                    .append(word.length())
                    .append("\r\n")
                    .append(word)
                    .append("\r\n");
        }
        return request.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%d connections, pipeline %d, %d agents", connections, pipeline, agents);
    }
}
