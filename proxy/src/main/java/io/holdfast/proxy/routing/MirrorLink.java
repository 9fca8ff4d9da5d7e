package io.holdfast.proxy.routing;

import io.holdfast.proxy.upstream.LinkKey;
import io.holdfast.proxy.upstream.UpstreamLink;
import io.holdfast.proxy.upstream.UpstreamLinks;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.ReplyParser;
import io.holdfast.resp.RespLimits;
import io.holdfast.resp.RespProtocolException;
import io.holdfast.resp.RespVersion;
import io.holdfast.sync.mirror.ChangeFeed;
import io.holdfast.sync.mirror.FetchPort;
import io.holdfast.sync.mirror.Pins;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection by which copied keys are read, and on which the upstream tells that they change. It is asked for RESP3 and
 * CLIENT TRACKING as by a client, so that a server that has or allows neither is merely not heard. Lives on the engine loop.
 *
 * <pre>
 *   closed ──online, wanted──► asked ──replies──► hearing, or deaf ──link lost, asked for otherwise──► closed
 * </pre>
 */
final class MirrorLink {
    private static final Logger log = LoggerFactory.getLogger(MirrorLink.class);
    private static final Bytes[] HELLO = {Bytes.of("HELLO"), Bytes.of("3")};
    /** So that what is read for a copy is not taken for use: Redis 7.2 and later; others say that they know no such command. */
    private static final Bytes[] NO_TOUCH = {Bytes.of("CLIENT"), Bytes.of("NO-TOUCH"), Bytes.of("ON")};

    private static final Bytes[] PING = {Bytes.of("PING")};

    private final ChangeFeed feed;
    private final ReplyParser parser = new ReplyParser(RespLimits.DEFAULT);
    private @Nullable UpstreamLink link;
    private boolean pinged;
    private String refusal = "";

    MirrorLink(ChangeFeed feed) {
        this.feed = feed;
    }

    /** To be called about once a second while the upstream is in charge. */
    void follow(UpstreamLinks links) {
        UpstreamLink open = link;
        if (open == null && feed.isWanted()) {
            open(links);
        } else if (open != null && !feed.isWanted()) {
            close(links);
        } else if (open != null && feed.isHearing() && !pinged) {
            pinged = true;
            open.fetch(List.<Bytes[]>of(PING), new Answer(open, replies -> {
                pinged = false;
                feed.heard();
            }));
        }
    }

    /** It is asked for otherwise now. */
    void renew(UpstreamLinks links) {
        close(links);
        follow(links);
    }

    private void open(UpstreamLinks links) {
        UpstreamLink opened = links.own(new LinkKey(Pins.DATABASE, RespVersion.RESP2));
        link = opened;
        pinged = false;
        opened.hear(this::onPush, () -> onLost(opened));
        opened.fetch(List.<Bytes[]>of(NO_TOUCH), new Answer(opened, replies -> {}));
        opened.fetch(List.<Bytes[]>of(HELLO, feed.request()), new Answer(opened, replies -> begun(opened, replies)));
    }

    private void begun(UpstreamLink opened, List<Reply> replies) {
        String refused = replies.stream()
                .filter(Reply.Failure.class::isInstance)
                .map(reply -> ((Reply.Failure) reply).text().utf8())
                .findFirst()
                .orElse("");
        if (!refused.isEmpty() && !refused.equals(refusal)) {
            log.warn("The upstream does not tell which keys change, so {}: {}", feed.whenDeaf(), refused);
        }
        refusal = refused;
        feed.begin(opened, refused);
    }

    private void close(UpstreamLinks links) {
        UpstreamLink open = link;
        link = null;
        if (open != null) {
            feed.lost();
            links.release(open, false);
        }
    }

    /** The upstream is away, and the connection with it. */
    void lost() {
        link = null;
    }

    private void onLost(UpstreamLink lost) {
        if (lost == link) {
            link = null;
            feed.lost();
        }
    }

    private boolean onPush(ByteBuf frame) {
        try {
            List<Reply> items = parser.parse(frame) instanceof Reply.Push told ? told.items() : List.of();
            if (items.size() == 2 && items.get(1) instanceof Reply.Array keys) {
                List<Bytes> changed = new ArrayList<>();
                for (Reply key : keys.items()) {
                    if (key instanceof Reply.Bulk bulk) {
                        changed.add(bulk.value());
                    }
                }
                feed.changed(changed);
            } else {
                feed.allChanged();
            }
        } catch (RespProtocolException e) {
            feed.allChanged(); // the frame's outline was right and its contents were not
        } finally {
            frame.release();
        }
        return true;
    }

    /** Takes the replies unless the link has been given up since. */
    private final class Answer implements FetchPort.Replies {
        private final UpstreamLink asked;
        private final Consumer<List<Reply>> taker;

        Answer(UpstreamLink asked, Consumer<List<Reply>> taker) {
            this.asked = asked;
            this.taker = taker;
        }

        @Override
        public void arrived(List<Reply> replies) {
            if (asked == link) {
                taker.accept(replies);
            }
        }

        @Override
        public void lost() {
            // The link's owner tells of that.
        }
    }
}
