package io.holdfast.proxy;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.ThreadAwareExecutor;
import java.util.function.Consumer;

/**
 * The loop's own way to its sockets, which can also be taken from within a turn: what is ready is read and answered while
 * a script runs on, as Redis does. Sockets are watched level-triggered, so what an outer round had still to see is
 * reported again. Before it sleeps it looks for a moment whether there is more ({@link BusyPoll}). Lives on the engine loop.
 */
final class PumpedIo implements IoHandler {
    private static final IoHandlerContext AT_ONCE = new IoHandlerContext() {
        @Override
        public boolean canBlock() {
            return false;
        }

        @Override
        public long delayNanos(long currentTimeNanos) {
            return 0;
        }

        @Override
        public long deadlineNanos() {
            return System.nanoTime();
        }
    };

    private final IoHandler io;
    private final BusyPoll poll = new BusyPoll();

    private PumpedIo(IoHandler io) {
        this.io = io;
    }

    /** The factory of the one loop that there is; {@code made} gets its pump. */
    static IoHandlerFactory factory(IoHandlerFactory of, Consumer<PumpedIo> made) {
        return new IoHandlerFactory() {
            @Override
            public IoHandler newHandler(ThreadAwareExecutor executor) {
                var pumped = new PumpedIo(of.newHandler(executor));
                made.accept(pumped);
                return pumped;
            }

            @Override
            public boolean isChangingThreadSupported() {
                return of.isChangingThreadSupported();
            }
        };
    }

    /** Handles every socket that is ready now. */
    void pump() {
        io.run(AT_ONCE);
    }

    @Override
    public void initialize() {
        io.initialize();
    }

    @Override
    public int run(IoHandlerContext context) {
        return poll.run(io, context, AT_ONCE);
    }

    @Override
    public void prepareToDestroy() {
        io.prepareToDestroy();
    }

    @Override
    public void destroy() {
        io.destroy();
    }

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
        return io.register(handle);
    }

    @Override
    public void wakeup() {
        io.wakeup();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
        return io.isCompatible(handleType);
    }
}
