package io.holdfast.engine.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.keyspace.Keyspaces;
import io.holdfast.engine.value.ConsumerGroup;
import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.HashValue;
import io.holdfast.engine.value.ListValue;
import io.holdfast.engine.value.StreamEntry;
import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.StreamValue;
import io.holdfast.engine.value.StringValue;
import io.holdfast.resp.Bytes;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    private final Keyspaces memory = new Keyspaces(2, new SplittableRandom(1));

    @Test
    void aNewDatabaseHasNothingAndIncludesNothing() {
        try (Database database = Database.open(directory)) {
            assertThat(database.checkpointedSequence()).isZero();
            assertThat(database.lastId()).isZero();
            assertThat(load(database).isEmpty()).isTrue();
        }
    }

    @Test
    void aCheckpointSaysWhichEntryItIncludes() {
        memory.get(0).put(Bytes.of("k"), new StringValue(Bytes.of("v")));
        try (Database database = Database.open(directory)) {
            database.write(batch(), 77, 5);
        }
        try (Database database = Database.open(directory)) {
            assertThat(database.checkpointedSequence()).isEqualTo(77);
            assertThat(database.lastId()).isEqualTo(5);
        }
    }

    @Test
    void onlyTheOwnerMayReadTheFiles() throws IOException {
        try (Database database = Database.open(directory)) {
            database.write(batch(), 1, 1);
            for (String name : List.of("storage.db", "storage.db-wal", "storage.db-shm")) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(name))))
                        .as(name)
                        .isEqualTo("rw-------");
            }
        }
    }

    @Test
    void aCheckpointThatDiesBeforeItsCommitLeavesTheOneBefore() throws SQLException {
        memory.get(0).put(Bytes.of("k"), new StringValue(Bytes.of("before")));
        try (Database database = Database.open(directory)) {
            database.write(batch(), 1, 1);
            memory.get(0).put(Bytes.of("k"), new StringValue(Bytes.of("half")));
            memory.get(1).put(Bytes.of("new"), new StringValue(Bytes.of("half")));
            database.stage(batch(), 2, 2);
        }
        try (Database database = Database.open(directory)) {
            assertThat(database.checkpointedSequence()).isEqualTo(1);
            assertThat(Contents.of(load(database))).containsOnlyKeys("0/k").containsValue("#1 until -1 string before");
        }
    }

    @Test
    void aCheckpointThatIsRefusedLeavesTheOneBeforeAndCanBeWrittenAgain() throws SQLException {
        memory.get(0).put(Bytes.of("k"), new StringValue(Bytes.of("v")));
        try (Database database = Database.open(directory)) {
            sql("create trigger full before insert on string_value begin select raise(abort, 'no room'); end");
            CheckpointBatch batch = batch();
            assertThatThrownBy(() -> database.write(batch, 9, 1))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining("storage.db")
                    .hasMessageContaining("no room");
            assertThat(database.checkpointedSequence()).isZero();
            assertThat(load(database).isEmpty()).isTrue();

            sql("drop trigger full");
            database.write(batch, 9, 1);
            database.write(batch, 9, 1);
            assertThat(Contents.of(load(database))).containsOnlyKeys("0/k");
        }
    }

    @Test
    void othersReadTheLastCheckpointWhileWeAreOpen() throws SQLException {
        var list = new ListValue(EncodingLimits.DEFAULT);
        List.of("b", "c").forEach(text -> list.pushTail(Bytes.of(text)));
        list.pushHead(Bytes.of("a"));
        memory.get(1).expireAt(memory.get(1).insert(Bytes.of("queue"), list), 1_500);
        var hash = new HashValue(EncodingLimits.DEFAULT);
        hash.put(Bytes.of("name"), Bytes.of("Åsa"));
        memory.get(0).insert(Bytes.of("user"), hash);
        memory.get(0).insert(Bytes.of("page"), new StringValue(Bytes.of("hello")));
        try (Database database = Database.open(directory)) {
            database.write(batch(), 1, 1);
            memory.get(0).insert(Bytes.of("page2"), new StringValue(Bytes.of("not yet")));

            assertThat(sql("select db, key, position, value, expires_at from lists order by position"))
                    .containsExactly(
                            "1|queue|0|a|1970-01-01 00:00:01.500",
                            "1|queue|1|b|1970-01-01 00:00:01.500",
                            "1|queue|2|c|1970-01-01 00:00:01.500");
            assertThat(sql("select key, field, value, expires_at from hashes")).containsExactly("user|name|Åsa|null");
            assertThat(sql("select key, value from strings")).containsExactly("page|hello");
            assertThat(sql("select * from sets")).isEmpty();
            assertThat(sql("select * from sorted_sets")).isEmpty();
        }
    }

    @Test
    void aStrangersDatabaseIsRefusedAndNotTouched() throws SQLException, IOException {
        sql("create table theirs (x)");
        byte[] before = Files.readAllBytes(directory.resolve("storage.db"));

        assertThatThrownBy(() -> Database.open(directory))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("not made by Holdfast");

        assertThat(Files.readAllBytes(directory.resolve("storage.db"))).isEqualTo(before);
    }

    @Test
    void anotherApplicationsIdIsRefused() throws SQLException {
        sql("pragma application_id = 12345");

        assertThatThrownBy(() -> Database.open(directory)).hasMessageContaining("not made by Holdfast");
    }

    @Test
    void aNewerVersionIsRefused() throws SQLException {
        Database.open(directory).close();
        sql("pragma user_version = " + (Schema.VERSION + 1));

        assertThatThrownBy(() -> Database.open(directory))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("newer Holdfast");
    }

    @Test
    void aFileOfBeforeTheFirstReleaseIsNamedWithWhatToDo() throws SQLException {
        Database.open(directory).close();
        sql("pragma user_version = 3");

        assertThatThrownBy(() -> Database.open(directory))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("before its first release")
                .hasMessageContaining("another data directory");
    }

    @Test
    void librariesOfFunctionsStandThereInTheirOrder() {
        Bytes first = Bytes.of("#!lua name=l\nredis.register_function('f', function() return 1 end)");
        Bytes second = Bytes.of("#!lua name=a\nredis.register_function('g', function() return 2 end)");
        try (Database database = Database.open(directory)) {
            memory.changes().librariesChanged(List.of(second));
            database.write(batch(), 7, 1);
            memory.changes().librariesChanged(List.of(first, second));
            database.write(batch(), 8, 2);
        }
        try (Database database = Database.open(directory)) {
            assertThat(database.libraries()).containsExactly(first, second);
        }
    }

    @Test
    void aLibraryThatIsNotAsItWasWrittenIsDamage() throws SQLException {
        memory.changes().librariesChanged(List.of(Bytes.of("#!lua name=l\n"), Bytes.of("#!lua name=a\n")));
        try (Database database = Database.open(directory)) {
            database.write(batch(), 7, 1);
            sql("update function_library set code = cast('#!lua name=b' as blob) where place = 1");
            assertThatThrownBy(database::libraries).hasMessageContaining("does not match its checksum");
            sql("drop trigger function_library_delete");
            sql("delete from function_library where place = 1");
            assertThatThrownBy(database::libraries).hasMessageContaining("are not those written");
        }
    }

    @Test
    void streamsAreReadableToo() throws SQLException {
        memory.get(0).put(Bytes.of("s"), stream());
        try (Database database = Database.open(directory)) {
            database.write(batch(), 1, 1);

            assertThat(sql("select db, key, id, fields, expires_at from streams"))
                    .containsExactlyInAnyOrder(
                            "0|s|5-1|11:temperature4:21.5|null",
                            "0|s|18446744073709551615-18446744073709551615|4:name4:Åsa|null");
            assertThat(sql("select key, name, last_delivered_id, entries_read, consumers, pending from stream_groups"))
                    .containsExactly("s|readers|5-1|1|1|1");
            assertThat(sql("select key, group_name, consumer, id, delivered_at, deliveries from pending_entries"))
                    .containsExactly("s|readers|Åke|5-1|1970-01-01 00:00:01.500|3");
        }
    }

    @Test
    void aStreamWhoseRowsDoNotFitTogetherIsDamage() throws SQLException {
        memory.get(0).put(Bytes.of("s"), stream());
        try (Database database = Database.open(directory)) {
            database.write(batch(), 1, 1);
            sql("update stream_entry set fields = cast('9:short' as blob) where ms = 5");
            assertThatThrownBy(() -> load(database)).hasMessageContaining("does not match its checksum");
            sql("delete from stream_entry where ms = 5");
            sql("delete from stream_consumer");
            assertThatThrownBy(() -> load(database)).hasMessageContaining("stream_pending");
            sql("delete from stream_group");
            assertThatThrownBy(() -> load(database)).hasMessageContaining("damaged");
            sql("delete from stream_pending");
            sql("delete from stream_value");
            assertThatThrownBy(() -> load(database)).hasMessageContaining("stream_value");
        }
    }

    @Test
    void aRowOfAStreamThatIsMissingIsDamage() throws SQLException {
        memory.get(0).put(Bytes.of("s"), stream());
        try (Database database = Database.open(directory)) {
            database.write(batch(), 1, 1);
            sql("drop trigger stream_entry_delete");
            sql("delete from stream_entry where ms = 5");
            assertThatThrownBy(() -> load(database))
                    .hasMessageContaining("stream_entry")
                    .hasMessageContaining("are not those written");
        }
    }

    private static StreamValue stream() {
        var stream = new StreamValue(EncodingLimits.DEFAULT);
        stream.append(new StreamEntry(new StreamId(5, 1), List.of(Bytes.of("temperature"), Bytes.of("21.5"))));
        stream.append(new StreamEntry(StreamId.MAX, List.of(Bytes.of("name"), Bytes.of("Åsa"))));
        ConsumerGroup group = stream.createGroup(Bytes.of("readers"), new StreamId(5, 1), 1);
        group.deliver(new StreamId(5, 1), group.createConsumer(Bytes.of("Åke"), 1_000), 1_500, 3);
        return stream;
    }

    @Test
    void whatIsNoDatabaseIsNamedWithWhatToDo() throws IOException {
        Files.writeString(
                directory.resolve("storage.db"), "this is not a database, whatever its name says".repeat(100));

        assertThatThrownBy(() -> Database.open(directory))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("storage.db")
                .hasMessageContaining("holdfast repair");
    }

    @Test
    void aDamagedPageIsFoundOnLoading() throws IOException {
        for (int i = 0; i < 2_000; i++) {
            memory.get(0).put(Bytes.of("key" + i), new StringValue(Bytes.of("value" + i)));
        }
        try (Database database = Database.open(directory)) {
            database.write(batch(), 1, 1);
        }
        try (var file = new RandomAccessFile(directory.resolve("storage.db").toFile(), "rw")) {
            file.seek(file.length() / 2);
            file.write(new byte[40_000]);
        }

        assertThatThrownBy(() -> {
                    try (Database database = Database.open(directory)) {
                        load(database);
                    }
                })
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("damaged");
    }

    @Test
    void rowsWithoutTheirKeyAndKeysWithoutTheirRowsAreDamage() throws SQLException {
        var hash = new HashValue(EncodingLimits.DEFAULT);
        hash.put(Bytes.of("f"), Bytes.of("v"));
        memory.get(0).insert(Bytes.of("h"), hash);
        Database database = Database.open(directory);
        try (database) {
            database.write(batch(), 1, 1);
            sql("insert into hash_field values (99, x'00', x'00', 0)");
            assertThatThrownBy(() -> load(database))
                    .hasMessageContaining("damaged")
                    .hasMessageContaining("key 99");
            sql("delete from hash_field");
            assertThatThrownBy(() -> load(database))
                    .hasMessageContaining("damaged")
                    .hasMessageContaining("hash_field has no rows of key 1");
        }
    }

    @Test
    void aKeyInADatabaseThatIsNotConfiguredIsNotLost() {
        memory.get(1).put(Bytes.of("k"), new StringValue(Bytes.of("v")));
        try (Database database = Database.open(directory)) {
            database.write(batch(), 1, 1);
            var one = new Keyspaces(1, new SplittableRandom(1));

            assertThatThrownBy(() -> database.load(one, EncodingLimits.DEFAULT))
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining("raise databases to 2");
        }
    }

    @Test
    void aPathThatTheDriverWouldTakeForOptionsIsRefused() throws IOException {
        Path odd = Files.createDirectory(directory.resolve("a?mode=memory"));

        assertThatThrownBy(() -> Database.open(odd)).hasMessageContaining("must not have a ?");
    }

    @Test
    void aSymbolicLinkIsNotFollowed() throws IOException {
        Files.createSymbolicLink(directory.resolve("storage.db"), directory.resolve("elsewhere"));

        assertThatThrownBy(() -> Database.open(directory)).hasMessageContaining("symbolic link");
        assertThat(directory.resolve("elsewhere")).doesNotExist();
    }

    private CheckpointBatch batch() {
        var batch = new CheckpointBatch();
        memory.changes().begin(batch);
        assertThat(memory.changes().writeSome(Integer.MAX_VALUE)).isTrue();
        return batch;
    }

    private static Keyspaces load(Database database) {
        var loaded = new Keyspaces(2, new SplittableRandom(1));
        database.load(loaded, EncodingLimits.DEFAULT);
        return loaded;
    }

    /** As sqlite3 would, over a connection of its own: the rows, columns separated by bars. */
    private List<String> sql(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("storage.db"));
                Statement statement = connection.createStatement()) {
            var lines = new ArrayList<String>();
            if (statement.execute(sql)) {
                ResultSet rows = statement.getResultSet();
                while (rows.next()) {
                    var line = new ArrayList<String>();
                    for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                        line.add(String.valueOf(rows.getString(i)));
                    }
                    lines.add(String.join("|", line));
                }
            }
            return lines;
        }
    }
}
