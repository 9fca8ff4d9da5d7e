package io.holdfast.proxy.user;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.proxy.user.Scene.Mode;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RealRedis;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever is asked, a redis-server behind Holdfast answers and holds what one without does (promise P2), and the warm copy
 * is true (contract, rule 13).
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OnlineDifferentialTest {
    private static final long COMMANDS = 15_000;
    private static final long COMMANDS_HOSTILE = 8_000;
    private static final int STATE_EVERY = Integer.getInteger("differential.stateEvery", 5_000);
    /** The rest was in a database that others changed places with, and has not been touched since. */
    private static final double COPIED_MIN = 0.5;

    private final RealRedis other = RealRedis.start();
    private final Scene scene;

    OnlineDifferentialTest(@TempDir Path directory) throws Exception {
        scene = Scene.of(Mode.ONLINE, directory);
    }

    @AfterAll
    void stop() {
        scene.close();
        other.close();
    }

    @ParameterizedTest
    @EnumSource(RespVersion.class)
    void repliesStateAndWarmCopyAreThoseOfRedis(RespVersion version) {
        run(10 + version.number(), false, version, COMMANDS);
    }

    @ParameterizedTest
    @EnumSource(RespVersion.class)
    void whatNoCommandExpectsIsAnsweredAsByRedisAndLeavesTheSame(RespVersion version) {
        run(20 + version.number(), true, version, COMMANDS_HOSTILE);
    }

    /** {@code mvn verify -Psoak -Dsoak.minutes=30 -Dsoak.seed=7}: one seed after another. */
    @Test
    @Tag("soak")
    void repliesStateAndWarmCopyAreThoseOfRedisForAsLongAsAsked() {
        Duration length = Duration.ofMinutes(Long.getLong("soak.minutes", 1));
        long seed = Long.getLong("soak.seed", 1);
        long started = System.nanoTime();
        long runs = 0;
        long steps = 0;
        while (System.nanoTime() - started < length.toNanos()) {
            RespVersion version = runs % 2 == 0 ? RespVersion.RESP2 : RespVersion.RESP3;
            steps += run(seed + runs, false, version, COMMANDS);
            steps += run(seed + runs, true, version, COMMANDS_HOSTILE);
            runs++;
        }
        assertThat(steps).isGreaterThanOrEqualTo(runs * (COMMANDS + COMMANDS_HOSTILE));
    }

    private long run(long seed, boolean hostile, RespVersion version, long commands) {
        return run(seed, hostile, version, scene, other, commands, COPIED_MIN);
    }

    /**
     * How many commands there were, {@code commands} at least.
     *
     * @param copiedMin share of what the upstream holds that is in the warm copy at least
     */
    static long run(
            long seed,
            boolean hostile,
            RespVersion version,
            Scene scene,
            RealRedis other,
            long commands,
            double copiedMin) {
        try (var run = new BesideRedis(seed, hostile, version, scene, other, STATE_EVERY)) {
            run.run(commands);
            assertThat(run.steps()).isGreaterThanOrEqualTo(commands);
            assertThat(run.shareCopied()).describedAs("copied").isGreaterThan(copiedMin);
            return run.steps();
        }
    }
}
