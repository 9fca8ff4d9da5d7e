package io.holdfast.proxy.routing;

import java.util.ArrayList;
import java.util.List;

/**
 * The phase, and the only way to change it. Each change raises the epoch and is told to all listeners before anything
 * else happens. Owned by the engine loop: a decision and the commands it routes are never on two threads.
 */
public final class RoutingStateMachine {
    /** Hears of each change, in the order of registration. */
    @FunctionalInterface
    public interface Listener {
        void phaseChanged(Phase from, Phase to);
    }

    private final List<Listener> listeners = new ArrayList<>();
    private Phase phase;
    private long epoch;
    private String reason = "";

    public RoutingStateMachine(Phase initial) {
        this.phase = initial;
    }

    public void onChange(Listener listener) {
        listeners.add(listener);
    }

    public Phase phase() {
        return phase;
    }

    /** Rises with every change of phase. */
    public long epoch() {
        return epoch;
    }

    /** Why the phase is what it is, in words for an operator. */
    public String reason() {
        return reason;
    }

    /**
     * Moves to another phase.
     *
     * @throws IllegalStateException when {@code next} cannot follow the present phase
     */
    public void become(Phase next, String why) {
        if (!phase.mayBecome(next)) {
            throw new IllegalStateException(phase + " cannot become " + next);
        }
        Phase before = phase;
        phase = next;
        epoch++;
        reason = why;
        for (Listener listener : listeners) {
            listener.phaseChanged(before, next);
        }
    }
}
