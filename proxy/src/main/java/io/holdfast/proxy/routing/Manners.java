package io.holdfast.proxy.routing;

/**
 * Says whether a replay goes in small batches: while clients are served here, since on few cores they wait for whatever it
 * keeps busy, and as long as it gets on faster than they write. Owned by the engine loop.
 */
final class Manners {
    /** In one tick of {@link BackPressure#TICK_MS}; fewer are of somebody who only looks how far it is. */
    static final int COMMANDS_MIN = 20;

    private long lastServed;
    private long lastWritten;
    private long lastConfirmed;

    /** A replay begins; until the first tick it is gentle, for nobody knows yet. */
    void begin(long served, long written, long confirmed) {
        lastServed = served;
        lastWritten = written;
        lastConfirmed = confirmed;
    }

    /**
     * A tick has passed.
     *
     * @param served commands that were carried out here, since any time
     * @param written the newest journal entry
     * @param confirmed the newest that the upstream has
     */
    boolean tick(long served, long written, long confirmed) {
        boolean serves = served - lastServed >= COMMANDS_MIN;
        boolean getsOn = confirmed - lastConfirmed >= written - lastWritten;
        begin(served, written, confirmed);
        return serves && getsOn;
    }
}
