package io.holdfast.proxy.upstream;

import io.holdfast.proxy.tls.UpstreamTls;
import io.holdfast.sync.replay.Endpoint;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where the upstream is and who we are there. Prints without the password.
 *
 * @param host empty where there is a Unix socket
 * @param port 0 where there is a Unix socket
 * @param user null: the default user
 * @param password null: none
 * @param encrypted whether it speaks TLS
 * @param unixSocket null: TCP
 */
public record UpstreamAddress(
        String host,
        int port,
        @Nullable String user,
        @Nullable String password,
        boolean encrypted,
        @Nullable Path unixSocket) {
    /** Plain TCP. */
    public UpstreamAddress(String host, int port, @Nullable String user, @Nullable String password) {
        this(host, port, user, password, false, null);
    }

    /**
     * Reads a URL.
     *
     * @param url {@code redis://[[user]:password@]host[:port]}, {@code rediss://…} for TLS, or
     *     {@code unix://[[user]:password@]/path/of/socket}
     * @throws IllegalArgumentException when it is something else; the message says what would be right
     */
    public static UpstreamAddress parse(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw wrong("it is not a URL");
        }
        String scheme = String.valueOf(uri.getScheme());
        return switch (scheme) {
            case "redis", "rediss" -> network(uri, scheme.equals("rediss"));
            case "unix" -> unix(uri);
            default -> throw wrong("its scheme is '" + uri.getScheme() + "'");
        };
    }

    private static UpstreamAddress network(URI uri, boolean encrypted) {
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
        return of(uri.getRawUserInfo(), host, port, encrypted, null);
    }

    private static UpstreamAddress unix(URI uri) {
        String authority = uri.getRawAuthority();
        if (authority != null && !authority.endsWith("@")) {
            throw wrong("the path of a Unix socket begins with a third slash, as in unix:///run/redis/redis.sock");
        }
        if (uri.getPath() == null || uri.getPath().length() < 2) {
            throw wrong("it names no socket");
        }
        String userInfo = authority == null ? null : authority.substring(0, authority.length() - 1);
        return of(userInfo, "", 0, false, Path.of(uri.getPath()));
    }

    private static UpstreamAddress of(
            @Nullable String userInfo, String host, int port, boolean encrypted, @Nullable Path unixSocket) {
        if (userInfo == null) {
            return new UpstreamAddress(host, port, null, null, encrypted, unixSocket);
        }
        int colon = userInfo.indexOf(':');
        String user = decode(colon < 0 ? userInfo : userInfo.substring(0, colon));
        String password = colon < 0 ? null : decode(userInfo.substring(colon + 1));
        return new UpstreamAddress(host, port, user.isEmpty() ? null : user, password, encrypted, unixSocket);
    }

    /** How it is reached by a connection that waits. */
    public Endpoint endpoint(@Nullable UpstreamTls tls) {
        return new Endpoint(host, port, unixSocket, tls);
    }

    /** The same place, as somebody else. */
    public UpstreamAddress as(@Nullable String otherUser, @Nullable String otherPassword) {
        return new UpstreamAddress(host, port, otherUser, otherPassword, encrypted, unixSocket);
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    // The URL itself may hold a password: it is never repeated.
    private static IllegalArgumentException wrong(String why) {
        return new IllegalArgumentException(
                "the upstream URL is not like redis://user:password@127.0.0.1:6379, rediss://redis.example:6379 or"
                        + " unix:///run/redis/redis.sock: " + why);
    }

    @Override
    public String toString() {
        return unixSocket != null
                ? "unix://" + unixSocket
                : (encrypted ? "rediss://" : "redis://") + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
