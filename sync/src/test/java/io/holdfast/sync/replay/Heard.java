package io.holdfast.sync.replay;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Keeps what a replayer says, so that a test can wait for it. Any thread. */
final class Heard implements Replayer.Listener {
    private static final int WAIT_S_MAX = 30;

    /** One call. */
    sealed interface News {
        record CaughtUp(long sequence) implements News {}

        record Failed(String reason) implements News {}

        record Fenced(String reason) implements News {}

        record Halted(String reason) implements News {}
    }

    private final BlockingQueue<News> queue = new LinkedBlockingQueue<>();

    @Override
    public void caughtUp(long sequence) {
        queue.add(new News.CaughtUp(sequence));
    }

    @Override
    public void failed(String reason) {
        queue.add(new News.Failed(reason));
    }

    @Override
    public void fenced(String reason) {
        queue.add(new News.Fenced(reason));
    }

    @Override
    public void halted(String reason) {
        queue.add(new News.Halted(reason));
    }

    /** The next call, waited for. */
    News next() {
        try {
            News news = queue.poll(WAIT_S_MAX, TimeUnit.SECONDS);
            if (news == null) {
                throw new AssertionError("nothing heard of the replayer within " + WAIT_S_MAX + " s");
            }
            return news;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the replayer", e);
        }
    }

    boolean isSilent() {
        return queue.isEmpty();
    }
}
