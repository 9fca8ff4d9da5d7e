package io.holdfast.engine.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.family.Families;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RealRedis;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the engine answers, holds and journals is what a real redis-server answers and holds, whatever it is asked. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DifferentialTest {
    private static final long COMMANDS = 100_000;
    private static final long COMMANDS_BOUNDED = 20_000;
    private static final long COMMANDS_HOSTILE = 20_000;
    private static final long BYTES_MAX = 20_000;

    private static final Set<CommandGroup> DATA = EnumSet.of(
            CommandGroup.STRING,
            CommandGroup.BITMAP,
            CommandGroup.HYPERLOGLOG,
            CommandGroup.GEO,
            CommandGroup.HASH,
            CommandGroup.LIST,
            CommandGroup.SET,
            CommandGroup.SORTED_SET,
            CommandGroup.STREAM,
            CommandGroup.GENERIC,
            CommandGroup.TRANSACTIONS);

    /** Commands that have no place here: what they do takes time, or is not the same on two servers. */
    private static final Set<String> TRIED_ELSEWHERE = Set.of(
            "DUMP",
            "RESTORE",
            "WAIT",
            "WAITAOF",
            "MIGRATE",
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
        Set<String> onData = new HashSet<>();
        for (CommandSpec spec : CommandTable.of(Families.all()).all()) {
            if (DATA.contains(spec.group())) {
                onData.add(spec.name().toUpperCase(Locale.ROOT));
            }
        }
        onData.removeAll(TRIED_ELSEWHERE);

        assertThat(CommandGenerator.names()).containsAll(onData);
    }

    @Test
    void repliesStateAndEffectsAreThoseOfRedisInResp2() {
        run(1, RespVersion.RESP2);
    }

    @Test
    void repliesStateAndEffectsAreThoseOfRedisInResp3() {
        run(2, RespVersion.RESP3);
    }

    /** Numbers out of all bounds, NaN, NUL and newline: the same error, nothing half done, nothing journaled. */
    @ParameterizedTest
    @EnumSource(RespVersion.class)
    void whatNoCommandExpectsIsAnsweredAsByRedisAndLeavesNothing(RespVersion version) {
        try (var run = SideBySide.hostile(4, version, real, replay)) {
            run.run(COMMANDS_HOSTILE);
        }
    }

    /** Values leave memory all the time and come back, by commands that wait for them and by such that do not. */
    @Test
    void repliesAndStateAreThoseOfRedisWhereNearlyNothingStaysInMemory(@TempDir Path directory) {
        try (var run = SideBySide.bounded(3, directory, BYTES_MAX, real, replay)) {
            run.run(COMMANDS_BOUNDED);
            assertThat(run.loads()).isGreaterThan(COMMANDS_BOUNDED / 10);
        }
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
            RespVersion version = runs % 2 == 0 ? RespVersion.RESP2 : RespVersion.RESP3;
            run(seed + runs, version);
            try (var hostile = SideBySide.hostile(seed + runs, version, real, replay)) {
                hostile.run(COMMANDS_HOSTILE);
            }
            runs++;
        }
        System.out.printf(
                "seeds %d to %d: %,d commands%n", seed, seed + runs - 1, runs * (COMMANDS + COMMANDS_HOSTILE));
        assertThat(runs).isPositive();
    }

    private void run(long seed, RespVersion version) {
        try (var run = new SideBySide(seed, version, real, replay)) {
            run.run(COMMANDS);
            assertThat(run.steps()).isGreaterThanOrEqualTo(COMMANDS);
        }
    }
}
