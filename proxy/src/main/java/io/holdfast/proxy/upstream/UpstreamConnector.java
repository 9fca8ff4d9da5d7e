package io.holdfast.proxy.upstream;

import io.holdfast.proxy.tls.UpstreamTls;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Opens connections to the upstream; its name is resolved anew for each. Lives on one event loop. */
public final class UpstreamConnector {
    private static final int CONNECT_TIMEOUT_MS = 1000;
    /** A link that only listens sends nothing by itself: the kernel asks after so long whether the other side is there. */
    private static final int KEEP_ALIVE_IDLE_S = 15;

    private static final int KEEP_ALIVE_INTERVAL_S = 5;
    private static final int KEEP_ALIVE_PROBES = 3;

    private static final int READ_BYTES_MIN = 64;
    private static final int READ_BYTES_INITIAL = 2048;
    /** Four times Netty's: one shared connection carries the replies of all clients. */
    private static final int READ_BYTES_MAX = 256 * 1024;

    private final EventLoop loop;
    private final Class<? extends Channel> channelType;
    private final @Nullable SocketAddress unixAddress;
    private final @Nullable UpstreamTls tls;
    private UpstreamAddress address;
    private int timeoutMs;

    /**
     * @param unixAddress where the upstream's Unix socket is, for channels of {@code channelType}; null: TCP
     * @param tls null: plain
     * @param timeoutMs bound on connecting and greeting together
     */
    public UpstreamConnector(
            EventLoop loop,
            Class<? extends Channel> channelType,
            UpstreamAddress address,
            @Nullable SocketAddress unixAddress,
            @Nullable UpstreamTls tls,
            int timeoutMs) {
        this.loop = loop;
        this.channelType = channelType;
        this.address = address;
        this.unixAddress = unixAddress;
        this.tls = tls;
        this.timeoutMs = timeoutMs;
    }

    /** The next connections are made as somebody else, and given as long as this. */
    void change(UpstreamAddress samePlace, int otherTimeoutMs) {
        address = samePlace;
        timeoutMs = otherTimeoutMs;
    }

    EventLoop loop() {
        return loop;
    }

    UpstreamAddress address() {
        return address;
    }

    public @Nullable UpstreamTls tls() {
        return tls;
    }

    int timeoutMs() {
        return timeoutMs;
    }

    /** Connects {@code link}, which fails by itself when that is refused or takes too long. */
    void connect(UpstreamLink link) {
        ChannelFuture connecting = connect((ChannelHandler) link);
        connecting.addListener(done -> {
            if (done.isSuccess()) {
                link.connected(connecting.channel());
            } else {
                link.fail(String.valueOf(done.cause().getMessage()));
            }
        });
        // A handshake or a name server that hangs is as good as a connection that hangs.
        int ms = timeoutMs;
        loop.schedule(() -> link.failUnlessReady(ms), ms, TimeUnit.MILLISECONDS);
    }

    ChannelFuture connect(ChannelHandler handler) {
        var bootstrap = new Bootstrap()
                .group(loop)
                .channel(channelType)
                .option(ChannelOption.RECVBUF_ALLOCATOR, oneReadATurn())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.min(CONNECT_TIMEOUT_MS, timeoutMs))
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (tls != null) {
                            channel.pipeline().addLast(tls.handler(channel.alloc(), address.host(), address.port()));
                        }
                        channel.pipeline().addLast(handler);
                    }
                });
        if (unixAddress != null) {
            return bootstrap.disableResolver().connect(unixAddress);
        }
        if (EpollSocketChannel.class.isAssignableFrom(channelType)) {
            // What is sent and not acknowledged in the time for a reply is as good as lost, whoever waits for it.
            bootstrap
                    .option(EpollChannelOption.TCP_USER_TIMEOUT, timeoutMs)
                    .option(EpollChannelOption.TCP_KEEPIDLE, KEEP_ALIVE_IDLE_S)
                    .option(EpollChannelOption.TCP_KEEPINTVL, KEEP_ALIVE_INTERVAL_S)
                    .option(EpollChannelOption.TCP_KEEPCNT, KEEP_ALIVE_PROBES);
        }
        return bootstrap
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .resolver(NameLookups.OF_THIS_PROCESS)
                .connect(InetSocketAddress.createUnresolved(address.host(), address.port()));
    }

    /** What one read takes is in the caches while it is handed on; several of them in one turn would not be. */
    private static RecvByteBufAllocator oneReadATurn() {
        return new AdaptiveRecvByteBufAllocator(READ_BYTES_MIN, READ_BYTES_INITIAL, READ_BYTES_MAX)
                .maxMessagesPerRead(1);
    }
}
