package io.holdfast.sync.conflict;

import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Compares keys with what they were, in two round trips however many they are; in three where others have made some of them
 * or made them of another type, in more where they are big: values are read a portion at a time, and a portion that was compared is forgotten.
 *
 * <pre>
 *   for each database: SELECT · WATCH k … · for each key: OBJECT IDLETIME k · TYPE k · PTTL k · its size, if it is
 *                                                 of the type it was
 *   for each portion:  SELECT · for each key that is not too big: its value
 * </pre>
 */
final class Comparison {
    /** More elements than this are not read to be compared: the mirror copies none that are bigger. */
    static final long ELEMENTS_MAX = 100_000;

    static final long STRING_BYTES_MAX = 16L * 1024 * 1024;

    /** Elements that are read at once, for memory and for the upstream's other clients; one key may have more. */
    private static final long PORTION_ELEMENTS = 5_000;
    /** Of a string, so many bytes count as an element. */
    private static final long ELEMENT_BYTES = 64;

    private static final Bytes SELECT = Bytes.of("SELECT");
    private static final Bytes WATCH = Bytes.of("WATCH");
    private static final Bytes OBJECT = Bytes.of("OBJECT");
    private static final Bytes IDLETIME = Bytes.of("IDLETIME");
    private static final Bytes TYPE = Bytes.of("TYPE");
    private static final Bytes PTTL = Bytes.of("PTTL");
    private static final Set<String> COLLECTIONS = Set.of("list", "hash", "set", "zset", "stream");
    private static final Set<String> PARTED = Set.of("hash", "set", "zset");
    private static final long SECOND_MS = 1000;

    private final Map<Integer, List<Subject>> byDb = new TreeMap<>();
    private final Asker upstream;
    private final boolean guards;
    private final long nowMs;
    private final Set<Watched> ended = new HashSet<>();

    /** A key, what it was, and what the upstream says of it. */
    private static final class Subject {
        final Watched key;
        final Base base;
        int replyAt;
        boolean isToBeRead;
        long elements = 1; // about as much as a small value takes
        long touchedMs;
        long endsMs = Ends.NO_KEY;
        String type = "none";
        Content now = Content.Nothing.UNREADABLE;

        Subject(Watched key, Base base) {
            this.key = key;
            this.base = base;
        }

        /** To be read is what is of the same type as before and not too big; and a string, once it is known how big it is. */
        void sized(Reply size) {
            boolean isString = type.equals("string");
            long most = isString ? STRING_BYTES_MAX : ELEMENTS_MAX;
            isToBeRead = size instanceof Reply.Int number && number.value() <= most;
            if (isToBeRead && size instanceof Reply.Int number) {
                elements = isString ? number.value() / ELEMENT_BYTES : number.value();
            }
        }

        /** Whether its size could not be asked for before its type was known, and matters. */
        boolean isUnsized() {
            return isMade()
                    || (type.equals("string")
                            && COLLECTIONS.contains(base.content().type()));
        }

        /** Whether others have made a collection of fields or members where there was nothing. */
        boolean isMade() {
            return base.content().equals(Content.Nothing.ABSENT) && PARTED.contains(type);
        }

        /** Null where it is what it was, or is not known to be anybody's doing. */
        @Nullable Divergence divergence(boolean lostData, long nowMs) {
            if (now.equals(Content.Nothing.ABSENT) && (lostData || base.mayHaveEnded(nowMs))) {
                return null;
            }
            return Divergence.between(base.content(), now, touchedMs, Ends.of(base.endsMs(), endsMs));
        }

        /** Whether it was there and is no longer, because its time has come. */
        boolean hasEnded(boolean lostData, long nowMs) {
            return now.equals(Content.Nothing.ABSENT)
                    && !lostData
                    && base.mayHaveEnded(nowMs)
                    && !base.making().isEmpty();
        }

        /** What is of another type differs, whatever it holds. */
        Content unread() {
            if (type.equals("none")) {
                return Content.Nothing.ABSENT;
            }
            if (type.equals(base.content().type()) || !COLLECTIONS.contains(type) || isMade()) {
                return Content.Nothing.UNREADABLE;
            }
            return switch (type) {
                case "list" -> new Content.Items(List.of());
                case "stream" -> new Content.Entries(List.of());
                default -> new Content.Parts(type, List.of());
            };
        }
    }

    /** @param guards whether the keys are WATCHed */
    Comparison(Map<Watched, Base> bases, Asker upstream, boolean guards, long nowMs) {
        bases.forEach((key, base) ->
                byDb.computeIfAbsent(key.db(), db -> new ArrayList<>()).add(new Subject(key, base)));
        this.upstream = upstream;
        this.guards = guards;
        this.nowMs = nowMs;
    }

