package io.holdfast.sync.mirror;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.mirror.UnderWay.Flight;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Copies the keys that pins name, touched or not, and keeps them by what the upstream tells of changes (CLIENT TRACKING in
 * BCAST mode). It tells of our own changes too, and of all alike: a change that comes with a write of ours is taken for it
 * and looked into a second later; any other puts the key in doubt until it is read again. Owned by the engine loop.
 *
 * <pre>
 *   idle ──a link that hears──► scanning ──every key is read──► sweeping ──what was not met goes──► complete
 *                                  ▲                                                                   │
 *                                  └────── flushed, exchanged, another link, too much news ────────────┘
 * </pre>
 */
public final class Pins implements ChangeFeed {
    /** Pins speak of this database: what the upstream tells of changes does not name any. */
    public static final int DATABASE = 0;

    private static final Bytes SCAN = Bytes.of("SCAN");
    private static final Bytes MATCH = Bytes.of("MATCH");
    private static final Bytes COUNT = Bytes.of("COUNT");
    private static final Bytes PREFIX = Bytes.of("PREFIX");
    private static final Bytes ZERO = Bytes.of(0);
    private static final Bytes SCAN_COUNT = Bytes.of(500);

    /** Of these pins, fetches under way at a time. */
    private static final int FETCHES_MAX = 64;
    /** Between two ticks, so that a server that answers quickly is not all ours: 5000 a second. */
    private static final int FETCHES_A_TICK = 500;

    private static final int SCANS_A_TICK = 10;
    /** Keys found and not read yet, from which on no more are looked for. */
    private static final int FOUND_MAX = 2_000;
    /** Changes not looked into yet; beyond it all is read again. */
    private static final int NEWS_MAX = 100_000;
    /** A key is read again no more often than this, and a change that came with a write of ours is looked into as late. */
    private static final long SETTLING_MS = 1_000;
    /** Where changes are not heard of, or too many keys lack a copy, all is read again as often as this. */
    private static final long AGAIN_MS = 60_000;

    private enum Stage {
        IDLE,
        SCANNING,
        SWEEPING,
        DONE
    }

    private final LocalEngine engine;
    private final Knowledge knowledge;
    private final UnderWay underWay;
    private final Fetches fetches;
    private Stage stage = Stage.IDLE;
    private @Nullable FetchPort port;
    /** Why changes are not heard of; empty while they are. */
    private String deaf = "";
    /** Why keys cannot be looked for; empty while they can. */
    private String blind = "";

    private long heardAtMs;
    private long doneAtMs;
    /** Tells replies of this pass from those of an earlier one. */
    private int pass;

    private int passStamp;
    private int pin;
    private Bytes cursor = ZERO;
    private boolean scanning;
    private int underWayHere;
    private int fetchesLeft;
    private int scansLeft;
    private @Nullable Sweep sweep;
    private final ArrayDeque<Bytes> found = new ArrayDeque<>();
    private final Set<Bytes> news = new LinkedHashSet<>();
    /** When keys are to be read again, soonest first, Unix milliseconds. */
    private final Map<Bytes, Long> due = new LinkedHashMap<>();
    /** When keys were last read here, the first longest ago, Unix milliseconds; for as long as that matters. */
    private final Map<Bytes, Long> readAt = new LinkedHashMap<>();

    Pins(LocalEngine engine, Knowledge knowledge, UnderWay underWay, Fetches fetches) {
        this.engine = engine;
        this.knowledge = knowledge;
        this.underWay = underWay;
        this.fetches = fetches;
    }

    private List<Pin> pins() {
        return knowledge.completeness().pins();
    }

    // ---- the link

    /** Whether there are any. */
    @Override
    public boolean isWanted() {
        return !pins().isEmpty();
    }

    public int count() {
        return pins().size();
    }

    /** How many are complete: of their keys, what the upstream has is here, and what is not here it does not have. */
    public int complete() {
        return (int) pins().stream().filter(Pin::isComplete).count();
    }

    /**
     * What all keys of some pin begin with, as few as possible, none with which another begins; the empty one alone where a
     * pin may name any key.
     */
    List<Bytes> prefixes() {
        List<Bytes> all =
                pins().stream().map(each -> each.pattern.prefix()).sorted().toList();
        List<Bytes> fewest = new ArrayList<>();
        for (Bytes prefix : all) {
            Bytes last = fewest.isEmpty() ? null : fewest.get(fewest.size() - 1);
            if (last == null || !last.equals(prefix.slice(0, Math.min(last.length(), prefix.length())))) {
                fewest.add(prefix);
            }
        }
        return fewest;
    }

