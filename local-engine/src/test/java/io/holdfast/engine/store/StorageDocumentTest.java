package io.holdfast.engine.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The statements in docs/storage.md run, and find something. */
class StorageDocumentTest {
    private static final Pattern EXAMPLE = Pattern.compile("(?s)```sql\n(.*?)```");
    private static final List<String> COMMANDS = List.of(
            "SET page hello",
            "HSET user:1 name Ada born 1815",
            "RPUSH queue first second",
            "ZADD board 10 ada 20 bob",
            "SADD tags a b c",
            "XADD events * kind login",
            "XGROUP CREATE events readers 0",
            "XREADGROUP GROUP readers ada STREAMS events >");

    @Test
    void everyExampleFindsRows(@TempDir Path directory) throws IOException, SQLException {
        String document = Files.readString(Path.of("..", "docs", "storage.md"));
        var examples = new ArrayList<String>();
        for (Matcher matcher = EXAMPLE.matcher(document); matcher.find(); ) {
            examples.add(matcher.group(1));
        }
        try (var engine = BoundedEngine.open(directory, RedisVersion.STANDALONE, 1_000_000)) {
            for (String command : COMMANDS) {
                engine.call(
                        false,
                        List.of(command.split(" ", -1)).stream().map(Bytes::of).toArray(Bytes[]::new));
            }
            engine.checkpoint();

            assertThat(examples)
                    .hasSizeGreaterThanOrEqualTo(9)
                    .allSatisfy(sql -> assertThat(rows(directory, sql)).as(sql).isPositive());
        }
    }

    private static int rows(Path directory, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("storage.db"));
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(sql)) {
            int rows = 0;
            while (found.next()) {
                rows++;
            }
            return rows;
        }
    }
}
