package io.holdfast.engine.value;

import io.holdfast.resp.Bytes;
import java.util.Arrays;

/** The score of each member: a {@link DenseSet} with an array of numbers beside it. Not thread-safe. */
final class DenseScores {
    private static final double[] NO_SCORES = {};
    private static final int ARRAY_HEADER = 16;

    private final DenseSet members;
    private double[] scores;

    DenseScores() {
        this(new DenseSet(), NO_SCORES);
    }

    private DenseScores(DenseSet members, double[] scores) {
        this.members = members;
        this.scores = scores;
    }

    DenseScores copy() {
        return new DenseScores(members.copy(), scores.clone());
    }

    int size() {
        return members.size();
    }

    /** The index of {@code member}, or -1. It holds until the next change. */
    int indexOf(Bytes member) {
        return members.indexOf(member);
    }

    Bytes memberAt(int index) {
        return members.memberAt(index);
    }

    double scoreAt(int index) {
        return scores[index];
    }

    void setScoreAt(int index, double score) {
        scores[index] = score;
    }

    /** Adds a member that is known to be absent, at the last index. */
    void append(Bytes member, double score) {
        members.append(member);
        followCapacity();
        scores[members.size() - 1] = score;
    }

    /** Removes by moving the last entry into the hole: constant time, the order changes. */
    void removeAt(int index) {
        scores[index] = scores[members.size() - 1];
        members.removeAt(index);
        followCapacity();
    }

    /** As {@link DenseSet#scan}. */
    long scan(long cursor, int count, SortedSetValue.Visitor visitor) {
        return members.scanIndexes(cursor, count, index -> visitor.visit(memberAt(index), scores[index]));
    }

    /** The bytes of the arrays, not those of the members. */
    long arrayBytes() {
        return members.arrayBytes() + ARRAY_HEADER + 8L * scores.length;
    }

    private void followCapacity() {
        if (scores.length != members.capacity()) {
            scores = Arrays.copyOf(scores, members.capacity());
        }
    }
}
