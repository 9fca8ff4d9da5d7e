package io.holdfast.proxy.user;

import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RealRedis;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Before another version of Redis, too, whatever is asked is answered as without Holdfast. */
@Execution(ExecutionMode.CONCURRENT)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class OtherOnlineDifferential {
    private static final long COMMANDS = 4_000;
    private static final long COMMANDS_HOSTILE = 2_000;
    private static final long SEEDS = 10;
    /** So short a run touches less of what SWAPDB put elsewhere. */
    private static final double COPIED_MIN = 0.25;

    private final long seed;
    private final RealRedis other;
    private final Scene scene;

    /** @param seed of the first of twenty runs, which no other subclass has */
    OtherOnlineDifferential(long seed, Supplier<RealRedis> start, Path directory) throws Exception {
        this.seed = seed;
        other = start.get();
        scene = Scene.before(start.get(), directory);
    }

    @AfterAll
    void stop() {
        scene.close();
        other.close();
    }

    @ParameterizedTest
    @EnumSource(RespVersion.class)
    @Execution(ExecutionMode.SAME_THREAD)
    void repliesStateAndWarmCopyAreThoseOfRedis(RespVersion version) {
        OnlineDifferentialTest.run(seed + version.number(), false, version, scene, other, COMMANDS, COPIED_MIN);
    }

    @ParameterizedTest
    @EnumSource(RespVersion.class)
    @Execution(ExecutionMode.SAME_THREAD)
    void whatNoCommandExpectsIsAnsweredAsByRedisAndLeavesTheSame(RespVersion version) {
        OnlineDifferentialTest.run(
                seed + SEEDS + version.number(), true, version, scene, other, COMMANDS_HOSTILE, COPIED_MIN);
    }
}
