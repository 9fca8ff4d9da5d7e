package io.holdfast.proxy.client;

import io.holdfast.engine.LocalEngine;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketChannel;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Lets a new connection in, or sends it away with a reason. Lives on the engine loop. */
public final class Admission {
    private static final String FULL = "-ERR max number of clients reached\r\n";
    private static final String DENIED =
            "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the"
                    + " default user. In this mode connections are only accepted from the loopback interface. If you want to"
                    + " connect from external computers to Redis you may adopt one of the following solutions: 1) Just"
                    + " disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface"
                    + " by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not"
                    + " publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2)"
                    + " Alternatively you can just disable the protected mode by editing the Redis configuration file, and"
                    + " setting the protected mode option to 'no', and then restarting the server. 3) If you started the"
                    + " server manually just for testing, restart it with the '--protected-mode no' option. 4) Setup a an"
                    + " authentication password for the default user. NOTE: You only need to do one of the above things in"
                    + " order for the server to start accepting connections from the outside.\r\n";

    /** Of those that go unanswered the last one ends the connection, as in Redis. */
    private static final int KEEP_ALIVE_PROBES = 3;

    private final LocalEngine engine;
    private final ClientLimits limits;

    public Admission(LocalEngine engine, ClientLimits limits) {
        this.engine = engine;
        this.limits = limits;
    }

    /** False when the connection was refused: it is told why and closed. */
    public boolean admits(Channel channel) {
        String refusal = refusal(channel);
        if (refusal != null) {
            engine.stats().rejectedConnections++;
            channel.writeAndFlush(Unpooled.copiedBuffer(refusal, StandardCharsets.US_ASCII))
                    .addListener(ChannelFutureListener.CLOSE);
            return false;
        }
        if (!(channel instanceof SocketChannel)) {
            return true; // a Unix socket: its other end cannot vanish unnoticed
        }
        int seconds = limits.keepAliveSeconds();
        channel.config().setOption(ChannelOption.SO_KEEPALIVE, seconds > 0);
        if (seconds > 0 && channel instanceof EpollSocketChannel) {
            channel.config().setOption(EpollChannelOption.TCP_KEEPIDLE, seconds);
            channel.config().setOption(EpollChannelOption.TCP_KEEPINTVL, Math.max(1, seconds / KEEP_ALIVE_PROBES));
            channel.config().setOption(EpollChannelOption.TCP_KEEPCNT, KEEP_ALIVE_PROBES);
        }
        return true;
    }

    private @Nullable String refusal(Channel channel) {
        if (engine.sessions().size() >= limits.clientsMax()) {
            return FULL;
        }
        boolean local = !(channel.remoteAddress() instanceof InetSocketAddress address)
                || address.getAddress().isLoopbackAddress();
        boolean open = !engine.acl().asksForPasswords();
        return limits.isProtected() && open && !local ? DENIED : null;
    }
}
