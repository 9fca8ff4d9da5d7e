package io.holdfast.testing;

import java.time.Duration;
import java.util.function.LongSupplier;

/** A clock that a test moves by hand, Unix milliseconds. For one test thread. */
public final class TestClock implements LongSupplier {
    private long nowMs;

    public TestClock(long nowMs) {
        this.nowMs = nowMs;
    }

    @Override
    public long getAsLong() {
        return nowMs;
    }

    public void advance(Duration by) {
        nowMs += by.toMillis();
    }

    /** Forwards or backwards, as an administrator or a bad time server would. */
    public void jumpTo(long toMs) {
        nowMs = toMs;
    }
}
