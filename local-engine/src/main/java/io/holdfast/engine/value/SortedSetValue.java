package io.holdfast.engine.value;

import io.holdfast.engine.rule.IndexRange;
import io.holdfast.engine.rule.LexRange;
import io.holdfast.engine.rule.ScoreRange;
import io.holdfast.engine.value.EncodingLimits.Limit;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Members ordered by score, then by their bytes. Scores are never NaN. Owned by the engine loop.
 *
 * <p>Ranges are {@link IndexRange}s of ranks, {@code from} inclusive, {@code to} exclusive. Where a method has a {@code
 * reverse} parameter, rank 0 is the member with the highest score when that is true.
 */
public final class SortedSetValue implements Value {
    private final EncodingLimits limits;
    private final ScoreTree order;
    private final DenseScores scores;
    private final ChangedElements changes = new ChangedElements();
    private boolean listpack = true;
    private long memberBytes;

    /** Receives members one after another. It must not change the set. */
    public interface Visitor {
        void visit(Bytes member, double score);
    }

    public SortedSetValue(EncodingLimits limits) {
        this.limits = limits;
        order = new ScoreTree();
        scores = new DenseScores();
    }

    private SortedSetValue(SortedSetValue other) {
        limits = other.limits;
        order = other.order.copy();
        scores = other.scores.copy();
        listpack = other.listpack;
        memberBytes = other.memberBytes;
    }

    /** A set of all of {@code members} at once, each there only once: a -0 stays one unless all fit a listpack. */
    public static SortedSetValue of(EncodingLimits limits, List<ScoredMember> members) {
        var value = new SortedSetValue(limits);
        value.listpack = members.size() <= limits.of(Limit.ZSET_MAX_LISTPACK_ENTRIES)
                && members.stream()
                        .allMatch(scored -> scored.member().length() <= limits.of(Limit.ZSET_MAX_LISTPACK_VALUE));
        members.forEach(scored -> value.add(scored.member(), scored.score()));
        return value;
    }

    /** An empty set that will have {@code size} members: where so many fit no listpack, a -0 among the first stays one too. */
    public static SortedSetValue ofSize(EncodingLimits limits, int size) {
        var value = new SortedSetValue(limits);
        value.listpack = size <= limits.of(Limit.ZSET_MAX_LISTPACK_ENTRIES);
        return value;
    }

    /** Says that it is a skip list from now on, as Redis would, however few they are. */
    public void leaveListpack() {
        listpack = false;
    }

    public boolean contains(Bytes member) {
        return scores.indexOf(member) >= 0;
    }

    /** The score of {@code member}, or NaN where it is absent. */
    public double score(Bytes member) {
        int index = scores.indexOf(member);
        return index < 0 ? Double.NaN : scores.scoreAt(index);
    }

    /** Adds {@code member} or gives it another score. True where the member is new. */
    public boolean put(Bytes member, double score) {
        if (Double.isNaN(score)) {
            throw new IllegalArgumentException("a score is a number");
        }
        int index = scores.indexOf(member);
        if (index < 0) {
            add(member, score);
            return true;
        }
        double before = scores.scoreAt(index);
        if (before != score) {
            double after = stored(score);
            order.move(scores.memberAt(index), before, after);
            scores.setScoreAt(index, after);
            changes.add(member, scores.size());
        }
        return false;
    }

    /** True where the member was there. */
    public boolean remove(Bytes member) {
        int index = scores.indexOf(member);
        if (index < 0) {
            return false;
        }
        order.delete(member, scores.scoreAt(index));
        scores.removeAt(index);
        memberBytes -= HeapEstimate.of(member);
        changes.add(member, scores.size());
        return true;
    }

    /** How many members come before {@code member}, or -1 where it is absent. */
    public int rank(Bytes member, boolean reverse) {
        int index = scores.indexOf(member);
        if (index < 0) {
            return -1;
        }
        int rank = order.rankOf(member, scores.scoreAt(index));
        return reverse ? order.size() - 1 - rank : rank;
    }

    /** The member with the lowest score, or null where the set is empty. */
    public @Nullable ScoredMember first() {
        return isEmpty() ? null : order.atRank(0);
    }

    /** The member with the highest score, or null where the set is empty. */
    public @Nullable ScoredMember last() {
        return isEmpty() ? null : order.atRank(order.size() - 1);
    }

    /** Removes the member with the lowest score, or returns null where the set is empty. */
    public @Nullable ScoredMember popFirst() {
        return popped(first());
    }

    /** Removes the member with the highest score, or returns null where the set is empty. */
    public @Nullable ScoredMember popLast() {
        return popped(last());
    }

    /** The member at an index from 0 to {@link #size} (exclusive), in no particular order: for random choices. */
    public Bytes memberAt(int index) {
        return scores.memberAt(index);
    }

    public double scoreAt(int index) {
        return scores.scoreAt(index);
    }

    /** The ranks, from the lowest score, of the members within {@code range}; takes logarithmic time. */
    public IndexRange ranksOf(ScoreRange range) {
        if (range.isEmpty()) {
            return new IndexRange(0, 0);
        }
        int from = order.countWhile((member, score) -> range.isBelow(score));
        int to = order.countWhile((member, score) -> !range.isAbove(score));
        return new IndexRange(from, to);
    }

