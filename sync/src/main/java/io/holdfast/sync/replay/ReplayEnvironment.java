package io.holdfast.sync.replay;

import java.util.concurrent.ExecutorService;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * What replay needs of the world around it.
 *
 * @param clockMs wall clock, Unix milliseconds; any thread
 * @param stopwatch nanoseconds since any moment; never goes back; any thread
 * @param thread runs one session after the other; ended by {@link Replayer#close}
 * @param upstreams makes the connection that a session or a dry run uses
 * @param waits how {@code thread} waits
 * @param clockIsReal whether {@code clockMs} shows what the upstream's clock shows if both are right, so that TIME tells how far
 *     they are apart; false where a test has made it up
 */
public record ReplayEnvironment(
        LongSupplier clockMs,
        LongSupplier stopwatch,
        ExecutorService thread,
        Function<ReplayConfig, Upstream> upstreams,
        Waits waits,
        boolean clockIsReal) {
    /** The upstream over TCP or a Unix socket, with or without TLS, as {@code config} says. */
    public static Upstream connection(ReplayConfig config) {
        return new JedisUpstream(config.endpoint(), config.timeoutMs());
    }
}
