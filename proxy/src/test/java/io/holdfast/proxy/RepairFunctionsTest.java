package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.store.StorageException;
import io.holdfast.proxy.admin.cli.RepairCommand;
import io.holdfast.resp.Reply;
import io.holdfast.testing.RespClient;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What {@code holdfast repair} keeps where a library of functions is damaged: the other libraries, and all keys. */
class RepairFunctionsTest {
    private static final int DAMAGED = 2;

    private final Path data;
    private final StringWriter said = new StringWriter();

    RepairFunctionsTest(@TempDir Path dir) {
        data = dir.resolve("data");
    }

    @BeforeEach
    void fill() throws StartupException {
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            for (String name : new String[] {"one", "two", "three"}) {
                client.call(
                        "FUNCTION",
                        "LOAD",
                        "#!lua name=%1$s\nredis.register_function('%1$s', function() return '%1$s' end)"
                                .formatted(name));
            }
            client.call("SET", "key", "value");
            assertThat(client.call("SAVE")).isEqualTo(Reply.OK);
        }
    }

    @Test
    void theDamagedLibraryIsNamedByItsPlaceAndTheOthersAreThere() throws Exception {
        damage("update function_library set code = cast(replace(cast(code as text), 'two', 'owt') as blob)"
                + " where cast(code as text) like '%two%'");
        assertThatThrownBy(this::start)
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("does not match its checksum")
                .hasMessageContaining("holdfast repair");

        assertThat(repair("--dry-run")).isEqualTo(DAMAGED);
        assertThat(said).asString().contains("would be lost: the library of functions number");
        assertThat(data.resolve("degraded")).doesNotExist();

        assertThat(repair()).isEqualTo(DAMAGED);
        assertThat(said).asString().contains("lost: the library of functions number");
        assertThat(Files.readString(data.resolve("degraded"))).contains("library of functions");
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            assertThat(client.call("FCALL", "one", "0")).isEqualTo(Reply.bulk("one"));
            assertThat(client.call("FCALL", "three", "0")).isEqualTo(Reply.bulk("three"));
            assertThat(client.call("FCALL", "two", "0")).isInstanceOf(Reply.Failure.class);
            assertThat(client.call("GET", "key")).isEqualTo(Reply.bulk("value"));
            assertThat(client.call("INFO", "holdfast").toString()).contains("library of functions");
            client.call("FUNCTION", "LOAD", "#!lua name=two\nredis.register_function('two', function() return 2 end)");
            assertThat(client.call("SAVE")).isEqualTo(Reply.OK);
        }
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            assertThat(client.call("FCALL", "two", "0")).isEqualTo(Reply.of(2));
            assertThat(client.call("FCALL", "three", "0")).isEqualTo(Reply.bulk("three"));
        }
    }

    @Test
    void aLibraryWhoseRowIsGoneIsSaidToBeMissing() throws Exception {
        damage("delete from function_library where cast(code as text) like '%three%'");
        damage("update row_sum set rows = 3 where name = 'function_library'"); // as before: the row alone was lost
        assertThatThrownBy(this::start).isInstanceOf(StorageException.class);

        assertThat(repair()).isEqualTo(DAMAGED);

        assertThat(said).asString().contains("lost: function_library: 2 rows are readable of 3");
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            assertThat(client.call("FCALL", "one", "0")).isEqualTo(Reply.bulk("one"));
            assertThat(client.call("FCALL", "two", "0")).isEqualTo(Reply.bulk("two"));
            assertThat(client.call("FCALL", "three", "0")).isInstanceOf(Reply.Failure.class);
        }
    }

    private int repair(String... options) {
        var line = new CommandLine(new RepairCommand()).setOut(new PrintWriter(said, true));
        var args = new String[options.length + 2];
        args[0] = "--data-dir";
        args[1] = data.toString();
        System.arraycopy(options, 0, args, 2, options.length);
        return line.execute(args);
    }

    private void damage(String sql) throws SQLException {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + data.resolve("storage.db"));
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private ProxyServer start() throws StartupException {
        return ProxyServer.start(ProxyConfig.of(data, null));
    }
}
