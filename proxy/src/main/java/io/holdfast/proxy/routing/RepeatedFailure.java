package io.holdfast.proxy.routing;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells a failure that is news from one that repeats the last, so that what fails once a second for ever does not fill the
 * log. Lives on the engine loop; times are its ticker's.
 */
final class RepeatedFailure {
    /** The same failure is told once in this time. */
    static final long QUIET_NANOS = TimeUnit.MINUTES.toNanos(1);

    private @Nullable String told;
    private long toldAtNanos;

    /** Whether one was told so lately that an attempt, which may end likewise, is not worth a line. */
    boolean isQuiet(long nowNanos) {
        return told != null && nowNanos - toldAtNanos < QUIET_NANOS;
    }

    /** Whether this failure is to be told; from then on it has been. */
    boolean isNews(String reason, long nowNanos) {
        boolean news = !reason.equals(told) || !isQuiet(nowNanos);
        if (news) {
            told = reason;
            toldAtNanos = nowNanos;
        }
        return news;
    }

    /** Things have changed: the next failure is news, whatever it is. */
    void forget() {
        told = null;
    }
}
