package io.holdfast.engine.command;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.value.ConsumerGroup;
import io.holdfast.engine.value.PendingEntry;
import io.holdfast.engine.value.StreamConsumer;
import io.holdfast.engine.value.StreamEntry;
import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.StreamValue;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * The canonical commands that make a stream, or a part of what a consumer group knows. What Redis before 7.0 does not
 * keep, the counts of entries added and read, is left out for an upstream of that age.
 */
public final class StreamEffects {
    /** Ids in one such command. */
    private static final int IDS_MAX = 1024;

    private static final Bytes XACK = Bytes.of("XACK");
    private static final Bytes XADD = Bytes.of("XADD");
    private static final Bytes XDEL = Bytes.of("XDEL");
    private static final Bytes XTRIM = Bytes.of("XTRIM");
    private static final Bytes XSETID = Bytes.of("XSETID");
    private static final Bytes XGROUP = Bytes.of("XGROUP");
    private static final Bytes XCLAIM = Bytes.of("XCLAIM");
    private static final Bytes CREATE = Bytes.of("CREATE");
    private static final Bytes CREATECONSUMER = Bytes.of("CREATECONSUMER");
    private static final Bytes SETID = Bytes.of("SETID");
    private static final Bytes ENTRIESREAD = Bytes.of("ENTRIESREAD");
    private static final Bytes ENTRIESADDED = Bytes.of("ENTRIESADDED");
    private static final Bytes MAXDELETEDID = Bytes.of("MAXDELETEDID");
    private static final Bytes MAXLEN = Bytes.of("MAXLEN");
    private static final Bytes EXACTLY = Bytes.of("=");
    private static final Bytes TIME = Bytes.of("TIME");
    private static final Bytes RETRYCOUNT = Bytes.of("RETRYCOUNT");
    private static final Bytes FORCE = Bytes.of("FORCE");
    private static final Bytes JUSTID = Bytes.of("JUSTID");
    private static final Bytes ANY = Bytes.of("-");

    private final int db;
    private final Bytes key;
    private final boolean counts;
    private final List<Effect> effects = new ArrayList<>();

    /** @param version of the Redis that may get the commands */
    public StreamEffects(int db, Bytes key, RedisVersion version) {
        this.db = db;
        this.key = key;
        this.counts = version.atLeast(7, 0);
    }

    public List<Effect> made() {
        return effects;
    }

    // ---- groups

    /** The group has a consumer of this name. */
    public void consumer(Bytes group, Bytes name) {
        add(XGROUP, CREATECONSUMER, key, group, name);
    }

    /** The entry is not pending in the group. */
    public void acknowledged(Bytes group, StreamId id) {
        add(XACK, key, group, id.toBytes());
    }

    /** None of these entries is pending in the group. */
    public void acknowledged(Bytes group, List<StreamId> ids) {
        for (int from = 0; from < ids.size(); from += IDS_MAX) {
            var command = new ArrayList<>(List.of(XACK, key, group));
            ids.subList(from, Math.min(ids.size(), from + IDS_MAX)).forEach(id -> command.add(id.toBytes()));
            effects.add(new Effect(db, command));
        }
    }

    /** The group was given everything up to its last id. */
    public void delivered(ConsumerGroup group) {
        addGroup(SETID, group);
    }

    private void addGroup(Bytes subcommand, ConsumerGroup group) {
        var command = new ArrayList<>(List.of(XGROUP, subcommand, key, group.name()));
        command.add(group.lastDelivered().toBytes());
        if (counts && group.entriesRead() >= ConsumerGroup.UNKNOWN) { // XSETID can make it overflow
            command.add(ENTRIESREAD);
            command.add(Bytes.of(group.entriesRead()));
        }
        effects.add(new Effect(db, command));
    }

    /** These entries are pending, each for its consumer, with its time and count. */
    public void pending(Bytes group, Collection<PendingEntry> entries) {
        List<Bytes> open = new ArrayList<>();
        PendingEntry first = null;
        for (PendingEntry entry : entries) {
            if (first != null && (!isAlike(first, entry) || open.size() >= IDS_MAX)) {
                claim(group, first, open);
            }
            if (open.isEmpty()) {
                first = entry;
            }
            open.add(entry.id().toBytes());
        }
        if (first != null) {
            claim(group, first, open);
        }
    }

