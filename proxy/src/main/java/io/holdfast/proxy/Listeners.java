package io.holdfast.proxy;

import io.holdfast.proxy.tls.ServerTls;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The sockets that clients come to. Opened by one thread, closed by one. */
final class Listeners {
    private static final Logger log = LoggerFactory.getLogger(Listeners.class);
    private static final int BACKLOG = 511;

    /** Bits of a file's mode, as in the second field of {@code stat}. */
    private static final int TYPE_BITS = 0xF000;

    private static final int SOCKET = 0xC000;

    private final EventLoopGroup group;
    private EventLoopGroup clients;
    private final Transport transport;
    private Consumer<Channel> arrival;
    private final List<Channel> open = new ArrayList<>();
    private final List<String> places = new ArrayList<>();
    private @Nullable Path unixSocket;
    private int port;

    /** @param arrival hears of each new connection, on the connection's loop, before anything is read from it */
    Listeners(EventLoopGroup group, Transport transport, Consumer<Channel> arrival) {
        this.group = group;
        clients = group;
        this.transport = transport;
        this.arrival = arrival;
    }

    /** Connections to what listens from now on belong to these loops. */
    void clientsGoTo(EventLoopGroup loops, Consumer<Channel> arrivalThere) {
        clients = loops;
        arrival = arrivalThere;
    }

    /** Fails where somebody listens already: to be asked before the data directory is opened; binding itself decides later. */
    static void refuseOccupied(String bind, int port, String option) throws StartupException {
        for (BindAddress address : BindAddress.parse(bind)) {
            try {
                tryBinding(address.host(), port);
            } catch (IOException e) {
                if (!isMissing(address)) {
                    throw cannotListen(address.at(port), option, e);
                }
            }
        }
    }

    /** Whether it may be missing, and is: a machine without IPv6, say. */
    static boolean isMissing(BindAddress address) {
        if (!address.optional()) {
            return false;
        }
        try {
            tryBinding(address.host(), 0);
            return false;
        } catch (IOException e) {
            log.warn("Not listening on {}: {}", address.host(), e.getMessage());
            return true;
        }
    }

    /** Without listening: a client that came in that moment would be taken in, and cut off. */
    private static void tryBinding(String host, int port) throws IOException {
        try (var probe = new Socket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(host, port));
        }
    }

    static StartupException cannotListen(String where, String option, Throwable cause) {
        String why = cause instanceof IOException io ? io.getMessage() : String.valueOf(cause);
        return new StartupException(
                "cannot listen on " + where + ": " + why + "; is another server running there? choose another with "
                        + option,
                cause);
    }

    /**
     * Listens on all of some addresses, at one port.
     *
     * @param bind as {@link BindAddress} reads it
     * @param wanted port; 0: any that the first of them has free
     * @throws StartupException when an address cannot be had
     */
    void tcp(String bind, int wanted) throws StartupException {
        port = bindAll(tcp(null), bind, wanted, "--port", "");
    }

    /** As {@link #tcp}, for clients who speak TLS. */
    void tls(String bind, int wanted, ServerTls tls) throws StartupException {
        var unused = bindAll(tcp(tls), bind, wanted, "--tls-port", " (TLS)");
    }

    private int bindAll(ServerBootstrap bootstrap, String bind, int wanted, String option, String note)
            throws StartupException {
        int bound = wanted;
        for (BindAddress address : BindAddress.parse(bind)) {
            if (!isMissing(address)) {
                Channel channel =
                        bind(bootstrap, new InetSocketAddress(address.host(), bound), address.at(bound), option);
                bound = ((InetSocketAddress) channel.localAddress()).getPort();
                places.add(address.at(bound) + note);
            }
        }
        if (places.isEmpty()) {
            throw new StartupException("--bind " + bind + " names no address of this machine");
        }
        return bound;
    }

    private ServerBootstrap tcp(@Nullable ServerTls tls) {
        return new ServerBootstrap()
                .group(group, clients)
                .channel(transport.serverChannel())
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (tls != null) {
                            channel.pipeline().addLast(tls.handler(channel.alloc()));
                        }
                        arrival.accept(channel);
                    }
                });
    }

    /**
     * Listens on a Unix socket; one that a dead server left is replaced.
     *
     * @param mode of the socket's file, as chmod takes it: who may write to it may connect
     * @throws StartupException when it is in use, or the path is something else's
     */
    void unix(Path path, int mode) throws StartupException {
        removeAbandoned(path);
        var bootstrap = new ServerBootstrap()
                .group(group, clients)
                .channel(transport.unixServerChannel())
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        arrival.accept(channel);
                    }
                });
        bind(bootstrap, transport.unixAddress().apply(path.toAbsolutePath()), path.toString(), "--unixsocket");
        unixSocket = path;
        try {
            Files.setPosixFilePermissions(path, permissions(mode));
        } catch (IOException e) {
            throw new StartupException("cannot set the permissions of " + path + ": " + e.getMessage(), e);
        }
        places.add(path.toString());
    }

    private static void removeAbandoned(Path path) throws StartupException {
        try {
            if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                return;
            }
            int mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            if ((mode & TYPE_BITS) != SOCKET) {
                throw new StartupException("--unixsocket " + path + " is there and is no socket");
            }
            if (answers(path)) {
                throw new StartupException("--unixsocket " + path + " is in use by another server");
            }
            Files.delete(path);
        } catch (IOException e) {
            throw new StartupException("--unixsocket " + path + " cannot be replaced: " + e.getMessage(), e);
        }
    }

    private static boolean answers(Path path) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException e) {
            log.debug("Nobody listens at {}: {}", path, e.getMessage());
            return false;
        }
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        PosixFilePermission[] highestFirst = PosixFilePermission.values();
        for (int i = 0; i < highestFirst.length; i++) {
            if ((mode & 0400 >> i) != 0) {
                permissions.add(highestFirst[i]);
            }
        }
        return permissions;
    }

    private Channel bind(ServerBootstrap bootstrap, SocketAddress address, String where, String option)
            throws StartupException {
        ChannelFuture binding =
                bootstrap.option(ChannelOption.SO_BACKLOG, BACKLOG).bind(address);
        binding.awaitUninterruptibly();
        if (!binding.isSuccess()) {
            throw cannotListen(where, option, binding.cause());
        }
        open.add(binding.channel());
        return binding.channel();
    }

    /** Of plain TCP; 0: there is no such listener. */
    int port() {
        return port;
    }

    /** All places, for the person who started it. */
    String places() {
        return String.join(" and ", places);
    }

    /** Nobody comes any more; who is there stays. */
    void close() {
        for (Channel channel : open) {
            channel.close().awaitUninterruptibly();
        }
        open.clear();
        if (unixSocket != null) {
            try {
                Files.deleteIfExists(unixSocket);
            } catch (IOException e) {
                log.warn("The socket {} could not be removed: {}", unixSocket, e.getMessage());
            }
            unixSocket = null;
        }
    }
}
