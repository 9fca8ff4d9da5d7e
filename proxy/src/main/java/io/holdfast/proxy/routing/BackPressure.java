package io.holdfast.proxy.routing;

/**
 * Says for how long of each {@link #TICK_MS} writers are held, so that a replay gets ahead of what is written meanwhile: never
 * while the lag is below a bound or falls, longer and longer while it rises. The bound falls once a replay lasts for long, or
 * clients that write faster than it would keep the upstream away for ever. Nobody is refused, and nobody waits for longer than
 * {@link #HELD_MS_MAX} at once. Owned by the engine loop.
 */
final class BackPressure {
    static final int TICK_MS = 100;
    static final int HELD_MS_MAX = 80;
    private static final int HELD_MS_MIN = 5;
    /** The bound holds for so long; behind it, a half of it is left after each so many ticks more. */
    static final int PATIENCE_TICKS = 50;

    private static final int HALVING_TICKS = 10;

    private int lagMax;
    private int heldMs;
    private long totalMs;
    private long lastWritten;
    private long lastConfirmed;
    private int ticks;

    /** @param entries that may wait before anybody is slowed; 0: any number */
    void lagMax(int entries) {
        lagMax = entries;
    }

    /** A replay begins. */
    void begin(long written, long confirmed) {
        heldMs = 0;
        ticks = 0;
        lastWritten = written;
        lastConfirmed = confirmed;
    }

    /**
     * Another {@link #TICK_MS} have passed.
     *
     * @param written the newest journal entry
     * @param confirmed the newest that the upstream has
     * @return how long writers are held now, milliseconds; 0: not at all
     */
    int tick(long written, long confirmed) {
        long arrived = written - lastWritten;
        long drained = confirmed - lastConfirmed;
        lastWritten = written;
        lastConfirmed = confirmed;
        ticks++;
        if (lagMax == 0 || written - confirmed <= bound()) {
            heldMs = 0;
        } else if (arrived >= drained && arrived > 0) {
            heldMs = Math.min(HELD_MS_MAX, Math.max(HELD_MS_MIN, heldMs * 2));
        } else {
            heldMs -= heldMs / 4; // carefully: what holds them back is what makes it fall
        }
        totalMs += heldMs;
        return heldMs;
    }

    private int bound() {
        int halvings = Math.max(0, ticks - PATIENCE_TICKS) / HALVING_TICKS;
        return halvings < Integer.SIZE - 1 ? lagMax >> halvings : 0;
    }

    /** How long writers were held since the start, milliseconds. */
    long totalMs() {
        return totalMs;
    }
}
