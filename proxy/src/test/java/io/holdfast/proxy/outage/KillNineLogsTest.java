package io.holdfast.proxy.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.testing.RespClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holdfast is killed while clients write what is logged, and while the log is written: each element is there once. */
class KillNineLogsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int SEEDS = 2;
    private static final int KILLS = 4;
    private static final int BURSTS_MAX = 60;
    private static final int BURST = 20;
    /** More than is ever written between two looks at the list. */
    private static final int KEPT = KILLS * BURSTS_MAX * BURST;

    static LongStream seeds() {
        return LongStream.rangeClosed(1, SEEDS);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    @Execution(ExecutionMode.CONCURRENT)
    void eachElementIsInTheLogOnce(long seed, @TempDir Path directory) throws Exception {
        Path profile = Files.writeString(directory.resolve("logs.json"), """
                {"name": "logs", "logs": [
                  {"name": "chat", "keys": "chat:{room}", "read": "list", "newest": "head"},
                  {"name": "hooks", "keys": "hooks:{hook}", "read": "stream"}]}
                """);
        Path config = Files.writeString(
                directory.resolve("config.json"), "{\"fallback\": {\"profiles\": [\"" + profile + "\"]}}");
        var random = new SplittableRandom(seed);
        Path logs = directory.resolve("data/logs");
        try (var holdfast = HoldfastProcess.standalone(HoldfastProgram.get(), directory, config)) {
            int next = 1;
            for (int kill = 0; kill < KILLS; kill++) {
                // In every second round the log is being written when it ends.
                int looked = kill % 2 == 0 ? 0 : lines(logs.resolve("chat/a")).size();
                next = write(holdfast, random, next);
                if (looked > 0) {
                    await().atMost(PATIENCE)
                            .until(() -> lines(logs.resolve("chat/a")).size() > looked);
                }
                holdfast.kill();
                holdfast.restart();
                next = settle(holdfast, next);
                int last = next - 1;
                if (kill % 2 == 0) {
                    await("seed " + seed).atMost(PATIENCE).untilAsserted(() -> check(logs, last));
                }
            }
            int last = next - 1;
            await("seed " + seed).atMost(PATIENCE).untilAsserted(() -> check(logs, last));
        }
    }

    private static int write(HoldfastProcess holdfast, SplittableRandom random, int first) {
        int next = first;
        try (RespClient client = holdfast.connect()) {
            int bursts = 1 + random.nextInt(BURSTS_MAX);
            for (int i = 0; i < bursts; i++) {
                for (int k = 0; k < BURST; k++, next++) {
                    client.send("MULTI");
                    client.send("LPUSH", "chat:a", "{\"n\":" + next + "}");
                    client.send("LTRIM", "chat:a", "0", Integer.toString(KEPT));
                    client.send(
                            "XADD",
                            "hooks:a",
                            "MAXLEN",
                            Integer.toString(KEPT),
                            next + "-1",
                            "n",
                            Integer.toString(next));
                    client.send("EXEC");
                }
                // What the last burst was answered nobody reads: the kill is in the middle of it.
                for (int k = 0; i < bursts - 1 && k < BURST * 5; k++) {
                    client.read();
                }
            }
        } catch (UncheckedIOException e) {
            throw new AssertionError("it went before it was killed: " + holdfast.log(), e);
        }
        return next;
    }

    /** The number behind the last that is there. */
    private static int settle(HoldfastProcess holdfast, int atMost) {
        try (RespClient client = holdfast.connect()) {
            String newest = Rig.text(client.call("LINDEX", "chat:a", "0"));
            int last = Integer.parseInt(newest.replaceAll("\\D", ""));
            assertThat(last).isBetween(1, atMost);
            return last + 1;
        }
    }

    private static void check(Path logs, int last) throws IOException {
        assertThat(lines(logs.resolve("chat/a")))
                .isEqualTo(IntStream.rangeClosed(1, last)
                        .mapToObj(n -> "{\"n\":" + n + "}")
                        .toList());
        assertThat(lines(logs.resolve("hooks/a")).stream()
                        .map(line -> line.replaceAll(".*\"n\":\"(\\d+)\".*", "$1"))
                        .toList())
                .isEqualTo(IntStream.rangeClosed(1, last)
                        .mapToObj(Integer::toString)
                        .toList());
    }

    private static List<String> lines(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        var lines = new ArrayList<String>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.sorted().toList()) {
                lines.addAll(Files.readAllLines(file));
            }
        }
        return lines;
    }
}
