package io.holdfast.proxy.routing;

import io.holdfast.engine.command.Acl;
import io.holdfast.proxy.upstream.UpstreamLogin;
import io.holdfast.resp.Bytes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a client has asked by AUTH, or by HELLO with AUTH in it. Prints without the password. Immutable. */
final class LoginRequest {
    private static final Bytes AUTH = Bytes.of("AUTH");

    private final Bytes user;
    private final Bytes password;
    private final boolean named;
    private final Bytes @Nullable [] greeting;

    private LoginRequest(Bytes user, Bytes password, boolean named, Bytes @Nullable [] greeting) {
        this.user = user;
        this.password = password;
        this.named = named;
        this.greeting = greeting;
    }

    /** @return null when the arguments are not right, which the command itself says in the right words */
    static @Nullable LoginRequest ofAuth(Bytes[] args) {
        return switch (args.length) {
            case 2 -> new LoginRequest(Acl.DEFAULT, args[1], false, null);
            case 3 -> new LoginRequest(args[1], args[2], true, null);
            default -> null;
        };
    }

    /** @return null when HELLO names no user, or is not right */
    static @Nullable LoginRequest ofHello(Bytes[] args) {
        if (args.length < 2 || !(args[1].equals(Bytes.of(2)) || args[1].equals(Bytes.of(3)))) {
            return null;
        }
        List<Bytes> rest = new ArrayList<>(List.of(args[0], args[1]));
        Bytes user = null;
        Bytes password = null;
        for (int i = 2; i < args.length; ) {
            int taken;
            if (args[i].equalsIgnoreCase("AUTH") && i + 2 < args.length) {
                user = args[i + 1];
                password = args[i + 2];
                taken = 3;
            } else if (args[i].equalsIgnoreCase("SETNAME") && i + 1 < args.length) {
                rest.add(args[i]);
                rest.add(args[i + 1]);
                taken = 2;
            } else {
                return null;
            }
            i += taken;
        }
        return user == null || password == null
                ? null
                : new LoginRequest(user, password, true, rest.toArray(Bytes[]::new));
    }

    static LoginRequest of(UpstreamLogin login) {
        return new LoginRequest(login.user(), login.password(), true, null);
    }

    Bytes user() {
        return user;
    }

    Bytes password() {
        return password;
    }

    /** What asks the upstream whether they are right, in the form that the client chose. */
    Bytes[] question() {
        return named ? new Bytes[] {AUTH, user, password} : new Bytes[] {AUTH, password};
    }

    /** What of HELLO concerns the connection to us; null: it was AUTH. */
    Bytes @Nullable [] greeting() {
        return greeting;
    }

    /** Stands for user and password together where they are looked for. */
    Bytes key() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(Bytes.of(user.length()).array());
            digest.update((byte) ' ');
            digest.update(user.array());
            return Bytes.wrap(digest.digest(password.array()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return user.toString();
    }
}
