package io.holdfast.engine.differential;

import io.holdfast.resp.Bytes;
import io.holdfast.testing.RespPeer;
import io.holdfast.testing.StreamContent;
import io.holdfast.testing.WireReply;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Everything that a server holds, read over its own commands. Immutable. */
public final class Snapshot {
    private static final int DATABASES = 16;
    private static final Set<String> COMPACT = Set.of("listpack", "intset");

    /** How strictly two snapshots are compared. */
    public enum Strictness {
        /** The same commands were run on both: encodings are the same, expiries as near as the two clocks. */
        SAME_COMMANDS(StreamContent.Detail.NODES),
        /** The one got the other's effects: expiries are the same; an encoding may be smaller, as after a restart. */
        EFFECTS(StreamContent.Detail.DELIVERY_TIMES),
        /** As {@link #SAME_COMMANDS}, where values were read from storage since: an encoding may be smaller. */
        RELOADED;

        private final Set<StreamContent.Detail> ofStreams;

        Strictness(StreamContent.Detail... ofStreams) {
            this.ofStreams = Set.of(ofStreams);
        }
    }

    private static final Bytes NEGATIVE_ZERO = Bytes.of("-0");

    public record Place(int db, Bytes key) implements Comparable<Place> {
        @Override
        public int compareTo(Place other) {
            return db == other.db ? key.compareTo(other.key) : Integer.compare(db, other.db);
        }
    }

    private record Held(String type, String encoding, long expiresAtMs, WireReply content) {
        /** Whether it has an order that the commands alone made; that of Redis 8's set operations is a hash table's. */
        boolean isCompact() {
            return COMPACT.contains(encoding) && !(type.equals("set") && encoding.equals("listpack"));
        }

        boolean keepsOrder() {
            return type.equals("list") || type.equals("zset") || type.equals("string");
        }
    }

    /** A key that the two do not hold alike, and how. */
    public record Difference(Place place, String text) {}

    private final Map<Place, Held> held = new TreeMap<>();

    /** Reads all databases; selects the first one in the end. The peer must speak RESP2 and be used for nothing else. */
    public static Snapshot of(RespPeer peer) {
        var snapshot = new Snapshot();
        for (int db = 0; db < DATABASES; db++) {
            peer.raw("SELECT", Integer.toString(db));
            snapshot.read(peer, db);
        }
        return snapshot;
    }

    public int size() {
        return held.size();
    }

    public Set<Place> places() {
        return held.keySet();
    }

    /** What it has at the places that are wanted. */
    public Snapshot where(Predicate<Place> wanted) {
        var part = new Snapshot();
        part.held.putAll(held);
        part.held.keySet().removeIf(wanted.negate());
        return part;
    }

    private void read(RespPeer peer, int db) {
        List<Bytes> keys = WireReply.of(peer.raw("KEYS", "*")).items().stream()
                .map(WireReply::text)
                .toList();
        var about = new ArrayList<Bytes[]>();
        for (Bytes key : keys) {
            about.add(new Bytes[] {Bytes.of("TYPE"), key});
            about.add(new Bytes[] {Bytes.of("OBJECT"), Bytes.of("ENCODING"), key});
            about.add(new Bytes[] {Bytes.of("PEXPIRETIME"), key});
        }
        List<byte[]> facts = peer.rawAll(about);
        List<Long> ends = ends(peer, keys, facts);
        var readings = new ArrayList<Bytes[]>();
        for (int i = 0; i < keys.size(); i++) {
            readings.add(reading(keys.get(i), text(facts.get(3 * i))));
        }
        List<byte[]> contents = peer.rawAll(readings);
        for (int i = 0; i < keys.size(); i++) {
            held.put(
                    new Place(db, keys.get(i)),
                    new Held(
                            text(facts.get(3 * i)),
                            text(facts.get(3 * i + 1)),
                            ends.get(i),
                            WireReply.of(contents.get(i))));
        }
    }

    /** When each key expires; of a Redis before 7.0, which only says how long that is, to the millisecond or two. */
    private static List<Long> ends(RespPeer peer, List<Bytes> keys, List<byte[]> facts) {
        var ends = new ArrayList<Long>();
        if (keys.isEmpty() || facts.get(2)[0] != '-') {
            for (int i = 0; i < keys.size(); i++) {
                ends.add(Long.parseLong(text(facts.get(3 * i + 2))));
            }
            return ends;
        }
        List<WireReply> time = WireReply.of(peer.raw("TIME")).items();
        long nowMs = TimeUnit.SECONDS.toMillis(Long.parseLong(time.get(0).text().latin1()))
                + TimeUnit.MICROSECONDS.toMillis(
                        Long.parseLong(time.get(1).text().latin1()));
        var questions = new ArrayList<Bytes[]>();
        keys.forEach(key -> questions.add(new Bytes[] {Bytes.of("PTTL"), key}));
        for (byte[] left : peer.rawAll(questions)) {
            long leftMs = Long.parseLong(text(left));
            ends.add(leftMs < 0 ? leftMs : nowMs + leftMs);
        }
        return ends;
    }

