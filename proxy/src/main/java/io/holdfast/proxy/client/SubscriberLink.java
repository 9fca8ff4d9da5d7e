package io.holdfast.proxy.client;

import io.holdfast.engine.pubsub.Subscriber;
import io.holdfast.proxy.upstream.InFlight;
import io.holdfast.proxy.upstream.UpstreamLink;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.ReplyParser;
import io.holdfast.resp.RequestFrame;
import io.holdfast.resp.RespLimits;
import io.holdfast.resp.RespProtocolException;
import io.holdfast.resp.RespVersion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The upstream connection of one subscribed client: messages go straight to the client, confirmations to the request
 * that they answer. Lives on the engine loop.
 */
public final class SubscriberLink {
    private final ClientHandler client;
    private final UpstreamLink link;
    private final ReplyParser parser = new ReplyParser(RespLimits.DEFAULT);
    private final ArrayDeque<Confirmation> awaited = new ArrayDeque<>();

    public SubscriberLink(ClientHandler client, UpstreamLink link) {
        this.client = client;
        this.link = link;
        link.subscribeMode(this::onPush);
    }

    public UpstreamLink link() {
        return link;
    }

    /** How many of the client's requests wait for confirmations. */
    public int awaited() {
        return (int) awaited.stream()
                .filter(confirmation -> confirmation.owner != null)
                .count();
    }

    /**
     * Passes a client's (un)subscription on; it is answered by the upstream's confirmations.
     *
     * @param local the confirmations that the local broker gave: as many will come, and they are the answer if the link
     *     is lost before
     * @param refused is run when the upstream does not let the client's user have it
     */
    public void request(RequestFrame frame, Reply local, Runnable refused) {
        var confirmation = new Confirmation(client, client.session().resp(), local, refused);
        client.reserve(confirmation);
        awaited.add(confirmation);
        link.send(frame, confirmation.onWire);
    }

    /**
     * Subscribes again to what the client already has; the confirmations are swallowed. A client whose user may not have it
     * any more has to go, as where Redis itself hears of that.
     */
    public void restore(Bytes command, Iterable<Bytes> names) {
        for (Bytes name : names) {
            var silent = new Confirmation(
                    null, client.session().resp(), new Reply.Sequence(List.of(Reply.OK)), client::close);
            awaited.add(silent);
            link.send(new Bytes[] {command, name}, silent.onWire);
        }
    }

    private boolean onPush(ByteBuf frame) {
        List<Reply> items = items(frame);
        String kind = items.isEmpty() ? "" : word(items.get(0));
        if (kind.endsWith("message")) {
            if (awaited.isEmpty() && !isSubscribed(frame, kind, items)) {
                frame.release();
                return false;
            }
            client.push(frame);
            return true;
        }
        Confirmation first = awaited.peek();
        if (first == null) {
            frame.release();
            return kind.endsWith("unsubscribe"); // as where the upstream gives up a shard's channel
        }
        if (first.add(frame)) {
            awaited.poll();
            link.answered();
            first.complete();
        }
        return true;
    }

    private List<Reply> items(ByteBuf frame) {
        try {
            Reply reply = parser.parse(frame.duplicate());
            return reply instanceof Reply.Push push
                    ? push.items()
                    : reply instanceof Reply.Array array ? array.items() : List.of();
        } catch (RespProtocolException e) {
            return List.of();
        }
    }

    private static String word(Reply item) {
        return item instanceof Reply.Bulk word ? word.value().utf8() : "";
    }

    /** Whether a message is one that the client has subscribed to; while it is changing that nobody can tell. */
    private boolean isSubscribed(ByteBuf frame, String kind, List<Reply> items) {
        boolean isPush = frame.getByte(frame.readerIndex()) == '>';
        if (isPush != (link.key().resp() == RespVersion.RESP3)
                || items.size() < 3
                || !(items.get(1) instanceof Reply.Bulk name)) {
            return false;
        }
        Subscriber subscriptions = client.session().subscriber();
        return switch (kind) {
            case "message" -> subscriptions.channels().contains(name.value());
            case "pmessage" -> subscriptions.patterns().contains(name.value());
            case "smessage" -> subscriptions.shardChannels().contains(name.value());
            default -> false;
        };
    }

    /** One request's confirmations, collected until all are there. */
    private static final class Confirmation extends Slot {
        private final @Nullable ClientHandler owner;
        private final RespVersion resp;
        private final Reply local;
        private final Runnable refused;
        private final ByteBuf collected = Unpooled.buffer(64);
        private int missing;
        final InFlight onWire = new OnWire();

        Confirmation(@Nullable ClientHandler owner, RespVersion resp, Reply local, Runnable refused) {
            this.refused = refused;
            this.owner = owner;
            this.resp = resp;
            this.local = local;
            this.missing =
                    local instanceof Reply.Sequence several ? several.replies().size() : 1;
        }

        /** True when this was the last: a refusal is the only one. */
        boolean add(ByteBuf frame) {
            boolean isRefusal = frame.getByte(frame.readerIndex()) == '-';
            silent &= isRefusal; // who wants no replies is told of its subscriptions all the same
            collected.writeBytes(frame);
            frame.release();
            if (isRefusal) {
                refused.run();
                return true;
            }
            return --missing <= 0;
        }

        void complete() {
            if (owner != null) {
                owner.fill(this, collected);
            }
        }

        @Override
        public void onReply(ByteBuf frame, byte type) {
            throw new IllegalStateException("answered through its link");
        }

        @Override
        public void onLost(boolean maybeSent) {
            throw new IllegalStateException("settled through its link");
        }

        /** Stands in the link's queue. */
        private final class OnWire extends InFlight {
            /** The link was refused before it was one: from then on everything goes to its push handler. */
            @Override
            public void onReply(ByteBuf frame, byte type) {
                add(frame);
                complete();
            }

            @Override
            public void onLost(boolean maybeSent) {
                if (owner != null) {
                    owner.fill(Confirmation.this, local, resp);
                }
            }
        }
    }
}
