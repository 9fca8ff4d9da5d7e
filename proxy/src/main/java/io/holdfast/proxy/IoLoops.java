package io.holdfast.proxy;

import io.holdfast.proxy.client.HandedIntake;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loops beside the engine loop that read clients' sockets, write to them, and speak TLS with them; everything that a
 * request means happens on the engine loop all the same. Safe on every thread.
 */
final class IoLoops implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(IoLoops.class);

    private final EventLoopGroup group;
    private final Errands engine;
    private final Entrance entrance;

    /** Where clients get in, on the engine loop. */
    @FunctionalInterface
    interface Entrance {
        void arrived(Channel channel, HandedIntake intake);
    }

    /** @param loops how many, the engine loop not counted */
    IoLoops(int loops, IoHandlerFactory sockets, Executor engineLoop, Entrance entrance) {
        group = new MultiThreadIoEventLoopGroup(loops, new DefaultThreadFactory("io-loop", true), sockets);
        engine = new Errands(engineLoop);
        this.entrance = entrance;
    }

    /** Whose loops clients' sockets are to be registered with. */
    EventLoopGroup group() {
        return group;
    }

    /** A new connection, on its own loop, before anything is read from it. */
    void arrived(Channel channel) {
        var intake = new HandedIntake(channel, engine);
        channel.pipeline().addLast(intake);
        engine.execute(() -> enter(channel, intake));
    }

    private void enter(Channel channel, HandedIntake intake) {
        try {
            entrance.arrived(channel, intake);
        } catch (
                ChannelException e) { // its loop may have closed it at any moment, and a closed socket takes no options
            log.debug("A client went before it was let in: {}", e.getMessage());
            channel.close();
        }
    }

    /** In the middle of a script, on the engine loop: clients are heard. */
    void lookAfterClients() {
        engine.doSome();
    }

    /** Connections that are open are closed, behind the replies that were handed to them. */
    @Override
    public void close() {
        for (EventExecutor loop : group) {
            loop.submit(() -> {}).awaitUninterruptibly(ProxyServer.STOP_SECONDS_MAX, TimeUnit.SECONDS);
        }
        group.shutdownGracefully(0, ProxyServer.STOP_SECONDS_MAX, TimeUnit.SECONDS)
                .awaitUninterruptibly();
    }
}
