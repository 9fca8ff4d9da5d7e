package io.holdfast.sync.replay;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** How the replay thread waits for others; a port, so that tests can let time pass without passing it. */
public interface Waits {
    /** By the clock on the wall. */
    Waits REAL = new Waits() {
        @Override
        public boolean acquire(Semaphore permits, long nanosMax) throws InterruptedException {
            return permits.tryAcquire(nanosMax, TimeUnit.NANOSECONDS);
        }

        @Override
        public boolean await(CountDownLatch latch, long nanosMax) throws InterruptedException {
            return latch.await(nanosMax, TimeUnit.NANOSECONDS);
        }
    };

    /** Takes a permit; false when there was none within the time, nanoseconds. */
    boolean acquire(Semaphore permits, long nanosMax) throws InterruptedException;

    /** Waits until {@code latch} has come to zero; false when it has not within the time, nanoseconds. */
    boolean await(CountDownLatch latch, long nanosMax) throws InterruptedException;
}
