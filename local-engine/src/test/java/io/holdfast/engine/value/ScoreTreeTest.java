package io.holdfast.engine.value;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.value.ScoreTreeNode.Leaf;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScoreTreeTest {
    /** Adding 0.0 makes one zero of both, as scores compare. */
    private static final Comparator<ScoredMember> ORDER = Comparator.<ScoredMember>comparingDouble(
                    scored -> scored.score() + 0.0)
            .thenComparing(ScoredMember::member);

    private final ScoreTree tree = new ScoreTree();
    private final Map<Bytes, Double> model = new HashMap<>();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void itAgreesWithASortedListWhileItGrowsAndShrinks(long seed) {
        var random = new SplittableRandom(seed);
        int distinctScores = new int[] {1, 3, 50, 5000, 1_000_000}[random.nextInt(5)];
        int highest = 0;
        for (int step = 0; step < 60_000; step++) {
            boolean grows = step / 15_000 % 2 == 0;
            Bytes member = Bytes.of(random.nextInt(12_000));
            if (random.nextInt(10) < (grows ? 8 : 2)) {
                put(member, score(random, distinctScores));
            } else {
                remove(member);
            }
            if (step % 1500 == 0) {
                assertAgree("seed " + seed + " step " + step);
            }
            highest = Math.max(highest, tree.height());
        }
        assertThat(highest).isEqualTo(2);
        List<Bytes> rest = new ArrayList<>(model.keySet());
        Collections.sort(rest);
        rest.forEach(this::remove);
        assertAgree("seed " + seed + " emptied");
        assertThat(tree.height()).isZero();
        assertThat(tree.bytes()).isEqualTo(new ScoreTree().bytes() + 12 * 4);
    }

    private static double score(SplittableRandom random, int distinct) {
        return switch (random.nextInt(40)) {
            case 0 -> Double.NEGATIVE_INFINITY;
            case 1 -> Double.POSITIVE_INFINITY;
            case 2 -> -0.0;
            case 3 -> Double.MIN_VALUE;
            default -> random.nextInt(-distinct, distinct) / 4.0;
        };
    }

    /** Of 1 to 3 levels, filled by rising, by falling and by mixed scores. */
    static List<int[]> shapes() {
        return IntStream.of(1, 4, 5, 33, Leaf.SIZE_MAX - 1, Leaf.SIZE_MAX, Leaf.SIZE_MAX + 1, 1000, 9000)
                .boxed()
                .flatMap(size -> IntStream.of(0, 1, 2).mapToObj(order -> new int[] {size, order}))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void oneMoreAtAnyPlaceAndOneLessAtAnyPlaceIsRight(int[] shape) {
        fill(shape[0], shape[1]);
        int step = Math.max(1, shape[0] / 130);

        for (int place = 0; place <= shape[0]; place += step) {
            ScoreTree one = tree.copy();
            one.insert(Bytes.of("new"), place - 0.5);
            one.checkInvariants();
            assertThat(one.rankOf(Bytes.of("new"), place - 0.5)).isEqualTo(place);
            assertThat(one.atRank(place).member()).isEqualTo(Bytes.of("new"));
        }
        for (int place = 0; place < shape[0]; place += step) {
            ScoreTree one = tree.copy();
            one.delete(Bytes.of(place), place);
            one.checkInvariants();
            assertThat(one.size()).isEqualTo(shape[0] - 1);
            assertThat(one.countWhile((member, score) -> score < Double.MAX_VALUE))
                    .isEqualTo(shape[0] - 1);
        }
        assertAgree("the original");
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void aMemberMovesFromAnyPlaceToAnyPlace(int[] shape) {
        fill(shape[0], shape[1]);
        int step = Math.max(1, shape[0] / 40);

        for (int from = 0; from < shape[0]; from += step) {
            for (int to = 0; to <= shape[0]; to += step) {
                tree.move(Bytes.of(from), from, to - 0.5);
                assertThat(tree.rankOf(Bytes.of(from), to - 0.5)).isEqualTo(to > from ? to - 1 : to);
                tree.move(Bytes.of(from), to - 0.5, from);
            }
            tree.checkInvariants();
        }
        assertAgree("moved there and back");
    }

    /** Every child of a full inner node is split once, each time in a tree of its own. */
    @Test
    void aFullInnerNodeSplitsForWhicheverChildNeedsRoom() {
        var full = new ScoreTree();
        while (tree.height() < 2) {
            tree.insert(Bytes.of(tree.size()), tree.size());
        }
        int highest = tree.size() - 1; // the one that split the root
        for (int i = 0; i < highest; i++) {
            full.insert(Bytes.of(i), i);
        }

        for (int start = 0; start < highest; start += Leaf.SIZE_MAX / 2) {
            ScoreTree one = full.copy();
            for (int i = 1; i <= Leaf.SIZE_MAX; i++) {
                one.insert(Bytes.of("new" + i), start + i / 1000.0);
            }
            one.checkInvariants();
            assertThat(one.height()).isEqualTo(2);
            assertThat(one.size()).isEqualTo(highest + Leaf.SIZE_MAX);
            assertThat(one.rankOf(Bytes.of("new1"), start + 0.001)).isEqualTo(start + 1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void takenFromOneEndToTheOtherItEndsEmpty(boolean highestFirst) {
        fill(9000, 2);

        for (int left = 9000; left > 0; left--) {
            ScoredMember end = tree.atRank(highestFirst ? left - 1 : 0);
            assertThat(end.score()).isEqualTo(highestFirst ? left - 1 : 9000 - left);
            tree.delete(end.member(), end.score());
            if (left % 100 == 0) {
                tree.checkInvariants();
            }
        }

        assertThat(tree.size()).isZero();
        assertThat(tree.height()).isZero();
        assertThatThrownBy(() -> tree.atRank(0)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    /** As redis-server 7.0.15: the two zeros are one score, and members with it are ordered by their bytes. */
    @Test
    void zerosOfBothSignsAreOneScore() {
        put(Bytes.of("b"), -0.0);
        put(Bytes.of("a"), 0.0);
        put(Bytes.of("c"), 0.0);
        put(Bytes.of("d"), -0.0);

        assertThat(visited(0, 4, false))
                .extracting(scored -> scored.member().utf8())
                .containsExactly("a", "b", "c", "d");
        assertThat(tree.rankOf(Bytes.of("b"), 0.0)).isEqualTo(1);
    }

    @Test
    void scoresThatOnlyRiseOrOnlyFallFillTheLeavesWell() {
        fill(50_000, 0);
        var falling = new ScoreTree();
        for (int i = 0; i < 50_000; i++) {
            falling.insert(Bytes.of(i), -i);
        }

        assertThat(tree.bytes() / 50_000.0).isLessThan(15);
        assertThat(falling.bytes() / 50_000.0).isLessThan(15);
    }

    private void fill(int members, int order) {
        List<Integer> scores =
                new ArrayList<>(IntStream.range(0, members).boxed().toList());
        if (order == 1) {
            Collections.reverse(scores);
        } else if (order == 2) {
            Collections.shuffle(scores, new java.util.Random(members));
        }
        scores.forEach(score -> put(Bytes.of(score), score));
    }

    private void put(Bytes member, double score) {
        Double before = model.put(member, score);
        if (before == null) {
            tree.insert(member, score);
        } else {
            tree.move(member, before, score);
        }
    }

    private void remove(Bytes member) {
        Double before = model.remove(member);
        if (before != null) {
            tree.delete(member, before);
        }
    }

    private void assertAgree(String where) {
        List<ScoredMember> sorted = new ArrayList<>();
        model.forEach((member, score) -> sorted.add(new ScoredMember(member, score)));
        sorted.sort(ORDER);
        int size = sorted.size();

        tree.checkInvariants();
        assertThat(tree.size()).as(where).isEqualTo(size);
        assertThat(visited(0, size, false)).as(where).isEqualTo(sorted);
        for (int rank = 0; rank < size; rank += 1 + size / 97) {
            ScoredMember there = sorted.get(rank);
            assertThat(tree.atRank(rank)).as(where).isEqualTo(there);
            assertThat(tree.rankOf(there.member(), there.score())).as(where).isEqualTo(rank);
            assertThat(tree.countWhile((member, score) -> ORDER.compare(new ScoredMember(member, score), there) < 0))
                    .as(where)
                    .isEqualTo(rank);
            int to = Math.min(size, rank + 300);
            List<ScoredMember> part = new ArrayList<>(sorted.subList(rank, to));
            assertThat(visited(rank, to, false)).as(where).isEqualTo(part);
            Collections.reverse(part);
            assertThat(visited(rank, to, true)).as(where).isEqualTo(part);
        }
    }

    private List<ScoredMember> visited(int from, int to, boolean reverse) {
        List<ScoredMember> visited = new ArrayList<>();
        tree.forEach(from, to, reverse, (member, score) -> visited.add(new ScoredMember(member, score)));
        return visited;
    }
}