    /** As for scores; what it means is undefined where scores differ, as in Redis. */
    public IndexRange ranksOf(LexRange range) {
        if (range.isEmpty()) {
            return new IndexRange(0, 0);
        }
        int from = order.countWhile((member, score) -> range.isBelow(member));
        int to = order.countWhile((member, score) -> !range.isAbove(member));
        return new IndexRange(from, Math.max(from, to));
    }

    public int count(ScoreRange range) {
        return ranksOf(range).length();
    }

    public int count(LexRange range) {
        return ranksOf(range).length();
    }

    /** Visits the members of these ranks, rank 0 being the highest score where {@code reverse} is true. */
    public void forEachByRank(IndexRange ranks, boolean reverse, Visitor visitor) {
        int from = reverse ? order.size() - ranks.to() : ranks.from();
        order.forEach(from, from + ranks.length(), reverse, visitor);
    }

    /**
     * Visits the members within {@code range}.
     *
     * @param offset how many to pass over first; none is visited where it is negative
     * @param limit how many to visit at most; all where it is negative
     */
    public void forEachByScore(ScoreRange range, boolean reverse, long offset, long limit, Visitor visitor) {
        forEachByRank(limited(ranksOf(range), reverse, offset, limit), reverse, visitor);
    }

    /** As {@link #forEachByScore}. */
    public void forEachByLex(LexRange range, boolean reverse, long offset, long limit, Visitor visitor) {
        forEachByRank(limited(ranksOf(range), reverse, offset, limit), reverse, visitor);
    }

    /** Removes the members of these ranks, counted from the lowest score, and returns them in that order. */
    public List<Bytes> removeByRank(IndexRange ranks) {
        var removed = new ArrayList<Bytes>(ranks.length());
        forEachByRank(ranks, false, (member, score) -> removed.add(member));
        removed.forEach(this::remove);
        return removed;
    }

    public List<Bytes> removeByScore(ScoreRange range) {
        return removeByRank(ranksOf(range));
    }

    public List<Bytes> removeByLex(LexRange range) {
        return removeByRank(ranksOf(range));
    }

    /** As {@link DenseSet#scan}; a listpack is visited whole in one call and in order, as in Redis. */
    public long scan(long cursor, int count, Visitor visitor) {
        if (listpack) {
            forEachByRank(new IndexRange(0, order.size()), false, visitor);
            return 0;
        }
        return scores.scan(cursor, count, visitor);
    }

    @Override
    public ValueType type() {
        return ValueType.ZSET;
    }

    @Override
    public Encoding encoding() {
        return listpack ? Encoding.LISTPACK : Encoding.SKIPLIST;
    }

    @Override
    public long size() {
        return scores.size();
    }

    @Override
    public boolean isEmpty() {
        return scores.size() == 0;
    }

    @Override
    public SortedSetValue copy() {
        return new SortedSetValue(this);
    }

    @Override
    public boolean hasChanges() {
        return !changes.isNone();
    }

    @Override
    public void drainChanges(RowSink sink) {
        if (changes.isAll()) {
            sink.clear();
            forEachByRank(new IndexRange(0, order.size()), false, sink::scored);
        } else {
            changes.forEachName(member -> drainMember(member, sink));
        }
        changes.clear();
    }

    private void drainMember(Bytes member, RowSink sink) {
        int index = scores.indexOf(member);
        if (index < 0) {
            sink.scoredGone(member);
        } else {
            sink.scored(member, scores.scoreAt(index));
        }
    }

    @Override
    public void markAllChanged() {
        changes.addAll();
    }

    @Override
    public void markClean() {
        changes.clear();
    }

    @Override
    public long approximateBytes() {
        return HeapEstimate.VALUE + scores.arrayBytes() + order.bytes() + memberBytes;
    }

    private void add(Bytes member, double score) {
        listpack = listpack
                && scores.size() < limits.of(Limit.ZSET_MAX_LISTPACK_ENTRIES)
                && member.length() <= limits.of(Limit.ZSET_MAX_LISTPACK_VALUE);
        double after = stored(score);
        scores.append(member, after);
        order.insert(member, after);
        memberBytes += HeapEstimate.of(member);
        changes.add(member, scores.size());
    }

    /** A listpack holds whole numbers as integers, which have no negative zero. */
    private double stored(double score) {
        return listpack ? score + 0.0 : score;
    }

    private @Nullable ScoredMember popped(@Nullable ScoredMember end) {
        if (end != null) {
            remove(end.member());
        }
        return end;
    }

    /** Turns ranks from the lowest score into those of the direction, and cuts them. */
    private IndexRange limited(IndexRange ranks, boolean reverse, long offset, long limit) {
        int from = reverse ? order.size() - ranks.to() : ranks.from();
        int length = ranks.length();
        if (offset < 0 || offset >= length) {
            return new IndexRange(0, 0);
        }
        long left = length - offset;
        long visited = limit < 0 ? left : Math.min(left, limit);
        int first = from + (int) offset;
        return new IndexRange(first, first + (int) visited);
    }

    /** Throws where the order is broken; for tests. */
    void checkInvariants() {
        order.checkInvariants();
    }
}
