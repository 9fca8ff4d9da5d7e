package io.holdfast.proxy.routing;

import io.holdfast.engine.pubsub.Subscriber;
import io.holdfast.proxy.client.ClientHandler;
import io.holdfast.proxy.client.SubscriberLink;
import io.holdfast.proxy.upstream.LinkKey;
import io.holdfast.proxy.upstream.UpstreamLink;
import io.holdfast.proxy.upstream.UpstreamLinks;
import io.holdfast.proxy.upstream.UpstreamLogin;
import io.holdfast.resp.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Which link each client's requests take: the one that its like share, one of its own while it watches keys, waits, or has
 * large requests or replies, and one more for what it has subscribed to. Lives on the engine loop.
 */
final class ClientLinks {
    /** Whose link has had nothing to carry for so long gives it back, milliseconds. */
    private static final long IDLE_MS = 1_000;

    private static final Bytes UNWATCH = Bytes.of("UNWATCH");
    private static final Bytes SUBSCRIBE = Bytes.of("SUBSCRIBE");
    private static final Bytes PSUBSCRIBE = Bytes.of("PSUBSCRIBE");
    private static final Bytes SSUBSCRIBE = Bytes.of("SSUBSCRIBE");

    private @Nullable UpstreamLinks upstream;
    /** Clients that have a link of their own although they could share one. */
    private int couldShare;

    /** Gives the way upstream; not called when there is none. */
    void upstream(UpstreamLinks links) {
        upstream = links;
    }

    @Nullable UpstreamLinks upstream() {
        return upstream;
    }

    /** @throws IllegalStateException when there is no upstream */
    UpstreamLinks require() {
        if (upstream == null) {
            throw new IllegalStateException("forwarding without an upstream");
        }
        return upstream;
    }

    // ---- requests

    /** Requests of one client on two links could overtake each other: the later waits until the earlier are answered. */
    private static boolean mustWait(ClientHandler client, UpstreamLink link) {
        return client.upstream().lastLink() != link && client.pending() > 0;
    }

    private static boolean isShared(ClientHandler client, UpstreamLink link) {
        UpstreamLogin login = client.upstream().login();
        return link.isSharedBy(client.session().db(), client.session().resp(), login == null ? null : login.onLinks());
    }

    private static LinkKey key(ClientHandler client) {
        UpstreamLogin login = client.upstream().login();
        return new LinkKey(client.session().db(), client.session().resp(), login == null ? null : login.onLinks());
    }

    /** Whether the link that the client shares with its like is there, or may be opened. */
    boolean mayShare(ClientHandler client) {
        return client.upstream().login() == null
                || client.upstream().pinned() != null
                || require().hasRoomFor(key(client));
    }

    /** Whether the client has, or may have, a link of its own for what needs one. */
    boolean mayPin(ClientHandler client) {
        return client.upstream().pinned() != null || require().hasRoomForPinned();
    }

    /**
     * The link that the client's next request takes; null: it waits until the earlier ones are answered.
     *
     * @param needsOwn no other client's requests may stand before or behind this one
     */
    @Nullable UpstreamLink of(ClientHandler client, boolean needsOwn) {
        UpstreamLink last = client.upstream().lastLink();
        boolean isHeavy = client.upstream().isHeavy();
        if (!needsOwn && !isHeavy && last != null && client.upstream().pinned() == null && isShared(client, last)) {
            return last; // nearly always: it is not looked for
        }
        LinkKey key = key(client);
        UpstreamLink pinned = client.upstream().pinned();
        boolean moves = pinned != null && !pinned.isClosed() && !pinned.key().equals(key);
        if (moves && client.pending() > 0) {
            return null; // SELECT or HELLO stands behind requests that are still on their way there
        }
        if (moves || (pinned != null && pinned.isClosed())) {
            // SELECT or HELLO between WATCH and EXEC: the watch cannot move along, and a spurious abort
            // is legal. Or the upstream has closed the link while nothing was under way, watches and all.
            if (client.upstream().isWatching()) {
                client.session().breakWatch();
            }
            unpin(client, false);
            pinned = null;
        }
        if (pinned != null && !needsOwn && !isHeavy && isIdle(client, pinned)) {
            unpin(client, true);
            pinned = null;
        }
        if (pinned == null && needsOwn) {
            client.upstream().pinned(require().pinned(key));
        } else if (isHeavy) {
            prepareOwn(client);
        }
        pinned = client.upstream().pinned();
        boolean mayNeverOpen = !needsOwn && pinned != null && !pinned.isReady();
        if (mayNeverOpen && !client.upstream().couldShare() && client.pending() > 0) {
            return null; // what is refused where that is not let in is what needs it, and nothing behind that
        }
        UpstreamLink link = pinned == null || mayNeverOpen ? require().shared(key) : pinned;
        return mustWait(client, link) ? null : link;
    }

