package io.holdfast.proxy.routing;

import io.holdfast.engine.LocalEngine;
import io.holdfast.proxy.upstream.InFlight;
import io.holdfast.proxy.upstream.LinkKey;
import io.holdfast.proxy.upstream.UpstreamLink;
import io.holdfast.proxy.upstream.UpstreamLinks;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.ReplyParser;
import io.holdfast.resp.RespLimits;
import io.holdfast.resp.RespProtocolException;
import io.holdfast.resp.RespVersion;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears from the upstream which keys change, for as long as a client tracks (CLIENT TRACKING): one connection in BCAST
 * mode for all of them, whatever their protocol and mode. Whom a change concerns is found here. Lives on the engine loop.
 *
 * <pre>
 *   closed ──a client tracks──► asked ──+OK──► hearing ──nobody tracks, link lost──► closed
 * </pre>
 */
final class InvalidationLink {
    private static final Logger log = LoggerFactory.getLogger(InvalidationLink.class);
    private static final Bytes[] PING = {Bytes.of("PING")};
    private static final Bytes[] TRACK = {Bytes.of("CLIENT"), Bytes.of("TRACKING"), Bytes.of("ON"), Bytes.of("BCAST")};

    private final LocalEngine engine;
    private final Runnable onHearing;
    private final ReplyParser parser = new ReplyParser(RespLimits.DEFAULT);
    private @Nullable UpstreamLink link;
    private boolean hearing;
    /** The connection was lost, and another has not been heard on since: whatever a client keeps may be outdated. */
    private boolean missed;

    private boolean pinged;

    /** @param onHearing from then on no change is missed: tracking clients that were held may go on */
    InvalidationLink(LocalEngine engine, Runnable onHearing) {
        this.engine = engine;
        this.onHearing = onHearing;
    }

    /** Opens the connection when a client tracks and there is none, and closes it when none does. */
    void follow(UpstreamLinks links) {
        boolean wanted = engine.invalidations().clients() > 0;
        UpstreamLink open = link;
        if (wanted && open == null) {
            UpstreamLink opened = links.pinned(new LinkKey(0, RespVersion.RESP3));
            link = opened;
            pinged = false;
            opened.hear(this::onPush, () -> onLost(opened));
            opened.send(TRACK, new Asked(opened, this::begun));
        } else if (!wanted && open != null) {
            lost();
            links.release(open, false);
        }
    }

    /**
     * To be called about once a second: an upstream closes connections on which nothing is asked for its {@code timeout}, and one that
     * is dead is not told from one on which nothing changes.
     */
    void keepAlive() {
        UpstreamLink open = link;
        if (open != null && hearing && !pinged) {
            pinged = true;
            open.send(PING, new Asked(open, error -> pinged = false));
        }
    }

    private void begun(@Nullable String error) {
        if (error != null) {
            log.warn("The upstream does not tell which keys change, so clients' own caches go stale: {}", error);
        }
        hearing = true;
        if (missed) {
            missed = false;
            engine.allChangedUpstream();
        }
        onHearing.run();
    }

    /** Every change from now on is heard of. */
    boolean isHearing() {
        return hearing;
    }

    /** The connection is gone, with all others. */
    void lost() {
        link = null;
        hearing = false;
        missed = false; // all are told of the switch
    }

    private void onLost(UpstreamLink lost) {
        if (lost == link) {
            link = null;
            hearing = false;
            missed = true;
        }
    }

    private boolean onPush(ByteBuf frame) {
        try {
            changed(parser.parse(frame));
        } catch (RespProtocolException e) {
            engine.allChangedUpstream(); // the frame's outline was right and its contents were not
        } finally {
            frame.release();
        }
        return true;
    }

    private void changed(Reply push) {
        List<Reply> items = push instanceof Reply.Push told ? told.items() : List.of();
        if (items.size() == 2 && items.get(1) instanceof Reply.Array keys) {
            List<Bytes> changed = new ArrayList<>();
            for (Reply key : keys.items()) {
                if (key instanceof Reply.Bulk bulk) {
                    changed.add(bulk.value());
                }
            }
            engine.changedUpstream(changed);
        } else {
            engine.allChangedUpstream();
        }
    }

    /** Hands on the reply, null or an error, unless the link has been given up since. */
    private final class Asked extends InFlight {
        private final UpstreamLink asked;
        private final Consumer<@Nullable String> taker;

        Asked(UpstreamLink asked, Consumer<@Nullable String> taker) {
            this.asked = asked;
            this.taker = taker;
        }

        @Override
        public void onReply(ByteBuf frame, byte type) {
            String error = type == '-' ? frame.toString(StandardCharsets.UTF_8).trim() : null;
            frame.release();
            if (asked == link) {
                taker.accept(error);
            }
        }

        @Override
        public boolean isAwaited() {
            return false;
        }

        @Override
        public void onLost(boolean maybeSent) {
            // Its owner hears of the loss itself.
        }
    }
}
