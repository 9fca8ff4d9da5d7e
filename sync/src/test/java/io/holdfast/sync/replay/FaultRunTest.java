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

    private final Map<Fault, Integer> met = new EnumMap<>(Fault.class);
    private RealRedis redis;

    @BeforeAll
    void startRedis() {
        redis = RealRedis.start("--appendonly", "yes", "--appendfsync", "always");
    }

    @AfterAll
    void endRedis() {
        redis.close();
    }

    /** One run, which says how often each fault has struck. */
    private interface Kind {
        Map<Fault, Integer> run(Path directory, long seed) throws IOException;
    }

    private Map<Fault, Integer> oneNode(Path directory, long seed) {
        try (var run = new FaultRun(directory, redis, seed)) {
            run.run();
            return run.met();
        }
    }

    private Map<Fault, Integer> twoNodes(Path directory, long seed) throws IOException {
        Path other = Files.createDirectory(directory.resolve("other"));
        try (var run = new TwoNodesRun(directory, other, redis, seed)) {
            run.run();
            return run.met();
        }
    }

    private void run(Kind kind, Path parent, long seed) throws IOException {
        try {
            kind.run(Files.createDirectory(parent.resolve("seed-" + seed)), seed)
                    .forEach((fault, times) -> met.merge(fault, times, Integer::sum));
        } catch (AssertionError e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
        }
    }

    private void runAll(Kind kind, Path directory) throws IOException {
        met.clear();
        for (long seed = 1; seed <= RUNS; seed++) {
            run(kind, directory, seed);
        }
    }

    /** {@code mvn verify -Psoak -Dsoak.minutes=30 -Dsoak.seed=7}: one seed after another. */
    private void runLong(Kind kind, Path directory) throws IOException {
        met.clear();
        Duration length = Duration.ofMinutes(Long.getLong("soak.minutes", 1));
        long began = System.nanoTime();
        long first = Long.getLong("soak.seed", 1);
        long seed = first;
        for (; System.nanoTime() - began < length.toNanos(); seed++) {
            run(kind, directory, seed);
        }
        System.out.println("seeds " + first + " to " + (seed - 1) + ": " + met);
    }

    @Test
    void whateverFailsEachEntryIsAppliedOnceInOrderAndWhole(@TempDir Path directory) throws IOException {
        runAll(this::oneNode, directory);
        assertThat(met).containsOnlyKeys(FaultRun.FAULTS);
    }

    @Test
    void nothingOfTwoNodesAndAClientBesideThemIsLostOrDoubled(@TempDir Path directory) throws IOException {
        runAll(this::twoNodes, directory);
        assertThat(met).containsOnlyKeys(TwoNodesRun.FAULTS);
    }

    @Test
    @Tag("soak")
    void whateverFailsForAsLongAsAsked(@TempDir Path directory) throws IOException {
        runLong(this::oneNode, directory);
        assertThat(met).containsOnlyKeys(FaultRun.FAULTS);
    }

    @Test
    @Tag("soak")
    void twoNodesAndAClientForAsLongAsAsked(@TempDir Path directory) throws IOException {
        runLong(this::twoNodes, directory);
        assertThat(met).containsOnlyKeys(TwoNodesRun.FAULTS);
    }
}
