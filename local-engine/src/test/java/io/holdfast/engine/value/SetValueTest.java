package io.holdfast.engine.value;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SetValueTest {
    @ParameterizedTest
    @ValueSource(ints = {100, 700, 5000})
    void itAgreesWithAHashSetAndItsRowsFollowIt(int range) {
        long seed = range;
        var random = new SplittableRandom(seed);
        var set = new SetValue(EncodingLimits.DEFAULT);
        var model = new HashSet<Bytes>();
        var rows = new RowModel();

        for (int step = 0; step < 30_000; step++) {
            Bytes member = Bytes.of(random.nextInt(-range, range));
            if (random.nextInt(3) > 0) {
                assertThat(set.add(member)).isEqualTo(model.add(member));
            } else {
                assertThat(set.remove(member)).isEqualTo(model.remove(member));
            }
            assertThat(set.contains(member)).isEqualTo(model.contains(member));
            if (random.nextInt(500) == 0) {
                set.drainChanges(rows);
                assertThat(rows.members).as("seed %d step %d", seed, step).isEqualTo(model);
            }
        }
        assertThat(new HashSet<>(membersOf(set))).isEqualTo(model);
        assertThat(set.size()).isEqualTo(model.size());
        assertThat(new HashSet<>(membersOf(set.copy()))).isEqualTo(model);
    }

    @Test
    void integersComeInRisingOrder() {
        SetValue set = of(EncodingLimits.DEFAULT, "5", "-3", "100", "9223372036854775807", "0");

        assertThat(set.encoding()).isEqualTo(Encoding.INTSET);
        assertThat(membersOf(set))
                .extracting(Bytes::utf8)
                .containsExactly("-3", "0", "5", "100", "9223372036854775807");
    }

    @Test
    void aNumberThatIsNotCanonicalIsAnotherMember() {
        SetValue set = of(EncodingLimits.DEFAULT, "1");

        assertThat(set.contains(Bytes.of("01"))).isFalse();
        assertThat(set.remove(Bytes.of("+1"))).isFalse();
        assertThat(set.add(Bytes.of("01"))).isTrue();
        assertThat(set.size()).isEqualTo(2);
    }

    @Test
    void aSmallSetOfWordsIsAListpackInRedis72AndAHashTableIn70() {
        assertThat(of(EncodingLimits.REDIS_7_2, "1", "a").encoding()).isEqualTo(Encoding.LISTPACK);
        assertThat(of(EncodingLimits.REDIS_7_0, "1", "a").encoding()).isEqualTo(Encoding.HASHTABLE);
    }

    @Test
    void aListpackKeepsTheOrderOfArrival() {
        SetValue set = of(EncodingLimits.REDIS_7_2, "2", "1", "b", "a", "3");
        set.remove(Bytes.of("b"));

        assertThat(membersOf(set)).extracting(Bytes::utf8).containsExactly("1", "2", "a", "3");
    }

    @Test
    void moreThanFiveHundredTwelveIntegersAreAHashTable() {
        var set = new SetValue(EncodingLimits.DEFAULT);
        for (int i = 0; i < 512; i++) {
            set.add(Bytes.of(i));
        }
        assertThat(set.encoding()).isEqualTo(Encoding.INTSET);

        set.add(Bytes.of(512));

        assertThat(set.encoding()).isEqualTo(Encoding.HASHTABLE);
        assertThat(set.contains(Bytes.of(77))).isTrue();
    }

    @Test
    void moreThanAHundredAndTwentyEightWordsOrOneLongWordAreAHashTable() {
        var many = new SetValue(EncodingLimits.DEFAULT);
        for (int i = 0; i < 128; i++) {
            many.add(Bytes.of("m" + i));
        }
        assertThat(many.encoding()).isEqualTo(Encoding.LISTPACK);
        many.add(Bytes.of("one more"));

        assertThat(many.encoding()).isEqualTo(Encoding.HASHTABLE);
        assertThat(of(EncodingLimits.DEFAULT, "x".repeat(65)).encoding()).isEqualTo(Encoding.HASHTABLE);
    }

    @Test
    void aScanOfACompactSetIsOneCall() {
        SetValue set = of(EncodingLimits.DEFAULT, "3", "1", "2");
        var seen = new ArrayList<String>();

        long next = set.scan(0, 1, member -> seen.add(member.utf8()));

        assertThat(next).isZero();
        assertThat(seen).containsExactly("1", "2", "3");
    }

    private static SetValue of(EncodingLimits limits, String... members) {
        var set = new SetValue(limits);
        for (String member : members) {
            set.add(Bytes.of(member));
        }
        return set;
    }

    private static List<Bytes> membersOf(SetValue set) {
        var members = new ArrayList<Bytes>();
        set.forEach(members::add);
        return members;
    }
}
