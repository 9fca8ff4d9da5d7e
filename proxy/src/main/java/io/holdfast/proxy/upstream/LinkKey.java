package io.holdfast.proxy.upstream;

import io.holdfast.resp.RespVersion;
import org.jspecify.annotations.Nullable;

/**
 * What must be equal for requests to share a link: the database, the version the replies are spelled in, and the user.
 *
 * @param login who its requests are run as; null: Holdfast's own user
 */
public record LinkKey(int db, RespVersion resp, @Nullable UpstreamLogin login) {
    /** Of a link of Holdfast's own user. */
    public LinkKey(int db, RespVersion resp) {
        this(db, resp, null);
    }

    /** The same, as Holdfast's own user. */
    public LinkKey asHoldfast() {
        return login == null ? this : new LinkKey(db, resp, null);
    }
}
