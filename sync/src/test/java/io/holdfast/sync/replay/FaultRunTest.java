package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testing.RealRedis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/** Nothing lost, nothing doubled, order kept, no transaction by halves: whatever fails, and however often. */
@TestInstance(Lifecycle.PER_CLASS)
class FaultRunTest {
    private static final int RUNS = 25;

    private final Map<FaultRun.Fault, Integer> met = new EnumMap<>(FaultRun.Fault.class);
    private RealRedis redis;

    @BeforeAll
    void startRedis() {
        redis = RealRedis.start("--appendonly", "yes", "--appendfsync", "always");
    }

    @AfterAll
    void endRedis() {
        redis.close();
    }

    private void run(Path parent, long seed) throws IOException {
        Path directory = Files.createDirectory(parent.resolve("seed-" + seed));
        try (var run = new FaultRun(directory, redis, seed)) {
            run.run();
            run.met().forEach((fault, times) -> met.merge(fault, times, Integer::sum));
        } catch (AssertionError e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
        }
    }

    @Test
    void whateverFailsEachEntryIsAppliedOnceInOrderAndWhole(@TempDir Path directory) throws IOException {
        for (long seed = 1; seed <= RUNS; seed++) {
            run(directory, seed);
        }
        assertThat(met.keySet()).containsExactly(FaultRun.Fault.values());
    }

    /** {@code mvn verify -Psoak -Dsoak.minutes=30 -Dsoak.seed=7}: one seed after another. */
    @Test
    @Tag("soak")
    void asLongAsItIsLetToo(@TempDir Path directory) throws IOException {
        Duration length = Duration.ofMinutes(Long.getLong("soak.minutes", 1));
        long began = System.nanoTime();
        long first = Long.getLong("soak.seed", 1);
        long seed = first;
        for (; System.nanoTime() - began < length.toNanos(); seed++) {
            run(directory, seed);
        }
        System.out.println("seeds " + first + " to " + (seed - 1) + ": " + met);
        assertThat(met.keySet()).containsExactly(FaultRun.Fault.values());
    }
}