    private static String text(byte[] wire) {
        return WireReply.of(wire).text().latin1();
    }

    private static Bytes[] reading(Bytes key, String type) {
        return switch (type) {
            case "string" -> new Bytes[] {Bytes.of("GET"), key};
            case "hash" -> new Bytes[] {Bytes.of("HGETALL"), key};
            case "list" -> new Bytes[] {Bytes.of("LRANGE"), key, Bytes.of(0), Bytes.of(-1)};
            case "set" -> new Bytes[] {Bytes.of("SMEMBERS"), key};
            case "stream" -> StreamContent.reading(key);
            case "zset" -> new Bytes[] {Bytes.of("ZRANGE"), key, Bytes.of(0), Bytes.of(-1), Bytes.of("WITHSCORES")};
            default -> throw new IllegalStateException("key " + key + " is a " + type);
        };
    }

    /** The first key that is not the same in both; null when all are. */
    public @Nullable Difference differenceFrom(Snapshot other, Strictness strictness, long clocksApartMs) {
        Set<Place> places = new TreeSet<>(held.keySet());
        places.addAll(other.held.keySet());
        for (Place place : places) {
            Held mine = held.get(place);
            Held theirs = other.held.get(place);
            if (mine == null || theirs == null || !same(mine, theirs, strictness, clocksApartMs)) {
                return new Difference(place, describe(mine, strictness) + "\n  and " + describe(theirs, strictness));
            }
        }
        return null;
    }

    private static String describe(@Nullable Held held, Strictness strictness) {
        return held != null && held.type.equals("stream")
                ? String.join("\n", StreamContent.of(held.content, strictness.ofStreams))
                : String.valueOf(held);
    }

    private static boolean same(Held mine, Held theirs, Strictness strictness, long clocksApartMs) {
        boolean sameCommands = strictness == Strictness.SAME_COMMANDS;
        long apartMs = Math.abs(mine.expiresAtMs - theirs.expiresAtMs);
        return mine.type.equals(theirs.type)
                && (!sameCommands || mine.encoding.equals(theirs.encoding))
                && (mine.expiresAtMs < 0) == (theirs.expiresAtMs < 0)
                && apartMs <= (strictness == Strictness.EFFECTS ? 0 : clocksApartMs)
                && (sameContent(mine, theirs, strictness) || (!sameCommands && sameScores(mine, theirs)));
    }

    /** A skip list knows -0 and a listpack does not, so the effects of a smaller set make it 0; it is the same score. */
    private static boolean sameScores(Held mine, Held theirs) {
        return mine.type.equals("zset") && withoutNegativeZero(mine).equals(withoutNegativeZero(theirs));
    }

    private static List<Bytes> withoutNegativeZero(Held sorted) {
        var texts = new ArrayList<Bytes>();
        for (WireReply item : sorted.content.items()) {
            boolean score = texts.size() % 2 == 1;
            texts.add(score && item.text().equals(NEGATIVE_ZERO) ? Bytes.of(0) : item.text());
        }
        return texts;
    }

    private static boolean sameContent(Held mine, Held theirs, Strictness strictness) {
        if (mine.type.equals("stream")) {
            return StreamContent.of(mine.content, strictness.ofStreams)
                    .equals(StreamContent.of(theirs.content, strictness.ofStreams));
        }
        if (mine.keepsOrder() || (strictness != Strictness.RELOADED && mine.isCompact() && theirs.isCompact())) {
            return mine.content.equals(theirs.content);
        }
        return mine.type.equals("hash")
                ? pairs(mine.content).equals(pairs(theirs.content))
                : mine.content.anyOrder().equals(theirs.content.anyOrder());
    }

    private static Map<Bytes, Bytes> pairs(WireReply fieldsAndValues) {
        var pairs = new TreeMap<Bytes, Bytes>();
        List<WireReply> items = fieldsAndValues.items();
        for (int i = 0; i < items.size(); i += 2) {
            pairs.put(items.get(i).text(), items.get(i + 1).text());
        }
        return pairs;
    }
}
