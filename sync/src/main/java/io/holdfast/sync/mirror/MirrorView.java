package io.holdfast.sync.mirror;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.mirror.KeyKnowledge.State;
import java.util.ArrayList;
import java.util.List;

/** What there is to be known of the warm copy, for people. Owned by the engine loop. */
public final class MirrorView {
    private final LocalEngine engine;
    private final MirrorLimits limits;
    private final Knowledge knowledge;
    private final Fetches fetches;
    private final Pins pins;
    private final TouchedKeys touched;
    private final UnknownReads unknownReads;

    MirrorView(
            LocalEngine engine,
            MirrorLimits limits,
            Knowledge knowledge,
            Fetches fetches,
            Pins pins,
            TouchedKeys touched,
            UnknownReads unknownReads) {
        this.engine = engine;
        this.limits = limits;
        this.knowledge = knowledge;
        this.fetches = fetches;
        this.pins = pins;
        this.touched = touched;
        this.unknownReads = unknownReads;
    }

    /** How often outages were asked for a key that is not here and may be upstream, since the start. */
    public long unknownReads() {
        return unknownReads.count();
    }

    /** Keys fetched whole since the start. */
    public long fetched() {
        return fetches.fetched();
    }

    /** Keys fetched again because the copy and the upstream's reply did not agree. */
    public long refetched() {
        return fetches.refetched();
    }

    /** Keys that are being read, or wait for it. */
    public int waiting() {
        return fetches.underWay() + pins.waiting() + touched.waiting();
    }

    /** What is known of a key now. */
    public KeyKnowledge knowledge(int db, Bytes key) {
        var watched = new Watched(db, key);
        KeyRecord record = knowledge.find(watched);
        if (record == null) {
            boolean absent = knowledge.isAbsent(watched);
            long asOfMs = absent && knowledge.completeness().covers(watched) ? pins.heardAtMs() : 0;
            return new KeyKnowledge(absent ? State.ABSENT : State.UNKNOWN, asOfMs);
        }
        if (knowledge.isWrittenHere(record)) {
            return new KeyKnowledge(State.KNOWN, 0);
        }
        boolean known = knowledge.isVerified(record);
        long vouchedMs = record.verifiedIn() > 0 ? knowledge.atMs(record.verifiedIn()) : 0;
        return new KeyKnowledge(
                known ? State.KNOWN : State.IN_DOUBT,
                known ? Math.max(vouchedMs, toldUntilMs(watched, record)) : vouchedMs);
    }

    /** Until when a change of the key by others would have been told, Unix milliseconds; 0 where it would not. */
    private long toldUntilMs(Watched key, KeyRecord record) {
        if (knowledge.isPinned(key)) {
            return pins.isUnsettled(key.key()) ? 0 : pins.heardAtMs();
        }
        return touched.isFollowed(record) && !touched.isUnsettled(key) ? touched.heardAtMs() : 0;
    }

    /** Begins to count what is here. */
    public Census census() {
        return new Census(engine, knowledge, touched);
    }

    /** @param counted to its end */
    public MirrorReport report(Census counted) {
        List<MirrorReport.Pattern> patterns = new ArrayList<>();
        for (int i = 0; i < counted.pins().size(); i++) {
            Pin pin = counted.pins().get(i);
            patterns.add(new MirrorReport.Pattern(
                    pin.glob.utf8(), pin.isComplete(), counted.keysOf(i), pin.sinceMs(), pin.why()));
        }
        return new MirrorReport(
                knowledge.mode(),
                pins.isHearing(),
                pins.heardAtMs(),
                touched.isHearing(),
                touched.deaf(),
                counted.keys(),
                counted.followed(),
                counted.inDoubt(),
                counted.bytes(),
                limits.keysMax(),
                fetches.underWay(),
                pins.waiting() + touched.waiting(),
                knowledge.completeness().lacking(),
                patterns);
    }

    public MirrorMode mode() {
        return knowledge.mode();
    }
}