    @Override
    public Bytes[] request() {
        List<Bytes> command =
                new ArrayList<>(List.of(Bytes.of("CLIENT"), Bytes.of("TRACKING"), Bytes.of("ON"), Bytes.of("BCAST")));
        for (Bytes prefix : prefixes()) {
            if (!prefix.isEmpty()) {
                command.add(PREFIX);
                command.add(prefix);
            }
        }
        return command.toArray(Bytes[]::new);
    }

    @Override
    public String whenDeaf() {
        return "pinned keys are never complete";
    }

    @Override
    public void begin(FetchPort link, String refusal) {
        port = link;
        deaf = refusal;
        heard();
        again("being read");
    }

    @Override
    public void heard() {
        heardAtMs = deaf.isEmpty() ? engine.nowMs() : heardAtMs;
    }

    /** Until when every change has been heard of, Unix milliseconds; 0: never. */
    long heardAtMs() {
        return heardAtMs;
    }

    @Override
    public boolean isHearing() {
        return port != null && deaf.isEmpty();
    }

    /** What is complete is so as of the last word from the link. */
    @Override
    public void lost() {
        pass++;
        port = null;
        if (stage == Stage.SCANNING || stage == Stage.SWEEPING) {
            knowledge.completeness().begin("the upstream's news has ended", engine.nowMs());
        }
        stage = Stage.IDLE;
        found.clear();
        due.clear();
        readAt.clear();
        sweep = null;
        underWayHere = 0;
    }

    /** The upstream is away: what was changed there and not read again is in doubt. */
    void offline() {
        news.forEach(this::isOurs);
        news.clear();
        lost();
    }

    /** A new online period, or other pins: nothing is complete. */
    void reset() {
        lost();
        news.clear();
        deaf = "";
        heardAtMs = 0;
        knowledge.completeness().begin("not read yet", engine.nowMs());
    }

    // ---- news

    @Override
    public void changed(List<Bytes> keys) {
        heard();
        for (Bytes key : keys) {
            var watched = new Watched(DATABASE, key);
            if (knowledge.isPinned(watched) && !knowledge.isLeftOut(watched)) {
                if (knowledge.find(watched) == null) {
                    knowledge.distrust(watched);
                }
                news.add(key);
            }
        }
        if (news.size() > NEWS_MAX) {
            again("too much has changed at once");
        }
    }

    @Override
    public void allChanged() {
        doubtAll("the upstream was flushed");
    }

    /** No copy is vouched for any more, and all are read again. */
    void doubtAll(String why) {
        if (!pins().isEmpty()) {
            knowledge.distrustAll(DATABASE, true);
            again(why);
        }
    }

    /** A write of ours was acknowledged: what is told of its keys now may be that. */
    void written(SentWrite write) {
        if (!readAt.isEmpty() && write.db == DATABASE) {
            write.forEachKey(readAt::remove);
        }
    }

    /** Takes a change for one of our own, or puts the key in doubt. */
    private boolean isOurs(Bytes key) {
        var watched = new Watched(DATABASE, key);
        KeyRecord record = knowledge.find(watched);
        boolean justWritten =
                record != null && record.verifiedIn() >= knowledge.stamp() - 1 && !readAt.containsKey(key);
        if (!justWritten) {
            knowledge.distrust(watched);
        }
        return justWritten;
    }

    private void look(Bytes key, long nowMs) {
        Long last = readAt.get(key);
        if (isOurs(key)) {
            due.putIfAbsent(key, nowMs + SETTLING_MS);
        } else if (last != null && last + SETTLING_MS > nowMs) {
            due.putIfAbsent(key, nowMs + SETTLING_MS);
        } else {
            due.remove(key);
            found.add(key);
        }
    }

    // ---- reading

    /** Time has passed; to be called about ten times a second. */
    void tick() {
        if (port == null || pins().isEmpty()) {
            return;
        }
        long nowMs = engine.nowMs();
        fetchesLeft = FETCHES_A_TICK;
        scansLeft = SCANS_A_TICK;
        takeWhile(readAt, at -> at + SETTLING_MS <= nowMs, key -> {});
        List<Bytes> told = List.copyOf(news);
        news.clear();
        told.forEach(key -> look(key, nowMs));
        takeWhile(due, at -> at <= nowMs, found::add);
        if (stage == Stage.DONE && !incomplete().isEmpty() && doneAtMs + AGAIN_MS <= nowMs) {
            again(incomplete());
        }
        goOn();
    }

