package io.holdfast.sync.mirror;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Keyspace;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.mirror.UnderWay.Flight;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the copies of touched keys by what the upstream tells of others' changes (CLIENT TRACKING, OPTIN). It tells of a key
 * once, after it was read on the link that hears, and of our own writes as of others'. So a copy is read once more when our
 * writes have left it alone for a second, a few at a time, and <em>followed</em> from then on: until a write of ours, or
 * until a change is told, which was another's. What is told names the key and not its database: one of that name is looked
 * at in each. Owned by the engine loop.
 *
 * <pre>
 *   in doubt ──┐
 *   known ─────┴─ a second without our writes: read ──► followed ──told──► in doubt, read at once
 *     ▲                                                    │
 *     └──────────────────── a write of ours ───────────────┘
 * </pre>
 */
public final class TouchedKeys implements ChangeFeed {
    private static final Bytes[] REQUEST = command("CLIENT", "TRACKING", "ON", "OPTIN");
    private static final Bytes[] CACHING = command("CLIENT", "CACHING", "YES");
    private static final Bytes[] BACK = command("SELECT", "0");

    /** Of these keys, reads under way at a time. */
    private static final int READS_MAX = 16;
    /** Ten ticks a second: so many hundred keys are read a second at most. */
    private static final int READS_A_TICK = 50;
    /** Copies looked at between two ticks, whether they have to be read. */
    private static final int LOOKS_A_TICK = 2_000;
    /** Changes not looked into yet, and keys to be read for them; beyond it every copy is in doubt. */
    private static final int NEWS_MAX = 100_000;
    /** In the stamps of {@link Knowledge}: how long a copy is left alone after a write of ours. */
    private static final int SETTLING_SECONDS = 1;
    /** Where changes are not heard of, a copy is read again as often as this. */
    private static final int AGAIN_SECONDS = 60;

    private final LocalEngine engine;
    private final Knowledge knowledge;
    private final UnderWay underWay;
    private final Fetches fetches;
    private @Nullable FetchPort port;
    /** Why changes are not heard of; empty while they are. */
    private String deaf = "";

    private long heardAtMs;
    /** A copy that was read before this stamp is not followed: it was read over an earlier link. */
    private int hearingSince;
    /** Tells what is under way from what was over an earlier link. */
    private int connection;

    private int readsUnderWay;
    private int readsLeft;
    private int database;
    private int cursor;
    private final Set<Watched> news = new LinkedHashSet<>();
    private final ArrayDeque<Watched> changed = new ArrayDeque<>();
    /** The link as one that reads in each database. */
    private final Map<Integer, FetchPort> reading = new HashMap<>();
    /** Databases that the upstream does not let us select. */
    private final BitSet barred = new BitSet();

    TouchedKeys(LocalEngine engine, Knowledge knowledge, UnderWay underWay, Fetches fetches) {
        this.engine = engine;
        this.knowledge = knowledge;
        this.underWay = underWay;
        this.fetches = fetches;
    }

    private static Bytes[] command(String... words) {
        var command = new Bytes[words.length];
        for (int i = 0; i < words.length; i++) {
            command[i] = Bytes.of(words[i]);
        }
        return command;
    }

    // ---- the link

    @Override
    public boolean isWanted() {
        return knowledge.mode() == MirrorMode.TOUCHED;
    }

    @Override
    public Bytes[] request() {
        return REQUEST.clone();
    }

    @Override
    public String whenDeaf() {
        return "what others do to touched keys is seen a minute later";
    }

    @Override
    public void begin(FetchPort link, String refusal) {
        lost();
        port = link;
        deaf = refusal;
        hearingSince = knowledge.nextStamp();
        heard();
    }

    @Override
    public void heard() {
        heardAtMs = deaf.isEmpty() ? engine.nowMs() : heardAtMs;
    }

    @Override
    public boolean isHearing() {
        return port != null && deaf.isEmpty();
    }

    /** Why changes are not heard of; empty where nobody said. */
    public String deaf() {
        return deaf;
    }

    @Override
    public void lost() {
        news.forEach(this::look);
        news.clear();
        changed.clear(); // they are in doubt
        connection++;
        port = null;
        reading.clear();
        barred.clear();
        readsUnderWay = 0;
    }

    private FetchPort in(int db, FetchPort link) {
        return reading.computeIfAbsent(db, missing -> new InDatabase(link, db, deaf.isEmpty(), () -> barred.set(db)));
    }

    /**
     * A link whose commands are of one database, and leave it in database 0.
     *
     * @param remembered whether the upstream is to tell when the key that they read changes
     * @param barred called where the upstream does not let us select the database
     */
    private record InDatabase(FetchPort link, int db, boolean remembered, Runnable barred) implements FetchPort {
        @Override
        public boolean isClosed() {
            return link.isClosed();
        }

        @Override
        public void fetch(List<Bytes[]> commands, Replies replies) {
            List<Bytes[]> all = new ArrayList<>(commands.size() + 3);
            if (db != 0) {
                all.add(command("SELECT", String.valueOf(db)));
            }
            if (remembered) {
                all.add(CACHING); // the next command, TYPE, has the key remembered; the others stand behind it
            }
            int before = all.size();
            all.addAll(commands);
            if (db != 0) {
                all.add(BACK);
            }
            link.fetch(all, new Replies() {
                @Override
                public void arrived(List<Reply> arrived) {
                    if (db != 0 && arrived.get(0) instanceof Reply.Failure) {
                        barred.run();
                        replies.lost(); // what was read is of another database
                    } else {
                        replies.arrived(arrived.subList(before, before + commands.size()));
                    }
                }

                @Override
                public void lost() {
                    replies.lost();
                }
            });
        }
    }

