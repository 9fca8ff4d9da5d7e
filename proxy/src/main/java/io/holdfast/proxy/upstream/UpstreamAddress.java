package io.holdfast.proxy.upstream;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Where the upstream is and who we are there. Prints without the password.
 *
 * @param user null: the default user
 * @param password null: none
 */
public record UpstreamAddress(
        String host,
        int port,
        @Nullable String user,
        @Nullable String password) {
    /**
     * Reads a URL.
     *
     * @param url {@code redis://[[user]:password@]host[:port]}
     * @throws IllegalArgumentException when it is something else; the message says what would be right
     */
    public static UpstreamAddress parse(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw wrong("it is not a URL");
        }
        if (uri.getScheme() == null || !uri.getScheme().equals("redis")) {
            throw wrong("its scheme is '" + uri.getScheme() + "'");
        }
        if (uri.getHost() == null) {
            throw wrong("it names no host");
        }
        if (uri.getPath() != null && !uri.getPath().isEmpty() && !uri.getPath().matches("/0?")) {
            throw wrong("it names a database, which clients choose by SELECT");
        }
        String host = uri.getHost().replaceAll("^\\[|]$", "");
        int port = uri.getPort() == -1 ? 6379 : uri.getPort();
        if (port < 1 || port > 65535) {
            throw wrong("its port is " + port);
        }
        String userInfo = uri.getRawUserInfo();
        if (userInfo == null) {
            return new UpstreamAddress(host, port, null, null);
        }
        int colon = userInfo.indexOf(':');
        String user = decode(colon < 0 ? userInfo : userInfo.substring(0, colon));
        String password = colon < 0 ? null : decode(userInfo.substring(colon + 1));
        return new UpstreamAddress(host, port, user.isEmpty() ? null : user, password);
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    // The URL itself may hold a password: it is never repeated.
    private static IllegalArgumentException wrong(String why) {
        return new IllegalArgumentException(
                "the upstream URL is not like redis://user:password@127.0.0.1:6379: " + why);
    }

    @Override
    public String toString() {
        return "redis://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
