package io.holdfast.engine.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is kept of a stream when rows of it are damaged. */
class StreamSalvageTest {
    private static final long ROOM = 1L << 30;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path repaired;

    @BeforeEach
    void fill() {
        try (var engine = BoundedEngine.open(directory, RedisVersion.STANDALONE, ROOM)) {
            call(engine, "XADD", "s", "5-1", "a", "1");
            call(engine, "XADD", "s", "7-0", "b", "2");
            call(engine, "XGROUP", "CREATE", "s", "g", "0");
            call(engine, "XREADGROUP", "GROUP", "g", "ada", "COUNT", "1", "STREAMS", "s", ">");
            call(engine, "XREADGROUP", "GROUP", "g", "bob", "STREAMS", "s", ">");
            engine.checkpoint();
        }
    }

    @Test
    void withoutItsOwnRowItsEntriesAndGroupsAreKept() throws SQLException {
        damage("update stream_value set last_seq = 9");

        StorageSalvage.Result result = StorageSalvage.salvage(directory, repaired, 0);

        assertThat(result.lost()).anyMatch(line -> line.contains("the stream s of database 0: some of its elements"));
        try (var engine = BoundedEngine.open(repaired, RedisVersion.STANDALONE, ROOM)) {
            assertThat(number(engine, "XLEN", "s")).isEqualTo(2);
            assertThat(number(engine, "XACK", "s", "g", "5-1", "7-0")).isEqualTo(2);
            assertThat(call(engine, "XADD", "s", "7-0", "c", "3")).isInstanceOf(Reply.Failure.class);
        }
    }

    @Test
    void withoutAConsumerWhatWasDeliveredToItGoesAlong() throws SQLException {
        damage("update stream_consumer set seen_ms = 0 where name = cast('ada' as blob)");

        StorageSalvage.Result result = StorageSalvage.salvage(directory, repaired, 0);

        assertThat(result.lost()).anyMatch(line -> line.contains("the stream s of database 0: some of its elements"));
        try (var engine = BoundedEngine.open(repaired, RedisVersion.STANDALONE, ROOM)) {
            assertThat(number(engine, "XLEN", "s")).isEqualTo(2);
            assertThat(number(engine, "XACK", "s", "g", "5-1", "7-0")).isEqualTo(1);
        }
    }

    @Test
    void ofAStreamOfWhichNothingCanBeReadNothingIsLeft() throws SQLException {
        damage("update stream_value set last_seq = 9");
        damage("update stream_entry set fields = x'00'");

        StorageSalvage.Result result = StorageSalvage.salvage(directory, repaired, 0);

        assertThat(result.lost()).anyMatch(line -> line.contains("the stream s of database 0: the whole value"));
        try (var engine = BoundedEngine.open(repaired, RedisVersion.STANDALONE, ROOM)) {
            assertThat(number(engine, "EXISTS", "s")).isZero();
        }
    }

    private void damage(String sql) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection("jdbc:sqlite:" + directory.resolve(Database.FILE_NAME));
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static long number(BoundedEngine engine, String... command) {
        return ((Reply.Int) call(engine, command)).value();
    }

    private static Reply call(BoundedEngine engine, String... command) {
        var args = new Bytes[command.length];
        for (int i = 0; i < args.length; i++) {
            args[i] = Bytes.of(command[i]);
        }
        return engine.call(false, args);
    }
}