    /**
     * The keys that are not what they were.
     *
     * @param touches what earlier attempts saw of a key before they touched it themselves; what is seen now is added
     * @param lostData whether the upstream came back without the data it had: nobody deleted what is missing
     */
    Map<Watched, Divergence> run(Touches touches, boolean lostData) throws IOException {
        look();
        byDb.values()
                .forEach(subjects -> subjects.forEach(
                        subject -> subject.touchedMs = touches.notOurs(subject.key, subject.touchedMs, nowMs)));
        lookAtSizes();
        Map<Watched, Divergence> found = new LinkedHashMap<>();
        for (Map.Entry<Integer, List<Subject>> ofDb : byDb.entrySet()) {
            List<Subject> left = ofDb.getValue();
            while (!left.isEmpty()) {
                List<Subject> portion = left.subList(0, portion(left));
                read(ofDb.getKey(), portion);
                for (Subject subject : portion) {
                    Divergence divergence = subject.divergence(lostData, nowMs);
                    if (subject.hasEnded(lostData, nowMs)) {
                        ended.add(subject.key);
                    }
                    if (divergence != null) {
                        found.put(subject.key, divergence);
                    }
                    subject.now = Content.Nothing.UNREADABLE; // what was compared is not held
                }
                left = left.subList(portion.size(), left.size());
            }
        }
        return found;
    }

    /** Keys that were there and have ended upstream, once {@link #run} has looked. */
    Set<Watched> ended() {
        return ended;
    }

    /** How many of those that come next are read at once. */
    private static int portion(List<Subject> subjects) {
        long elements = 0;
        int count = 0;
        while (count < subjects.size() && (count == 0 || elements + subjects.get(count).elements <= PORTION_ELEMENTS)) {
            elements += subjects.get(count++).elements;
        }
        return count;
    }

    private void look() throws IOException {
        List<List<Bytes>> questions = new ArrayList<>();
        byDb.forEach((db, subjects) -> {
            questions.add(List.of(SELECT, Bytes.of(db)));
            if (guards) {
                List<Bytes> watch = new ArrayList<>(List.of(WATCH));
                subjects.forEach(subject -> watch.add(subject.key.key()));
                questions.add(watch);
            }
            for (Subject subject : subjects) {
                Bytes key = subject.key.key();
                subject.replyAt = questions.size();
                questions.add(List.of(OBJECT, IDLETIME, key));
                questions.add(List.of(TYPE, key));
                questions.add(List.of(PTTL, key));
                questions.add(Content.size(subject.base.content().type(), key));
            }
        });
        List<Reply> replies = ask(questions);
        byDb.values()
                .forEach(subjects -> subjects.forEach(subject -> {
                    subject.touchedMs = touchedMs(replies.get(subject.replyAt));
                    subject.type =
                            Content.text(replies.get(subject.replyAt + 1)).latin1();
                    subject.endsMs = endsMs(replies.get(subject.replyAt + 2));
                    subject.sized(replies.get(subject.replyAt + 3));
                    subject.now = subject.unread();
                    subject.isToBeRead &= !subject.now.equals(Content.Nothing.ABSENT);
                }));
    }

    /** How big it is: its type had to be known to ask. */
    private void lookAtSizes() throws IOException {
        List<Subject> unsized = new ArrayList<>();
        List<List<Bytes>> questions = new ArrayList<>();
        byDb.forEach((db, subjects) -> {
            questions.add(List.of(SELECT, Bytes.of(db)));
            for (Subject subject : subjects) {
                if (subject.isUnsized()) {
                    subject.replyAt = questions.size();
                    questions.add(Content.size(subject.type, subject.key.key()));
                    unsized.add(subject);
                }
            }
        });
        if (unsized.isEmpty()) {
            return;
        }
        List<Reply> replies = ask(questions);
        for (Subject subject : unsized) {
            subject.sized(replies.get(subject.replyAt));
            if (subject.isMade() && !subject.isToBeRead) {
                subject.now = new Content.Parts(subject.type, List.of());
            }
        }
    }

    /** The clock behind IDLETIME counts seconds: this is the earliest that fits. 0 where there is nothing to go by. */
    private long touchedMs(Reply idle) {
        return idle instanceof Reply.Int seconds ? nowMs - (seconds.value() + 1) * SECOND_MS : 0;
    }

    /** By our clock, as the ends of copies are. */
    private long endsMs(Reply remaining) {
        if (!(remaining instanceof Reply.Int ttl)) {
            return Ends.NO_KEY; // not for this user to know
        }
        return ttl.value() < 0 ? ttl.value() : nowMs + ttl.value();
    }

    private void read(int db, List<Subject> portion) throws IOException {
        List<List<Bytes>> questions = new ArrayList<>();
        questions.add(List.of(SELECT, Bytes.of(db)));
        for (Subject subject : portion) {
            if (subject.isToBeRead) {
                subject.replyAt = questions.size();
                questions.add(Content.read(subject.type, subject.key.key()));
            }
        }
        if (questions.size() == 1) {
            return;
        }
        List<Reply> replies = ask(questions);
        for (Subject subject : portion) {
            if (subject.isToBeRead) {
                subject.now = Content.of(subject.type, replies.get(subject.replyAt));
            }
        }
    }

    /** In database 0 before and after. */
    private List<Reply> ask(List<List<Bytes>> questions) throws IOException {
        questions.add(List.of(SELECT, Bytes.of(0)));
        return upstream.ask(questions);
    }
}