    private static void takeWhile(Map<Bytes, Long> from, LongPredicate goes, Consumer<Bytes> taker) {
        var entries = from.entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry<Bytes, Long> entry = entries.next();
            if (!goes.test(entry.getValue())) {
                return;
            }
            entries.remove();
            taker.accept(entry.getKey());
        }
    }

    /** Reads all from the beginning, where there is a link to read it by. */
    void again(String why) {
        knowledge.completeness().begin(why, engine.nowMs());
        pass++;
        passStamp = knowledge.nextStamp();
        blind = "";
        found.clear();
        due.clear();
        news.forEach(this::isOurs); // until the pass comes to it, a changed key is in doubt
        news.clear();
        underWayHere = 0;
        pin = 0;
        cursor = ZERO;
        scanning = false;
        sweep = null;
        stage = port == null || pins().isEmpty() ? Stage.IDLE : Stage.SCANNING;
    }

    private void goOn() {
        FetchPort link = port;
        if (link == null || link.isClosed()) {
            return;
        }
        while (underWayHere < FETCHES_MAX && fetchesLeft > 0 && fetches.hasRoom() && !found.isEmpty()) {
            read(link, found.remove());
        }
        if (stage == Stage.SCANNING && !scanning && scansLeft > 0 && found.size() < FOUND_MAX && pin < pins().size()) {
            scan(link, pins().get(pin));
        }
        if (stage == Stage.SCANNING && pin == pins().size() && found.isEmpty() && underWayHere == 0) {
            stage = Stage.SWEEPING;
            sweep = new Sweep(engine, DATABASE + 1, this::wasNotMet, this::removeUnmet);
        }
        if (stage == Stage.SWEEPING && sweep != null && sweep.step()) {
            done();
        }
    }

    private void scan(FetchPort link, Pin of) {
        scanning = true;
        scansLeft--;
        int asked = pass;
        var command = new Bytes[] {SCAN, cursor, MATCH, of.glob, COUNT, SCAN_COUNT};
        link.fetch(List.<Bytes[]>of(command), new FetchPort.Replies() {
            @Override
            public void arrived(List<Reply> replies) {
                if (asked == pass) {
                    scanning = false;
                    scanned(replies.get(0));
                }
            }

            @Override
            public void lost() {
                // The link's owner tells of that.
            }
        });
    }

    private void scanned(Reply reply) {
        if (reply instanceof Reply.Array array
                && array.items().size() == 2
                && array.items().get(0) instanceof Reply.Bulk next
                && array.items().get(1) instanceof Reply.Array keys) {
            for (Reply key : keys.items()) {
                if (key instanceof Reply.Bulk name) {
                    found.add(name.value());
                }
            }
            cursor = next.value();
            pin += cursor.equals(ZERO) ? 1 : 0;
            goOn();
        } else {
            blind = reply instanceof Reply.Failure failure ? failure.text().utf8() : "SCAN was answered strangely";
            done();
        }
    }

    private void read(FetchPort link, Bytes key) {
        var watched = new Watched(DATABASE, key);
        if (knowledge.isLeftOut(watched)) {
            return;
        }
        if (knowledge.isNotCopied(watched)) {
            knowledge.drop(watched);
            return;
        }
        fetchesLeft--;
        news.remove(key); // what was told before is answered behind it
        due.remove(key);
        readAt.remove(key);
        readAt.put(key, engine.nowMs());
        KeyRecord record = knowledge.find(watched);
        Flight flight = underWay.flightBeside(link, watched);
        if (!flight.fetching) {
            fetches.fetch(flight, record == null ? fetches.lastType() : KeyFetch.of(record.type()));
        }
        if (underWay.find(watched) != flight) {
            knowledge.distrust(watched); // there was no room for it
        } else if (flight.whenOver == null) {
            int asked = pass;
            underWayHere++;
            flight.whenOver = () -> over(asked);
        }
    }

    private void over(int asked) {
        if (asked == pass) {
            underWayHere--;
            goOn();
        }
    }

    private boolean wasNotMet(KeyRecord record) {
        return record.verifiedIn() < passStamp
                && knowledge.completeness().isPinned(record.db(), record.key())
                && underWay.find(new Watched(record.db(), record.key())) == null;
    }

    /** What the upstream has and could not be read is lacking already; the rest it does not have. */
    private void removeUnmet(KeyRecord record) {
        knowledge.remove(new Watched(record.db(), record.key()));
    }

    private void done() {
        stage = Stage.DONE;
        sweep = null;
        doneAtMs = engine.nowMs();
        String why = incomplete();
        pins().forEach(each -> each.become(why.isEmpty(), why, engine.nowMs()));
    }

    private String incomplete() {
        if (!deaf.isEmpty() || !blind.isEmpty()) {
            return deaf.isEmpty() ? blind : deaf;
        }
        return knowledge.completeness().isOverflowing() ? "too many keys are too big to be copied" : "";
    }

    /** Keys that wait to be read. */
    int waiting() {
        return found.size() + due.size() + news.size();
    }

    /** Whether the key has changed upstream, or may have, and is not read again yet. */
    boolean isUnsettled(Bytes key) {
        return news.contains(key) || due.containsKey(key);
    }
}
