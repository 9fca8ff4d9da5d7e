package io.holdfast.proxy.admin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.holdfast.proxy.config.ConfigDocuments;
import io.holdfast.proxy.config.Keys;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** holdfast config, which starts nothing. */
class ConfigCommandTest {
    private final Path dir;
    private final Path file;

    ConfigCommandTest(@TempDir Path dir) {
        this.dir = dir;
        file = dir.resolve("holdfast.json");
    }

    private record Ended(int status, String out, String err) {}

    @Test
    void aFileThatCanBeUsedIsSaidToBeInOneLine() throws IOException {
        write(ConfigDocuments.example());

        Ended ended = run(
                "check",
                "--config",
                file.toString(),
                "--data-dir",
                dir.resolve("data").toString());

        assertThat(ended).isEqualTo(new Ended(0, file + " can be used\n", ""));
        assertThat(dir.resolve("data")).doesNotExist();
    }

    @Test
    void everyMistakeIsALine() throws IOException {
        write("{\"server\": {\"prot\": 1},\n \"sync\": {\"batch_size\": 0}}");

        Ended ended = run("check", "--config", file.toString(), "--port", "70000");

        assertThat(ended.status()).isOne();
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err().lines())
                .containsExactlyInAnyOrder(
                        "holdfast: " + file + ":1: unknown key 'server.prot'; the nearest is 'server.port'",
                        "holdfast: " + file + ":2: sync.batch_size takes a number from 1 to 10000, not 0",
                        "holdfast: --port (server.port) takes a number from 0 to 65535, not '70000'");
    }

    @Test
    void whatDoesNotGoTogetherAndProfilesAreLookedAtToo() throws IOException {
        write("{\"redis\": {\"user\": \"bob\"}}");
        assertThat(run("check", "--config", file.toString()).err())
                .isEqualTo("holdfast: " + file
                        + ":1: redis.user needs a password: give redis.password_file or redis.password\n");
        write("{\"fallback\": {\"profiles\": [\"nosuch\"]}}");
        assertThat(run("check", "--config", file.toString()).err()).contains("nosuch");
        write("{\"server\": {\"requirepass\": \"canary\"}}");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(run("check", "--config", file.toString()).err())
                .contains("there is a password in server.requirepass")
                .contains("chmod 600")
                .doesNotContain("canary");
    }

    @Test
    void whatIsOddIsWarnedOf() throws IOException {
        write("{\"redis\": {\"max_retries\": 3}, \"sync\": {\"enabled\": false}}");

        Ended ended = run("check", "--config", file.toString());

        assertThat(ended.status()).isZero();
        assertThat(ended.out()).isEqualTo(file + " can be used; there are warnings\n");
        assertThat(ended.err().lines()).hasSize(2).allMatch(line -> line.startsWith("warning: " + file + ":1: "));
    }

    @Test
    void everySettingIsShownWithItsOrigin() throws IOException {
        write(
                "{\"sync\": {\n\"batch_size\": 100}, \"settings\": {\"maxmemory\": \"1gb\"}, \"server\": {\"requirepass\": \"canary\"}}");

        Ended ended = run("show", "--config", file.toString(), "--port", "7000");

        assertThat(ended.status()).isZero();
        assertThat(ended.out()).doesNotContain("canary");
        assertThat(ended.out().replaceAll(" +", " "))
                .contains("server.port 7000 --port at a start\n")
                .contains("sync.batch_size 100 " + file + ":2 at once\n")
                .contains("settings.maxmemory 1gb " + file + ":2 at once\n")
                .contains("server.requirepass (secret) " + file + ":2 at once\n")
                .contains("redis.connection_timeout 2s s default at once\n");
        assertThat(Keys.all()).allMatch(key -> ended.out().contains(key.path()));
    }

    @Test
    void machinesGetAnObjectALine() throws IOException {
        write("{}");
        var json = new JsonMapper();

        for (String line :
                run("show", "--json", "--config", file.toString()).out().lines().toList()) {
            assertThat(json.readTree(line).properties())
                    .extracting(Map.Entry::getKey)
                    .containsExactly("setting", "value", "unit", "origin", "changes");
        }
    }

    @Test
    void theExampleAndTheSchemaArePrinted() {
        assertThat(run("example").out()).isEqualTo(ConfigDocuments.example());
        assertThat(run("schema").out()).isEqualTo(ConfigDocuments.schema());
    }

    private void write(String content) throws IOException {
        Files.deleteIfExists(file);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, content);
    }

    private static Ended run(String... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        int status = new CommandLine(new ConfigCommand())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
        return new Ended(status, out.toString(), err.toString());
    }
}
