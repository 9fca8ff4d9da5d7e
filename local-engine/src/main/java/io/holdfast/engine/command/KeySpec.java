package io.holdfast.engine.command;

import io.holdfast.resp.Bytes;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * Where some of a command's keys stand among its arguments, in the terms of Redis's key specifications
 * (redis.io/docs/reference/key-specs): where the search begins, and how it goes on from there.
 */
public record KeySpec(Begin begin, Find find, Set<KeyFlag> flags) {
    /** Where the search begins. */
    public sealed interface Begin {
        /** At the argument {@code position}; the name is 0. */
        record Index(int position) implements Begin {}

        /** Behind {@code word}, looked for from argument {@code from} on (negative: backwards from the end). */
        record Keyword(String word, int from) implements Begin {}

        /** Only the command's own code knows. */
        record Unknown() implements Begin {}
    }

    /** How the search goes on. */
    public sealed interface Find {
        /**
         * Up to {@code last} (from the beginning, or from the end where negative), each {@code step}-th argument.
         *
         * @param limit with {@code last} −1: only the first 1/limit of what remains; 0 and 1: no limit
         */
        record Range(int last, int step, int limit) implements Find {}

        /** As many as the number at {@code count} says, from {@code first} on; all relative to the beginning. */
        record KeyNum(int count, int first, int step) implements Find {}

        /** Only the command's own code knows. */
        record Unknown() implements Find {}

        /** As {@code told} in general; exactly as this code finds them. */
        record Own(Find told, KeyFinder finder) implements Find {}
    }

    /** Gives the positions of keys that no rule describes (SORT … STORE). */
    @FunctionalInterface
    public interface KeyFinder {
        void forEachKey(Bytes[] args, IntConsumer visitor);
    }

    /** One key at argument {@code position}. */
    public static KeySpec key(int position, KeyFlag... flags) {
        return new KeySpec(new Begin.Index(position), new Find.Range(0, 1, 0), setOf(flags));
    }

    /** Keys from argument {@code first} to {@code last} (negative: from the end), each {@code step}-th. */
    public static KeySpec keys(int first, int last, int step, KeyFlag... flags) {
        int relative = last < 0 ? last : last - first;
        return new KeySpec(new Begin.Index(first), new Find.Range(relative, step, 0), setOf(flags));
    }

    /** A number at argument {@code position}, and as many keys behind it. */
    public static KeySpec countedKeys(int position, KeyFlag... flags) {
        return new KeySpec(new Begin.Index(position), new Find.KeyNum(0, 1, 1), setOf(flags));
    }

    /** One key behind {@code word}, which stands at or behind argument {@code from}. */
    public static KeySpec keyAfter(String word, int from, KeyFlag... flags) {
        return new KeySpec(new Begin.Keyword(word, from), new Find.Range(0, 1, 0), setOf(flags));
    }

    /** Keys behind {@code word}, which stands at or behind argument {@code from}: the first half of what remains. */
    public static KeySpec keysAfter(String word, int from, KeyFlag... flags) {
        return new KeySpec(new Begin.Keyword(word, from), new Find.Range(-1, 1, 2), setOf(flags));
    }

    /** Keys that only the command's own code can find. */
    public static KeySpec unknown(KeyFlag... flags) {
        return new KeySpec(new Begin.Unknown(), new Find.Unknown(), setOf(flags));
    }

    /** Keys that only the command's own code can find: {@code finder}. */
    public static KeySpec unknown(KeyFinder finder, KeyFlag... flags) {
        return unknown(flags).foundBy(finder);
    }

    /**
     * The same to those who ask for the rule, which is right for usual requests; here {@code finder} is asked, which is
     * right for all that can be written.
     */
    public KeySpec foundBy(KeyFinder finder) {
        return new KeySpec(begin, new Find.Own(find, finder), flags);
    }

    /** How the search goes on, as clients are told. */
    public Find told() {
        return find instanceof Find.Own own ? own.told() : find;
    }

    /** False for keys that are only overwritten or removed, whatever they hold. */
    boolean readsValues() {
        boolean overwritten = flags.contains(KeyFlag.OW) || flags.contains(KeyFlag.RM);
        return !flags.contains(KeyFlag.NOT_KEY) && (!overwritten || flags.contains(KeyFlag.ACCESS));
    }

    private static Set<KeyFlag> setOf(KeyFlag... flags) {
        var set = EnumSet.noneOf(KeyFlag.class);
        set.addAll(List.of(flags));
        return set;
    }

    /** Gives the position of every key in {@code args}; positions beyond the arguments are left out. */
    public void forEachKey(Bytes[] args, IntConsumer visitor) {
        if (find instanceof Find.Own own) {
            own.finder().forEachKey(args, visitor);
            return;
        }
        int start = startIn(args);
        if (start < 0 || start >= args.length) {
            return;
        }
        if (find instanceof Find.Range range) {
            int last = lastOf(range, start, args.length);
            for (int i = start; i <= last && i < args.length; i += range.step()) {
                visitor.accept(i);
            }
        } else if (find instanceof Find.KeyNum counted) {
            int at = start + counted.count();
            long count = at < args.length ? count(args[at]) : 0;
            int i = start + counted.first();
            for (long n = 0; n < count && i < args.length; n++, i += counted.step()) {
                visitor.accept(i);
            }
        }
    }

    private static int lastOf(Find.Range range, int start, int argc) {
        if (range.last() >= 0) {
            return start + range.last();
        }
        int end = argc + range.last();
        if (range.last() == -1 && range.limit() > 1) {
            return start + (argc - start) / range.limit() - 1;
        }
        return end;
    }

    private int startIn(Bytes[] args) {
        if (begin instanceof Begin.Index index) {
            return index.position();
        }
        if (begin instanceof Begin.Keyword keyword) {
            int step = keyword.from() < 0 ? -1 : 1;
            int from = keyword.from() < 0 ? args.length + keyword.from() : keyword.from();
            for (int i = from; i > 0 && i < args.length; i += step) {
                if (args[i].equalsIgnoreCase(keyword.word())) {
                    return i + 1;
                }
            }
        }
        return -1;
    }

    private static long count(Bytes digits) {
        long n = 0;
        for (int i = 0; i < digits.length(); i++) {
            byte b = digits.at(i);
            if (b < '0' || b > '9' || n > Integer.MAX_VALUE) {
                return 0;
            }
            n = n * 10 + (b - '0');
        }
        return n;
    }
}
