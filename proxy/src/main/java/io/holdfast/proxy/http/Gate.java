package io.holdfast.proxy.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps out what a browser was made to send: a request must name this server as it is reached, not by somebody else's name
 * that resolves to it (DNS rebinding), and one that changes something must not come from a page of another origin.
 */
final class Gate {
    private static final String LOCALHOST = "localhost";
    private static final String JSON = "application/json";

    private final Set<String> hosts;

    /** @param hosts the addresses that are listened on, as they were given */
    Gate(List<String> hosts) {
        this.hosts = hosts.stream()
                .map(host -> host.toLowerCase(Locale.ROOT))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * Lets a request through, by its head alone.
     *
     * @param cameTo the address of this machine that its connection came to
     * @throws Refusal when it is not let through
     */
    void check(HttpRequest request, InetSocketAddress cameTo) {
        HttpHeaders headers = request.headers();
        String host = only(headers, HttpHeaderNames.HOST.toString());
        if (host == null) {
            throw new Refusal(Answer.error(400, "the header Host is missing"));
        }
        String name = withoutPort(host.toLowerCase(Locale.ROOT));
        if (!isOurs(name, cameTo)) {
            throw new Refusal(Answer.error(
                    403,
                    "Host '" + host + "' is not this server: use localhost, 127.0.0.1, [::1] or "
                            + String.join(", ", hosts)));
        }
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            checkOrigin(only(headers, HttpHeaderNames.ORIGIN.toString()), host);
        }
    }

    /** @throws Refusal when a body that changes something says that it is something else than JSON */
    static void checkBody(HttpHeaders headers) {
        String type = only(headers, HttpHeaderNames.CONTENT_TYPE.toString());
        String essence = type == null ? "" : type.replaceFirst(";.*", "").trim().toLowerCase(Locale.ROOT);
        if (!essence.equals(JSON)) {
            throw new Refusal(Answer.error(
                    415, "a body must come as Content-Type: " + JSON + (type == null ? "" : ", not '" + type + "'")));
        }
    }

    private static @Nullable String only(HttpHeaders headers, String name) {
        List<String> values = headers.getAll(name);
        if (values.size() > 1) {
            throw new Refusal(Answer.error(400, "the header " + name + " is given more than once"));
        }
        return values.isEmpty() ? null : values.get(0);
    }

    private static void checkOrigin(@Nullable String origin, String host) {
        if (origin != null && !origin.equalsIgnoreCase("http://" + host)) {
            throw new Refusal(Answer.error(403, "a page of the origin '" + origin + "' may not change anything here"));
        }
    }

    private static String withoutPort(String host) {
        if (host.startsWith("[")) {
            int end = host.indexOf(']');
            return end < 0 ? host : host.substring(1, end);
        }
        int colon = host.indexOf(':');
        return colon < 0 ? host : host.substring(0, colon);
    }

    private boolean isOurs(String name, InetSocketAddress cameTo) {
        if (name.equals(LOCALHOST) || hosts.contains(name)) {
            return true;
        }
        byte[] address = NetUtil.createByteArrayFromIpAddressString(name); // asks no DNS
        if (address == null) {
            return false;
        }
        try {
            InetAddress named = InetAddress.getByAddress(address);
            return named.isLoopbackAddress() || named.equals(cameTo.getAddress());
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
