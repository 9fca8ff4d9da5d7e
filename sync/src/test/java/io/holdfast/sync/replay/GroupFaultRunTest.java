package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testing.RealRedis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/** Consumer groups that are used here and by others, through everything that fails: {@link GroupFaultRun}. */
@TestInstance(Lifecycle.PER_CLASS)
class GroupFaultRunTest {
    private static final int RUNS = 12;
    private static final int SOAK_RUNS = 200;

    private RealRedis redis;

    @BeforeAll
    void startRedis() {
        redis = RealRedis.start();
    }

    @AfterAll
    void endRedis() {
        redis.close();
    }

    private Map<Fault, Integer> run(Path parent, long first, int runs) throws IOException {
        Map<Fault, Integer> met = new EnumMap<>(Fault.class);
        for (long seed = first; seed < first + runs; seed++) {
            Path directory = Files.createDirectory(parent.resolve("seed-" + seed));
            try (var run = new GroupFaultRun(directory, redis, seed)) {
                run.run();
                run.met().forEach((fault, times) -> met.merge(fault, times, Integer::sum));
            } catch (AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
        return met;
    }

    @Test
    void nothingOfAGroupIsLostOrDoubled(@TempDir Path directory) throws IOException {
        assertThat(run(directory, 1, RUNS)).isNotEmpty();
    }

    @Test
    @Tag("soak")
    void nothingOfAGroupIsLostOrDoubledInManyRuns(@TempDir Path directory) throws IOException {
        Map<Fault, Integer> met = run(directory, Long.getLong("soak.seed", 1), SOAK_RUNS);
        System.out.println(met);
        assertThat(met).containsOnlyKeys(GroupFaultRun.FAULTS);
    }
}
