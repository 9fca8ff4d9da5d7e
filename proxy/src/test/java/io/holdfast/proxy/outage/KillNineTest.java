package io.holdfast.proxy.outage;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holdfast in a process of its own that is killed, asked to stop, or challenged by a second one: promises P3, P4, P5. */
class KillNineTest {
    private static final int SEEDS = 50;
    private static final int EXIT_SECONDS_MAX = 60;

    static LongStream seeds() {
        return LongStream.rangeClosed(1, SEEDS);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    @Execution(ExecutionMode.CONCURRENT)
    void everyAcknowledgedWriteEndsUpstreamExactlyOnceWhoeverIsKilled(long seed, @TempDir Path directory)
            throws Exception {
        assertThat(run(seed, directory)).as("kills").isPositive();
    }

    /** {@code mvn verify -Psoak -Dsoak.minutes=30 -Dsoak.seed=7}: one seed after another. */
    @Test
    @Tag("soak")
    void everyAcknowledgedWriteEndsUpstreamExactlyOnceForAsLongAsAsked(@TempDir Path directory) throws Exception {
        Duration length = Duration.ofMinutes(Long.getLong("soak.minutes", 1));
        long started = System.nanoTime();
        long seed = Long.getLong("soak.seed", 1);
        while (System.nanoTime() - started < length.toNanos()) {
            assertThat(run(seed, Files.createDirectory(directory.resolve("seed-" + seed))))
                    .isPositive();
            seed++;
        }
    }

    private static int run(long seed, Path directory) throws Exception {
        boolean passed = false;
        try (var run = new KillNineRun(HoldfastProgram.get(), directory, seed)) {
            try {
                int kills = run.run();
                passed = true;
                return kills;
            } finally {
                if (!passed) {
                    System.err.println(
                            "Failed with seed " + seed + "; Holdfast's log since its last start:\n" + run.log());
                }
            }
        }
    }

    @Test
    void aSecondProcessOnADataDirectoryNamesTheFirstAndLeavesItUndisturbed(@TempDir Path directory) throws Exception {
        try (var redis = RealRedis.start();
                var holdfast = HoldfastProcess.start(HoldfastProgram.get(), directory, redis.port());
                RespClient client = holdfast.connect()) {
            holdfast.awaitMode("online");
            client.call("HOLDFAST", "OFFLINE");
            client.call("SET", "k", "v");

            Path said = directory.resolve("rival.log");
            Process rival = holdfast.rival(said);
            try {
                assertThat(rival.waitFor(EXIT_SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
            } finally {
                rival.destroyForcibly();
            }

            assertThat(rival.exitValue()).isEqualTo(1);
            assertThat(Files.readAllLines(said))
                    .singleElement()
                    .asString()
                    .startsWith("holdfast: ")
                    .contains("process " + holdfast.pid());
            assertThat(Rig.text(client.call("GET", "k"))).isEqualTo("v");
            assertThat(Rig.text(client.call("INCR", "n"))).isEqualTo("1");
            holdfast.kill();
            holdfast.restart();
            try (RespClient again = holdfast.connect()) {
                assertThat(Rig.text(again.call("MGET", "k", "n"))).isEqualTo("[v, 1]");
            }
        }
    }

    @Test
    void aProcessThatIsAskedToStopEndsWithZeroAndKeepsEverything(@TempDir Path directory) throws Exception {
        try (var redis = RealRedis.start();
                var holdfast = HoldfastProcess.start(HoldfastProgram.get(), directory, redis.port())) {
            holdfast.awaitMode("online");
            try (RespClient client = holdfast.connect()) {
                client.call("HOLDFAST", "OFFLINE");
                client.call("RPUSH", "list", "a", "b");
                client.call("INCRBY", "n", "41");
                client.call("INCR", "n");
            }

            assertThat(holdfast.terminate()).isZero();

            holdfast.restart();
            try (RespClient client = holdfast.connect();
                    RespClient upstream = redis.connect()) {
                assertThat(Rig.text(client.call("GET", "n"))).isEqualTo("42");
                assertThat(Rig.text(client.call("LRANGE", "list", "0", "-1"))).isEqualTo("[a, b]");
                client.call("HOLDFAST", "ONLINE");
                holdfast.awaitMode("online");
                assertThat(Rig.text(upstream.call("GET", "n"))).isEqualTo("42");
                assertThat(Rig.text(upstream.call("LRANGE", "list", "0", "-1"))).isEqualTo("[a, b]");
            }
        }
    }
}
