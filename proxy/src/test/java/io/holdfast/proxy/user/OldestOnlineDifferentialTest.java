package io.holdfast.proxy.user;

import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RealRedis;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Before a Redis 6.2, too, whatever is asked is answered as without Holdfast. */
@Execution(ExecutionMode.CONCURRENT)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OldestOnlineDifferentialTest {
    private static final long COMMANDS = 4_000;
    private static final long COMMANDS_HOSTILE = 2_000;
    /** So short a run touches less of what SWAPDB put elsewhere. */
    private static final double COPIED_MIN = 0.25;

    private final RealRedis other = RealRedis.startOldest();
    private final Scene scene;

    OldestOnlineDifferentialTest(@TempDir Path directory) throws Exception {
        scene = Scene.before(RealRedis.startOldest(), directory);
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
        OnlineDifferentialTest.run(60 + version.number(), false, version, scene, other, COMMANDS, COPIED_MIN);
    }

    @ParameterizedTest
    @EnumSource(RespVersion.class)
    @Execution(ExecutionMode.SAME_THREAD)
    void whatNoCommandExpectsIsAnsweredAsByRedisAndLeavesTheSame(RespVersion version) {
        OnlineDifferentialTest.run(70 + version.number(), true, version, scene, other, COMMANDS_HOSTILE, COPIED_MIN);
    }
}
