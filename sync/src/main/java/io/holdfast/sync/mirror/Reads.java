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
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads that the upstream has answered: what was found and is not known is worth a copy. Whether a key is known is looked up for
 * many at a time, as each look waits for memory, once for a key that was noted and several times in a row for others. Owned by
 * the engine loop.
 */
final class Reads {
    private static final int MAX = LookAhead.WRITES;
    /** The names of keys are seldom longer. */
    private static final int NAME_BYTES_MAX = 128;

    /**
     * One whose key was not noted.
     *
     * @param key the command's only one
     */
    record Read(FetchPort link, int db, CommandSpec spec, Bytes key, Answer answer) {}

    /** Where one waits to be looked up: it is taken over and over, so that for most reads nothing is allocated. */
    private static final class Place {
        final byte[] name = new byte[NAME_BYTES_MAX];
        int nameBytes;
        /** The key where there is no room for it. */
        @Nullable Bytes longName;

        long hash;
        int db;

        @Nullable FetchPort link;

        @Nullable CommandSpec spec;

        Answer answer = Answer.NOTHING;

        void key(RequestFrame frame, int at) {
            nameBytes = frame.length(at);
            if (nameBytes <= NAME_BYTES_MAX) {
                frame.copyArgument(at, name, 0);
                hash = Bytes.longHash(name, 0, nameBytes);
                longName = null;
            } else {
                longName = frame.argument(at);
                hash = longName.longHash();
            }
        }

        Bytes key() {
            return longName == null ? Bytes.copyOf(name, 0, nameBytes) : longName;
        }
    }

    private final Place[] places = new Place[MAX];
    private int count;
    /** Keeps the first looks from being left out as useless. */
    private int warmed;

    private final List<Read> unknown = new ArrayList<>(MAX);

    private final Knowledge knowledge;
    private final LookAhead lookAhead;
    private final Fetches fetches;

    Reads(Knowledge knowledge, LookAhead lookAhead, Fetches fetches) {
        this.knowledge = knowledge;
        this.lookAhead = lookAhead;
        this.fetches = fetches;
        Arrays.setAll(places, i -> new Place());
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
        Place place = places[count];
        place.key(frame, at);
        place.db = db;
        place.link = link;
        place.spec = spec;
        place.answer = answer;
        count++;
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
            KeyRecord record = knowledge.find(lookAhead.found(i), read.db, read.key);
            if (record != null && knowledge.isVerified(record)) {
                knowledge.vouchedKeys().note(record);
            } else {
                found(read, record);
            }
        }
        unknown.clear();
    }

    /**
     * A reply told of a key that is not here, or not vouched for. Where nobody was known to have it, others have made it since;
     * where there is a copy that nobody vouches for and nothing was found, others may have removed it.
     */
    private void found(Read read, @Nullable KeyRecord doubtful) {
        if (read.answer == Answer.NOTHING) {
            if (doubtful != null) {
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
        // In a pass of its own, so short that the processor has many of them under way at a time.
        for (int i = 0; i < count; i++) {
            warmed += noted.warm(places[i].db, places[i].hash);
        }
        for (int i = 0; i < count; i++) {
            Place its = places[i];
            if (!noted.contains(its.db, its.hash)) {
                unknown.add(new Read(
                        Objects.requireNonNull(its.link),
                        its.db,
                        Objects.requireNonNull(its.spec),
                        its.key(),
                        its.answer));
            }
        }
        clear();
    }

    /** A number without meaning. */
    int warmed() {
        return warmed;
    }

    /** What was taken in tells nothing any more. */
    void clear() {
        count = 0;
    }
}
