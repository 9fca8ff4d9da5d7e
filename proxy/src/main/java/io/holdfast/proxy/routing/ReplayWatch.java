package io.holdfast.proxy.routing;

import io.holdfast.engine.exec.Journal;
import io.netty.channel.EventLoop;
import java.util.concurrent.TimeUnit;

/**
 * Looks, while a replay lasts, whether it gets on faster than clients write, and whether any are there: writers that are ahead
 * of it are held for a moment, and it goes gently where clients are served. Lives on the engine loop.
 */
final class ReplayWatch {
    private final EventLoop loop;
    private final RoutingStateMachine machine;
    private final Journal journal;
    private final Router router;
    private final Replay replay;
    private final BackPressure backPressure = new BackPressure();
    private final Manners manners = new Manners();
    /** Counts replays: a look that was meant for an earlier one ends. */
    private long replays;

    ReplayWatch(EventLoop loop, RoutingStateMachine machine, Journal journal, Router router, Replay replay) {
        this.loop = loop;
        this.machine = machine;
        this.journal = journal;
        this.router = router;
        this.replay = replay;
    }

    /** @param entries that may wait before writers are slowed while they are replayed; 0: any number */
    void lagMax(int entries) {
        backPressure.lagMax(entries);
    }

    /** How long writers were held because they were ahead of the replay, milliseconds. */
    long heldMs() {
        return backPressure.totalMs();
    }

    /** A replay has begun. */
    void begin() {
        backPressure.begin(written(), replay.confirmed());
        manners.begin(router.served(), written(), replay.confirmed());
        lookSoon(++replays);
    }

    /** The newest entry, if those that are not for the upstream did not count. */
    private long written() {
        long confirmed = replay.confirmed();
        return confirmed + journal.owed(confirmed);
    }

    private void lookSoon(long which) {
        loop.schedule(
                () -> {
                    if (machine.phase().isReplaying() && replays == which) {
                        look();
                        lookSoon(which);
                    }
                },
                BackPressure.TICK_MS,
                TimeUnit.MILLISECONDS);
    }

    private void look() {
        replay.gentle(manners.tick(router.served(), written(), replay.confirmed()));
        int heldMs = machine.phase() == Phase.DRAINING ? 0 : backPressure.tick(written(), replay.confirmed());
        if (heldMs > 0) {
            router.slow(true);
            loop.schedule(() -> router.slow(false), heldMs, TimeUnit.MILLISECONDS);
        }
    }
}
