package io.holdfast.proxy.upstream;

import io.holdfast.resp.RespVersion;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Asks the upstream over a connection of its own whether it would serve: PING, and whether it is loading or a replica.
 * One question at a time, one connection at a time. Lives on the engine loop.
 */
public final class HealthProbe implements LinkOwner {
    private static final Pattern FIELD =
            Pattern.compile("(?m)^(run_id|redis_version|redis_mode|server_mode|loading|role|maxmemory_policy"
                    + "|uptime_in_seconds|used_memory_human):(.*?)\r?$");
    private static final LinkKey KEY = new LinkKey(0, RespVersion.RESP2);

    /**
     * The reason of a bad probe that met another Holdfast. It would pass on what it is told, or journal it for an upstream of
     * its own, perhaps for us: neither is a Redis whose data and cursor can be relied on.
     */
    public static final String IS_HOLDFAST = "it is a Holdfast, not a Redis";

    /** What a good probe learned. */
    public record Health(String runId, String version, String evictionPolicy) {}

    /**
     * What a probe found, good or bad.
     *
     * @param atMs when it ended, Unix milliseconds
     * @param latencyMicros of its PING, microseconds; −1 when that was not answered
     * @param trouble what was wrong; empty when it would serve
     * @param fields of INFO that are worth telling, by their names; empty when it was not answered
     */
    public record Look(long atMs, long latencyMicros, String trouble, Map<String, String> fields) {
        public boolean isGood() {
            return trouble.isEmpty();
        }
    }

    /** Hears of each probe's end. */
    public interface Listener {
        void good(Health health);

        void bad(String reason);
    }

    private final UpstreamConnector connector;
    private final String clientName;
    private final Listener listener;
    private final LongSupplier clockMs;
    private @Nullable Look last;
    private @Nullable CompletableFuture<Look> awaited;
    private long latencyMicros;
    private @Nullable UpstreamLink link;
    private @Nullable ScheduledFuture<?> next;
    private @Nullable ScheduledFuture<?> deadline;
    private boolean asking;
    private boolean asked;
    private long askedNanos;
    private boolean stopped;
    private Set<OutageError> outageErrors = Set.of();

    /** @param clockMs Unix milliseconds */
    public HealthProbe(UpstreamConnector connector, String clientName, Listener listener, LongSupplier clockMs) {
        this.connector = connector;
        this.clientName = clientName;
        this.listener = listener;
        this.clockMs = clockMs;
    }

    /** Refusals of writes that count as an outage from now on. */
    public void outageErrors(Set<OutageError> named) {
        outageErrors = named;
    }

    /** What the newest probe that has ended found; null before the first. */
    public @Nullable Look last() {
        return last;
    }

    /** Begins a probe at once, unless one is under way; completed, on the engine loop, with what it finds. */
    public CompletableFuture<Look> look() {
        if (awaited == null) {
            awaited = new CompletableFuture<>();
        }
        probeIn(0);
        return awaited;
    }

    /** As {@link #look}, with a question that is not asked yet: what one under way finds may be older than what made the caller ask. */
    public CompletableFuture<Look> lookAnew() {
        return look().thenCompose(early -> look());
    }

    /** Probes after {@code delayMs}; a probe planned for later is brought forward, one under way is left alone. */
    public void probeIn(long delayMs) {
        assert connector.loop().inEventLoop();
        if (asking || stopped) {
            return;
        }
        if (next != null) {
            next.cancel(false);
        }
        next = connector.loop().schedule(this::probe, delayMs, TimeUnit.MILLISECONDS);
    }

    /** How long it is until the next question, milliseconds; 0 while one is being asked, -1 when none will be. */
    public long nextInMs() {
        assert connector.loop().inEventLoop();
        ScheduledFuture<?> planned = next;
        if (stopped || planned == null) {
            return -1;
        }
        return asking ? 0 : Math.max(0, planned.getDelay(TimeUnit.MILLISECONDS));
    }

    /** How long ago the last question was asked, milliseconds; -1 when none was. */
    public long askedAgoMs() {
        assert connector.loop().inEventLoop();
        return asked ? TimeUnit.NANOSECONDS.toMillis(connector.loop().ticker().nanoTime() - askedNanos) : -1;
    }

    /** Ends all probing. */
    public void stop() {
        stopped = true;
        if (next != null) {
            next.cancel(false);
        }
        closeLink();
    }

    /** Drops the connection, as after an outage: the next probe opens a new one. */
    public void closeLink() {
        asking = false;
        cancelDeadline();
        if (link != null) {
            link.close();
            link = null;
        }
    }

    private void probe() {
        if (asking || stopped) {
            return;
        }
        asking = true;
        latencyMicros = -1;
        asked = true;
        askedNanos = connector.loop().ticker().nanoTime();
        UpstreamLink open = link;
        if (open == null || open.isClosed()) {
            // A probe only reads, so its connection need not be remembered for fencing.
            open = new UpstreamLink(
                    KEY,
                    this,
                    new UpstreamHandshake(connector.address(), KEY, clientName, (run, id, done, no) -> done.run()));
            link = open;
            connector.connect(open);
        }
        failIn(connector.timeoutMs(), open);
        var answer = new Answer();
        open.send(UpstreamHandshake.command("PING"), answer.part("PING"));
        open.send(UpstreamHandshake.command("INFO", "server"), answer.part("INFO server"));
        open.send(UpstreamHandshake.command("INFO", "persistence"), answer.part("INFO persistence"));
        open.send(UpstreamHandshake.command("INFO", "replication"), answer.part("INFO replication"));
        open.send(UpstreamHandshake.command("INFO", "memory"), answer.lastPart("INFO memory"));
    }

