package io.holdfast.engine.value;

import io.holdfast.resp.Bytes;

/**
 * Receives what changed in one value since it was last asked, as rows of its table. {@link #clear} comes first where
 * everything is written anew. Implementations copy nothing: what they get is immutable.
 */
public interface RowSink {
    /** All rows of the value go; those that follow are the whole value. */
    void clear();

    void string(Bytes value);

    void field(Bytes field, Bytes value);

    void fieldGone(Bytes field);

    void member(Bytes member);

    void memberGone(Bytes member);

    void scored(Bytes member, double score);

    void scoredGone(Bytes member);

    /** An element of a list. Positions rise from head to tail, may be negative, and need not be contiguous. */
    void item(long position, Bytes value);

    /** The elements at positions {@code from} to {@code to}, both inclusive, are no longer there. */
    void itemsGone(long from, long to);
}
