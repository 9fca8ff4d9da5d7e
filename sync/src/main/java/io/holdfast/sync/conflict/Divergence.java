package io.holdfast.sync.conflict;

import io.holdfast.engine.store.StorageException;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.conflict.Merge.Target;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a key upstream differs from what it was when the outage began: somebody else has changed it, or this node's copy was
 * not up to date. Immutable.
 *
 * @param touchedMs since when nobody has touched it upstream, Unix milliseconds; 0 when that cannot be known
 * @param type what it is upstream, as TYPE answers
 * @param base what it was; null unless it was a string
 * @param upstream what it is; null unless it is a string
 * @param whole whether it was changed as a whole: a string, a list, or something else than before
 * @param parts of a hash, set or sorted set that is of the same type yet, was deleted or was made: the fields or members that
 *     differ
 * @param ends when it was to end and when it does; others may have changed that alone
 * @param stamps which other nodes wrote what is upstream, and when
 */
record Divergence(
        long touchedMs,
        String type,
        @Nullable Bytes base,
        @Nullable Bytes upstream,
        boolean whole,
        Map<Bytes, Difference> parts,
        Ends ends,
        Stamps stamps) {
    private static final byte MARK = '=';
    private static final String NONE = "none";
    private static final Bytes TOUCHED = Bytes.of("touched");
    private static final Bytes TYPE = Bytes.of("type");
    private static final Bytes ENDS = Bytes.of("ends");
    private static final Bytes WHOLE = Bytes.of("whole");
    private static final Bytes PART = Bytes.of("part");
    private static final Bytes STAMP = Bytes.of("stamp");
    private static final Bytes STAMP_OF_PART = Bytes.of("stamp-of-part");

    /**
     * One field or member.
     *
     * @param base its value, its score, or nothing of a set's member; null when it was not there
     * @param upstream likewise
     */
    record Difference(@Nullable Bytes base, @Nullable Bytes upstream) {}

    /** Null when there is no difference, or none can be seen. */
    static @Nullable Divergence between(Content base, Content upstream, long touchedMs, Ends ends) {
        if (base.equals(upstream)
                || base.equals(Content.Nothing.UNREADABLE)
                || upstream.equals(Content.Nothing.UNREADABLE)) {
            var same = new Divergence(touchedMs, upstream.type(), null, null, false, Map.of(), ends, Stamps.NONE);
            return same.orNull();
        }
        if (base instanceof Content.Parts was) {
            if (upstream instanceof Content.Parts is && was.type().equals(is.type())) {
                Map<Bytes, Difference> parts = differences(was, is); // none where only the order is another
                return new Divergence(touchedMs, is.type(), null, null, false, parts, ends, Stamps.NONE).orNull();
            } else if (upstream.equals(Content.Nothing.ABSENT)) {
                Map<Bytes, Difference> parts = differences(was, Content.Parts.NONE);
                return new Divergence(touchedMs, NONE, null, null, false, parts, ends, Stamps.NONE);
            }
        } else if (base.equals(Content.Nothing.ABSENT)
                && upstream instanceof Content.Parts is
                && !is.words().isEmpty()) {
            Map<Bytes, Difference> parts = differences(Content.Parts.NONE, is);
            return new Divergence(touchedMs, is.type(), null, null, false, parts, ends, Stamps.NONE);
        }
        return new Divergence(
                touchedMs, upstream.type(), text(base), text(upstream), true, Map.of(), ends, Stamps.NONE);
    }

    /** Null when nothing differs any more. */
    private @Nullable Divergence orNull() {
        return isOfValue() || ends.areChanged() ? this : null;
    }

    Divergence stamped(Stamps found) {
        return new Divergence(touchedMs, type, base, upstream, whole, parts, ends, found);
    }

    /** Whether nothing is upstream. */
    boolean isGone() {
        return type.equals(NONE);
    }

    /** Whether the value differs; else it is only to end at another time. */
    boolean isOfValue() {
        return whole || !parts.isEmpty();
    }

    private static Map<Bytes, Difference> differences(Content.Parts was, Content.Parts is) {
        Map<Bytes, Bytes> unseen = was.table();
        Map<Bytes, Difference> differ = new HashMap<>();
        is.forEach((part, now) -> {
            Bytes before = unseen.remove(part);
            if (!now.equals(before)) {
                differ.put(part, new Difference(before, now));
            }
        });
        unseen.forEach((part, before) -> differ.put(part, new Difference(before, null)));
        return differ;
    }

    private static @Nullable Bytes text(Content content) {
        return content instanceof Content.Text text ? text.value() : null;
    }

    /** Whether {@code target} overwrites what somebody changed. */
    boolean meets(Target target) {
        // A field that is written while the key has become something else overwrites nothing: the upstream refuses it.
        return target.writes() && (target.part() == null ? isOfValue() : parts.containsKey(target.part()));
    }

    /** Whether both did the same, or the write has arrived before. */
    boolean isAlready(Target target) {
        Difference difference = target.part() == null ? null : parts.get(target.part());
        Bytes now = difference == null ? upstream : difference.upstream;
        if (target.removes()) {
            return target.part() == null ? type.equals(NONE) : now == null;
        }
        return now != null && now.equals(target.makes());
    }

    /** The same once {@code part}, or the whole value, is as it was written here; null when nothing differs any more. */
    @Nullable Divergence without(@Nullable Bytes part) {
        if (part == null) {
            Ends since = Ends.of(Ends.NO_KEY, ends.theirsMs()); // who wrote the value has said when it ends
            return new Divergence(touchedMs, type, null, null, false, Map.of(), since, Stamps.NONE).orNull();
        }
        Map<Bytes, Difference> left = new HashMap<>(parts);
        left.remove(part);
        return new Divergence(touchedMs, type, base, upstream, whole, left, ends, stamps).orNull();
    }

    /** The same once an end of ours is sent. */
    Divergence ended() {
        return new Divergence(touchedMs, type, base, upstream, whole, parts, ends.overwritten(), stamps);
    }

    // ---- as it is kept

    /** For a table, each behind a word that says what it is; {@link #ofWords} is the reverse. */
    List<Bytes> toWords() {
        List<Bytes> words = new ArrayList<>();
        Collections.addAll(words, TOUCHED, Bytes.of(touchedMs), TYPE, Bytes.of(type), ENDS, ends.toWord());
        if (whole) {
            Collections.addAll(words, WHOLE, orNothing(base), orNothing(upstream));
        }
        if (stamps.whole() != null) {
            Collections.addAll(words, STAMP, Bytes.of(stamps.whole().toString()));
        }
        stamps.parts()
                .forEach((part, stamp) -> Collections.addAll(words, STAMP_OF_PART, part, Bytes.of(stamp.toString())));
        parts.forEach((part, difference) ->
                Collections.addAll(words, PART, part, orNothing(difference.base), orNothing(difference.upstream)));
        return words;
    }

    static Divergence ofWords(List<Bytes> words) {
        if (!words.get(0).equals(TOUCHED)) {
            return ofUnnamed(words);
        }
        var read = new Divergence(0, NONE, null, null, false, new HashMap<>(), Ends.UNKNOWN, Stamps.NONE);
        Iterator<Bytes> left = words.iterator();
        while (left.hasNext()) {
            read = read.with(left.next(), left);
        }
        return read;
    }

    private Divergence with(Bytes name, Iterator<Bytes> words) {
        if (name.equals(TOUCHED)) {
            long ms = Long.parseLong(words.next().latin1());
            return new Divergence(ms, type, base, upstream, whole, parts, ends, stamps);
        } else if (name.equals(TYPE)) {
            return new Divergence(touchedMs, words.next().latin1(), base, upstream, whole, parts, ends, stamps);
        } else if (name.equals(ENDS)) {
            Ends kept = Ends.ofWord(words.next());
            return new Divergence(touchedMs, type, base, upstream, whole, parts, kept, stamps);
        } else if (name.equals(WHOLE)) {
            return new Divergence(
                    touchedMs, type, valueOf(words.next()), valueOf(words.next()), true, parts, ends, stamps);
        } else if (name.equals(STAMP)) {
            return stamped(new Stamps(Stamp.parse(words.next()), stamps.parts()));
        } else if (name.equals(STAMP_OF_PART)) {
            Map<Bytes, Stamp> more = new HashMap<>(stamps.parts());
            Bytes part = words.next();
            more.put(part, Objects.requireNonNull(Stamp.parse(words.next())));
            return stamped(new Stamps(stamps.whole(), more));
        } else if (name.equals(PART)) {
            parts.put(words.next(), new Difference(valueOf(words.next()), valueOf(words.next())));
            return this;
        }
        throw new StorageException("sync.db says of a key how it diverges in a word that is not known: " + name);
    }

    /** As it was kept before the ends of keys were: by place. */
    private static Divergence ofUnnamed(List<Bytes> words) {
        Map<Bytes, Difference> parts = new HashMap<>();
        for (int i = 5; i < words.size(); i += 3) {
            parts.put(words.get(i), new Difference(valueOf(words.get(i + 1)), valueOf(words.get(i + 2))));
        }
        return new Divergence(
                Long.parseLong(words.get(0).latin1()),
                words.get(1).latin1(),
                valueOf(words.get(2)),
                valueOf(words.get(3)),
                words.get(4).latin1().equals("1"),
                parts,
                Ends.UNKNOWN,
                Stamps.NONE);
    }

    /** A value behind a mark, or no word at all. */
    private static Bytes orNothing(@Nullable Bytes value) {
        if (value == null) {
            return Bytes.EMPTY;
        }
        byte[] marked = new byte[value.length() + 1];
        marked[0] = MARK;
        System.arraycopy(value.array(), 0, marked, 1, value.length());
        return Bytes.wrap(marked);
    }

    private static @Nullable Bytes valueOf(Bytes word) {
        return word.isEmpty() ? null : word.slice(1, word.length());
    }
}
