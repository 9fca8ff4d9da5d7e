package io.holdfast.proxy.routing;

import io.holdfast.proxy.upstream.UpstreamLinks;
import io.netty.channel.EventLoop;
import java.util.concurrent.TimeUnit;

/**
 * What has to be done, once everything is replayed, before writers are held for the last entries: what the outage took is
 * settled, and the links for clients' commands stand. Each may take its time, but not for ever. Lives on the engine loop.
 */
final class Preparations {
    /** Between two looks. */
    private static final int LOOK_MS = 5;
    /** Looks at most that wait for links. */
    private static final int LINK_LOOKS_MAX = 40;

    /** How long clients may take to read what was under way when the outage began. */
    private static final long SETTLING_MS_MAX = 10_000;

    private final EventLoop loop;
    private final Router router;
    private final UpstreamLinks links;
    private final Runnable lookAgain;
    private long sinceNanos;
    private int linkLooks;
    private boolean looksAgain;

    /** @param lookAgain is run a while after {@link #areDone} was false */
    Preparations(EventLoop loop, Router router, UpstreamLinks links, Runnable lookAgain) {
        this.loop = loop;
        this.router = router;
        this.links = links;
        this.lookAgain = lookAgain;
    }

    /** A replay begins. */
    void begin() {
        sinceNanos = loop.ticker().nanoTime();
        linkLooks = 0;
    }

    boolean areDone() {
        boolean done = isSettled() && areLinksReady();
        if (!done && !looksAgain) {
            looksAgain = true;
            loop.schedule(this::look, LOOK_MS, TimeUnit.MILLISECONDS);
        }
        return done;
    }

    private void look() {
        looksAgain = false;
        lookAgain.run();
    }

    /** Whoever reads gets what is his; whoever does not must not keep everybody away. */
    private boolean isSettled() {
        if (!router.isSettling()) {
            return true;
        }
        if (loop.ticker().nanoTime() - sinceNanos < TimeUnit.MILLISECONDS.toNanos(SETTLING_MS_MAX)) {
            return false;
        }
        router.settleAll();
        return true;
    }

    /** Connecting, and remembering each connection on the disk, must not be what held writers wait for. */
    private boolean areLinksReady() {
        return links.prepare() || ++linkLooks > LINK_LOOKS_MAX;
    }
}