    private static boolean isAlike(PendingEntry one, PendingEntry other) {
        return one.consumer() == other.consumer()
                && one.deliveredMs() == other.deliveredMs()
                && one.deliveries() == other.deliveries();
    }

    private void claim(Bytes group, PendingEntry like, List<Bytes> ids) {
        var command =
                new ArrayList<>(List.of(XCLAIM, key, group, like.consumer().name(), Bytes.of(0)));
        command.addAll(ids);
        command.addAll(List.of(TIME, Bytes.of(like.deliveredMs()), RETRYCOUNT, Bytes.of(like.deliveries())));
        command.addAll(List.of(FORCE, JUSTID));
        effects.add(new Effect(db, command));
        ids.clear();
    }

    // ---- the whole

    /**
     * Makes the stream where there is none. An entry that is pending and was deleted has to be there while it is claimed,
     * so a stand-in is added for it and goes again: as its place allows by a trim, which leaves no trace.
     */
    public void whole(StreamValue stream) {
        NavigableSet<StreamId> standIns = pendingButGone(stream);
        addEntries(stream, new TreeSet<>(standIns));
        for (ConsumerGroup group : stream.groups()) {
            addGroup(CREATE, group);
            for (StreamConsumer consumer : group.consumers()) {
                consumer(group.name(), consumer.name());
            }
            pending(group.name(), group.pending().values());
        }
        removeStandIns(stream, standIns);
        var ids = new ArrayList<>(List.of(XSETID, key, stream.lastId().toBytes()));
        if (counts) {
            ids.add(ENTRIESADDED);
            ids.add(Bytes.of(stream.entriesAdded()));
        }
        if (counts && !stream.maxDeletedId().isZero()) {
            ids.add(MAXDELETEDID);
            ids.add(stream.maxDeletedId().toBytes());
        }
        effects.add(new Effect(db, ids));
    }

    private static NavigableSet<StreamId> pendingButGone(StreamValue stream) {
        var gone = new TreeSet<StreamId>();
        for (ConsumerGroup group : stream.groups()) {
            for (StreamId id : group.pending().keySet()) {
                if (!stream.contains(id)) {
                    gone.add(id);
                }
            }
        }
        return gone;
    }

    private void addEntries(StreamValue stream, NavigableSet<StreamId> standIns) {
        if (stream.length() == 0 && standIns.isEmpty()) {
            StreamId id = stream.lastId().isZero() ? new StreamId(0, 1) : stream.lastId();
            add(XADD, key, MAXLEN, EXACTLY, Bytes.of(0), id.toBytes(), ANY, ANY); // makes it, and leaves it empty
            return;
        }
        stream.forEach(StreamId.ZERO, StreamId.MAX, false, entry -> {
            NavigableSet<StreamId> before = standIns.headSet(entry.id(), false);
            before.forEach(this::addStandIn);
            before.clear();
            addEntry(entry);
            return true;
        });
        standIns.forEach(this::addStandIn);
    }

    private void addEntry(StreamEntry entry) {
        var command = new ArrayList<Bytes>(entry.fieldsAndValues().size() + 3);
        command.add(XADD);
        command.add(key);
        command.add(entry.id().toBytes());
        command.addAll(entry.fieldsAndValues());
        effects.add(new Effect(db, command));
    }

    private void addStandIn(StreamId id) {
        add(XADD, key, id.toBytes(), ANY, ANY);
    }

    private void removeStandIns(StreamValue stream, NavigableSet<StreamId> standIns) {
        for (StreamId id : standIns) {
            if (stream.length() > 0 && id.isAfter(stream.firstId())) {
                add(XDEL, key, id.toBytes());
            }
        }
        if (!standIns.isEmpty()) {
            add(XTRIM, key, MAXLEN, EXACTLY, Bytes.of(stream.length()));
        }
    }

    private void add(Bytes... command) {
        effects.add(Effect.of(db, command));
    }
}
