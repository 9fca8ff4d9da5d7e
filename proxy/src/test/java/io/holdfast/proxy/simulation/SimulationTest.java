package io.holdfast.proxy.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.routing.Phase;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Whatever breaks, and in whatever order things happen, the invariants hold; see {@link Invariant}. */
@Execution(ExecutionMode.CONCURRENT)
class SimulationTest {
    private static final int RUNS = 20;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Path TRACES = Path.of("target", "simulation");

    private final Map<Faults.Fault, Integer> met = new EnumMap<>(Faults.Fault.class);
    private final Map<Operator.Order, Set<Phase>> given = new EnumMap<>(Operator.Order.class);

    private List<String> run(Path parent, long seed) throws IOException {
        Path directory = Files.createTempDirectory(parent, "seed-" + seed);
        var simulation = new Simulation(seed, directory);
        try {
            simulation.run();
        } catch (AssertionError e) {
            Files.createDirectories(TRACES);
            Path trace = TRACES.resolve("seed-" + seed + ".txt");
            Files.write(trace, simulation.trace().events());
            throw new AssertionError(e.getMessage() + "\nAll of it: " + trace.toAbsolutePath(), e);
        }
        delete(directory); // thousands of them would fill the disk
        simulation.met().forEach((fault, times) -> met.merge(fault, times, Integer::sum));
        simulation.given().forEach((order, phases) -> given.merge(order, EnumSet.copyOf(phases), SimulationTest::both));
        return simulation.trace().events();
    }

    private static Set<Phase> both(Set<Phase> some, Set<Phase> others) {
        some.addAll(others);
        return some;
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static WeakReference<Simulation> over(Path directory) {
        var simulation = new Simulation(1, directory);
        simulation.run();
        return new WeakReference<>(simulation);
    }

    @Test
    void theInvariantsHoldForEachSeed(@TempDir Path directory) throws IOException {
        for (long seed = 1; seed <= RUNS; seed++) {
            run(directory, seed);
        }
        assertThat(met.keySet()).containsExactly(Faults.Fault.values());
        assertThat(given.keySet()).containsExactly(Operator.Order.values());
        assertThat(given.values().stream().flatMap(Set::stream))
                .contains(Phase.OFFLINE, Phase.REPLAYING, Phase.DRAINING, Phase.ONLINE);
    }

    @Test
    void aSeedDoesTheSameEachTime(@TempDir Path directory) throws IOException {
        assertThat(run(directory, 1)).isEqualTo(run(directory, 1)).hasSizeGreaterThan(1_000);
    }

    /** Thousands of runs have one JVM. */
    @Test
    void aRunThatIsOverIsHeldByNobody(@TempDir Path directory) {
        WeakReference<Simulation> over = over(directory);
        await().atMost(PATIENCE).until(() -> {
            System.gc();
            return over.refersTo(null);
        });
    }

    /** {@code mvn verify -Psoak -Dsoak.minutes=30 -Dsoak.seed=7}: one seed after another, the first in any case. */
    @Test
    @Tag("soak")
    void theInvariantsHoldForThousandsOfSeeds(@TempDir Path directory) throws IOException {
        Duration length = Duration.ofMinutes(Long.getLong("soak.minutes", 1));
        long began = System.nanoTime();
        long first = Long.getLong("soak.seed", 1);
        long seed = first;
        do {
            run(directory, seed++);
        } while (System.nanoTime() - began < length.toNanos());
        System.out.println("simulated seeds " + first + " to " + (seed - 1) + ": " + met + ", orders " + given);
    }
}
