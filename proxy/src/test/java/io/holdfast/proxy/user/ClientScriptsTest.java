package io.holdfast.proxy.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.proxy.user.Scene.Mode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Client libraries of other languages in the ways programs use them: each script of {@code src/test/clients} passes against
 * a real redis-server, so what fails here is ours. {@code src/test/clients/install} fetches the libraries; without them these
 * tests are skipped.
 */
class ClientScriptsTest {
    private static final Path SCRIPTS = Path.of("src/test/clients");
    private static final Path NODE_MODULES = Path.of("target/clients/node/node_modules");
    /** Debian's own: only that one sees Debian's packages. */
    private static final String PYTHON = "/usr/bin/python3";

    private static final String HOW_TO_INSTALL = "; proxy/src/test/clients/install fetches what is missing";

    @ParameterizedTest
    @CsvSource({
        "ioredis, STANDALONE",
        "ioredis, ONLINE",
        "node-redis, STANDALONE",
        "node-redis, ONLINE",
        "bullmq, STANDALONE",
        "bullmq, ONLINE"
    })
    void aLibraryOfNodeDoesWhatItDoesWithRedis(String library, Mode mode, @TempDir Path directory) throws Exception {
        Tool.need("node");
        assumeTrue(Files.isDirectory(NODE_MODULES), "there is no " + NODE_MODULES + HOW_TO_INSTALL);
        Path script = SCRIPTS.resolve("node/" + library + ".js");
        try (Scene scene = Scene.of(mode, directory)) {
            allChecksPass(
                    List.of("node", script.toString(), "" + scene.port()),
                    Map.of("NODE_PATH", NODE_MODULES.toAbsolutePath().toString()));
        }
    }

    @ParameterizedTest
    @CsvSource({"redis_py, STANDALONE", "redis_py, ONLINE", "rq_queues, STANDALONE", "rq_queues, ONLINE"})
    void aLibraryOfPythonDoesWhatItDoesWithRedis(String library, Mode mode, @TempDir Path directory) throws Exception {
        assumeTrue(Files.isExecutable(Path.of(PYTHON)), "there is no " + PYTHON);
        assumeTrue(
                Tool.run(List.of(PYTHON, "-c", "import redis, rq")).status() == 0,
                "redis-py or RQ is not there" + HOW_TO_INSTALL);
        Path script = SCRIPTS.resolve("python/" + library + ".py");
        try (Scene scene = Scene.of(mode, directory)) {
            allChecksPass(
                    List.of(PYTHON, script.toString(), "" + scene.port()), Map.of("PYTHONDONTWRITEBYTECODE", "1"));
        }
    }

    private static void allChecksPass(List<String> command, Map<String, String> environment) {
        Tool.Ended ended = Tool.run(command, "", environment);
        assertThat(ended.out().lines()).isNotEmpty().allMatch(line -> line.startsWith("ok "));
        assertThat(ended.err()).isEmpty();
        assertThat(ended.status()).isZero();
    }
}
