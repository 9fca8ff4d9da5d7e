package io.holdfast.sync.mirror;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.VouchedKeys;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.RequestFrame;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads that the upstream has answered: what was found and is not known is worth a copy. Whether a key is known is looked up for
 * many at a time, as each look waits for memory, once for a key that was noted and several times in a row for others. Owned by
 * the engine loop.
 */
final class Reads {
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
    private final List<Read> unknown = new ArrayList<>(MAX);

    private final Knowledge knowledge;
    private final LookAhead lookAhead;
    private final Fetches fetches;

    Reads(Knowledge knowledge, LookAhead lookAhead, Fetches fetches) {
        this.knowledge = knowledge;
        this.lookAhead = lookAhead;
        this.fetches = fetches;
    }

    /**
     * Takes one in.
     *
     * @param frame as it was sent
     * @param reply the exact reply; not changed
     */
    void answered(FetchPort link, int db, CommandSpec spec, RequestFrame frame, ByteBuf reply) {
        if (knowledge.mode() == MirrorMode.OFF) {
            return;
        }
        Answer answer = Answer.of(reply);
        if (answer == Answer.ERROR) {
            return;
        }
        int at = spec.singleKeyAt();
        if (at > 0 && at < frame.size()) {
            add(link, db, spec, frame, at, answer);
        } else if (at < 0 && answer != Answer.NOTHING) {
            Bytes[] args = frame.arguments();
            spec.forEachKey(args, i -> fetches.wantUnknown(link, db, spec, args[i]));
        }
    }

    private void add(FetchPort link, int db, CommandSpec spec, RequestFrame frame, int at, Answer answer) {
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
        if (count == MAX) {
            see();
        }
    }

    /** Looks up whether the keys of what was taken in are known; those that are not are asked for. */
    void see() {
        takeUnknown(knowledge.vouchedKeys());
        lookAhead.step(unknown);
        for (int i = 0; i < unknown.size(); i++) {
            Read read = unknown.get(i);
            KeyRecord verified = knowledge.verified(lookAhead.found(i), read.db, read.key);
            if (verified != null) {
                knowledge.vouchedKeys().note(verified);
            } else {
                found(read);
            }
        }
        unknown.clear();
    }

    /**
     * A reply told of a key that is not here, or not vouched for. Where nobody was known to have it, others have made it since;
     * where there is a copy that nobody vouches for and nothing was found, others may have removed it.
     */
    private void found(Read read) {
        if (read.answer == Answer.NOTHING) {
            if (knowledge.isDoubtful(read.db, read.key)) {
                fetches.want(read.link, read.db, read.key, KeyFetch.guess(read.spec.group()));
            }
            return;
        }
        if (read.answer == Answer.PROOF) {
            knowledge.distrust(new Watched(read.db, read.key));
        }
        fetches.wantUnknown(read.link, read.db, read.spec, read.key);
    }

    /** What was taken in is forgotten, and unless its key was noted and is vouched for yet it is unknown. */
    private void takeUnknown(VouchedKeys noted) {
        for (int i = 0; i < count; i++) {
            Answered its = answered[i];
            if (its != null && !noted.contains(its.db, its.hash)) {
                unknown.add(new Read(its.link, its.db, its.spec, key(i), its.answer));
            }
        }
        clear();
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
