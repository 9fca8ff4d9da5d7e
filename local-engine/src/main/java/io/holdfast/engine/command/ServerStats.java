package io.holdfast.engine.command;

/** Counters for INFO stats. Owned by the engine loop. */
public final class ServerStats {
    public long connectionsReceived;
    public long commandsProcessed;
    public long errorReplies;
    public long keyspaceHits;
    public long keyspaceMisses;

    public void reset() {
        connectionsReceived = 0;
        commandsProcessed = 0;
        errorReplies = 0;
        keyspaceHits = 0;
        keyspaceMisses = 0;
    }
}
