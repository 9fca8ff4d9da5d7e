package io.holdfast.proxy.admin;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.store.StorageException;
import io.holdfast.resp.Reply;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out what waits for the disk or the upstream, one thing after the other on a thread, and answers the client when it
 * is done: the engine loop never waits. A client has at most one thing here, so what waits is bounded by their number.
 */
public final class Desk implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Desk.class);
    private static final int CLOSE_SECONDS_MAX = 5;

    private final Executor loop;
    private final ExecutorService thread;

    /** What is done on the desk's thread. */
    @FunctionalInterface
    public interface Work {
        /**
         * Does it, and gives the reply.
         *
         * @throws RedisError when it is refused
         * @throws StorageException when the disk refuses
         */
        Reply run();
    }

    /**
     * @param thread does one thing after the other; it ends with the desk
     * @param loop where replies are given
     */
    public Desk(ExecutorService thread, Executor loop) {
        this.thread = thread;
        this.loop = loop;
    }

    /** Does {@code work} and answers the client of {@code c} with what it gives. On the engine loop. */
    public Reply later(CommandContext c, Work work) {
        Consumer<Reply> answer = c.answerLater();
        try {
            thread.execute(() -> {
                Reply reply = run(work);
                answer(answer, reply);
            });
        } catch (RejectedExecutionException e) {
            log.debug("The server stops: nothing is begun any more", e);
        }
        return Reply.NONE;
    }

    /** Does {@code work}, for which no client waits. Any thread. */
    public void soon(Work work) {
        try {
            thread.execute(() -> run(work));
        } catch (RejectedExecutionException e) {
            log.debug("The server stops: nothing is begun any more", e);
        }
    }

    private static Reply run(Work work) {
        try {
            return work.run();
        } catch (RedisError refused) {
            return refused.reply();
        } catch (StorageException e) {
            log.error("An operator's command could not be carried out: {}", e.getMessage());
            return OperatorError.notCarriedOut(String.valueOf(e.getMessage())).reply();
        } catch (RuntimeException e) {
            log.error("An operator's command ended with an error of ours: please report it", e);
            return OperatorError.notCarriedOut("an internal error: " + e).reply();
        }
    }

    private void answer(Consumer<Reply> to, Reply reply) {
        try {
            loop.execute(() -> to.accept(reply));
        } catch (RejectedExecutionException e) {
            log.debug("The server has stopped: nobody hears of it", e);
        }
    }

    /** Finishes what has been begun; the loop must still run, for that may need it. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(CLOSE_SECONDS_MAX, TimeUnit.SECONDS)) {
                log.warn("What an operator asked for has not ended within {} s", CLOSE_SECONDS_MAX);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
