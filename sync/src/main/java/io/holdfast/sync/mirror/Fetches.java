package io.holdfast.sync.mirror;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.mirror.UnderWay.Flight;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads keys whole from the upstream into the copy, so many at a time. What was written meanwhile by others than who asks
 * is read again when that is over. Owned by the engine loop.
 */
final class Fetches {
    /** What TYPE answers for a key that is not there. */
    private static final Reply NO_KEY = Reply.simple("none");

    private final LocalEngine engine;
    private final MirrorLimits limits;
    private final Knowledge knowledge;
    private final UnderWay underWay;
    private final Exchanges exchanges;
    private int fetching;
    private long fetched;
    private long refetched;
    private @Nullable KeyFetch lastType;

    Fetches(LocalEngine engine, MirrorLimits limits, Knowledge knowledge, UnderWay underWay, Exchanges exchanges) {
        this.engine = engine;
        this.limits = limits;
        this.knowledge = knowledge;
        this.underWay = underWay;
        this.exchanges = exchanges;
    }

    /** What was asked for will not come, or tells nothing any more. */
    void clear() {
        fetching = 0;
    }

    long fetched() {
        return fetched;
    }

    int underWay() {
        return fetching;
    }

    /** Whether one more may be under way. */
    boolean hasRoom() {
        return fetching < limits.fetchesMax();
    }

    /** The type of the last key that was read; null before the first. */
    @Nullable KeyFetch lastType() {
        return lastType;
    }

    long refetched() {
        return refetched;
    }

    /** A client uses a key: unless it is known, it is read. */
    void wantUnknown(FetchPort link, int db, CommandSpec spec, Bytes key) {
        if (!knowledge.isKnown(db, key)) {
            want(link, db, key, KeyFetch.guess(spec.group()));
        }
    }

    /** Reads a key over {@code link}, unless that is under way or it is not to be copied. */
    void want(FetchPort link, int db, Bytes key, @Nullable KeyFetch guess) {
        var watched = new Watched(db, key);
        if (!knowledge.isNotCopied(watched)) {
            Flight flight = underWay.flightBeside(link, watched);
            if (!flight.fetching) {
                fetch(flight, guess);
            }
        }
    }

    /** The copy does not agree with the upstream, or cannot know: it is replaced. */
    void refetch(Flight flight, CommandSpec spec) {
        refetched++;
        if (knowledge.isNotCopied(flight.key)) {
            knowledge.drop(flight.key);
            underWay.removeIfOver(flight);
            return;
        }
        fetch(flight, KeyFetch.guess(spec.group()));
    }

    void fetch(Flight flight, @Nullable KeyFetch guess) {
        if (flight.link.isClosed()) {
            missed(flight);
            return;
        }
        if (!hasRoom()
                || (engine.keyspaces().get(flight.key.db()).size() >= limits.keysMax()
                        && knowledge.find(flight.key) == null)) {
            dropIfLacking(flight);
            underWay.removeIfOver(flight);
            return;
        }
        flight.fetching = true;
        fetching++;
        flight.link.fetch(KeyFetch.commands(flight.key.key(), guess, limits), new Landing(flight, guess));
    }

    /**
     * Nobody answers. An outage may be about to begin, so a copy stays unless it is known to be wrong; otherwise its key is
     * asked for when it is touched again.
     */
    private void missed(Flight flight) {
        Watched key = flight.key;
        dropIfLacking(flight);
        if (knowledge.verified(key.db(), key.key()) == null) {
            knowledge.distrust(key); // likewise a key that was not there
        }
        underWay.removeIfOver(flight);
    }

    /** A copy that is known to be wrong goes, unless it has been overwritten since. */
    void dropIfLacking(Flight flight) {
        if (flight.lacking && knowledge.verified(flight.key.db(), flight.key.key()) == null) {
            knowledge.drop(flight.key);
        }
    }

    private final class Landing implements FetchPort.Replies {
        private final Flight flight;
        private final @Nullable KeyFetch guess;
        private final int period = knowledge.period();

        Landing(Flight flight, @Nullable KeyFetch guess) {
            this.flight = flight;
            this.guess = guess;
        }

        @Override
        public void arrived(List<Reply> replies) {
            if (landed()) {
                fetched(flight, guess, replies);
            }
        }

        @Override
        public void lost() {
            if (landed()) {
                missed(flight);
            }
        }

        private boolean landed() {
            if (period != knowledge.period() || underWay.find(flight.key) != flight) {
                return false; // forgotten since, with everything else that was under way
            }
            flight.fetching = false;
            fetching--;
            return true;
        }
    }

    private void fetched(Flight flight, @Nullable KeyFetch guess, List<Reply> replies) {
        KeyFetch type = KeyFetch.typeIn(replies);
        if (exchanges.isUnderWay()) {
            exchanges.met(flight.key);
            underWay.removeIfOver(flight);
            return; // asked for again when they are over
        }
        if (flight.isUnclear()) {
            if (flight.isOver()) {
                flight.beginAnew();
                fetch(flight, guess);
            }
            return; // when its writes have been answered, the last one asks again
        }
        if (type != null && type != guess) {
            fetch(flight, type);
            return;
        }
        install(flight.key, type, replies);
        flight.lacking = false;
        underWay.removeIfOver(flight);
    }

    private void install(Watched key, @Nullable KeyFetch type, List<Reply> replies) {
        if (replies.get(0) instanceof Reply.Failure) {
            knowledge.distrust(key); // it is busy, or does not let us: that says nothing of the key
            return;
        }
        KeyFetch.Fetched value =
                type == null ? null : type.read(replies, engine.config().encodingLimits(), limits, knowledge.aheadMs());
        if (value == null) {
            knowledge.drop(key);
            if (replies.get(0).equals(NO_KEY)) {
                knowledge.vouchAbsent(key);
            } else if (replies.stream().noneMatch(Reply.Failure.class::isInstance)) {
                knowledge.noteTooBig(key); // or of a type that is not copied; not one that changed its type just now
            }
            return;
        }
        fetched++;
        lastType = type;
        long expiresAtMs = value.ttlMs() < 0 ? KeyRecord.NEVER : engine.nowMs() + value.ttlMs();
        engine.warmCopy().replace(knowledge.stamp(), key.db(), key.key(), value.value(), expiresAtMs);
        knowledge.copied(key);
    }
}
