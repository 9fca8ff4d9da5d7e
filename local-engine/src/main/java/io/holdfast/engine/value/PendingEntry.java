package io.holdfast.engine.value;

/** An entry that was delivered to a consumer and not acknowledged. Changed by its group alone; owned by the engine loop. */
public final class PendingEntry {
    private final StreamId id;
    StreamConsumer consumer;
    long deliveredMs;
    long deliveries;

    PendingEntry(StreamId id, StreamConsumer consumer) {
        this.id = id;
        this.consumer = consumer;
    }

    public StreamId id() {
        return id;
    }

    public StreamConsumer consumer() {
        return consumer;
    }

    /** When it was last delivered, Unix milliseconds. */
    public long deliveredMs() {
        return deliveredMs;
    }

    /** How often it was delivered. */
    public long deliveries() {
        return deliveries;
    }
}
