package io.holdfast.proxy;

import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.FastThreadLocalThread;

/** Makes the engine loop's thread: Lua's patterns and values nest on the C stack, and a deep one must not end the process. */
final class EngineLoopThreads extends DefaultThreadFactory {
    private static final long STACK_BYTES = 64L << 20; // of address space; pages come when they are touched

    EngineLoopThreads() {
        super("engine-loop");
    }

    @Override
    protected Thread newThread(Runnable task, String name) {
        return new FastThreadLocalThread(threadGroup, task, name, STACK_BYTES);
    }
}
