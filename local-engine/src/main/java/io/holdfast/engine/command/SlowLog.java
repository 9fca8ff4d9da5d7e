package io.holdfast.engine.command;

import io.holdfast.resp.Bytes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.List;

/** The newest commands that took longer than a threshold; secrets are not kept. Owned by the engine loop. */
public final class SlowLog {
    /** Arguments kept of one command, the last of them saying how many there were more. */
    private static final int ARGUMENTS_MAX = 32;
    /** Bytes kept of one argument. */
    private static final int ARGUMENT_BYTES_MAX = 128;

    /** @param client {@code host:port} */
    public record Entry(long id, long atSeconds, long micros, List<Bytes> args, String client, Bytes clientName) {}

    private final Deque<Entry> entries = new ArrayDeque<>();
    private long thresholdMicros = 10_000;
    private long entriesMax = 128;
    private long lastId = -1;

    /** What takes at least this long is kept; 0 keeps everything, −1 nothing. */
    public void thresholdMicros(long micros) {
        thresholdMicros = micros;
    }

    public long thresholdMicros() {
        return thresholdMicros;
    }

    public void entriesMax(long max) {
        entriesMax = max;
        trim();
    }

    public long entriesMax() {
        return entriesMax;
    }

    boolean takes(long micros) {
        return thresholdMicros >= 0 && micros >= thresholdMicros && entriesMax > 0;
    }

    void add(Session session, Bytes[] args, long nowMs, long micros) {
        entries.addFirst(new Entry(++lastId, nowMs / 1000, micros, shortened(args), session.address(), session.name()));
        trim();
    }

    private void trim() {
        while (entries.size() > entriesMax) {
            entries.removeLast();
        }
    }

    private static List<Bytes> shortened(Bytes[] args) {
        List<Bytes> kept = new ArrayList<>();
        int shown = args.length > ARGUMENTS_MAX ? ARGUMENTS_MAX - 1 : args.length;
        for (int i = 0; i < shown; i++) {
            int more = args[i].length() - ARGUMENT_BYTES_MAX;
            kept.add(
                    more <= 0
                            ? args[i]
                            : Bytes.wrap(
                                    (args[i].slice(0, ARGUMENT_BYTES_MAX).latin1() + "... (" + more + " more bytes)")
                                            .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1)));
        }
        if (shown < args.length) {
            kept.add(Bytes.of("... (" + (args.length - shown) + " more arguments)"));
        }
        return kept;
    }

    /** The newest first. */
    public Collection<Entry> entries() {
        return Collections.unmodifiableCollection(entries);
    }

    public void clear() {
        entries.clear();
    }
}
