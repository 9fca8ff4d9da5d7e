package io.holdfast.proxy.upstream;

/**
 * Remembers, durably, which connections this node has opened on the upstream, so that they can be fenced off before a
 * replay (contract, rule 5).
 */
@FunctionalInterface
public interface ConnectionRegistry {
    /**
     * Remembers a connection.
     *
     * @param done called on the link's event loop when it is durable
     * @param failed called there instead when it could not be remembered: nothing may be written on that connection
     */
    void remember(String runId, long clientId, Runnable done, Runnable failed);
}
