package io.holdfast.engine.value;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class HashValueTest {
    @Test
    void itsRowsFollowItUnderRandomChanges() {
        long seed = 3;
        var random = new SplittableRandom(seed);
        var hash = new HashValue(EncodingLimits.DEFAULT);
        var model = new HashMap<Bytes, Bytes>();
        var rows = new RowModel();

        for (int step = 0; step < 50_000; step++) {
            Bytes field = Bytes.of(random.nextInt(5000));
            if (random.nextInt(3) > 0) {
                assertThat(hash.put(field, Bytes.of(step))).isEqualTo(model.put(field, Bytes.of(step)) == null);
            } else {
                assertThat(hash.remove(field)).isEqualTo(model.remove(field) != null);
            }
            if (random.nextInt(1000) == 0) {
                hash.drainChanges(rows);
                assertThat(rows.fields).as("seed %d step %d", seed, step).isEqualTo(model);
            }
        }
        assertThat(hash.size()).isEqualTo(model.size());
    }

    @Test
    void oneChangedFieldIsOneRow() {
        HashValue hash = ofFields(1000);
        var rows = new RowModel();
        hash.drainChanges(rows);

        hash.put(Bytes.of(5), Bytes.of("new"));
        hash.put(Bytes.of(5), Bytes.of("newer"));

        assertThat(rows.rowsOf(hash)).isEqualTo(1);
        assertThat(rows.fields).containsEntry(Bytes.of(5), Bytes.of("newer"));
    }

    @Test
    void aHashThatChangedMostlyIsWrittenAnew() {
        HashValue hash = ofFields(3000);
        var rows = new RowModel();
        hash.drainChanges(rows);

        for (int i = 0; i < 1600; i++) {
            hash.put(Bytes.of(i), Bytes.of("new"));
        }
        hash.drainChanges(rows);

        assertThat(rows.clears).isEqualTo(2);
        assertThat(rows.fields).hasSize(3000).containsEntry(Bytes.of(7), Bytes.of("new"));
    }

    @Test
    void aLoadedHashHasNothingToWriteUntilItChanges() {
        HashValue hash = ofFields(10);

        hash.markClean();

        assertThat(hash.hasChanges()).isFalse();
        assertThat(new RowModel().rowsOf(hash)).isZero();
        hash.markAllChanged();
        assertThat(new RowModel().rowsOf(hash)).isEqualTo(10);
    }

    @Test
    void aSmallHashKeepsItsFieldsInTheOrderOfArrival() {
        HashValue hash = ofFields(5);
        hash.remove(Bytes.of(1));
        hash.put(Bytes.of(3), Bytes.of("again"));
        hash.put(Bytes.of(1), Bytes.of("last"));

        var order = new ArrayList<String>();
        long next = hash.scan(0, 1, (field, value) -> order.add(field.utf8()));

        assertThat(order).containsExactly("0", "2", "3", "4", "1");
        assertThat(next).isZero();
    }

    @Test
    void itBecomesAHashTableWithTheHundredAndTwentyNinthFieldAndStaysOne() {
        HashValue hash = ofFields(512);
        assertThat(hash.encoding()).isEqualTo(Encoding.LISTPACK);

        hash.put(Bytes.of("one more"), Bytes.EMPTY);
        hash.remove(Bytes.of("one more"));

        assertThat(hash.encoding()).isEqualTo(Encoding.HASHTABLE);
    }

    @Test
    void itBecomesAHashTableWithAFieldOrAValueOfMoreThanSixtyFourBytes() {
        var longField = new HashValue(EncodingLimits.DEFAULT);
        longField.put(Bytes.of("x".repeat(65)), Bytes.EMPTY);
        var longValue = new HashValue(EncodingLimits.DEFAULT);
        longValue.put(Bytes.of("x".repeat(64)), Bytes.of("x".repeat(64)));
        assertThat(longValue.encoding()).isEqualTo(Encoding.LISTPACK);

        longValue.put(Bytes.EMPTY, Bytes.of("x".repeat(65)));

        assertThat(longField.encoding()).isEqualTo(Encoding.HASHTABLE);
        assertThat(longValue.encoding()).isEqualTo(Encoding.HASHTABLE);
    }

    @Test
    void aScanOfALargeHashReachesEveryField() {
        HashValue hash = ofFields(500);
        var seen = new HashSet<Bytes>();
        long cursor = 0;
        do {
            cursor = hash.scan(cursor, 10, (field, value) -> seen.add(field));
        } while (cursor != 0);

        assertThat(seen).hasSize(500);
    }

    @Test
    void aCopyGoesItsOwnWay() {
        HashValue hash = ofFields(3);
        HashValue copy = hash.copy();

        hash.put(Bytes.of(0), Bytes.of("changed"));
        hash.remove(Bytes.of(1));

        assertThat(copy.get(Bytes.of(0))).isEqualTo(Bytes.of(0));
        assertThat(copy.size()).isEqualTo(3);
        assertThat(copy.hasChanges()).isTrue();
    }

    @Test
    void itsEstimateReturnsToWhatItWasWhenAllIsRemoved() {
        var hash = new HashValue(EncodingLimits.DEFAULT);
        hash.put(Bytes.of("a"), Bytes.of("1"));
        long small = hash.approximateBytes();

        hash.put(Bytes.of("a"), Bytes.of("x".repeat(1000)));
        assertThat(hash.approximateBytes()).isGreaterThan(small + 900);
        hash.put(Bytes.of("a"), Bytes.of("1"));

        assertThat(hash.approximateBytes()).isEqualTo(small);
    }

    private static HashValue ofFields(int count) {
        var hash = new HashValue(EncodingLimits.DEFAULT);
        for (int i = 0; i < count; i++) {
            hash.put(Bytes.of(i), Bytes.of(i));
        }
        return hash;
    }
}
