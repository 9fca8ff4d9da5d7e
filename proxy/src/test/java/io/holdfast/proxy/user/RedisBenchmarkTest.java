package io.holdfast.proxy.user;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.proxy.user.Scene.Mode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every test of redis-benchmark runs without an error, whoever answers; how fast is another question. */
class RedisBenchmarkTest {
    private static final int TESTS = 20;

    @BeforeAll
    static void redisBenchmarkIsThere() {
        Tool.need("redis-benchmark");
    }

    @ParameterizedTest
    @EnumSource
    void allItsTestsRun(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory)) {
            assertThat(results(scene, "-n", "1000")).hasSize(TESTS);
        }
    }

    @ParameterizedTest
    @EnumSource
    void allItsTestsRunPipelined(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory)) {
            assertThat(results(scene, "-n", "4000", "-P", "16", "-r", "1000")).hasSize(TESTS);
        }
    }

    @ParameterizedTest
    @EnumSource
    void allItsTestsRunOnTwoThreads(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory)) {
            assertThat(results(scene, "-n", "1000", "--threads", "2")).hasSize(TESTS);
        }
    }

    /** One line a test, and lines of its progress; what else it prints would be an error. */
    private static List<String> results(Scene scene, String... arguments) {
        var command = new ArrayList<>(List.of("redis-benchmark", "-q", "-p", Integer.toString(scene.port())));
        command.addAll(List.of(arguments));
        Tool.Ended ended = Tool.run(command);
        assertThat(ended.status()).describedAs(ended.out() + ended.err()).isZero();
        assertThat(ended.err()).isEmpty();
        List<String> lines = ended.out()
                .lines()
                .flatMap(line -> line.replaceAll(".*\r", "").lines())
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.contains(": rps="))
                .toList();
        assertThat(lines).allSatisfy(line -> assertThat(line).matches(".*: [0-9.]+ requests per second, p50=.*"));
        return lines;
    }
}
