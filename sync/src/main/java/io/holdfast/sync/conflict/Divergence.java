package io.holdfast.sync.conflict;

import io.holdfast.resp.Bytes;
import io.holdfast.sync.conflict.Merge.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
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
 * @param parts of a hash, set or sorted set that is of the same type yet, or was deleted: the fields or members that differ
 */
record Divergence(
        long touchedMs,
        String type,
        @Nullable Bytes base,
        @Nullable Bytes upstream,
        boolean whole,
        Map<Bytes, Difference> parts) {
    private static final byte MARK = '=';
    private static final String NONE = "none";

    /**
     * One field or member.
     *
     * @param base its value, its score, or nothing of a set's member; null when it was not there
     * @param upstream likewise
     */
    record Difference(@Nullable Bytes base, @Nullable Bytes upstream) {}

    /** Null when there is no difference, or none can be seen. */
    static @Nullable Divergence between(Content base, Content upstream, long touchedMs) {
        if (base.equals(upstream)
                || base.equals(Content.Nothing.UNREADABLE)
                || upstream.equals(Content.Nothing.UNREADABLE)) {
            return null;
        }
        if (base instanceof Content.Parts was) {
            if (upstream instanceof Content.Parts is && was.type().equals(is.type())) {
                return new Divergence(touchedMs, is.type(), null, null, false, differences(was.values(), is.values()));
            } else if (upstream.equals(Content.Nothing.ABSENT)) {
                return new Divergence(touchedMs, NONE, null, null, false, differences(was.values(), Map.of()));
            }
        }
        return new Divergence(touchedMs, upstream.type(), text(base), text(upstream), true, Map.of());
    }

    private static Map<Bytes, Difference> differences(Map<Bytes, Bytes> was, Map<Bytes, Bytes> is) {
        Set<Bytes> all = new HashSet<>(was.keySet());
        all.addAll(is.keySet());
        Map<Bytes, Difference> differ = new HashMap<>();
        for (Bytes part : all) {
            if (!Objects.equals(was.get(part), is.get(part))) {
                differ.put(part, new Difference(was.get(part), is.get(part)));
            }
        }
        return differ;
    }

    private static @Nullable Bytes text(Content content) {
        return content instanceof Content.Text text ? text.value() : null;
    }

    /** Whether {@code target} overwrites what somebody changed. */
    boolean meets(Target target) {
        // A field that is written while the key has become something else overwrites nothing: the upstream refuses it.
        return target.part() == null || parts.containsKey(target.part());
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

    /** The same once {@code part} is as it was written here; null when nothing differs any more. */
    @Nullable Divergence without(@Nullable Bytes part) {
        if (part == null) {
            return null;
        }
        Map<Bytes, Difference> left = new HashMap<>(parts);
        left.remove(part);
        return left.isEmpty() && !whole ? null : new Divergence(touchedMs, type, base, upstream, whole, left);
    }

    // ---- as it is kept

    /** For a table; {@link #ofWords} is the reverse. */
    List<Bytes> toWords() {
        List<Bytes> words = new ArrayList<>();
        words.add(Bytes.of(touchedMs));
        words.add(Bytes.of(type));
        words.add(orNothing(base));
        words.add(orNothing(upstream));
        words.add(Bytes.of(whole ? 1 : 0));
        parts.forEach((part, difference) -> {
            words.add(part);
            words.add(orNothing(difference.base));
            words.add(orNothing(difference.upstream));
        });
        return words;
    }

    static Divergence ofWords(List<Bytes> words) {
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
                parts);
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
