package io.holdfast.sync.replay;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Writes keys that the upstream does not have, many at a time, and leaves alone those that it has: also one that somebody puts
 * there between the look and the write. Lives on the replay thread.
 *
 * <pre>
 *   SELECT db · WATCH key … · EXISTS key …
 *   MULTI · the commands of absent keys … · EXEC      nil: somebody was quicker with one of them, so the look is repeated
 * </pre>
 */
final class AbsentKeys {
    private static final int KEYS_MAX = 128;
    private static final long BYTES_MAX = 1 << 20;
    /** Where others write one of the keys all the time, each is tried alone in the end. */
    private static final int ATTEMPTS_MAX = 4;

    private final Upstream upstream;
    private final LongSupplier clockMs;
    private final List<Waiting> waiting = new ArrayList<>();
    private long waitingBytes;
    private long written;
    private long present;
    private long refused;

    private record Waiting(int db, Bytes key, List<List<Bytes>> commands) {}

    AbsentKeys(Upstream upstream, LongSupplier clockMs) {
        this.upstream = upstream;
        this.clockMs = clockMs;
    }

    /** Keys written so far. */
    long written() {
        return written;
    }

    /** Keys that were there. */
    long present() {
        return present;
    }

    /** Keys that it did not take. */
    long refused() {
        return refused;
    }

    /**
     * Writes {@code key}, now or with the next {@link #flush}.
     *
     * @param commands make it of nothing
     * @param expiresAtMs Unix milliseconds; what is past is not written
     */
    void write(int db, Bytes key, List<List<Bytes>> commands, long expiresAtMs)
            throws IOException, ReplayFailedException {
        if (expiresAtMs <= clockMs.getAsLong()) {
            return;
        }
        if (!waiting.isEmpty() && waiting.get(0).db != db) {
            flush();
        }
        waiting.add(new Waiting(db, key, List.copyOf(commands)));
        for (List<Bytes> command : commands) {
            for (Bytes argument : command) {
                waitingBytes += argument.length();
            }
        }
        if (waiting.size() >= KEYS_MAX || waitingBytes >= BYTES_MAX) {
            flush();
        }
    }

    /** Leaves the connection at database 0. */
    void flush() throws IOException, ReplayFailedException {
        if (waiting.isEmpty()) {
            return;
        }
        int db = waiting.get(0).db;
        if (exchange(List.of(Batch.select(db))).get(0) instanceof Reply.Failure) {
            refused += waiting.size(); // it has fewer databases
        } else {
            writeAll();
        }
        require(exchange(List.of(Batch.select(0))).get(0));
        waiting.clear();
        waitingBytes = 0;
    }

    private void writeAll() throws IOException, ReplayFailedException {
        for (int i = 0; i < ATTEMPTS_MAX; i++) {
            if (isWritten(waiting)) {
                return;
            }
        }
        for (Waiting each : waiting) {
            if (!isWritten(List.of(each))) {
                present++; // somebody writes it this very moment
            }
        }
    }

    private boolean isWritten(List<Waiting> keys) throws IOException, ReplayFailedException {
        List<Waiting> absent = absentOf(keys);
        var commands = new ArrayList<List<Bytes>>();
        commands.add(Greeting.command("MULTI"));
        absent.forEach(each -> commands.addAll(each.commands));
        commands.add(Greeting.command("EXEC"));
        List<Reply> replies = exchange(commands);
        Reply exec = replies.get(replies.size() - 1);
        if (exec instanceof Reply.Array results) {
            count(absent, results.items());
            present += keys.size() - absent.size();
            return true;
        }
        if (exec instanceof Reply.Failure) {
            return isRefused(keys, replies);
        }
        return false;
    }

    private List<Waiting> absentOf(List<Waiting> keys) throws IOException, ReplayFailedException {
        var commands = new ArrayList<List<Bytes>>();
        var watch = new ArrayList<Bytes>(List.of(Bytes.of("WATCH")));
        keys.forEach(each -> watch.add(each.key));
        commands.add(watch);
        keys.forEach(each -> commands.add(List.of(Bytes.of("EXISTS"), each.key)));
        List<Reply> replies = exchange(commands);
        require(replies.get(0));
        var absent = new ArrayList<Waiting>();
        for (int i = 0; i < keys.size(); i++) {
            if (replies.get(i + 1).equals(Reply.of(0))) {
                absent.add(keys.get(i));
            }
        }
        return absent;
    }

    /** Nothing was written: it takes no writes at all, or not one of these. */
    private boolean isRefused(List<Waiting> keys, List<Reply> replies) throws IOException, ReplayFailedException {
        for (Reply reply : replies) {
            if (reply instanceof Reply.Failure failure && Refusal.of(failure).isUpstreamsOwn()) {
                throw new ReplayFailedException(
                        "the upstream takes no writes: " + Refusal.of(failure).text());
            }
        }
        if (keys.size() == 1) {
            refused++;
            return true;
        }
        for (Waiting each : keys) {
            if (!isWritten(List.of(each))) {
                present++;
            }
        }
        return true;
    }

    private void count(List<Waiting> absent, List<Reply> results) {
        int at = 0;
        for (Waiting each : absent) {
            boolean whole = true;
            for (int i = 0; i < each.commands.size(); i++) {
                whole &= !(results.get(at++) instanceof Reply.Failure);
            }
            if (whole) {
                written++;
            } else {
                refused++;
            }
        }
    }

    private List<Reply> exchange(List<List<Bytes>> commands) throws IOException {
        upstream.send(commands);
        return upstream.receive(commands.size());
    }

    private static void require(Reply reply) throws ReplayFailedException {
        if (reply instanceof Reply.Failure failure) {
            throw new ReplayFailedException("the upstream refuses to have keys written back: "
                    + Refusal.of(failure).code());
        }
    }
}
