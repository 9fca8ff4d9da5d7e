package io.holdfast.proxy.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Answers HTTP on a thread of its own, {@code http}, whatever the upstream does. Made by one thread, closed by one.
 *
 * <pre>
 *   socket ──► codec ──► one at a time ──► Connection ──► Routes ──► Errand ──► engine loop
 * </pre>
 */
public final class HttpServer implements AutoCloseable {
    static final int LINE_BYTES_MAX = 8 * 1024;
    static final int HEADER_BYTES_MAX = 16 * 1024;
    private static final int CHUNK_BYTES_MAX = 16 * 1024;
    private static final int CONNECTIONS_MAX = 64;
    private static final int BACKLOG = 128;
    private static final int CLOSE_SECONDS_MAX = 2;

    private static final String FULL = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
            + "Connection: close\r\nContent-Length: %d\r\n\r\n%s";
    private static final String FULL_BODY =
            "{\"error\":\"there are " + CONNECTIONS_MAX + " connections already; try again\"}\n";

    private final MultiThreadIoEventLoopGroup group;
    private final ChannelGroup connections;
    private final List<Channel> listeners;

    private HttpServer(MultiThreadIoEventLoopGroup group, ChannelGroup connections, List<Channel> listeners) {
        this.group = group;
        this.connections = connections;
        this.listeners = listeners;
    }

    /**
     * Begins to listen.
     *
     * @param hosts addresses of this machine, at least one
     * @param port 0: any that the first of them has free
     * @throws IOException when the address cannot be had
     */
    public static HttpServer start(
            IoHandlerFactory io, Class<? extends ServerChannel> channels, List<String> hosts, int port, Engine engine)
            throws IOException {
        var group = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("http", true), io);
        var connections = new DefaultChannelGroup(group.next());
        var status = new StatusRoutes(engine.state(), group.next());
        var routes = new Routes();
        status.addTo(routes);
        new SyncRoutes().addTo(routes);
        new HandoffRoutes().addTo(routes);
        new ConfigRoutes().addTo(routes);
        var gate = new Gate(hosts);
        var bootstrap = new ServerBootstrap()
                .group(group)
                .channel(channels)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        arrived(channel, connections, new Connection(routes, gate, engine));
                    }
                });
        List<Channel> listeners = new ArrayList<>();
        int bound = port;
        for (String host : hosts) {
            var binding = bootstrap.bind(new InetSocketAddress(host, bound)).awaitUninterruptibly();
            if (!binding.isSuccess()) {
                group.shutdownGracefully(0, CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
                throw binding.cause() instanceof IOException e ? e : new IOException(String.valueOf(binding.cause()));
            }
            listeners.add(binding.channel());
            bound = portOf(binding.channel());
        }
        group.next().execute(() -> warmUp(routes, engine, group.next()));
        return new HttpServer(group, connections, listeners);
    }

    /** Classes are loaded before somebody waits for them: the first answer would take ten times as long as others. */
    private static void warmUp(Routes routes, Engine engine, EventLoop http) {
        var wire = new EmbeddedChannel(codec());
        wire.writeInbound(Unpooled.copiedBuffer(
                "GET /api/fallback/status HTTP/1.1\r\nHost: localhost\r\n\r\n", StandardCharsets.US_ASCII));
        HttpRequest request = wire.readInbound();
        var errand = new Errand(engine, http, "127.0.0.1:0", "127.0.0.1:0");
        var unused = routes.answer(request, new byte[0], errand).whenComplete((answer, failure) -> {
            errand.end();
            wire.writeOutbound(Connection.response(failure == null ? answer : Routes.answerTo(failure)));
            wire.finishAndReleaseAll();
        });
    }

    private static HttpServerCodec codec() {
        return new HttpServerCodec(new HttpDecoderConfig()
                .setMaxInitialLineLength(LINE_BYTES_MAX)
                .setMaxHeaderSize(HEADER_BYTES_MAX)
                .setMaxChunkSize(CHUNK_BYTES_MAX));
    }

    private static void arrived(Channel channel, ChannelGroup connections, Connection connection) {
        if (connections.size() >= CONNECTIONS_MAX) {
            String answer = FULL.formatted(FULL_BODY.length(), FULL_BODY);
            channel.writeAndFlush(Unpooled.copiedBuffer(answer, StandardCharsets.US_ASCII))
                    .addListener(ChannelFutureListener.CLOSE);
            return;
        }
        connections.add(channel);
        channel.pipeline()
                .addLast(codec())
                // What was sent ahead waits here, at most what was read from the socket at once.
                .addLast(new FlowControlHandler())
                .addLast(connection);
    }

    public int port() {
        return portOf(listeners.get(0));
    }

    private static int portOf(Channel listener) {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /** All places, for the person who started it. */
    public String places() {
        return listeners.stream()
                .map(listener -> NetUtil.toSocketAddressString((InetSocketAddress) listener.localAddress()))
                .collect(Collectors.joining(" and "));
    }

    /** Nobody comes any more, and who is there goes. */
    @Override
    public void close() {
        listeners.forEach(listener -> listener.close().awaitUninterruptibly());
        connections.close().awaitUninterruptibly(CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
        group.shutdownGracefully(0, CLOSE_SECONDS_MAX, TimeUnit.SECONDS)
                .awaitUninterruptibly(CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
    }
}
