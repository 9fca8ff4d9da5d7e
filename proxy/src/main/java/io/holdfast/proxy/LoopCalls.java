package io.holdfast.proxy;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/**
 * Has things done on the engine loop for threads that wait for it. Any thread but the loop's own.
 *
 * @param waits returns when what it is given is done
 */
record LoopCalls(EventLoop loop, Consumer<Future<?>> waits) {
    /** Gives what {@code task} gives; what it throws is thrown. */
    <T> T call(Callable<T> task) {
        Future<T> done = loop.submit(task);
        waits.accept(done);
        return done.syncUninterruptibly().getNow();
    }

    /** What {@code task} throws is thrown. */
    void run(Runnable task) {
        Future<?> done = loop.submit(task);
        waits.accept(done);
        done.syncUninterruptibly();
    }
}
