package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;

import io.holdfast.engine.command.AclCategory;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.WholeKeyspace;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Keyspace;
import io.holdfast.engine.rule.BadArgument;
import io.holdfast.engine.rule.GlobPattern;
import io.holdfast.engine.rule.ScanCursor;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which keys there are: all that match, step by step, or any one. */
public final class ScanCommands implements CommandFamily {
    private static final Bytes ANY = Bytes.of("*");
    private static final int COUNT_DEFAULT = 10;

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.GENERIC);
        commands.read("KEYS", exactly(2))
                .category(AclCategory.DANGEROUS)
                .tip("request_policy:all_shards", "nondeterministic_output_order")
                .costs("O(N) with the number of keys in the database")
                .says("Lists all keys that match a pattern.")
                .wholeKeyspace(WholeKeyspace.LISTED)
                .calls(ScanCommands::keys);
        commands.read("SCAN", atLeast(2))
                .since("2.8.0")
                .tip("nondeterministic_output", "request_policy:special")
                .costs("O(1) a call, O(N) for all keys of the database")
                .says("Lists some keys, and the cursor that lists the next ones.")
                .wholeKeyspace(WholeKeyspace.SCANNED)
                .scans(1)
                .calls(ScanCommands::scan);
        commands.read("RANDOMKEY", exactly(1))
                .tip("request_policy:all_shards", "nondeterministic_output")
                .costs("O(1)")
                .says("Gives any one key.")
                .wholeKeyspace(WholeKeyspace.PICKED_FROM)
                .calls(ScanCommands::randomkey);
    }

    private static Reply keys(CommandContext c) {
        var pattern = GlobPattern.of(c.arg(1));
        Keyspace keyspace = c.keyspace();
        List<Reply> found = new ArrayList<>();
        for (int i = 0; i < keyspace.size(); i++) {
            KeyRecord record = keyspace.at(i);
            if (!record.isExpired(c.nowMs()) && pattern.matches(record.key())) {
                found.add(Reply.bulk(record.key()));
            }
        }
        return new Reply.Array(found);
    }

    private static Reply scan(CommandContext c) {
        long cursor = cursor(c.arg(1));
        var filter = Filter.parse(c, 2);
        List<Reply> found = new ArrayList<>();
        long next = c.keyspace().scan(cursor, filter.count, record -> {
            if (!record.isExpired(c.nowMs()) && filter.takes(record)) {
                found.add(Reply.bulk(record.key()));
            }
        });
        return Reply.array(Reply.bulk(ScanCursor.at(next)), new Reply.Array(found));
    }

    private static long cursor(Bytes text) {
        try {
            return ScanCursor.position(text);
        } catch (BadArgument refused) {
            throw RedisError.invalidCursor();
        }
    }

    /** What SCAN shows: COUNT, MATCH, TYPE. */
    private record Filter(
            int count, GlobPattern pattern, @Nullable Bytes type) {
        static Filter parse(CommandContext c, int from) {
            long count = COUNT_DEFAULT;
            Bytes pattern = ANY;
            Bytes type = null;
            for (int i = from; i < c.argc(); i += 2) {
                boolean hasNext = i + 1 < c.argc();
                if (hasNext && c.argIs(i, "COUNT")) {
                    count = c.longArg(i + 1);
                    if (count < 1) {
                        throw RedisError.syntax();
                    }
                } else if (hasNext && c.argIs(i, "MATCH")) {
                    pattern = c.arg(i + 1);
                } else if (hasNext && c.argIs(i, "TYPE")) {
                    type = c.arg(i + 1);
                } else {
                    throw RedisError.syntax();
                }
            }
            return new Filter((int) Math.min(count, Integer.MAX_VALUE), GlobPattern.of(pattern), type);
        }

        boolean takes(KeyRecord record) {
            return (type == null || type.equalsIgnoreCase(record.type().redisName())) && pattern.matches(record.key());
        }
    }

    private static Reply randomkey(CommandContext c) {
        KeyRecord any = c.keyspace().random(c.server().keyspaces().random(), c.nowMs());
        return any == null ? Reply.Null.BULK : Reply.bulk(any.key());
    }
}
