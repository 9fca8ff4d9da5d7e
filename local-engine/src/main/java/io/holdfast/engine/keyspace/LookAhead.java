package io.holdfast.engine.keyspace;

import io.holdfast.engine.value.Value;
import io.holdfast.resp.RequestScan;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Brings what the requests that come next will read into the processor's caches, many at a time. A command on one of many keys
 * does little but wait for memory, ten times in a row: the table, the key, its record, its value; pipelined requests come
 * together, so that their waits can overlap. With 100,000 keys it took half of what a GET costs. Changes nothing, and does nothing
 * where everything is cached anyway. Owned by the engine loop.
 */
public final class LookAhead {
    /** With fewer keys, or elements of a key, than this everything is cached anyway. */
    private static final int ENTRIES_MIN = 4096;
    /** So many calls are left out after one that found nothing to bring. */
    private static final int RESTS = 64;

    private final RequestScan scan = new RequestScan();
    private final int[] hashes = new int[RequestScan.REQUESTS_MAX];
    private final int[] indexes = new int[RequestScan.REQUESTS_MAX];
    private final @Nullable Object[] found = new Object[RequestScan.REQUESTS_MAX];
    private int rests;
    /** Keeps the reads from being left out as useless. */
    private int read;

    /**
     * Prepares for requests that are not decoded yet.
     *
     * @param received which begins with the first of them
     * @return after how many of them it is to be called again
     */
    public int step(Keyspace keyspace, ByteBuf received) {
        if (rests > 0) {
            rests--;
            return Integer.MAX_VALUE;
        }
        int requests = scan.look(received);
        if (requests < 2) {
            return RequestScan.REQUESTS_MAX; // the first one is long, or not whole: so is what follows, perhaps
        }
        boolean toOneKey = scan.secondHash(0) == scan.secondHash(1);
        boolean wasOfUse = toOneKey ? warmElements(keyspace, requests) : warmKeys(keyspace, requests);
        rests = wasOfUse ? 0 : RESTS;
        return requests;
    }

    private boolean warmKeys(Keyspace keyspace, int requests) {
        if (keyspace.size() < ENTRIES_MIN) {
            return false;
        }
        int wanted = 0;
        for (int i = 0; i < requests; i++) {
            int hash = scan.secondHash(i);
            if (hash != RequestScan.NONE) {
                hashes[wanted++] = hash;
            }
        }
        keyspace.findAll(hashes, indexes, found, wanted);
        read += Keyspace.warm(found, wanted, wanted);
        Arrays.fill(found, 0, wanted, null); // what is removed meanwhile is not kept by this
        return true;
    }

    /** Pipelined requests often go to one big hash or set. */
    private boolean warmElements(Keyspace keyspace, int requests) {
        KeyRecord record = keyspace.likely(scan.secondHash(0));
        Value value = record == null ? null : record.residentValue();
        if (value == null || value.size() < ENTRIES_MIN) {
            return false;
        }
        int wanted = 0;
        for (int i = 0; i < requests; i++) {
            int hash = scan.thirdHash(i);
            if (hash != RequestScan.NONE) {
                hashes[wanted++] = hash;
            }
        }
        read += value.warm(hashes, indexes, wanted);
        return true;
    }

    /** A number without meaning. */
    int read() {
        return read;
    }
}
