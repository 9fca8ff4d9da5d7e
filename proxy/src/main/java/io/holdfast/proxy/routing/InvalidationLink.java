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
    private static final Bytes[] TRACK = {Bytes.of("CLIENT"), Bytes.of("TRACKING"), Bytes.of("ON"), Bytes.of("BCAST")};

    private final LocalEngine engine;
    private final Runnable onHearing;
    private final ReplyParser parser = new ReplyParser(RespLimits.DEFAULT);
    private @Nullable UpstreamLink link;
    private boolean hearing;

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
            opened.subscribeMode(this::onFrame);
            opened.send(TRACK, new Asked());
        } else if (!wanted && open != null) {
            lost();
            links.release(open, false);
        }
    }

    /** Every change from now on is heard of. */
    boolean isHearing() {
        return hearing;
    }

    /** The connection is gone, with all others. */
    void lost() {
        link = null;
        hearing = false;
    }

    private boolean onFrame(ByteBuf frame) {
        try {
            byte type = frame.getByte(frame.readerIndex());
            if (type == '>') {
                changed(parser.parse(frame));
            } else if (link != null) {
                if (link.head() == null) {
                    return false;
                }
                if (type == '-') {
                    log.warn(
                            "The upstream does not tell which keys change, so clients' own caches go stale: {}",
                            frame.toString(StandardCharsets.UTF_8).trim());
                }
                link.answered();
                hearing = true;
                onHearing.run();
            }
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

    /** The request that begins it; its reply comes as everything else on this link. */
    private static final class Asked extends InFlight {
        @Override
        public void onReply(ByteBuf frame, byte type) {
            throw new IllegalStateException("this link gives everything to its push handler");
        }

        @Override
        public void onLost(boolean maybeSent) {
            // Its owner hears of the loss itself.
        }
    }
}