    private void failIn(long ms, UpstreamLink asked) {
        deadline = connector
                .loop()
                .schedule(
                        () -> asked.fail("no answer to a probe within " + connector.timeoutMs() + " ms"),
                        ms,
                        TimeUnit.MILLISECONDS);
    }

    /** The time for an answer is another one, also for the question that is being asked. */
    public void timeoutChanged() {
        assert connector.loop().inEventLoop();
        UpstreamLink open = link;
        if (asking && open != null) {
            cancelDeadline();
            failIn(Math.max(0, connector.timeoutMs() - askedAgoMs()), open);
        }
    }

    private void cancelDeadline() {
        if (deadline != null) {
            deadline.cancel(false);
            deadline = null;
        }
    }

    private void judge(String info) {
        asking = false;
        cancelDeadline();
        String runId = "";
        String version = "";
        String policy = "";
        String trouble = "";
        Map<String, String> fields = new LinkedHashMap<>();
        Matcher field = FIELD.matcher(info);
        while (field.find()) {
            String value = field.group(2);
            fields.put(field.group(1), value);
            switch (field.group(1)) {
                case "run_id" -> runId = value;
                case "redis_version" -> version = value;
                case "maxmemory_policy" -> policy = value;
                case "redis_mode", "server_mode" -> trouble += value.equals("standalone") ? "" : notAlone(value);
                case "loading" -> trouble += value.equals("0") ? "" : "it is loading its data; ";
                case "role" -> trouble += value.equals("master") ? "" : "it is a " + value + "; ";
                case "uptime_in_seconds", "used_memory_human" -> {
                    // Told to people alone.
                }
                default -> throw new IllegalStateException(field.group(1));
            }
        }
        if (runId.isEmpty()) {
            trouble = "INFO names no run_id; ";
        }
        trouble = trouble.isEmpty() ? "" : trouble.substring(0, trouble.length() - 2);
        ended(trouble, fields);
        if (trouble.isEmpty()) {
            listener.good(new Health(runId, version, policy));
        } else {
            listener.bad(trouble);
        }
    }

    private void ended(String trouble, Map<String, String> fields) {
        var look = new Look(clockMs.getAsLong(), latencyMicros, trouble, Map.copyOf(fields));
        last = look;
        CompletableFuture<Look> waiting = awaited;
        if (waiting != null) {
            awaited = null;
            waiting.complete(look);
        }
    }

    /** What is replayed must stand in one place, and be written in one transaction with its cursor. */
    private static String notAlone(String mode) {
        return mode.equals("cluster")
                ? "it is a node of a cluster, and the upstream must be a single Redis; "
                : "it is a " + mode + ", and the upstream must be a Redis; ";
    }

    @Override
    public void linkLost(UpstreamLink lost, String reason, List<InFlight> requests) {
        if (lost != link) {
            return;
        }
        link = null;
        boolean wasAsking = asking;
        asking = false;
        cancelDeadline();
        if (!stopped && wasAsking) {
            ended(reason, Map.of());
            listener.bad(reason);
        } else if (!stopped) {
            probeIn(0); // closed between two probes: ask at once what that means
        }
    }

    @Override
    public void sentToClosed(InFlight request) {
        // Nothing waits for a probe that is over.
    }

    @Override
    public void flushLater(UpstreamLink ready) {
        ready.flush();
    }

    @Override
    public long nextOrder() {
        return 0;
    }

    @Override
    public void writabilityChanged(UpstreamLink ready) {
        // A probe's few bytes do not fill a send buffer.
    }

    /** Collects the parts of one probe's answer. */
    private final class Answer {
        private final StringBuilder text = new StringBuilder();

        InFlight part(String question) {
            return new Part(question, false);
        }

        InFlight lastPart(String question) {
            return new Part(question, true);
        }

        private final class Part extends InFlight {
            private final String question;
            private final boolean last;

            Part(String question, boolean last) {
                this.question = question;
                this.last = last;
            }

            @Override
            public void onReply(ByteBuf frame, byte type) {
                String reply = frame.toString(StandardCharsets.UTF_8);
                frame.release();
                if (type == '-' && !isAnswerAllTheSame(reply)) {
                    UpstreamLink asked = link;
                    if (asked != null) {
                        asked.fail(question + " was answered " + reply.trim());
                    }
                    return;
                }
                if (text.isEmpty()) {
                    latencyMicros = TimeUnit.NANOSECONDS.toMicros(
                            connector.loop().ticker().nanoTime() - askedNanos);
                }
                text.append(reply);
                if (last) {
                    judge(text.toString());
                }
            }

            /** A Redis that cannot save refuses PING as it refuses writes, and serves reads. */
            private boolean isAnswerAllTheSame(String refusal) {
                return text.isEmpty()
                        && !last
                        && refusal.startsWith("-MISCONF ")
                        && !outageErrors.contains(OutageError.MISCONF);
            }

            @Override
            public void onLost(boolean maybeSent) {
                // linkLost tells the listener.
            }
        }
    }
}