    // ---- news

    @Override
    public void changed(List<Bytes> keys) {
        heard();
        for (int db = 0; db < engine.keyspaces().count(); db++) {
            if (engine.keyspaces().get(db).size() > 0 || knowledge.knowsAbsent()) {
                changed(db, keys);
            }
        }
        if (news.size() + changed.size() > NEWS_MAX) {
            allChanged();
        }
        goOn();
    }

    private void changed(int db, List<Bytes> keys) {
        for (Bytes key : keys) {
            var watched = new Watched(db, key);
            if (mayBeOurs(watched)) {
                news.add(watched);
            } else if (!knowledge.isLeftOut(watched)) {
                look(watched); // at once: whoever reads it next may see what others made of it
            }
        }
    }

    /** A write of ours is told of before its own reply is heard, and a read that is under way may be told of another's. */
    private boolean mayBeOurs(Watched key) {
        KeyRecord record = knowledge.find(key);
        return underWay.find(key) != null || (record != null && isFollowed(record) && underWay.isWritten(key));
    }

    @Override
    public void allChanged() {
        news.clear();
        changed.clear();
        knowledge.forgetAbsent();
        for (int db = 0; db < engine.keyspaces().count(); db++) {
            knowledge.distrustAll(db, false); // those of pins are theirs to read again
        }
    }

    /** A key that is followed was changed by others; one that is not has been written by us since, and is read in its turn. */
    private void look(Watched key) {
        KeyRecord record = knowledge.find(key);
        if (record == null) {
            knowledge.distrust(key); // it may be there by now
        } else if (isFollowed(record)) {
            knowledge.distrust(key);
            changed.add(key);
        }
    }

    /** Whether a change by others would be told. */
    boolean isFollowed(KeyRecord record) {
        return record.isFollowed()
                && isHearing()
                && record.verifiedIn() >= hearingSince
                && knowledge.isVerified(record);
    }

    /** Whether the key has changed upstream, or may have, and is not read again yet. */
    boolean isUnsettled(Watched key) {
        return news.contains(key);
    }

    /** Until when every change has been heard of, Unix milliseconds; 0: never. */
    long heardAtMs() {
        return heardAtMs;
    }

    /** Keys that wait to be read because they have changed, or may have. */
    int waiting() {
        return news.size() + changed.size();
    }

    // ---- reading

    /** Time has passed; to be called about ten times a second. */
    void tick() {
        if (port == null) {
            return;
        }
        readsLeft = READS_A_TICK;
        news.forEach(this::look);
        news.clear();
        goOn();
        long looks = engine.keyspaces().count();
        for (Keyspace keyspace : engine.keyspaces().all()) {
            looks += keyspace.size();
        }
        for (int i = 0; i < Math.min(LOOKS_A_TICK, looks) && mayRead(); i++) {
            lookAtNext();
        }
    }

    private void goOn() {
        while (mayRead() && !changed.isEmpty()) {
            read(changed.remove());
        }
    }

    private boolean mayRead() {
        return readsLeft > 0 && readsUnderWay < READS_MAX && fetches.hasRoom() && port != null && !port.isClosed();
    }

    private void lookAtNext() {
        Keyspace keyspace = engine.keyspaces().get(database);
        if (cursor < keyspace.size() && !barred.get(database)) {
            KeyRecord record = keyspace.at(cursor++);
            if (isDue(record)) {
                read(new Watched(database, record.key()));
            }
        } else {
            database = (database + 1) % engine.keyspaces().count();
            cursor = 0;
        }
    }

    /** Stamps say when the upstream last vouched for a copy, be it by our write. */
    private boolean isDue(KeyRecord record) {
        if (!knowledge.isVerified(record)) {
            return true; // of an earlier time, or in doubt
        }
        int unchanged = knowledge.stamp() - record.verifiedIn();
        return isHearing() ? unchanged > SETTLING_SECONDS && !isFollowed(record) : unchanged > AGAIN_SECONDS;
    }

    private void read(Watched key) {
        FetchPort link = port;
        if (link == null || barred.get(key.db()) || knowledge.isPinned(key) || knowledge.isNotCopied(key)) {
            return;
        }
        KeyRecord record = knowledge.find(key);
        Flight there = underWay.find(key);
        if (record == null || (there != null && (there.fetching || there.whenOver != null))) {
            return;
        }
        readsLeft--;
        Flight flight = underWay.flightBeside(in(key.db(), link), key);
        fetches.fetch(flight, KeyFetch.of(record.type()));
        if (underWay.find(key) == flight) { // otherwise there was no room for it
            int asked = connection;
            readsUnderWay++;
            flight.whenOver = () -> over(key, flight, asked);
        }
    }

    private void over(Watched key, Flight flight, int asked) {
        if (asked != connection) {
            return;
        }
        readsUnderWay--;
        KeyRecord record = knowledge.find(key);
        if (news.remove(key)) {
            changed.add(key); // told between what was read
        } else if (record != null && flight.link == reading.get(key.db()) && knowledge.isVerified(record)) {
            record.followed(true);
        }
        goOn();
    }
}
