package io.holdfast.proxy.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.resp.Reply;
import io.holdfast.testing.RespClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** ./holdfast as a person runs it: what is wrong is said in one line, and a server that is told to stop loses nothing. */
@Execution(ExecutionMode.CONCURRENT)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LauncherTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Pattern INITIAL_HEAP = Pattern.compile(" InitialHeapSize += (\\d+)");
    private static final Pattern GREETING = Pattern.compile("Holdfast listens on 127\\.0\\.0\\.1:(\\d+)");

    private final Path directory;
    private final Installation installation;

    LauncherTest(@TempDir Path directory) throws IOException {
        this.directory = directory;
        installation = Installation.in(directory.resolve("a path with a space"));
        run(List.of("--version")); // the first start prepares a class archive, and says so
    }

    // ---- what cannot start

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--bogus | Unknown option: '--bogus'",
                "bogus | Unmatched argument at index 0: 'bogus'",
                "serve bogus | Unmatched argument at index 1: 'bogus'",
                "--port | Missing required parameter for option '--port'",
                "--port many | --port (server.port) takes a number from 0 to 65535, not 'many'",
                "--port 70000 | --port (server.port) takes a number from 0 to 65535, not '70000'",
                "--upstream http://127.0.0.1 | its scheme is 'http'",
                "--upstream redis:// | it is not a URL",
                "--upstream redis://user:secret@127.0.0.1:6379/5 | it names a database",
                "--standalone --upstream redis://127.0.0.1 | --standalone and --upstream exclude each other",
                "--standalone --bind 0.0.0.0 | --bind 0.0.0.0 is refused",
                "--port 7001 --upstream redis://127.0.0.1:7001 | is Holdfast itself",
                "--port 7001 --upstream redis://localhost:7001 | is Holdfast itself",
            })
    void aBadArgumentIsNamedInOneLine(String arguments, String reason) {
        String line = failure(List.of(arguments.split(" ")));

        assertThat(line).contains(reason).doesNotContain("secret");
    }

    @Test
    void anOccupiedPortIsNamed() throws IOException {
        try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(other.getLocalPort());

            assertThat(failure(List.of("--standalone", "--port", port, "--data-dir", "" + directory.resolve("port"))))
                    .contains("cannot listen on 127.0.0.1:" + port + ": Address already in use")
                    .contains("--port");
        }
    }

    @Test
    void aDataDirectoryInUseNamesTheProcess() throws IOException {
        try (Running first = start("shared")) {
            assertThat(failure(List.of("--standalone", "--port", "0", "--data-dir", "" + directory.resolve("shared"))))
                    .contains("is in use by process " + first.process.pid());
        }
    }

    @Test
    void anUpstreamThatIsAnotherHoldfastIsNamed() throws IOException {
        try (Running other = start("other")) {
            String url = "redis://127.0.0.1:" + other.port;

            assertThat(failure(
                            List.of("--upstream", url, "--port", "0", "--data-dir", "" + directory.resolve("second"))))
                    .contains("the upstream " + url + " cannot be used: it is a Holdfast, not a Redis");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"server\":{\"prot\":1}} | unknown key 'server.prot'; the nearest is 'server.port'",
                "{\"serverr\":{}} | unknown section 'serverr'; the nearest is 'server'",
                "{\"server\": | is not JSON",
                "{\"server\":{}} more | is not JSON",
                "{\"server\":{\"port\":1,\"port\":2}} | is not JSON: Duplicate field 'port'",
                "{\"server\":{\"bind\":[1]}} | server.bind takes one value, not a list",
                "{\"server\":{\"port\":\"x\"}} | server.port takes a number from 0 to 65535",
                "{\"offline\":{\"flush\":\"yes\"}} | offline.flush takes refuse or allow, not 'yes'",
                "[1] | must hold one JSON object",
            })
    void aBadConfigurationFileIsNamedWithWhatIsWrong(String content, String reason) throws IOException {
        Path file = Files.createTempFile(directory, "config", ".json");
        Files.writeString(file, content);

        assertThat(failure(List.of("--standalone", "--config", "" + file, "--data-dir", "" + directory.resolve("c"))))
                .contains(file.toString())
                .contains(reason);
    }

    @Test
    void aConfigurationFileThatCannotBeReadIsNamed() {
        assertThat(failure(List.of("--config", "nosuch.json")))
                .contains("cannot read the configuration file nosuch.json: there is no such file");
        assertThat(failure(List.of("--config", "" + directory))).contains(directory + ": Is a directory");
    }

    @Test
    void aDataDirectoryThatCannotBeUsedIsNamed() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));

        assertThat(failure(List.of("--standalone", "--port", "0", "--data-dir", "" + file)))
                .contains(file + " is not a directory");
        assertThat(failure(List.of("--standalone", "--port", "0", "--data-dir", file + "/below")))
                .contains(file + "/below");
        assertThat(failure(List.of("--standalone", "--port", "0", "--data-dir", "/proc/holdfast")))
                .contains("/proc/holdfast");
        assertThat(failure(List.of("--standalone", "--port", "0", "--data-dir", "")))
                .contains("--data-dir (fallback.storage_dir) takes a directory");
    }

    /** The one line on standard error of a start that ended with 1. */
    private String failure(List<String> arguments) {
        Tool.Ended ended = run(arguments);
        assertThat(ended.status()).describedAs(ended.err()).isOne();
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err().lines()).hasSize(1);
        assertThat(ended.err()).startsWith("holdfast: ").doesNotContain("Exception");
        return ended.err();
    }

    private Tool.Ended run(List<String> arguments) {
        var command = new ArrayList<>(List.of(installation.script().toString()));
        command.addAll(arguments);
        return Tool.run(command, "", installation.environment());
    }

    // ---- what starts

    @Test
    void helpAndVersionAreNoFailures() {
        Tool.Ended help = run(List.of("--help"));
        Tool.Ended options = run(List.of("serve", "--help"));
        Tool.Ended version = run(List.of("--version"));

        assertThat(List.of(help.status(), options.status(), version.status())).containsOnly(0);
        assertThat(help.err() + options.err() + version.err()).isEmpty();
        assertThat(help.out()).contains("serve").contains("holdfast serve --help");
        assertThat(options.out())
                .contains("--port", "--bind", "--upstream", "--standalone", "--data-dir", "--config", "--http-port");
        assertThat(version.out()).matches("holdfast \\S+\n");
    }

    /** With its own the JVM would begin with a 64th of the machine's memory, whatever that is. */
    @ParameterizedTest
    @CsvSource({"HOLDFAST_JAVA_OPTS, '', 224", "HOLDFAST_JAVA_OPTS, -Xmx64m, 64", "JAVA_TOOL_OPTIONS, -Xmx64m, 64"})
    void theHeapThatItBeginsWithIsBounded(String variable, String chosen, long megabytesMax) {
        assumeTrue(Files.exists(Path.of("/proc/meminfo")), "elsewhere than on Linux the JVM chooses");
        Map<String, String> environment = new HashMap<>(installation.environment());
        environment.putAll(Map.of("JAVA_TOOL_OPTIONS", "", "JDK_JAVA_OPTIONS", "")); // this machine's
        environment.put("HOLDFAST_JAVA_OPTS", "-XX:TieredStopAtLevel=1 -XX:+PrintFlagsFinal");
        environment.merge(variable, chosen, (there, more) -> there + " " + more);

        Tool.Ended ended = Tool.run(List.of(installation.script().toString(), "--version"), "", environment);

        assertThat(ended.status()).as(ended.err()).isZero();
        Matcher heap = INITIAL_HEAP.matcher(ended.out());
        assertThat(heap.find()).isTrue();
        assertThat(Long.parseLong(heap.group(1))).isLessThanOrEqualTo(megabytesMax << 20);
    }

    @Test
    void whatAStartWouldBeToldIsCheckedAndShownWithoutAStart() throws IOException {
        Path data = directory.resolve("never made");
        Path file = Files.writeString(
                Files.createTempFile(directory, "config", ".json"),
                "{\"sync\": {\"batch_size\": 7}, \"redis\": {\"retry_interval\": 9}}");

        Tool.Ended check = run(List.of("config", "check", "--config", "" + file, "--data-dir", "" + data));
        Tool.Ended show = run(List.of("config", "show", "--json", "--config", "" + file, "--port", "7001"));

        assertThat(check).isEqualTo(new Tool.Ended(0, file + " can be used\n", ""));
        assertThat(show.out())
                .contains("{\"setting\":\"server.port\",\"value\":\"7001\",\"unit\":\"\",\"origin\":\"--port\"")
                .contains("\"value\":\"9s\",\"unit\":\"s\",\"origin\":\"" + file + ":1\"");
        assertThat(data).doesNotExist();
    }

    @Test
    void itStartsThroughALinkFromAnotherDirectoryWithoutMaven() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("link"), installation.script());
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));

        try (var running = new Running(
                installation
                        .builder(link, "--standalone", "--port", "0", "--data-dir", "data of mine")
                        .directory(elsewhere.toFile()),
                directory.resolve("link.log"))) {
            assertThat(running.process.isAlive()).isTrue();
            assertThat(elsewhere.resolve("data of mine/storage.db")).exists();
            assertThat(installation.mavenCalls()).doesNotExist();
            assertThat(running.log()).doesNotContain("WARNING");
        }
    }

    @Test
    void whatWasAcknowledgedUnderLoadIsThereAfterSigterm() throws Exception {
        long acknowledged = 0;
        try (Running first = start("load");
                RespClient client = RespClient.connect(first.port, PATIENCE)) {
            for (int i = 0; i < 20_000; i++) {
                client.send("INCR", "n");
            }
            assertThat(client.read()).isEqualTo(new Reply.Int(1));
            first.process.destroy();
            acknowledged = lastReply(client);
            assertThat(first.process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            assertThat(first.process.exitValue()).isZero();
            assertThat(first.log()).contains("Stopped: everything is on disk");
        }
        try (Running second = start("load");
                RespClient client = RespClient.connect(second.port, PATIENCE)) {
            Reply value = client.call("INCRBY", "n", "0");
            assertThat(((Reply.Int) value).value()).isGreaterThanOrEqualTo(acknowledged);
        }
    }

    /** Reads until the server closes the connection. */
    private static long lastReply(RespClient client) {
        long last = 1;
        try {
            while (client.read() instanceof Reply.Int number) {
                last = number.value();
            }
        } catch (UncheckedIOException closed) {
            return last;
        }
        return last;
    }

    private Running start(String dataDir) throws IOException {
        Path log = Files.createTempFile(directory, dataDir, ".log");
        return new Running(
                installation.builder(
                        installation.script(),
                        "--standalone",
                        "--port",
                        "0",
                        "--data-dir",
                        "" + directory.resolve(dataDir)),
                log);
    }

    /** A server that has said where it listens; killed on close, if it has not ended before. */
    private static final class Running implements AutoCloseable {
        private final Path log;
        final Process process;
        final int port;

        Running(ProcessBuilder builder, Path log) throws IOException {
            this.log = log;
            process = builder.redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            await().atMost(PATIENCE)
                    .pollInterval(10, TimeUnit.MILLISECONDS)
                    .until(() -> !process.isAlive() || GREETING.matcher(log()).find());
            Matcher greeting = GREETING.matcher(log());
            if (!greeting.find()) {
                throw new IllegalStateException("does not start: " + log());
            }
            port = Integer.parseInt(greeting.group(1));
        }

        String log() throws IOException {
            return Files.readString(log);
        }

        @Override
        public void close() {
            process.destroyForcibly().onExit().join();
        }
    }
}
