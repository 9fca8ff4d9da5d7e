package io.holdfast.proxy.outage;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.failpoint.Failpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holdfast dies at each named step in turn, and is started again: promises P3 and P4 at the moments that matter. */
class KillAtEachStepTest {
    private static final int CHAINS = 2;
    private static final int HITS_MAX = 4;
    private static final int EXIT_SECONDS_MAX = 60;

    /** Each chain takes every other step, so that both together take them all. */
    @ParameterizedTest(name = "chain {0}")
    @ValueSource(ints = {0, 1})
    @Execution(ExecutionMode.CONCURRENT)
    void nothingIsLostOrDoubledWhicheverStepIsTheLast(int chain, @TempDir Path directory) throws Exception {
        try (var run = new StepByStep(HoldfastProgram.get(), directory, chain)) {
            Failpoint[] steps = Failpoint.values();
            for (int i = chain; i < steps.length; i += CHAINS) {
                String before = run.log();
                boolean died = run.dieAt(steps[i], hit(steps[i]));
                assertThat(died)
                        .as("dies at %s; %s\nbefore: %s", steps[i], run.log(), before)
                        .isTrue();
            }
            run.live();
            assertThat(run.sawOnline()).isTrue();
        }
    }

    /** So that what was acknowledged before is at stake. */
    private static int hit(Failpoint step) {
        return step == Failpoint.JOURNAL_BEFORE_WRITE || step == Failpoint.JOURNAL_AFTER_WRITE ? 7 : 1;
    }

    /** {@code mvn verify -Psoak -Dsoak.minutes=30 -Dsoak.seed=7}: in any order, and not only at the first passage. */
    @Test
    @Tag("soak")
    void nothingIsLostOrDoubledForAsLongAsAsked(@TempDir Path directory) throws Exception {
        Duration length = Duration.ofMinutes(Long.getLong("soak.minutes", 1));
        long began = System.nanoTime();
        int deaths = 0;
        for (long seed = Long.getLong("soak.seed", 1); System.nanoTime() - began < length.toNanos(); seed++) {
            var random = new Random(seed);
            List<Failpoint> steps = new ArrayList<>(List.of(Failpoint.values()));
            Collections.shuffle(steps, random);
            try (var run = new StepByStep(
                    HoldfastProgram.get(), Files.createDirectory(directory.resolve("seed-" + seed)), seed)) {
                for (Failpoint step : steps) {
                    int hit = 1 + random.nextInt(HITS_MAX);
                    System.err.println("seed " + seed + ": " + step.word() + " passage " + hit);
                    deaths += run.dieAt(step, hit) ? 1 : 0;
                }
                run.live();
            }
        }
        assertThat(deaths).isPositive();
    }

    @Test
    void aNameThatIsNoneIsAnErrorAtTheStart(@TempDir Path directory) throws Exception {
        Path said = directory.resolve("said");
        var command = HoldfastProgram.get()
                .with("-Dholdfast.failpoint=replay-snet:halt")
                .command("serve", "--standalone", "--port", "0", "--data-dir", directory.resolve("data") + "");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        try {
            assertThat(process.waitFor(EXIT_SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }

        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(Files.readAllLines(said))
                .singleElement()
                .asString()
                .startsWith("holdfast: holdfast.failpoint: there is no 'replay-snet'")
                .contains("replay-sent");
        assertThat(directory.resolve("data")).doesNotExist();
    }
}
