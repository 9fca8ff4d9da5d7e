package io.holdfast.proxy.upstream;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.resolver.DefaultAddressResolverGroup;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/**
 * Opens connections to the upstream; its name is resolved anew for each. Lives on one event loop.
 *
 * @param timeoutMs bound on connecting and greeting together
 */
public record UpstreamConnector(
        EventLoop loop, Class<? extends Channel> channelType, UpstreamAddress address, int timeoutMs) {
    private static final int CONNECT_TIMEOUT_MS = 1000;

    /** Connects {@code link}, which fails by itself when that is refused or takes too long. */
    void connect(UpstreamLink link) {
        ChannelFuture connecting = new Bootstrap()
                .group(loop)
                .channel(channelType)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.min(CONNECT_TIMEOUT_MS, timeoutMs))
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .resolver(DefaultAddressResolverGroup.INSTANCE)
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(link);
                    }
                })
                .connect(InetSocketAddress.createUnresolved(address.host(), address.port()));
        connecting.addListener(done -> {
            if (done.isSuccess()) {
                link.connected(connecting.channel());
            } else {
                link.fail(String.valueOf(done.cause().getMessage()));
            }
        });
        // A handshake that hangs is as good as a connection that hangs.
        loop.schedule(() -> link.failUnlessReady("no handshake in time"), timeoutMs, TimeUnit.MILLISECONDS);
    }
}
