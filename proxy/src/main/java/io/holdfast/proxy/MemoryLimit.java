package io.holdfast.proxy;

import io.holdfast.engine.keyspace.EvictionPolicy;

/**
 * How much memory values may take, and what happens when they would take more.
 *
 * @param bytes 0: no bound
 * @param policy with {@code noeviction} values leave memory and stay in storage
 */
public record MemoryLimit(long bytes, EvictionPolicy policy) {
    public static final MemoryLimit NONE = new MemoryLimit(0, EvictionPolicy.NOEVICTION);
}
