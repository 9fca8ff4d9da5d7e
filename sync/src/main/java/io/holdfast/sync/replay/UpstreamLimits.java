package io.holdfast.sync.replay;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.List;

/**
 * How much an upstream takes. Beyond it, it does not refuse: it closes the connection, and would do so with each attempt. Immutable.
 *
 * @param argumentBytesMax of one argument ({@code proto-max-bulk-len})
 * @param transactionBytesMax of the arguments of all that is queued ({@code client-query-buffer-limit}, less what is read ahead)
 */
record UpstreamLimits(long argumentBytesMax, long transactionBytesMax) {
    /** Where it does not say, as a user may be forbidden to ask. */
    static final UpstreamLimits UNKNOWN = new UpstreamLimits(Long.MAX_VALUE, Long.MAX_VALUE);

    static final String ARGUMENT = "proto-max-bulk-len";
    static final String QUERY_BUFFER = "client-query-buffer-limit";

    /** What it holds of a connection beside arguments: what has been read and not parsed, and our own commands around. */
    private static final long BESIDE_BYTES = 64 * 1024;

    /**
     * What it says.
     *
     * @param argument the reply to CONFIG GET of {@link #ARGUMENT}
     * @param queryBuffer to that of {@link #QUERY_BUFFER}
     */
    static UpstreamLimits of(Reply argument, Reply queryBuffer) {
        return new UpstreamLimits(bytes(argument), Math.max(BESIDE_BYTES, bytes(queryBuffer) - BESIDE_BYTES));
    }

    private static long bytes(Reply pair) {
        return pair instanceof Reply.Array both
                        && both.items().size() == 2
                        && both.items().get(1) instanceof Reply.Bulk value
                        && value.value().latin1().matches("[1-9][0-9]{0,17}")
                ? Long.parseLong(value.value().latin1())
                : Long.MAX_VALUE;
    }

    /** Why it would close the connection that {@code entry} is sent on, in its own words where it has some; empty where it takes it. */
    String whyTooBig(Journal.Entry entry) {
        for (Effect effect : entry.effects()) {
            for (Bytes argument : effect.command()) {
                if (argument.length() > argumentBytesMax) {
                    return "ERR Protocol error: invalid bulk length: the upstream's " + ARGUMENT + " is "
                            + argumentBytesMax + ", and this has " + argument.length() + " bytes";
                }
            }
        }
        long bytes = bytes(entry);
        return bytes > transactionBytesMax
                ? "ERR the upstream's " + QUERY_BUFFER + " allows a transaction of " + transactionBytesMax
                        + " bytes, and this has " + bytes
                : "";
    }

    /** As many of {@code entries} from the first on as one transaction takes, one at least. */
    List<Journal.Entry> fitting(List<Journal.Entry> entries) {
        long bytes = 0;
        for (int i = 0; i < entries.size(); i++) {
            bytes += bytes(entries.get(i));
            if (bytes > transactionBytesMax && i > 0) {
                return entries.subList(0, i);
            }
        }
        return entries;
    }

    private static long bytes(Journal.Entry entry) {
        long bytes = 0;
        if (entry.isForUpstream()) {
            for (Effect effect : entry.effects()) {
                for (Bytes argument : effect.command()) {
                    bytes += argument.length();
                }
            }
        }
        return bytes;
    }
}
