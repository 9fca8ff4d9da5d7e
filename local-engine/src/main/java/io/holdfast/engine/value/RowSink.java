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

    /** What a stream knows besides its entries; written whenever one of these changes. */
    void stream(StreamId lastId, StreamId maxDeletedId, long entriesAdded);

    /** An entry of a stream. */
    void entry(StreamEntry entry);

    /** The entries with ids {@code from} to {@code to}, both inclusive, are no longer there. */
    void entriesGone(StreamId from, StreamId to);

    /** @param group its number, by which its consumers and pending entries refer to it */
    void group(int group, Bytes name, StreamId lastDelivered, long entriesRead);

    /** The group with this number is gone, with its consumers and pending entries. */
    void groupGone(int group);

    /** @param consumer its number within the group, by which pending entries refer to it */
    void consumer(int group, int consumer, Bytes name, long seenMs, long activeMs);

    void consumerGone(int group, int consumer);

    void pending(int group, StreamId id, int consumer, long deliveredMs, long deliveries);

    void pendingGone(int group, StreamId id);
}
