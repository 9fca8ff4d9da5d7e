package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.rule.GlobPattern;
import io.holdfast.engine.rule.ScanCursor;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What HSCAN, SSCAN and ZSCAN are asked for behind their cursor, and how they answer. */
record ElementScan(int count, @Nullable GlobPattern pattern) {
    private static final int COUNT_DEFAULT = 10;

    /** @throws RedisError a syntax error, or a count that is no integer */
    static ElementScan parse(CommandContext c) {
        long count = COUNT_DEFAULT;
        GlobPattern pattern = null;
        for (int i = 3; i < c.argc(); i += 2) {
            if (i + 1 < c.argc() && c.argIs(i, "COUNT")) {
                count = c.longArg(i + 1);
                if (count < 1) {
                    throw RedisError.syntax();
                }
            } else if (i + 1 < c.argc() && c.argIs(i, "MATCH")) {
                pattern = GlobPattern.of(c.arg(i + 1));
            } else {
                throw RedisError.syntax();
            }
        }
        return new ElementScan((int) Math.min(count, Integer.MAX_VALUE), pattern);
    }

    boolean shows(Bytes element) {
        return pattern == null || pattern.matches(element);
    }

    static Reply reply(long next, List<Reply> elements) {
        return Reply.array(Reply.bulk(ScanCursor.at(next)), new Reply.Array(elements));
    }
}
