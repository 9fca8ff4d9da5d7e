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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the copies of touched keys by what the upstream tells of others' changes (CLIENT TRACKING, OPTIN). It tells of a key
 * once, after it was read on the link that hears, and of our own writes as of others'. So a copy is read once more when our
 * writes have left it alone for a second, a few at a time, and <em>followed</em> from then on: until a write of ours, or
 * until a change is told, which was another's. Owned by the engine loop.
 *
 * <pre>
 *   in doubt ──┐
 *   known ─────┴─ a second without our writes: read ──► followed ──told──► in doubt, read at once
 *     ▲                                                    │
 *     └──────────────────── a write of ours ───────────────┘
 * </pre>
 */
public final class TouchedKeys implements ChangeFeed {
    /** What the upstream tells of changes does not name the database: it is this one that is looked after. */
    private static final int DATABASE = 0;

    private static final Bytes[] REQUEST = command("CLIENT", "TRACKING", "ON", "OPTIN");
    private static final Bytes[] CACHING = command("CLIENT", "CACHING", "YES");

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
    private int cursor;
    private final Set<Bytes> news = new LinkedHashSet<>();
    private final ArrayDeque<Bytes> changed = new ArrayDeque<>();

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
        port = refusal.isEmpty() ? new Remembered(link) : link;
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
        readsUnderWay = 0;
    }

    /** A link on which whatever is read is remembered by the upstream, to be told of when it changes. */
    private record Remembered(FetchPort link) implements FetchPort {
        @Override
        public boolean isClosed() {
            return link.isClosed();
        }

        @Override
        public void fetch(List<Bytes[]> commands, Replies replies) {
            List<Bytes[]> remembered = new ArrayList<>(commands.size() + 1);
            remembered.add(CACHING); // the next command, TYPE, has the key remembered; the others stand behind it
            remembered.addAll(commands);
            link.fetch(remembered, new Replies() {
                @Override
                public void arrived(List<Reply> all) {
                    replies.arrived(all.subList(1, all.size()));
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
        for (Bytes key : keys) {
            var watched = new Watched(DATABASE, key);
            if (mayBeOurs(watched)) {
                news.add(key);
            } else if (!knowledge.isLeftOut(watched)) {
                look(key); // at once: whoever reads it next may see what others made of it
            }
        }
        if (news.size() + changed.size() > NEWS_MAX) {
            allChanged();
        }
        goOn();
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
        knowledge.distrustAll(DATABASE, false); // those of pins are theirs to read again
    }

    /** A key that is followed was changed by others; one that is not has been written by us since, and is read in its turn. */
    private void look(Bytes key) {
        var watched = new Watched(DATABASE, key);
        KeyRecord record = knowledge.find(watched);
        if (record == null) {
            knowledge.distrust(watched); // it may be there by now
        } else if (isFollowed(record)) {
            knowledge.distrust(watched);
            changed.add(key);
        }
    }

    /** Whether a change by others would be told. */
    boolean isFollowed(KeyRecord record) {
        return record.isFollowed()
                && isHearing()
                && record.db() == DATABASE
                && record.verifiedIn() >= hearingSince
                && knowledge.isVerified(record);
    }

    /** Whether the key has changed upstream, or may have, and is not read again yet. */
    boolean isUnsettled(Bytes key) {
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
        int looks = Math.min(LOOKS_A_TICK, engine.keyspaces().get(DATABASE).size());
        for (int i = 0; i < looks && mayRead(); i++) {
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
        Keyspace keyspace = engine.keyspaces().get(DATABASE);
        cursor = cursor < keyspace.size() ? cursor : 0;
        if (cursor < keyspace.size()) {
            KeyRecord record = keyspace.at(cursor++);
            if (isDue(record)) {
                read(record.key());
            }
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

    private void read(Bytes key) {
        var watched = new Watched(DATABASE, key);
        FetchPort link = port;
        if (link == null || knowledge.isPinned(watched) || knowledge.isNotCopied(watched)) {
            return;
        }
        KeyRecord record = knowledge.find(watched);
        Flight there = underWay.find(watched);
        if (record == null || (there != null && (there.fetching || there.whenOver != null))) {
            return;
        }
        readsLeft--;
        Flight flight = underWay.flightBeside(link, watched);
        fetches.fetch(flight, KeyFetch.of(record.type()));
        if (underWay.find(watched) == flight) { // otherwise there was no room for it
            int asked = connection;
            readsUnderWay++;
            flight.whenOver = () -> over(key, flight, asked);
        }
    }

    private void over(Bytes key, Flight flight, int asked) {
        if (asked != connection) {
            return;
        }
        readsUnderWay--;
        KeyRecord record = knowledge.find(new Watched(DATABASE, key));
        if (news.remove(key)) {
            changed.add(key); // told between what was read
        } else if (record != null && flight.link == port && knowledge.isVerified(record)) {
            record.followed(true);
        }
        goOn();
    }
}
