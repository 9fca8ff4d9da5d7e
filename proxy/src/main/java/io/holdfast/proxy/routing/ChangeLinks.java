package io.holdfast.proxy.routing;

import io.holdfast.engine.LocalEngine;
import io.holdfast.proxy.upstream.UpstreamLinks;
import io.holdfast.sync.mirror.Mirror;
import org.jspecify.annotations.Nullable;

/**
 * The links on which the upstream tells of changes: to keys that clients track, and to those that are copied. Lives on the engine
 * loop.
 */
final class ChangeLinks {
    private final RoutingStateMachine machine;
    private final ClientLinks links;
    private final InvalidationLink tracked;
    private final MirrorLink pinned;
    private final MirrorLink touched;

    /** @param heard is run when what clients track is heard of again */
    ChangeLinks(LocalEngine engine, RoutingStateMachine machine, Mirror mirror, ClientLinks links, Runnable heard) {
        this.machine = machine;
        this.links = links;
        this.tracked = new InvalidationLink(engine, heard);
        this.pinned = new MirrorLink(mirror.pins());
        this.touched = new MirrorLink(mirror.touched());
    }

    /** Whether all changes to what clients track are heard of. */
    boolean isHearing() {
        return tracked.isHearing();
    }

    /** Null while it is not in charge. */
    private @Nullable UpstreamLinks upstream() {
        return machine.phase() == Phase.ONLINE ? links.upstream() : null;
    }

    /** A client may have begun to track keys, or ended that. */
    void followTracking() {
        UpstreamLinks upstream = upstream();
        if (upstream != null) {
            tracked.follow(upstream);
        }
    }

    /** To be called about once a second. */
    void follow() {
        UpstreamLinks upstream = upstream();
        if (upstream != null) {
            tracked.follow(upstream);
            tracked.keepAlive();
            pinned.follow(upstream);
            touched.follow(upstream);
        }
    }

    /** The mirror has been given other pins. */
    void renewPins() {
        UpstreamLinks upstream = upstream();
        if (upstream != null) {
            pinned.renew(upstream);
            touched.follow(upstream);
        }
    }

    /** The upstream is not in charge any more. */
    void lost() {
        tracked.lost();
        pinned.lost();
        touched.lost();
    }
}
