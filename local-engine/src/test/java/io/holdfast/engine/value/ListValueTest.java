package io.holdfast.engine.value;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListValueTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void itAgreesWithAnArrayListUnderRandomChanges(long seed) {
        var random = new SplittableRandom(seed);
        var list = new ListValue(EncodingLimits.DEFAULT);
        var model = new ArrayList<Bytes>();
        var rows = new RowModel();

        for (int step = 0; step < 20_000; step++) {
            change(list, model, random);
            if (random.nextInt(random.nextInt(1, 40)) == 0) {
                String where = "seed " + seed + " step " + step;
                assertThat(list.range(0, (int) list.size())).as(where).isEqualTo(model);
                list.drainChanges(rows);
                assertThat(rows.list()).as(where).isEqualTo(model);
                assertThat(list.hasChanges()).as(where).isFalse();
            }
        }
        ListValue copy = list.copy();
        list.pushTail(Bytes.of("only in the original"));
        assertThat(copy.range(0, (int) copy.size())).isEqualTo(model);
    }

    private static void change(ListValue list, List<Bytes> model, SplittableRandom random) {
        Bytes element = Bytes.of(random.nextInt(12));
        int size = model.size();
        switch (random.nextInt(size > 300 ? 7 : 14)) {
            case 0, 1 -> {
                if (size > 0) {
                    assertThat(list.popHead()).isEqualTo(model.remove(0));
                }
            }
            case 2 -> {
                if (size > 0) {
                    assertThat(list.popTail()).isEqualTo(model.remove(size - 1));
                }
            }
            case 3 -> {
                if (size > 0) {
                    int index = random.nextInt(size);
                    assertThat(list.remove(index)).isEqualTo(model.remove(index));
                }
            }
            case 4 -> {
                if (random.nextInt(30) == 0) {
                    int from = random.nextInt(size + 1);
                    int to = random.nextInt(from, size + 1);
                    list.trim(from, to);
                    model.subList(to, size).clear();
                    model.subList(0, from).clear();
                }
            }
            case 5 -> {
                int count = random.nextInt(-3, 4);
                assertThat(list.removeMatching(count, element)).isEqualTo(removeMatching(model, count, element));
            }
            case 6 -> {
                if (size > 0) {
                    int index = random.nextInt(size);
                    list.set(index, element);
                    model.set(index, element);
                }
            }
            case 7, 8 -> {
                int index = random.nextInt(size + 1);
                list.insert(index, element);
                model.add(index, element);
            }
            case 9, 10 -> {
                list.pushHead(element);
                model.add(0, element);
            }
            default -> {
                list.pushTail(element);
                model.add(element);
            }
        }
        assertThat(list.indexOf(element, 0)).isEqualTo(model.indexOf(element));
        assertThat(list.lastIndexOf(element, (int) list.size() - 1)).isEqualTo(model.lastIndexOf(element));
    }

    private static int removeMatching(List<Bytes> model, int count, Bytes element) {
        int removed = 0;
        int most = count == 0 ? Integer.MAX_VALUE : Math.abs(count);
        while (removed < most) {
            int index = count < 0 ? model.lastIndexOf(element) : model.indexOf(element);
            if (index < 0) {
                break;
            }
            model.remove(index);
            removed++;
        }
        return removed;
    }

    @Test
    void aTrimKeepsTheMiddle() {
        ListValue list = numbers(10, EncodingLimits.DEFAULT);

        list.trim(2, 5);

        assertThat(list.range(0, 3)).extracting(Bytes::utf8).containsExactly("2", "3", "4");
    }

    @Test
    void aPushAndAPopAreOneRowEachWhateverTheLength() {
        ListValue list = numbers(10_000, EncodingLimits.DEFAULT);
        var rows = new RowModel();
        list.drainChanges(rows);

        list.pushHead(Bytes.of("a"));
        list.popTail();
        list.set(77, Bytes.of("b"));

        assertThat(rows.rowsOf(list)).isEqualTo(3);
        assertThat(rows.clears).isEqualTo(1);
        assertThat(rows.list()).isEqualTo(list.range(0, 10_000));
    }

    @Test
    void anInsertNearAnEndRewritesOnlyThatEnd() {
        ListValue list = numbers(10_000, EncodingLimits.DEFAULT);
        var rows = new RowModel();
        list.drainChanges(rows);

        list.insert(10, Bytes.of("a"));
        list.remove(9_990);

        assertThat(rows.rowsOf(list)).isLessThan(30);
        assertThat(rows.list()).isEqualTo(list.range(0, 10_000));
    }

    @Test
    void anElementThatOnlyPassedThroughTakesNoRow() {
        var list = new ListValue(EncodingLimits.DEFAULT);
        var rows = new RowModel();
        list.drainChanges(rows);

        list.pushTail(Bytes.of("a"));
        list.popHead();

        assertThat(rows.rowsOf(list)).isZero();
    }

    @Test
    void aListThatWasLoadedGoesOnAtItsPositions() {
        var list = new ListValue(EncodingLimits.DEFAULT, -5);
        list.pushTail(Bytes.of("a"));
        list.pushTail(Bytes.of("b"));
        list.markClean();
        var rows = new RowModel();

        list.pushHead(Bytes.of("c"));
        list.drainChanges(rows);

        assertThat(rows.clears).isZero();
        assertThat(rows.items).containsOnlyKeys(-6L);
    }

    @Test
    void aListThatIsEmptiedGivesItsMemoryBack() {
        ListValue list = numbers(100_000, EncodingLimits.DEFAULT);
        long full = list.approximateBytes();

        list.trim(99_990, 100_000);

        assertThat(full).isGreaterThan(4_000_000);
        assertThat(list.approximateBytes()).isLessThan(1500);
        assertThat(list.get(3)).isEqualTo(Bytes.of(99_993));
    }

    @Test
    void itIsAlwaysAQuicklistInRedis70() {
        assertThat(numbers(1, EncodingLimits.REDIS_7_0).encoding()).isEqualTo(Encoding.QUICKLIST);
    }

    @Test
    void itBecomesAQuicklistBeyondEightKilobytesAndAListpackAgainBelowFour() {
        var list = new ListValue(EncodingLimits.REDIS_7_2);
        Bytes element = Bytes.of("x".repeat(100)); // 103 bytes in a listpack
        for (int i = 0; i < 79; i++) {
            list.pushTail(element);
        }
        assertThat(list.encoding()).isEqualTo(Encoding.LISTPACK);

        list.pushTail(element);
        assertThat(list.encoding()).isEqualTo(Encoding.QUICKLIST);

        while (list.size() > 39) {
            list.popTail();
        }
        assertThat(list.encoding()).isEqualTo(Encoding.LISTPACK);
    }

    private static ListValue numbers(int count, EncodingLimits limits) {
        var list = new ListValue(limits);
        for (int i = 0; i < count; i++) {
            list.pushTail(Bytes.of(i));
        }
        return list;
    }
}
