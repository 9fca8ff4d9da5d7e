package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.engine.value.StreamId;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.List;

/** Ids of stream entries as clients write them. Pure; safe on every thread. */
final class StreamIds {
    /** The sequence number of an id without one, where it begins a range. */
    static final long FIRST = 0;
    /** The sequence number of an id without one, where it ends a range. */
    static final long LAST = -1;

    private static final int LENGTH_MAX = 127;

    private StreamIds() {}

    /** {@code 1526919030474-0}, or its milliseconds alone. @throws RedisError "Invalid stream ID" */
    static StreamId parse(Bytes text) {
        String written = written(text);
        int dash = written.indexOf('-');
        return dash < 0
                ? new StreamId(unsigned(written), FIRST)
                : new StreamId(unsigned(written.substring(0, dash)), unsigned(written.substring(dash + 1)));
    }

    /** The arguments from {@code from} on, all of which must be ids. */
    static List<StreamId> all(CommandContext c, int from) {
        List<StreamId> ids = new ArrayList<>(c.argc() - from);
        for (int i = from; i < c.argc(); i++) {
            ids.add(parse(c.arg(i)));
        }
        return ids;
    }

    /** Whether {@code text} is an id. */
    static boolean isId(Bytes text) {
        try {
            parse(text);
            return true;
        } catch (RedisError notAnId) {
            return false;
        }
    }

    /** As {@link #parse}, or {@code -} and {@code +} for the smallest and the greatest id. */
    static StreamId parseOrEdge(Bytes text, long missingSequence) {
        String written = written(text);
        if (written.equals("-")) {
            return StreamId.ZERO;
        }
        if (written.equals("+")) {
            return StreamId.MAX;
        }
        return written.indexOf('-') < 0 ? new StreamId(unsigned(written), missingSequence) : parse(text);
    }

    /** Where a range begins; behind a {@code (} the id itself does not belong to it. */
    static StreamId rangeStart(Bytes text) {
        if (!isExclusive(text)) {
            return parseOrEdge(text, FIRST);
        }
        StreamId next = parse(text.slice(1, text.length())).next();
        if (next == null) {
            throw RedisError.invalidInterval("start");
        }
        return next;
    }

    /** Where a range ends; behind a {@code (} the id itself does not belong to it. */
    static StreamId rangeEnd(Bytes text) {
        if (!isExclusive(text)) {
            return parseOrEdge(text, LAST);
        }
        Bytes bare = text.slice(1, text.length());
        String written = written(bare);
        StreamId id = written.indexOf('-') < 0 ? new StreamId(unsigned(written), LAST) : parse(bare);
        StreamId previous = id.previous();
        if (previous == null) {
            throw RedisError.invalidInterval("end");
        }
        return previous;
    }

    private static boolean isExclusive(Bytes text) {
        return text.length() > 1 && text.at(0) == '(';
    }

    /** Whether the sequence number is to be chosen: {@code 1526919030474-*}. */
    static boolean wantsSequence(Bytes text) {
        String written = text.latin1();
        return written.endsWith("-*") && written.indexOf('-') == written.length() - 2;
    }

    /** The milliseconds of an id that {@link #wantsSequence}. */
    static long milliseconds(Bytes text) {
        return unsigned(written(text.slice(0, text.length() - 2)));
    }

    /** Redis reads an id as a C string. */
    private static String written(Bytes text) {
        if (text.length() > LENGTH_MAX) {
            throw RedisError.invalidStreamId();
        }
        String written = text.latin1();
        int end = written.indexOf('\0');
        return end < 0 ? written : written.substring(0, end);
    }

    /** As Redis's string2ull: what C's strtoull takes, too, but for a number that is plainly negative. */
    private static long unsigned(String text) {
        Bytes bytes = Bytes.of(text);
        if (RedisInteger.isLong(bytes)) {
            long value = RedisInteger.parse(bytes);
            if (value < 0) {
                throw RedisError.invalidStreamId();
            }
            return value;
        }
        String number = text.replaceFirst("^[ \\t\\n\\x0b\\f\\r]*", "");
        boolean negative = number.startsWith("-");
        String digits = negative || number.startsWith("+") ? number.substring(1) : number;
        if (digits.isEmpty() || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw RedisError.invalidStreamId();
        }
        try {
            long value = Long.parseUnsignedLong(digits);
            return negative ? -value : value;
        } catch (NumberFormatException tooGreat) {
            throw RedisError.invalidStreamId();
        }
    }
}
