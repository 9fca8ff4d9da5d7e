package io.holdfast.engine.value;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.rule.IndexRange;
import io.holdfast.engine.rule.LexRange;
import io.holdfast.engine.rule.ScoreRange;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SortedSetValueTest {
    private static final Comparator<ScoredMember> ORDER =
            Comparator.comparingDouble(ScoredMember::score).thenComparing(ScoredMember::member);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void itAgreesWithASortedListUnderRandomChanges(long seed) {
        var random = new SplittableRandom(seed);
        var set = newSet();
        var model = new HashMap<Bytes, Double>();
        var rows = new RowModel();

        for (int step = 0; step < 6000; step++) {
            Bytes member = Bytes.of(random.nextInt(400));
            switch (random.nextInt(8)) {
                case 0, 1, 2, 3 -> {
                    double score = random.nextInt(-20, 20) / 2.0;
                    assertThat(set.put(member, score)).isEqualTo(model.put(member, score) == null);
                }
                case 4, 5 -> assertThat(set.remove(member)).isEqualTo(model.remove(member) != null);
                case 6 -> {
                    ScoredMember popped = random.nextBoolean() ? set.popFirst() : set.popLast();
                    assertThat(popped == null).isEqualTo(model.isEmpty());
                    if (popped != null) {
                        model.remove(popped.member());
                    }
                }
                default -> {
                    if (random.nextInt(20) == 0) {
                        List<Bytes> removed = set.removeByRank(randomRange(random, (int) set.size()));
                        removed.forEach(model::remove);
                    }
                }
            }
            if (step % 97 == 0) {
                set.checkInvariants();
                assertAgree(set, model, random, "seed " + seed + " step " + step);
                set.drainChanges(rows);
                assertThat(rows.scores).as("seed %d step %d", seed, step).isEqualTo(model);
                assertThat(set.hasChanges()).isFalse();
            }
        }
        SortedSetValue copy = set.copy();
        set.put(Bytes.of("only in the original"), 1);
        copy.checkInvariants();
        assertAgree(copy, model, random, "copy, seed " + seed);
    }

    private static void assertAgree(
            SortedSetValue set, Map<Bytes, Double> model, SplittableRandom random, String where) {
        List<ScoredMember> sorted = new ArrayList<>();
        model.forEach((member, score) -> sorted.add(new ScoredMember(member, score)));
        sorted.sort(ORDER);
        List<ScoredMember> reversed = new ArrayList<>(sorted);
        Collections.reverse(reversed);

        assertThat(visited(set, false)).as(where).isEqualTo(sorted);
        assertThat(visited(set, true)).as(where).isEqualTo(reversed);
        assertThat(set.first()).isEqualTo(sorted.isEmpty() ? null : sorted.get(0));
        assertThat(set.last()).isEqualTo(sorted.isEmpty() ? null : reversed.get(0));
        for (int rank = 0; rank < sorted.size(); rank += 7) {
            Bytes member = sorted.get(rank).member();
            assertThat(set.rank(member, false)).as(where).isEqualTo(rank);
            assertThat(set.rank(member, true)).as(where).isEqualTo(sorted.size() - 1 - rank);
            assertThat(set.score(member)).isEqualTo(sorted.get(rank).score());
        }
        var range = new ScoreRange(
                random.nextInt(-11, 11), random.nextBoolean(), random.nextInt(-11, 11), random.nextBoolean());
        boolean reverse = random.nextBoolean();
        long offset = random.nextInt(-1, 5);
        long limit = random.nextInt(-1, 20);
        List<ScoredMember> expected = (reverse ? reversed : sorted)
                .stream()
                        .filter(entry -> range.contains(entry.score()))
                        .skip(Math.max(0, offset))
                        .limit(offset < 0 ? 0 : limit < 0 ? Long.MAX_VALUE : limit)
                        .toList();
        List<ScoredMember> found = new ArrayList<>();
        set.forEachByScore(range, reverse, offset, limit, (m, s) -> found.add(new ScoredMember(m, s)));
        assertThat(found)
                .as("%s %s reverse %s offset %d limit %d", where, range, reverse, offset, limit)
                .isEqualTo(expected);
        assertThat(set.count(range)).as(where).isEqualTo((int)
                sorted.stream().filter(entry -> range.contains(entry.score())).count());
    }

    @Test
    void membersOfOneScoreAreRangedByTheirBytes() {
        var set = newSet();
        for (int i = 0; i < 300; i++) {
            set.put(Bytes.of(String.format("m%03d", i)), 0);
        }
        var range = LexRange.parse(Bytes.of("(m010"), Bytes.of("[m013"));

        List<String> backwards = new ArrayList<>();
        set.forEachByLex(range, true, 1, -1, (member, score) -> backwards.add(member.utf8()));

        assertThat(backwards).containsExactly("m012", "m011");
        assertThat(set.count(range)).isEqualTo(3);
        assertThat(set.removeByLex(range)).extracting(Bytes::utf8).containsExactly("m011", "m012", "m013");
        assertThat(set.size()).isEqualTo(297);
        assertThat(set.removeByScore(new ScoreRange(0, false, 0, false))).hasSize(297);
        assertThat(set.isEmpty()).isTrue();
        set.checkInvariants();
    }

    @Test
    void anAbsentMemberHasNoScoreAndNoRank() {
        var set = newSet();

        assertThat(set.score(Bytes.of("a"))).isNaN();
        assertThat(set.rank(Bytes.of("a"), false)).isEqualTo(-1);
        assertThat(set.popFirst()).isNull();
        assertThatThrownBy(() -> set.put(Bytes.of("a"), Double.NaN)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void itBecomesASkipListWhenItHasTooManyMembersAndStaysOne() {
        var set = newSet();
        for (int i = 0; i < 128; i++) {
            set.put(Bytes.of(i), i);
        }
        assertThat(set.encoding()).isEqualTo(Encoding.LISTPACK);

        set.put(Bytes.of("one more"), 1);
        set.remove(Bytes.of("one more"));

        assertThat(set.encoding()).isEqualTo(Encoding.SKIPLIST);
    }

    @Test
    void itBecomesASkipListWhenAMemberIsTooLong() {
        var set = newSet();
        set.put(Bytes.of("x".repeat(64)), 1);
        assertThat(set.encoding()).isEqualTo(Encoding.LISTPACK);

        set.put(Bytes.of("x".repeat(65)), 1);

        assertThat(set.encoding()).isEqualTo(Encoding.SKIPLIST);
    }

    /** As redis-server 7.0.15: ZADD k -0 m, ZSCORE k m gives 0 from a listpack. */
    @Test
    void aListpackHasNoNegativeZero() {
        var set = newSet();

        set.put(Bytes.of("m"), -0.0);

        assertThat(Double.doubleToRawLongBits(set.score(Bytes.of("m")))).isZero();
    }

    @Test
    void oneNewScoreIsOneRow() {
        var set = newSet();
        for (int i = 0; i < 1000; i++) {
            set.put(Bytes.of(i), i);
        }
        var rows = new RowModel();
        set.drainChanges(rows);

        set.put(Bytes.of(500), 0.5);
        set.put(Bytes.of(501), 501); // no change
        set.remove(Bytes.of(7));

        assertThat(rows.rowsOf(set)).isEqualTo(2);
        assertThat(rows.scores).hasSize(999).containsEntry(Bytes.of(500), 0.5);
    }

    @Test
    void aScanOfALargeSetReachesEveryMember() {
        var set = newSet();
        for (int i = 0; i < 1000; i++) {
            set.put(Bytes.of(i), i);
        }
        var seen = new HashSet<Bytes>();
        long cursor = 0;
        do {
            cursor = set.scan(cursor, 10, (member, score) -> seen.add(member));
        } while (cursor != 0);

        assertThat(seen).hasSize(1000);
    }

    private static List<ScoredMember> visited(SortedSetValue set, boolean reverse) {
        List<ScoredMember> visited = new ArrayList<>();
        set.forEachByRank(new IndexRange(0, (int) set.size()), reverse, (m, s) -> visited.add(new ScoredMember(m, s)));
        return visited;
    }

    private static IndexRange randomRange(SplittableRandom random, int size) {
        return IndexRange.ofElements(random.nextInt(size + 1), random.nextInt(size + 1), size);
    }

    private static SortedSetValue newSet() {
        return new SortedSetValue(EncodingLimits.DEFAULT);
    }
}
