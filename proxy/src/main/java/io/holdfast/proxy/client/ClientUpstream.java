package io.holdfast.proxy.client;

import io.holdfast.proxy.upstream.UpstreamLink;
import io.holdfast.proxy.upstream.UpstreamLogin;
import org.jspecify.annotations.Nullable;

/** What one client has upstream: links, keys that it watches, and who it is there. Lives on the engine loop. */
public final class ClientUpstream {
    private @Nullable UpstreamLink lastLink;
    private @Nullable UpstreamLink pinned;
    private @Nullable SubscriberLink subscriberLink;
    private final Heaviness heaviness = new Heaviness();
    private boolean couldShare;
    private boolean watching;
    private @Nullable UpstreamLogin login;

    /** The link that the newest forwarded request went over. */
    public @Nullable UpstreamLink lastLink() {
        return lastLink;
    }

    public void lastLink(@Nullable UpstreamLink link) {
        lastLink = link;
    }

    /** Whether what is sent behind the newest forwarded request finds room. */
    boolean hasRoom() {
        return lastLink == null || lastLink.isWritable();
    }

    /** The link that is this client's alone, because it watches keys, blocks, or is heavy. */
    public @Nullable UpstreamLink pinned() {
        return pinned;
    }

    public void pinned(@Nullable UpstreamLink link) {
        pinned = link;
    }

    /** Whether it has the link of its own although it could do without: it is heavy, no more. */
    public boolean couldShare() {
        return couldShare;
    }

    public void couldShare(boolean could) {
        couldShare = could;
    }

    /** The link that the channels it has subscribed to are heard over. */
    public @Nullable SubscriberLink subscriberLink() {
        return subscriberLink;
    }

    public void subscriberLink(@Nullable SubscriberLink link) {
        subscriberLink = link;
    }

    /**
     * A request from the client, or a reply for it, of so many bytes; {@code underWay} are without a reply, this one counted.
     *
     * @return whether the client has become heavy by that
     */
    boolean passed(int bytes, int underWay) {
        return heaviness.passed(bytes, underWay);
    }

    /** Whether its requests or replies are large, so that others should not stand behind them. */
    public boolean isHeavy() {
        return heaviness.isHeavy();
    }

    /** It has sent WATCH upstream and neither EXEC nor UNWATCH since. */
    public boolean isWatching() {
        return watching;
    }

    public void watching(boolean on) {
        watching = on;
    }

    /** Who the upstream knows it as; null: nobody in particular, and so it is Holdfast's own user there. */
    public @Nullable UpstreamLogin login() {
        return login;
    }

    public void login(@Nullable UpstreamLogin as) {
        login = as;
    }
}
