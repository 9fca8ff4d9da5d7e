package io.holdfast.proxy;

import io.holdfast.engine.config.Settings;
import io.holdfast.engine.failpoint.Failpoint;
import io.holdfast.proxy.tls.UpstreamTls;
import io.holdfast.proxy.upstream.FirstLook;
import io.holdfast.proxy.upstream.HealthProbe;
import io.holdfast.proxy.upstream.NameLookups;
import io.holdfast.proxy.upstream.UpstreamAddress;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a server refuses to start with, each by one line that says what would be right. */
final class StartupRefusals {
    private static final Logger log = LoggerFactory.getLogger(StartupRefusals.class);

    /** How long a start waits to hear what listens at the upstream's address. */
    private static final int FIRST_LOOK_MS_MAX = 500;

    private StartupRefusals() {}

    /** A failpoint that does not exist would never be met. */
    static void unknownFailpoints() throws StartupException {
        try {
            Failpoint.checkConfigured();
        } catch (IllegalArgumentException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Nobody but this machine may reach a server that does not ask who they are. */
    static void wideBind(ProxyConfig config, boolean asksForPasswords) throws StartupException {
        if (!asksForPasswords && isWide(config)) {
            throw new StartupException("--bind " + config.bind()
                    + " is refused: others could reach it and no password is set for the default user;"
                    + " set requirepass-file or aclfile, or bind to 127.0.0.1 or ::1");
        }
    }

    /** Beyond this machine passwords and data are not for everybody on the way. */
    static void wideReading(ProxyConfig config, Settings settings) throws StartupException {
        if (isWide(config) && settings.value("protected-mode").equals("yes")) {
            throw new StartupException(
                    "--bind " + config.bind() + " is refused without TLS: others could read passwords"
                            + " and data on the way; use --tls-port and --port 0, or, in a network that you trust, the setting"
                            + " protected-mode no");
        }
    }

    private static boolean isWide(ProxyConfig config) throws StartupException {
        for (BindAddress address : BindAddress.parse(config.bind())) {
            if (address.isWide()) {
                return true;
            }
        }
        return false;
    }

    /** Where others listen already. */
    static void occupiedPorts(ProxyConfig config) throws StartupException {
        if (config.port() != 0) {
            Listeners.refuseOccupied(config.bind(), config.port(), "--port");
        }
        if (config.httpPort() != null && config.httpPort() != 0) {
            Listeners.refuseOccupied(config.bind(), config.httpPort(), "--http-port");
        }
    }

    /** Whose commands would come round again and again. */
    static void self(ProxyConfig config) throws StartupException {
        UpstreamAddress upstream = config.upstream();
        if (upstream == null) {
            return;
        }
        Path socket = upstream.unixSocket();
        if (socket != null) {
            if (socket.toString().equals(config.settings().get("unixsocket"))) {
                throw isSelf(upstream);
            }
            return;
        }
        if (upstream.port() != config.port()) {
            return;
        }
        try {
            List<InetAddress> addresses =
                    NameLookups.OF_THIS_PROCESS.lookUp(upstream.host()).get(FIRST_LOOK_MS_MAX, TimeUnit.MILLISECONDS);
            for (InetAddress address : addresses) {
                if (address.isLoopbackAddress()
                        || address.isAnyLocalAddress()
                        || NetworkInterface.getByInetAddress(address) != null) {
                    throw isSelf(upstream);
                }
            }
        } catch (ExecutionException | TimeoutException | SocketException e) {
            log.debug("The upstream's host does not resolve now: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static StartupException isSelf(UpstreamAddress upstream) {
        return new StartupException("the upstream " + upstream + " is Holdfast itself:"
                + " give the real Redis's address by --upstream, or another --port");
    }

    /** Only what answers at once is seen here; an upstream that turns out to be a Holdfast later is never used. */
    static void holdfast(ProxyConfig config, @Nullable UpstreamTls tls) throws StartupException {
        UpstreamAddress upstream = config.upstream();
        if (upstream != null && FirstLook.meetsHoldfast(upstream, upstream.endpoint(tls), FIRST_LOOK_MS_MAX)) {
            throw new StartupException("the upstream " + upstream + " cannot be used: " + HealthProbe.IS_HOLDFAST
                    + "; give the real Redis's address by --upstream");
        }
    }
}
