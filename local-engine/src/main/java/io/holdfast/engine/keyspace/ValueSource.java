package io.holdfast.engine.keyspace;

import io.holdfast.engine.value.Value;
import io.holdfast.engine.value.ValueType;
import java.util.concurrent.CompletableFuture;

/** Where values are that are not in memory. Asked on the engine loop. */
public interface ValueSource {
    /**
     * Reads the value of one key as the last checkpoint has it, on a thread of its own, so that the engine loop may wait for
     * it. Fails with a {@link ValueLostException}.
     *
     * @param id of the key
     */
    CompletableFuture<Value> read(long id, ValueType type);

    /** Runs a task on the engine loop, behind what is queued there already. */
    void onLoop(Runnable task);
}
