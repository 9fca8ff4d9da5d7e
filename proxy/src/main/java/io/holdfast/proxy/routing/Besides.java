package io.holdfast.proxy.routing;

import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is replayed while the upstream is in charge: dead letters that an operator has requeued. Clients' commands go on
 * meanwhile; a replay that fails is tried again at the next good probe. Lives on the engine loop.
 */
final class Besides {
    private static final Logger log = LoggerFactory.getLogger(Besides.class);

    private final Replay replay;
    private final List<Runnable> whenThere = new ArrayList<>();
    private boolean running;
    private String trouble = "";

    Besides(Replay replay) {
        this.replay = replay;
    }

    /**
     * Entries are there to be replayed; {@code then} runs when they are upstream.
     *
     * @param later wait for {@link #goOn}
     */
    void add(Runnable then, boolean later) {
        whenThere.add(then);
        if (!later) {
            goOn();
        }
    }

    /** Whether anything is on its way. */
    boolean areThere() {
        return !whenThere.isEmpty();
    }

    /** The upstream is well: what is owed is tried again. */
    void goOn() {
        if (running) {
            replay.wake();
        } else if (areThere()) {
            running = true;
            replay.startBeside();
        }
    }

    /** Everything is upstream. */
    void caughtUp() {
        if (running) {
            running = false;
            replay.stop();
        }
        trouble = "";
        List<Runnable> done = List.copyOf(whenThere);
        whenThere.clear();
        done.forEach(Runnable::run);
    }

    /** A replay has failed, which may have been none of these. */
    void failed(String reason) {
        running = false;
        if (areThere() && !reason.equals(trouble)) {
            trouble = reason;
            log.warn("Requeued entries are not upstream yet, and are tried again: {}", reason);
        }
    }

    /** Ends behind the batch in hand; what is owed then is tried again by {@link #goOn}. */
    void pause() {
        if (running) {
            running = false;
            replay.finish();
        }
    }

    /** The upstream is not in charge any more: the next return replays them with all others. */
    void forget() {
        running = false;
        whenThere.clear();
    }
}
