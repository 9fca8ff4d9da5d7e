package io.holdfast.proxy.http;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A user and a password, as a request gives them. Shows no secret when printed. Immutable.
 */
record Credentials(String user, String password) {
    private static final String BASIC = "basic ";
    private static final String BEARER = "bearer ";

    /**
     * Reads the header Authorization; {@code Bearer} is the default user's password.
     *
     * @return null when there is none
     * @throws Refusal when it is something else
     */
    static @Nullable Credentials of(@Nullable String header) {
        if (header == null) {
            return null;
        }
        String scheme = header.toLowerCase(Locale.ROOT);
        if (scheme.startsWith(BEARER)) {
            return new Credentials("default", header.substring(BEARER.length()).trim());
        } else if (!scheme.startsWith(BASIC)) {
            throw unreadable();
        }
        String both;
        try {
            byte[] decoded =
                    Base64.getDecoder().decode(header.substring(BASIC.length()).trim());
            both = new String(decoded, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw unreadable();
        }
        int colon = both.indexOf(':');
        if (colon < 0) {
            throw unreadable();
        }
        String user = both.substring(0, colon);
        return new Credentials(user.isEmpty() ? "default" : user, both.substring(colon + 1));
    }

    private static Refusal unreadable() {
        return new Refusal(Answer.unauthorized("the header Authorization takes Basic with user:password in base64, or"
                + " Bearer with the default user's password"));
    }

    @Override
    public String toString() {
        return "Credentials[" + user + "]";
    }
}
