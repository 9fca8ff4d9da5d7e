package io.holdfast.proxy.outage;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testing.RespClient;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holdfast alone, with so little memory that it checkpoints all the time, is killed while clients write, while it checkpoints
 * and while it recovers: promise P3.
 */
class KillNineStandaloneTest {
    private static final int SEEDS = 2;
    private static final int KILLS = 4;
    private static final int COUNTERS = 200;
    private static final int BURSTS_MAX = 150;
    private static final int BURST = 20;
    private static final String PADDING = "x".repeat(400);

    static LongStream seeds() {
        return LongStream.rangeClosed(1, SEEDS);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    @Execution(ExecutionMode.CONCURRENT)
    void everyAcknowledgedWriteIsThereWhateverWasGoingOn(long seed, @TempDir Path directory) throws Exception {
        Path config = directory.resolve("config.json");
        Files.writeString(config, "{\"server\": {\"appendfsync\": \"no\"}, \"settings\": {\"maxmemory\": \"40kb\"}}");
        var random = new SplittableRandom(seed);
        long[] acknowledged = new long[COUNTERS];
        long[] sent = new long[COUNTERS];
        try (var holdfast = HoldfastProcess.standalone(HoldfastProgram.get(), directory, config)) {
            for (int kill = 0; kill < KILLS; kill++) {
                write(holdfast, random, acknowledged, sent);
                while (random.nextInt(3) == 0) {
                    holdfast.restartAndKill(random.nextBoolean());
                }
                holdfast.restart();
                check(holdfast, acknowledged, sent, "seed " + seed + ", kill " + kill);
            }
        }
    }

    private static void write(HoldfastProcess holdfast, SplittableRandom random, long[] acknowledged, long[] sent) {
        try (RespClient client = holdfast.connect()) {
            int bursts = 1 + random.nextInt(BURSTS_MAX);
            for (int i = 0; i < bursts; i++) {
                int[] counters = random.ints(BURST, 0, COUNTERS).toArray();
                for (int counter : counters) {
                    client.send("HINCRBY", "c" + counter, "n", "1");
                    sent[counter]++;
                    client.send("HSET", "c" + counter, "padding", PADDING + random.nextInt());
                }
                int read = i == bursts - 1 ? random.nextInt(BURST) : BURST;
                for (int k = 0; k < read; k++) {
                    assertThat(Rig.text(client.read())).containsOnlyDigits();
                    acknowledged[counters[k]]++;
                    client.read();
                }
            }
            holdfast.kill();
        } catch (UncheckedIOException e) {
            throw new AssertionError("it went before it was killed: " + holdfast.log(), e);
        }
    }

    private static void check(HoldfastProcess holdfast, long[] acknowledged, long[] sent, String when) {
        assertThat(holdfast.log()).as(when).doesNotContain("ERROR");
        try (RespClient client = holdfast.connect()) {
            for (int i = 0; i < COUNTERS; i++) {
                String text = Rig.text(client.call("HGET", "c" + i, "n"));
                long value = text.equals("nil") ? 0 : Long.parseLong(text);
                assertThat(value).as("%s: c%d", when, i).isBetween(acknowledged[i], sent[i]);
                acknowledged[i] = value;
                sent[i] = value;
            }
        }
    }
}
