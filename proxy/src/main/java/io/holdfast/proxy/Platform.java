package io.holdfast.proxy;

import io.holdfast.sync.replay.ReplayConfig;
import io.holdfast.sync.replay.ReplayEnvironment;
import io.holdfast.sync.replay.Upstream;
import io.holdfast.sync.replay.Waits;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.security.SecureRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * What a Holdfast takes from the machine that it runs on, besides its loop and its files. Tests put another in its place, on
 * which the same things happen each time.
 *
 * @param unixMs wall clock, Unix milliseconds; any thread
 * @param nanoTime nanoseconds since any moment; never goes back; any thread
 * @param threads gives a thread of the name said, which runs one task after the other
 * @param upstreams makes the connection that a replay uses
 * @param waits how the replay's thread waits
 * @param loopWaits how another thread waits for what it has asked the engine loop to do
 */
record Platform(
        LongSupplier unixMs,
        LongSupplier nanoTime,
        SecureRandom random,
        Function<String, ExecutorService> threads,
        Function<ReplayConfig, Upstream> upstreams,
        Waits waits,
        Consumer<Future<?>> loopWaits) {
    /** This machine as it is. */
    static Platform real() {
        return new Platform(
                System::currentTimeMillis,
                System::nanoTime,
                new SecureRandom(),
                name -> Executors.newSingleThreadExecutor(new DefaultThreadFactory(name, true)),
                ReplayEnvironment::connection,
                Waits.REAL,
                Future::awaitUninterruptibly);
    }

    /** A clock that never goes back, milliseconds. */
    long monotonicMs() {
        return TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong());
    }
}
