package io.holdfast.engine.value;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DenseMapTest {
    @ParameterizedTest
    @ValueSource(ints = {3, 8, 9, 1000})
    void aGlanceByTheHashFindsWhatALookWouldFind(int keys) {
        var map = new DenseMap<Integer>();
        var hashes = new int[keys + 1];
        for (int i = 0; i < keys; i++) {
            map.put(Bytes.of(i), i);
            hashes[i] = Bytes.of(i).hashCode();
        }
        hashes[keys] = Bytes.of("absent").hashCode();
        var indexes = new int[keys + 1];
        var found = new Object[keys + 1];

        map.warm(hashes, indexes, found, keys + 1);

        for (int i = 0; i < keys; i++) {
            assertThat(map.likely(hashes[i])).isEqualTo(i);
            if (keys > DenseSet.SEARCHED_UP_TO) {
                assertThat(indexes[i]).as("index of %d", i).isEqualTo(map.indexOf(Bytes.of(i)));
                assertThat(found[i]).isEqualTo(i);
            }
        }
        assertThat(map.likely(hashes[keys])).isNull();
        assertThat(found[keys]).isNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {6, 40, 3000})
    void itHoldsWhatAHashMapHolds(int keys) {
        long seed = 11L + keys;
        var random = new SplittableRandom(seed);
        var map = new DenseMap<Integer>();
        var model = new HashMap<Bytes, Integer>();

        for (int step = 0; step < 60_000; step++) {
            Bytes key = Bytes.of(random.nextInt(keys));
            boolean growing = step / 10_000 % 2 == 0;
            if (random.nextInt(10) < (growing ? 7 : 3)) {
                assertThat(map.put(key, step)).as("seed %d step %d", seed, step).isEqualTo(model.put(key, step));
            } else {
                assertThat(map.remove(key)).as("seed %d step %d", seed, step).isEqualTo(model.remove(key));
            }
            Bytes other = Bytes.of(random.nextInt(keys));
            assertThat(map.get(other)).as("seed %d step %d", seed, step).isEqualTo(model.get(other));
        }

        assertThat(contents(map)).isEqualTo(model);
        assertThat(contents(map.copy())).isEqualTo(model);
    }

    @Test
    void removalThatKeepsTheOrderKeepsTheOrderOfArrival() {
        long seed = 5;
        var random = new SplittableRandom(seed);
        var map = new DenseMap<Integer>();
        var model = new LinkedHashMap<Bytes, Integer>();

        for (int step = 0; step < 20_000; step++) {
            Bytes key = Bytes.of(random.nextInt(60));
            if (random.nextBoolean()) {
                map.put(key, step);
                model.put(key, step);
            } else {
                assertThat(map.removeKeepingOrder(key)).isEqualTo(model.remove(key));
            }
            var order = new ArrayList<Bytes>();
            map.forEach((k, v) -> order.add(k));
            assertThat(order).as("seed %d step %d", seed, step).containsExactlyElementsOf(model.keySet());
            assertThat(contents(map)).as("seed %d step %d", seed, step).isEqualTo(model);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void aScanVisitsEveryKeyThatStays(long seed) {
        var random = new SplittableRandom(seed);
        for (int round = 0; round < 200; round++) {
            int size = random.nextInt(1, 300);
            var map = new DenseMap<Integer>();
            Set<Bytes> staying = new HashSet<>();
            for (int i = 0; i < size; i++) {
                map.put(Bytes.of(i), i);
                staying.add(Bytes.of(i));
            }
            Set<Bytes> visited = new HashSet<>();
            long cursor = 0;
            int calls = 0;
            do {
                cursor = map.scan(cursor, random.nextInt(1, 20), (key, value) -> visited.add(key));
                for (int change = random.nextInt(20); change > 0; change--) {
                    Bytes key = Bytes.of(random.nextInt(size * 2));
                    if (random.nextInt(3) == 0) {
                        map.put(key, 0);
                    } else if (random.nextBoolean()) {
                        map.remove(key);
                        staying.remove(key);
                    } else {
                        map.removeKeepingOrder(key);
                        staying.remove(key);
                    }
                }
                calls++;
            } while (cursor != 0);

            assertThat(visited).as("seed %d round %d", seed, round).containsAll(staying);
            assertThat(calls).isLessThanOrEqualTo(size);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void aScanGoesOnInAnotherMapOfTheSameKeysInWhateverOrder(long seed) {
        var random = new SplittableRandom(seed);
        Map<Bytes, Integer> content = new HashMap<>();
        for (int i = 0; i < 1_000; i++) {
            content.put(Bytes.of(i), i);
        }
        Set<Bytes> visited = new HashSet<>();
        long cursor = 0;
        do {
            var map = new DenseMap<Integer>();
            for (int i = random.nextInt(5_000); i > 0; i--) {
                map.put(Bytes.of("x" + i), i); // for a table of another length
            }
            content.forEach(map::put);
            for (int i = 5_000; i > 0; i--) {
                map.remove(Bytes.of("x" + i));
            }
            cursor = map.scan(cursor, 100, (key, value) -> visited.add(key));
        } while (cursor != 0);

        assertThat(visited).as("seed %d", seed).isEqualTo(content.keySet());
    }

    @Test
    void anyCursorIsTaken() {
        var set = new DenseSet();
        set.add(Bytes.of("a"));
        Set<Bytes> visited = new HashSet<>();

        long next = set.scan(-1, 10, visited::add);

        assertThat(next).isZero();
        assertThat(visited).containsExactly(Bytes.of("a"));
    }

    @Test
    void aMapThatIsEmptiedGivesItsMemoryBack() {
        var map = new DenseMap<Integer>();
        for (int i = 0; i < 100_000; i++) {
            map.put(Bytes.of(i), i);
        }
        long full = map.arrayBytes();

        for (int i = 0; i < 99_990; i++) {
            map.remove(Bytes.of(i));
        }

        assertThat(full).isGreaterThan(1_500_000).isLessThan(4_000_000);
        assertThat(map.arrayBytes()).isLessThan(5000);
        assertThat(map.get(Bytes.of(99_995))).isEqualTo(99_995);
    }

    private static Map<Bytes, Integer> contents(DenseMap<Integer> map) {
        var contents = new HashMap<Bytes, Integer>();
        for (int i = 0; i < map.size(); i++) {
            assertThat(map.indexOf(map.keyAt(i))).isEqualTo(i);
            contents.put(map.keyAt(i), map.valueAt(i));
        }
        assertThat(contents).hasSize(map.size());
        return contents;
    }
}
