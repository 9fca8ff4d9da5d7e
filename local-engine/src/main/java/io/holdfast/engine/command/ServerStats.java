package io.holdfast.engine.command;

import io.holdfast.resp.Reply;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** Counters for INFO stats. Owned by the engine loop. */
public final class ServerStats {
    /** Kinds of errors that are counted apart: scripts can make any. */
    private static final int ERROR_CODES_MAX = 128;

    public long connectionsReceived;
    public long commandsProcessed;
    public long errorReplies;
    public long keyspaceHits;
    public long keyspaceMisses;
    public long rejectedConnections;
    public long netInputBytes;
    public long netOutputBytes;
    /** Changes since SAVE or BGSAVE was last asked for. */
    public long unsavedChanges;
    /** The most heap that was ever seen in use. */
    public long peakBytes;

    private final Map<String, Long> errorsByCode = new TreeMap<>();

    /** A command was answered by this error. */
    public void failed(Reply.Failure error) {
        errorReplies++;
        String text = error.text().latin1();
        int blank = text.indexOf(' ');
        String code = blank < 0 ? text : text.substring(0, blank);
        if (errorsByCode.size() < ERROR_CODES_MAX || errorsByCode.containsKey(code)) {
            errorsByCode.merge(code, 1L, Long::sum);
        }
    }

    /** How often each kind of error was answered, by its first word. */
    public Map<String, Long> errorsByCode() {
        return Collections.unmodifiableMap(errorsByCode);
    }

    public void reset() {
        errorsByCode.clear();
        connectionsReceived = 0;
        commandsProcessed = 0;
        errorReplies = 0;
        keyspaceHits = 0;
        keyspaceMisses = 0;
        rejectedConnections = 0;
        netInputBytes = 0;
        netOutputBytes = 0;
    }
}
