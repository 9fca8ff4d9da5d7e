package io.holdfast.proxy.routing;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the engine loop run what other threads have found out for it. When the loop has stopped, so has all that waited for
 * it, and what comes then is dropped. Any thread.
 *
 * @param loop the engine loop, or what stands for it
 */
public record BesideLoop(Executor loop) implements Executor {
    private static final Logger log = LoggerFactory.getLogger(BesideLoop.class);

    @Override
    public void execute(Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            log.debug("The server has stopped: nobody waits for it", e);
        }
    }
}
