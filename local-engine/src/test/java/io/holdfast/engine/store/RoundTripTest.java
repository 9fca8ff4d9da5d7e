package io.holdfast.engine.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Keyspace;
import io.holdfast.engine.keyspace.Keyspaces;
import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.HashValue;
import io.holdfast.engine.value.ListValue;
import io.holdfast.engine.value.SortedSetValue;
import io.holdfast.engine.value.StreamEntry;
import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.StreamValue;
import io.holdfast.engine.value.StringValue;
import io.holdfast.resp.Bytes;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a checkpoint wrote is what the next start finds: the state at the cut, to the bit. */
class RoundTripTest {
    private static final int DATABASES = 3;
    private static final Bytes KEY = Bytes.of("key");
    private static final Bytes OTHER = Bytes.of("other");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private Database database;

    private Keyspaces memory = new Keyspaces(DATABASES, new SplittableRandom(1));
    private long sequence;

    @BeforeEach
    void open() {
        database = Database.open(directory);
    }

    @AfterEach
    void close() {
        database.close();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void everyCheckpointHoldsTheStateOfItsCut(long seed) {
        var random = new SplittableRandom(seed);
        var changes = new RandomChanges(random);
        for (int checkpoint = 0; checkpoint < 60; checkpoint++) {
            changes.change(memory, random.nextInt(120));
            Map<String, String> cut = Contents.of(memory);
            var batch = new CheckpointBatch();
            memory.changes().begin(batch);
            while (!memory.changes().writeSome(random.nextInt(1, 4))) {
                changes.change(memory, random.nextInt(10));
            }
            write(batch);
            Keyspaces loaded = load();
            assertThat(Contents.of(loaded))
                    .as("seed %d, checkpoint %d", seed, checkpoint)
                    .isEqualTo(cut);
            if (checkpoint % 10 == 9) {
                reopen();
                memory = load(); // goes on as a restarted process whose journal was empty
            }
        }
    }

    @Test
    void aKeyThatChangesWhileItIsOwedIsWrittenAsItWasAtTheCut() {
        var hash = new HashValue(EncodingLimits.DEFAULT);
        hash.put(Bytes.of("f"), Bytes.of("at the cut"));
        KeyRecord record = keyspace(0).insert(KEY, hash);
        keyspace(0).put(OTHER, new StringValue(Bytes.of("at the cut")));
        Map<String, String> cut = Contents.of(memory);

        var batch = new CheckpointBatch();
        memory.changes().begin(batch);
        keyspace(0).aboutToChange(record);
        hash.put(Bytes.of("f"), Bytes.of("later"));
        keyspace(0).changed(record);
        keyspace(0).remove(OTHER, 0);
        assertThat(memory.changes().writeSome(10)).isTrue();
        write(batch);

        assertThat(Contents.of(load())).isEqualTo(cut);
        checkpoint();
        assertThat(Contents.of(load())).isEqualTo(Contents.of(memory)).hasSize(1);
    }

    @Test
    void aKeyDeletedAndMadeAgainBetweenCheckpointsHasOnlyItsNewRows() {
        var old = new HashValue(EncodingLimits.DEFAULT);
        old.put(Bytes.of("old"), Bytes.of("1"));
        keyspace(0).insert(KEY, old);
        checkpoint();

        keyspace(0).remove(KEY, 0);
        var fresh = new HashValue(EncodingLimits.DEFAULT);
        fresh.put(Bytes.of("new"), Bytes.of("2"));
        keyspace(0).insert(KEY, fresh);
        checkpoint();

        assertThat(Contents.of(load())).isEqualTo(Contents.of(memory));
    }

    @Test
    void aKeyOfAnotherTypeLeavesNoRowsOfTheFirst() {
        var hash = new HashValue(EncodingLimits.DEFAULT);
        hash.put(Bytes.of("f"), Bytes.of("1"));
        keyspace(0).insert(KEY, hash);
        checkpoint();

        keyspace(0).put(KEY, new StringValue(Bytes.of("now a string")));
        checkpoint();

        assertThat(Contents.of(load())).isEqualTo(Contents.of(memory));
    }

    @Test
    void databasesSwappedWithTheSameKeysInBothKeepEachTheirOwn() {
        for (int i = 0; i < 20; i++) {
            keyspace(0).put(Bytes.of(i), new StringValue(Bytes.of("from 0")));
            var hash = new HashValue(EncodingLimits.DEFAULT);
            hash.put(Bytes.of("from"), Bytes.of("1"));
            keyspace(1).put(Bytes.of(i), hash);
        }
        checkpoint();

        memory.swap(0, 1, 0);
        checkpoint();

        assertThat(Contents.of(load())).isEqualTo(Contents.of(memory));
    }

    @Test
    void negativeZeroAndInfinitiesComeBack() {
        var sorted = new SortedSetValue(EncodingLimits.DEFAULT);
        for (int i = 0; i < 200; i++) { // a small one keeps no negative zero
            sorted.put(Bytes.of("member" + i), i);
        }
        sorted.put(Bytes.of("a negative zero"), -0.0);
        sorted.put(Bytes.of("zero"), 0.0);
        sorted.put(Bytes.of("most"), Double.POSITIVE_INFINITY);
        sorted.put(Bytes.of("least"), Double.NEGATIVE_INFINITY);
        keyspace(0).insert(KEY, sorted);
        checkpoint();

        Map<String, String> loaded = Contents.of(load());

        assertThat(loaded).isEqualTo(Contents.of(memory));
        assertThat(loaded.get("0/key"))
                .contains("a negative zero=-0.0", " zero=0.0", "most=Infinity", "least=-Infinity");
    }

    @Test
    void aPushToABigListWritesOneRow() {
        var list = new ListValue(EncodingLimits.DEFAULT);
        for (int i = 0; i < 5_000; i++) {
            list.pushTail(Bytes.of(i));
        }
        keyspace(0).insert(KEY, list);
        checkpoint();

        memory = load();
        KeyRecord record = Objects.requireNonNull(keyspace(0).find(KEY, 0));
        keyspace(0).aboutToChange(record);
        ((ListValue) record.value()).pushHead(Bytes.of("first"));
        keyspace(0).changed(record);
        CheckpointBatch batch = checkpoint();

        assertThat(batch.rows()).isEqualTo(2); // the key and the element
        assertThat(Contents.of(load())).isEqualTo(Contents.of(memory));
    }

    @Test
    void anEntryAddedToABigStreamWritesOneRowOfIt() {
        var stream = new StreamValue(EncodingLimits.DEFAULT);
        for (int i = 1; i <= 5_000; i++) {
            stream.append(new StreamEntry(new StreamId(i, 0), List.of(Bytes.of("n"), Bytes.of(i))));
        }
        keyspace(0).insert(KEY, stream);
        checkpoint();

        memory = load();
        KeyRecord record = Objects.requireNonNull(keyspace(0).find(KEY, 0));
        keyspace(0).aboutToChange(record);
        ((StreamValue) record.value()).append(new StreamEntry(new StreamId(9_000, 0), List.of(KEY, OTHER)));
        keyspace(0).changed(record);
        CheckpointBatch batch = checkpoint();

        assertThat(batch.rows()).isEqualTo(3); // the key, what the stream knows of itself, and the entry
        assertThat(Contents.of(load())).isEqualTo(Contents.of(memory));
    }

    @Test
    void whatIsLoadedOwesTheNextCheckpointNothing() {
        new RandomChanges(new SplittableRandom(9)).change(memory, 200);
        checkpoint();

        Keyspaces loaded = load();

        assertThat(loaded.changes().owed()).isZero();
        for (Keyspace keyspace : loaded.all()) {
            for (int i = 0; i < keyspace.size(); i++) {
                assertThat(keyspace.at(i).value().hasChanges()).isFalse();
            }
        }
    }

    @Test
    void idsAreNotGivenAgainAfterARestart() {
        keyspace(0).insert(KEY, new StringValue(Bytes.of("1")));
        checkpoint();
        keyspace(0).remove(KEY, 0);
        checkpoint();

        memory = load();

        assertThat(keyspace(0).insert(KEY, new StringValue(Bytes.of("2"))).id()).isEqualTo(2);
    }

    private Keyspace keyspace(int db) {
        return memory.get(db);
    }

    private CheckpointBatch checkpoint() {
        var batch = new CheckpointBatch();
        memory.changes().begin(batch);
        assertThat(memory.changes().writeSome(Integer.MAX_VALUE)).isTrue();
        write(batch);
        return batch;
    }

    private void write(CheckpointBatch batch) {
        database.write(batch, ++sequence, memory.changes().lastId());
        memory.changes().durable(memory.changes().generation() - 1);
    }

    private Keyspaces load() {
        var loaded = new Keyspaces(DATABASES, new SplittableRandom(1));
        database.load(loaded, EncodingLimits.DEFAULT);
        return loaded;
    }

    private void reopen() {
        database.close();
        database = Database.open(directory);
        assertThat(database.checkpointedSequence()).isEqualTo(sequence);
    }
}
