package io.holdfast.engine.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.value.StringValue;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class VouchedKeysTest {
    private static final int MANY = 100_000;

    private final Keyspaces keyspaces = new Keyspaces(1, new SplittableRandom(1));
    private final Keyspace keyspace = keyspaces.get(0);
    private final VouchedKeys vouched = new VouchedKeys();

    private List<KeyRecord> records(String prefix) {
        List<KeyRecord> records = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            records.add(keyspace.insert(Bytes.of(prefix + i), new StringValue(Bytes.of("v"))));
        }
        return records;
    }

    /** A table that grows begins anew. */
    private void noteUntilGrown(List<KeyRecord> records) {
        for (int i = 0; i < 3; i++) {
            records.forEach(vouched::note);
        }
    }

    private boolean contains(KeyRecord record) {
        return vouched.contains(record.db(), record.key().longHash());
    }

    @Test
    void nearlyAllOfManyAreThere() {
        List<KeyRecord> records = records("k");
        noteUntilGrown(records);

        assertThat(records.stream().filter(this::contains).count()).isGreaterThan(MANY / 100 * 99L);
    }

    @Test
    void noneIsThereThatWasNotNoted() {
        records("k").forEach(vouched::note);

        assertThat(records("other").stream().filter(this::contains).count())
                .isLessThanOrEqualTo(1); // one in a billion looks meets another key's mark
    }

    @Test
    void whatIsForgottenIsNotThereAndTheOthersAre() {
        List<KeyRecord> records = records("k");
        noteUntilGrown(records);
        long before = records.stream().filter(this::contains).count();

        for (int i = 0; i < MANY; i += 2) {
            vouched.forget(records.get(i));
        }

        for (int i = 0; i < MANY; i += 2) {
            assertThat(contains(records.get(i))).isFalse();
        }
        assertThat(records.stream().filter(this::contains).count()).isGreaterThan(before / 2 - MANY / 100);
    }

    @Test
    void afterClearNoneIsThere() {
        List<KeyRecord> records = records("k");
        records.forEach(vouched::note);

        vouched.clear();

        assertThat(records.stream().filter(this::contains)).isEmpty();
    }

    @Test
    void noneIsThereWhereTheKeysWereLoadedAnew() {
        VouchedKeys its = keyspaces.changes().vouchedKeys();
        KeyRecord record = keyspace.insert(Bytes.of("k"), new StringValue(Bytes.of("v")));
        its.note(record);

        keyspaces.replaceBy(new Keyspaces(1, new SplittableRandom(1)));

        assertThat(its.contains(0, record.key().longHash())).isFalse();
    }

    @Test
    void whatExpiresIsNotNoted() {
        KeyRecord record = keyspace.insert(Bytes.of("k"), new StringValue(Bytes.of("v")));
        keyspace.expireAt(record, Long.MAX_VALUE);

        vouched.note(record);

        assertThat(contains(record)).isFalse();
    }
}
