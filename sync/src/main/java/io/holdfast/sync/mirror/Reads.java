package io.holdfast.sync.mirror;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.resp.Bytes;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads that the upstream has answered, until it is looked up whether their keys are known: for many at a time, as each look
 * waits for memory several times in a row. Owned by the engine loop.
 */
final class Reads {
    /** What a reply says of the command's key. */
    enum Answer {
        /** It is not there, or has nothing of what was asked for. */
        NOTHING,
        SOMETHING,
        /** Only a key that is there is answered so. */
        PROOF
    }

    /**
     * One of them.
     *
     * @param key the command's only one
     */
    record Read(FetchPort link, int db, CommandSpec spec, Bytes key, Answer answer) {}

    private final @Nullable Read[] waiting = new Read[LookAhead.WRITES];
    private int count;

    /** Whether there is no room for more. */
    boolean add(Read read) {
        waiting[count++] = read;
        return count == waiting.length;
    }

    int count() {
        return count;
    }

    Read get(int i) {
        Read read = i < count ? waiting[i] : null;
        if (read == null) {
            throw new IndexOutOfBoundsException(i);
        }
        return read;
    }

    void clear() {
        Arrays.fill(waiting, 0, count, null);
        count = 0;
    }
}
