package io.holdfast.sync.mirror;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.keyspace.VouchedKeys;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.RequestFrame;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads that the upstream has answered, until it is looked up whether their keys are known: for many at a time, as each look
 * waits for memory, once for a key that was noted and several times in a row for others. Owned by the engine loop.
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

    /** What is known of one without a copy of its key. */
    private record Answered(FetchPort link, int db, CommandSpec spec, Answer answer, long hash) {}

    private static final int MAX = LookAhead.WRITES;
    /** The names of keys are seldom longer. */
    private static final int NAME_BYTES_MAX = 128;

    private final @Nullable Answered[] answered = new Answered[MAX];
    /** Of each a key of so many bytes, where it fits. */
    private final byte[] names = new byte[MAX * NAME_BYTES_MAX];

    private final int[] lengths = new int[MAX];
    private final @Nullable Bytes[] longNames = new Bytes[MAX];
    private int count;
    private final List<Read> taken = new ArrayList<>(MAX);

    /**
     * Takes one in.
     *
     * @param at which argument is its only key
     * @return whether there is no room for more
     */
    boolean add(FetchPort link, int db, CommandSpec spec, RequestFrame frame, int at, Answer answer) {
        int length = frame.length(at);
        int from = count * NAME_BYTES_MAX;
        long hash;
        if (length <= NAME_BYTES_MAX) {
            frame.copyArgument(at, names, from);
            hash = Bytes.longHash(names, from, from + length);
        } else {
            Bytes name = frame.argument(at);
            longNames[count] = name;
            hash = name.longHash();
        }
        lengths[count] = length;
        answered[count++] = new Answered(link, db, spec, answer, hash);
        return count == MAX;
    }

    /**
     * Gives back, and forgets, what was added: but for those whose keys were noted, and are vouched for yet. The list is used
     * again by the next call.
     */
    List<Read> take(VouchedKeys noted) {
        taken.clear();
        for (int i = 0; i < count; i++) {
            Answered its = answered[i];
            if (its != null && !noted.contains(its.db, its.hash)) {
                taken.add(new Read(its.link, its.db, its.spec, key(i), its.answer));
            }
        }
        clear();
        return taken;
    }

    private Bytes key(int i) {
        Bytes name = longNames[i];
        return name == null ? Bytes.copyOf(names, i * NAME_BYTES_MAX, lengths[i]) : name;
    }

    void clear() {
        Arrays.fill(answered, 0, count, null);
        Arrays.fill(longNames, 0, count, null);
        count = 0;
    }
}
