package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.value.StringValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;

/**
 * LCS: the longest bytes that two strings have in common in the same order, not necessarily side by side. Found by the
 * usual table of lengths; walking back, of that table only one bit a cell is needed: whether to go up or left.
 */
final class LongestCommonSubsequence {
    /** What Redis would take for one cell of its table, bytes: its limit is counted in these. */
    private static final long REDIS_CELL_BYTES = 4;

    private final Bytes a;
    private final Bytes b;
    private final BitSet goesUp;
    private final int length;

    private LongestCommonSubsequence(Bytes a, Bytes b) {
        this.a = a;
        this.b = b;
        this.goesUp = new BitSet();
        this.length = fill();
    }

    /** Two stretches of the same bytes, last positions inclusive. */
    private record Match(int aFrom, int aTo, int bFrom, int bTo) {
        int length() {
            return aTo - aFrom + 1;
        }
    }

    private record Options(boolean len, boolean idx, boolean withMatchLen, long minMatchLen) {
        static Options parse(CommandContext c) {
            boolean len = false;
            boolean idx = false;
            boolean withMatchLen = false;
            long minMatchLen = 0;
            for (int i = 3; i < c.argc(); i++) {
                if (c.argIs(i, "IDX")) {
                    idx = true;
                } else if (c.argIs(i, "LEN")) {
                    len = true;
                } else if (c.argIs(i, "WITHMATCHLEN")) {
                    withMatchLen = true;
                } else if (c.argIs(i, "MINMATCHLEN") && i + 1 < c.argc()) {
                    minMatchLen = c.longArg(++i);
                } else {
                    throw RedisError.syntax();
                }
            }
            if (idx && len) {
                throw RedisError.of("ERR If you want both the length and indexes, please just use IDX.");
            }
            return new Options(len, idx, withMatchLen, minMatchLen);
        }
    }

    /** The handler of LCS. */
    static Reply lcs(CommandContext c) {
        Bytes a = string(c, c.arg(1));
        Bytes b = string(c, c.arg(2));
        var options = Options.parse(c);
        if ((a.length() + 1L) * (b.length() + 1L) * REDIS_CELL_BYTES
                > c.config().stringBytesMax()) {
            throw RedisError.of("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
        }
        var found = new LongestCommonSubsequence(a, b);
        if (options.idx) {
            return found.indexes(options);
        }
        return options.len ? Reply.of(found.length) : Reply.bulk(found.bytes());
    }

    private static Bytes string(CommandContext c, Bytes key) {
        KeyRecord record = c.look(key);
        if (record == null) {
            return Bytes.EMPTY;
        }
        if (record.value() instanceof StringValue string) {
            return string.bytes();
        }
        throw RedisError.of("ERR The specified keys must contain string values");
    }

    /** Fills the table row by row and returns the whole length. */
    private int fill() {
        int[] above = new int[b.length() + 1];
        int[] row = new int[b.length() + 1];
        for (int i = 1; i <= a.length(); i++) {
            for (int j = 1; j <= b.length(); j++) {
                if (a.at(i - 1) == b.at(j - 1)) {
                    row[j] = above[j - 1] + 1;
                } else {
                    row[j] = Math.max(above[j], row[j - 1]);
                    if (above[j] > row[j - 1]) {
                        goesUp.set(cell(i, j));
                    }
                }
            }
            int[] free = above;
            above = row;
            row = free;
        }
        return above[b.length()];
    }

    private int cell(int i, int j) {
        return (i - 1) * b.length() + j - 1;
    }

    private interface Step {
        void match(int i, int j);
    }

    /** Visits the pairs of positions that belong together, last ones first. */
    private void walkBack(Step step) {
        int i = a.length();
        int j = b.length();
        while (i > 0 && j > 0) {
            if (a.at(i - 1) == b.at(j - 1)) {
                step.match(--i, --j);
            } else if (goesUp.get(cell(i, j))) {
                i--;
            } else {
                j--;
            }
        }
    }

    private Bytes bytes() {
        byte[] common = new byte[length];
        int[] at = {length};
        walkBack((i, j) -> common[--at[0]] = a.at(i));
        return Bytes.wrap(common);
    }

    private Reply indexes(Options options) {
        Deque<Match> matches = new ArrayDeque<>();
        walkBack((i, j) -> {
            Match last = matches.peekLast();
            if (last != null && last.aFrom == i + 1 && last.bFrom == j + 1) {
                matches.removeLast();
                matches.addLast(new Match(i, last.aTo, j, last.bTo));
            } else {
                matches.addLast(new Match(i, i, j, j));
            }
        });
        List<Reply> shown = new ArrayList<>();
        for (Match match : matches) {
            if (match.length() >= options.minMatchLen) {
                shown.add(reply(match, options.withMatchLen));
            }
        }
        return new Reply.MapOf(
                List.of(Reply.bulk("matches"), new Reply.Array(shown), Reply.bulk("len"), Reply.of(length)));
    }

    private static Reply reply(Match match, boolean withLength) {
        Reply inA = Reply.array(Reply.of(match.aFrom), Reply.of(match.aTo));
        Reply inB = Reply.array(Reply.of(match.bFrom), Reply.of(match.bTo));
        return withLength ? Reply.array(inA, inB, Reply.of(match.length())) : Reply.array(inA, inB);
    }
}
