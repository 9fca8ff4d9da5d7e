package io.holdfast.proxy.user;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.proxy.user.Scene.Mode;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** redis-cli in the ways people use it, whoever answers. */
class RedisCliTest {
    @BeforeAll
    static void redisCliIsThere() {
        Tool.need("redis-cli");
    }

    @ParameterizedTest
    @EnumSource
    void aPersonTypesCommandsAtItsPrompt(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory);
                var cli = Prompt.open(scene.port(), directory)) {
            assertThat(cli.type("set foo bar")).contains("OK");
            assertThat(cli.type("get foo")).contains("\"bar\"");
            assertThat(cli.type("hset h f 1 g 2")).contains("(integer) 2");
            assertThat(cli.type("hgetall h")).contains("1) \"f\"").contains("4) \"2\"");
            assertThat(cli.type("multi")).contains("(TX)> ");
            assertThat(cli.type("incr n")).contains("QUEUED");
            assertThat(cli.type("exec")).contains("1) (integer) 1");
            assertThat(cli.type("select 3")).contains("[3]> ");
            assertThat(cli.type("get foo")).contains("(nil)");
            assertThat(cli.type("nosuch a"))
                    .contains("(error) ERR unknown command 'nosuch', with args beginning with:");
            assertThat(cli.type("set foo")).contains("wrong number of arguments for 'set' command");
            assertThat(cli.type("help get")).contains("since:").contains("string");
            assertThat(cli.type("info holdfast")).contains("mode:");
            assertThat(cli.type("hello 3")).contains("3# \"proto\" => (integer) 3");
        }
    }

    @ParameterizedTest
    @EnumSource
    void theArgumentsOfACommandAreHintedAtWhileItIsTyped(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory);
                var cli = Prompt.open(scene.port(), directory)) {
            assertThat(cli.hint("zadd ", "score member")).contains("key [NX|XX]");
        }
    }

    @ParameterizedTest
    @EnumSource
    void keysAreScannedAndWeighed(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory)) {
            fill(scene);

            assertThat(cli(scene, "--scan", "--pattern", "key:*").out().lines())
                    .containsExactlyInAnyOrderElementsOf(
                            IntStream.range(0, 1000).mapToObj(i -> "key:" + i).toList());
            assertThat(cli(scene, "--scan").out().lines()).contains("list", "hash", "set", "zset", "key:7");
            assertThat(cli(scene, "--scan", "--pattern", "nosuch*").out()).isEmpty();
            assertThat(cli(scene, "--bigkeys").out())
                    .contains("Biggest   list found '\"list\"' has 3 items")
                    .contains("Biggest    set found '\"set\"' has 2 members");
            assertThat(cli(scene, "--memkeys").out()).contains("Biggest   list found '\"list\"' has ");
        }
    }

    private static void fill(Scene scene) {
        try (RespClient client = RespClient.connect(scene.port())) {
            for (int i = 0; i < 1000; i++) {
                client.call("SET", "key:" + i, "value");
            }
            client.call("RPUSH", "list", "a", "b", "c");
            client.call("HSET", "hash", "f", "v");
            client.call("SADD", "set", "a", "b");
            client.call("ZADD", "zset", "1", "a");
        }
    }

    @ParameterizedTest
    @EnumSource
    void statisticsAreShownAsTheyChange(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory)) {
            fill(scene);

            // To a terminal: what it wrote to a pipe would be lost when it is ended. Online the cursor is a key too.
            String shown = Prompt.watch(scene.port(), "--stat -i 0.05", "\n100", directory);

            assertThat(shown).contains("keys       mem      clients").containsPattern("\n100[45] ");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFileIsStoredFromStandardInput(Mode mode, @TempDir Path directory) throws Exception {
        String binary = "two\r\nlines\0\u00ff";
        try (Scene scene = Scene.of(mode, directory)) {
            assertThat(cliWithInput(scene, binary, "-x", "set", "file").out()).isEqualTo("OK\n");
            assertThat(cli(scene, "--raw", "get", "file").out()).isEqualTo(binary + "\n");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aHundredThousandCommandsAreInsertedByPipe(Mode mode, @TempDir Path directory) throws Exception {
        var protocol = new StringBuilder();
        for (int i = 0; i < 100_000; i++) {
            String key = "pipe:" + i % 50_000;
            protocol.append("*2\r\n$4\r\nINCR\r\n$")
                    .append(key.length())
                    .append("\r\n")
                    .append(key)
                    .append("\r\n");
        }
        try (Scene scene = Scene.of(mode, directory)) {
            assertThat(cliWithInput(scene, protocol.toString(), "--pipe").out()).contains("errors: 0, replies: 100000");
            assertThat(cli(scene, "mget", "pipe:0", "pipe:49999").out()).isEqualTo("2\n2\n");
        }
    }

    @ParameterizedTest
    @EnumSource
    void errorsOfAPipeAreCountedAndShown(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory)) {
            Tool.Ended ended = Tool.run(
                    List.of("redis-cli", "-p", "" + scene.port(), "--pipe"),
                    "SET a b nonsense\r\nSET a b\r\nnosuch\r\n",
                    Map.of());

            assertThat(ended.out()).contains("errors: 2, replies: 3");
            assertThat(ended.err()).contains("ERR syntax error").contains("ERR unknown command 'nosuch'");
            assertThat(ended.status()).isOne();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aScriptOfCommandsIsReadFromStandardInput(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory)) {
            assertThat(cliWithInput(scene, "set a 1\nget a\nnosuch\nget a\n").out())
                    .isEqualTo("OK\n1\nERR unknown command 'nosuch', with args beginning with: \n\n1\n");
            assertThat(cli(scene, "-r", "3", "incr", "r").out()).isEqualTo("1\n2\n3\n");
        }
    }

    @ParameterizedTest
    @EnumSource
    void resp3IsSpokenWhereItIsAskedFor(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory)) {
            fill(scene);
            assertThat(cli(scene, "-3", "--no-raw", "hgetall", "hash").out()).isEqualTo("1# \"f\" => \"v\"\n");
            assertThat(cli(scene, "-3", "--no-raw", "zscore", "zset", "a").out())
                    .isEqualTo("(double) 1\n");
            assertThat(cli(scene, "-3", "--json", "hgetall", "hash").out()).isEqualTo("{\"f\":\"v\"}\n");
        }
    }

    @ParameterizedTest
    @EnumSource
    void latencyIsMeasured(Mode mode, @TempDir Path directory) throws Exception {
        try (Scene scene = Scene.of(mode, directory)) {
            // One second and one line, where the output is not a terminal.
            assertThat(cli(scene, "--latency", "-i", "1").out()).matches("\\d+ \\d+ \\d+\\.\\d\\d \\d+\n");
        }
    }

    private static Tool.Ended cli(Scene scene, String... arguments) {
        return cliWithInput(scene, "", arguments);
    }

    private static Tool.Ended cliWithInput(Scene scene, String input, String... arguments) {
        var command = new ArrayList<>(List.of("redis-cli", "-p", Integer.toString(scene.port())));
        command.addAll(List.of(arguments));
        Tool.Ended ended = Tool.run(command, input, Map.of());
        assertThat(ended.err()).isEmpty();
        assertThat(ended.status()).isZero();
        return ended;
    }
}
