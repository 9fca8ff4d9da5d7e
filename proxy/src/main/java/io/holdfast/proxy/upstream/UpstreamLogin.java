package io.holdfast.proxy.upstream;

import io.holdfast.resp.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * A user of the upstream with the password by which clients proved to be that user. There is one object for all clients
 * that gave the same two; links are shared between them alone. Prints without the password. Used on the engine loop.
 */
public final class UpstreamLogin {
    private static final Bytes AUTH = Bytes.of("AUTH");
    private static final Bytes DEFAULT = Bytes.of("default");

    private final Bytes user;
    private final Bytes password;
    private boolean ours;

    public UpstreamLogin(Bytes user, Bytes password) {
        this.user = user;
        this.password = password;
    }

    public Bytes user() {
        return user;
    }

    public Bytes password() {
        return password;
    }

    /** Whether it is what Holdfast itself logs in with, so that its links do. */
    public boolean isOurs() {
        return ours;
    }

    /** Holdfast logs in at {@code address} from now on. */
    public void compare(UpstreamAddress address) {
        String name = address.user();
        String secret = address.password();
        ours = secret != null
                && password.equals(Bytes.of(secret))
                && user.equals(name == null ? DEFAULT : Bytes.of(name));
    }

    /** Whose links its clients' requests take; null: Holdfast's own. */
    public @Nullable UpstreamLogin onLinks() {
        return ours ? null : this;
    }

    Bytes[] command() {
        return new Bytes[] {AUTH, user, password};
    }

    @Override
    public String toString() {
        return user.toString();
    }
}
