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
 * @param transactionBytesMax of the arguments of all that is queued
 * @param transactionLimit the upstream's parameter which that comes from
 */
record UpstreamLimits(long argumentBytesMax, long transactionBytesMax, String transactionLimit) {
    /** Where it does not say, as a user may be forbidden to ask. */
    static final UpstreamLimits UNKNOWN = new UpstreamLimits(Long.MAX_VALUE, Long.MAX_VALUE, "");

    static final String ARGUMENT = "proto-max-bulk-len";
    static final String QUERY_BUFFER = "client-query-buffer-limit";

    static final String CLIENTS_MEMORY = "maxmemory-clients";

    /** What it holds of a connection beside arguments: what has been read and not parsed, and our own commands around. */
    private static final long BESIDE_BYTES = 64 * 1024;

    /**
     * What it says.
     *
     * @param argument the reply to CONFIG GET of {@link #ARGUMENT}
     * @param queryBuffer to that of {@link #QUERY_BUFFER}
     * @param clientsMemory to that of {@link #CLIENTS_MEMORY}
     * @param whole its {@code maxmemory}, of which the one before may be a share; 0: there is none
     */
    static UpstreamLimits of(Reply argument, Reply queryBuffer, Reply clientsMemory, long whole) {
        long buffered = Math.max(BESIDE_BYTES, bytes(value(queryBuffer)) - BESIDE_BYTES);
        // All clients have it together, and whoever takes most of it is cut off: others need some of it too.
        long ofClients = clientsBytes(value(clientsMemory), whole) / 2;
        return new UpstreamLimits(
                bytes(value(argument)),
                Math.min(buffered, ofClients),
                buffered <= ofClients ? QUERY_BUFFER : CLIENTS_MEMORY);
    }

    private static long clientsBytes(String value, long whole) {
        if (!value.endsWith("%")) {
            return bytes(value);
        }
        long percent = bytes(value.substring(0, value.length() - 1));
        return whole > 0 && percent < Long.MAX_VALUE ? whole / 100 * percent : Long.MAX_VALUE;
    }

    private static String value(Reply pair) {
        return pair instanceof Reply.Array both
                        && both.items().size() == 2
                        && both.items().get(1) instanceof Reply.Bulk value
                ? value.value().latin1()
                : "";
    }

    /** 0 is no limit, as is what cannot be read. */
    private static long bytes(String value) {
        return value.matches("[1-9][0-9]{0,17}") ? Long.parseLong(value) : Long.MAX_VALUE;
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
                ? "ERR the upstream's " + transactionLimit + " allows a transaction of " + transactionBytesMax
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
