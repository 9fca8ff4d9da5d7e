package io.holdfast.engine.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RealRedis;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What the engine answers, holds and journals is what a real redis-server answers and holds, whatever it is asked. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DifferentialTest {
    private static final long COMMANDS = 100_000;

    /** Commands that have no place here: what they do takes time, or goes beyond what a key holds. */
    private static final Set<String> TRIED_ELSEWHERE = Set.of(
            "OBJECT",
            "DUMP",
            "RESTORE",
            "WAIT",
            "WAITAOF",
            "BLPOP",
            "BRPOP",
            "BLMOVE",
            "BLMPOP",
            "BRPOPLPUSH",
            "BZPOPMIN",
            "BZPOPMAX",
            "BZMPOP");

    private final RealRedis real = RealRedis.start();
    private final RealRedis replay = RealRedis.start();

    @AfterAll
    void stop() {
        real.close();
        replay.close();
    }

    @Test
    void everyCommandOnDataIsTried() {
        assertThat(SideBySide.namesNeverTried(TRIED_ELSEWHERE)).isEmpty();
    }

    @Test
    void repliesStateAndEffectsAreThoseOfRedisInResp2() {
        run(1, RespVersion.RESP2);
    }

    @Test
    void repliesStateAndEffectsAreThoseOfRedisInResp3() {
        run(2, RespVersion.RESP3);
    }

    /** {@code mvn verify -Psoak -Dsoak.minutes=30 -Dsoak.seed=7}: one seed after another. */
    @Test
    @Tag("soak")
    void repliesStateAndEffectsAreThoseOfRedisForAsLongAsAsked() {
        Duration length = Duration.ofMinutes(Long.getLong("soak.minutes", 1));
        long seed = Long.getLong("soak.seed", 1);
        long started = System.nanoTime();
        long runs = 0;
        while (System.nanoTime() - started < length.toNanos()) {
            run(seed + runs, RespVersion.values()[(int) (runs % 2)]);
            runs++;
        }
        assertThat(runs).isPositive();
    }

    private void run(long seed, RespVersion version) {
        try (var run = new SideBySide(seed, version, real, replay)) {
            run.run(COMMANDS);
            assertThat(run.steps()).isGreaterThanOrEqualTo(COMMANDS);
        }
    }
}