    /** Opens a link for a client that could do without: its requests take that once it is ready. */
    void prepareOwn(ClientHandler client) {
        if (client.upstream().pinned() == null && require().hasRoomForHeavy(couldShare)) {
            client.upstream().pinned(require().dispensable(key(client)));
            client.upstream().couldShare(true);
            couldShare++;
        }
    }

    /** Whether nothing binds the client to its own link, and nothing is under way on it. */
    private static boolean isIdle(ClientHandler client, UpstreamLink pinned) {
        return !client.upstream().isWatching() && client.pending() == 0 && pinned.pending() == 0;
    }

    /** Takes back a link that the client has had no use for lately; to be called about once a second. */
    void takeBackIdle(ClientHandler client, long nowMs) {
        UpstreamLink pinned = client.upstream().pinned();
        if (pinned != null && isIdle(client, pinned) && nowMs - client.session().lastCommandAtMs() >= IDLE_MS) {
            unpin(client, true);
            client.upstream().lastLink(null); // it may be another's, who fills it
        }
    }

    /** As {@link #of}, the link that its like share, whatever it watches: a transaction of ours must not end that. */
    @Nullable UpstreamLink sharedOf(ClientHandler client) {
        UpstreamLink link = require().shared(key(client));
        return mustWait(client, link) ? null : link;
    }

    private void unpin(ClientHandler client, boolean clean) {
        UpstreamLink pinned = client.upstream().pinned();
        forgetPinned(client);
        if (pinned != null && upstream != null) {
            upstream.release(pinned, clean);
        }
    }

    private void forgetPinned(ClientHandler client) {
        client.upstream().pinned(null);
        client.upstream().watching(false);
        couldShare -= client.upstream().couldShare() ? 1 : 0;
        client.upstream().couldShare(false);
    }

    /** Its watches, if it has any upstream, are over. */
    void endWatch(ClientHandler client) {
        UpstreamLink pinned = client.upstream().pinned();
        if (pinned != null && client.upstream().isWatching() && !pinned.isClosed()) {
            pinned.send(new Bytes[] {UNWATCH}, new QueueReplies(ErrorVerdict.ALWAYS).next());
        }
        client.upstream().watching(false);
    }

    /** Whether the link is this client's alone, or that of its user on which its newest request went. */
    static boolean has(ClientHandler client, UpstreamLink link) {
        SubscriberLink subscriber = client.upstream().subscriberLink();
        return client.upstream().pinned() == link
                || (subscriber != null && subscriber.link() == link)
                || (link.key().login() != null && client.upstream().lastLink() == link);
    }

    // ---- subscriptions

    /** A new link for what the client subscribes to. */
    SubscriberLink subscriber(ClientHandler client) {
        UpstreamLink link = require().pinned(key(client));
        var subscriber = new SubscriberLink(client, link);
        client.upstream().subscriberLink(subscriber);
        return subscriber;
    }

    void dropSubscriber(ClientHandler client) {
        SubscriberLink subscriber = client.upstream().subscriberLink();
        client.upstream().subscriberLink(null);
        if (subscriber != null && upstream != null) {
            upstream.release(subscriber.link(), false);
        }
    }

    /** HELLO has changed the protocol that messages are to come in, AUTH the user, or RESET has ended all subscriptions. */
    void renewSubscriber(ClientHandler client) {
        SubscriberLink subscriber = client.upstream().subscriberLink();
        if (subscriber != null
                && (!client.session().subscriber().isSubscribed()
                        || subscriber.link().key().resp() != client.session().resp()
                        || subscriber.link().key().login() != key(client).login())) {
            dropSubscriber(client);
            subscribeAgain(client);
        }
    }

    /** Subscribes upstream to all that the client is subscribed to; where there is no link for it, it has to go. */
    void subscribeAgain(ClientHandler client) {
        Subscriber subscriptions = client.session().subscriber();
        if (subscriptions.isSubscribed() && !require().hasRoomForPinned()) {
            client.close();
        } else if (subscriptions.isSubscribed()) {
            SubscriberLink subscriber = subscriber(client);
            subscriber.restore(SUBSCRIBE, subscriptions.channels());
            subscriber.restore(PSUBSCRIBE, subscriptions.patterns());
            subscriber.restore(SSUBSCRIBE, subscriptions.shardChannels());
        }
    }

    // ---- the end

    /** The client has gone. */
    void drop(ClientHandler client) {
        unpin(client, false);
        dropSubscriber(client);
    }

    /** All links are gone, and the client's watches with them. */
    void lost(ClientHandler client) {
        if (client.upstream().isWatching()) {
            client.session().breakWatch();
        }
        forgetPinned(client);
        client.upstream().lastLink(null);
        client.upstream().subscriberLink(null);
    }
}
