package io.holdfast.proxy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/**
 * One of the addresses to listen on. Written as redis.conf has it, several behind each other, with spaces or commas between
 * them: {@code 127.0.0.1 -::1}. Immutable.
 *
 * @param optional written with a hyphen before it: whether a machine that does not have it is served all the same
 */
record BindAddress(String host, boolean optional) {
    /** @throws StartupException when there is none, or one is no address */
    static List<BindAddress> parse(String bind) throws StartupException {
        List<BindAddress> addresses = new ArrayList<>();
        for (String each : bind.split("[\\s,]+", -1)) {
            if (!each.isEmpty()) {
                boolean optional = each.length() > 1 && each.startsWith("-");
                addresses.add(new BindAddress(optional ? each.substring(1) : each, optional));
            }
        }
        if (addresses.isEmpty()) {
            throw new StartupException("--bind takes an address, such as 127.0.0.1");
        }
        return addresses;
    }

    /** Whether others than this machine's own programs can reach it. */
    boolean isWide() throws StartupException {
        try {
            return !InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new StartupException("--bind " + host + " is not an address of this machine", e);
        }
    }

    /** As people write it, with a port. */
    String at(int port) {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
