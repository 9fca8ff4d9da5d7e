package io.holdfast.proxy.admin;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.journal.Conflicts;
import io.holdfast.sync.journal.Conflicts.Choice;
import io.holdfast.sync.journal.Requeue;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** HOLDFAST CONFLICTS: a person looks at what was decided where others had written too, and decides otherwise. */
final class ConflictCommands {
    private static final Bytes ANY = Bytes.of("any");
    private static final Bytes SETTLED = Bytes.of("settled");
    private static final Bytes OPEN = Bytes.of("open");

    private final Operations operations;

    ConflictCommands(Operations operations) {
        this.operations = operations;
    }

    static List<String> help() {
        return List.of(
                "CONFLICTS LIST [FROM id] [COUNT n] [MATCH glob] [TYPE command] [STATE open|settled|any]",
                "    Writes that met others', and who won; those that nobody has seen to unless STATE says otherwise.",
                "CONFLICTS SHOW <id>",
                "    Both sides, what was there before, and the times.",
                "CONFLICTS RESOLVE KEEP|LOCAL|UPSTREAM <id> [<id> ...] | ALL [MATCH glob] [TYPE command] [COUNT n]",
                "    Agree, or have what was written here, or upstream, written there, exactly once.");
    }

    Reply handle(CommandContext c) {
        if (c.argIs(2, "LIST")) {
            Selection chosen = Selection.of(c, 3, Set.of("FROM", "COUNT", "MATCH", "TYPE", "STATE"));
            String state = state(chosen.state());
            return operations.desk().later(c, () -> list(chosen, state));
        } else if (c.argIs(2, "SHOW") && c.argc() == 4) {
            long id = c.longArg(3, 1, Long.MAX_VALUE);
            return operations.desk().later(c, () -> show(found(id)));
        } else if (c.argIs(2, "RESOLVE") && c.argc() > 4) {
            return resolve(c);
        }
        throw RedisError.unknownSubcommandOrArguments(c.spec(), c.arg(2));
    }

    /** As in the table; empty for any. */
    private static String state(@Nullable Bytes word) {
        if (word == null || word.equalsIgnoreCase(OPEN.latin1())) {
            return OPEN.latin1();
        } else if (word.equalsIgnoreCase(SETTLED.latin1())) {
            return SETTLED.latin1();
        } else if (word.equalsIgnoreCase(ANY.latin1())) {
            return "";
        }
        throw RedisError.syntax();
    }

    // ---- looking

    /** Visits those that are chosen, the oldest first, at most {@code count}. */
    private void pages(Selection chosen, String state, long count, Consumer<Conflicts.Stored> visitor) {
        Pages.forEach(
                operations.conflicts()::list,
                Conflicts.Stored::id,
                chosen.from(),
                count,
                stored -> (state.isEmpty() || state.equals(stored.state()))
                        && chosen.takes(
                                stored.conflict().key(),
                                stored.conflict().local().get(0)),
                visitor);
    }

    private Reply list(Selection chosen, String state) {
        List<Reply> rows = new ArrayList<>();
        pages(chosen, state, chosen.listed(), stored -> rows.add(summary(stored).reply()));
        return Reply.array(rows);
    }

    private static Fields summary(Conflicts.Stored stored) {
        Conflict conflict = stored.conflict();
        return new Fields()
                .add("id", stored.id())
                .add("sequence", conflict.sequence())
                .add("time", conflict.writtenMs())
                .add("db", conflict.db())
                .add("key", Reply.bulk(conflict.key()))
                .add("part", bulkOrNull(conflict.part()))
                .add("command", Reply.bulk(conflict.local().get(0)))
                .add("policy", conflict.policy())
                .add("winner", conflict.winner().words())
                .add("upstream_by", by(conflict))
                .add("local_by", conflict.localClient() == null ? Reply.Null.BULK : Reply.bulk(conflict.localClient()))
                .add("state", stored.state());
    }

    private static Reply show(Conflicts.Stored stored) {
        Conflict conflict = stored.conflict();
        return summary(stored)
                .add("decided", conflict.decidedMs())
                .add("upstream_touched", conflict.touchedMs() == 0 ? Reply.Null.BULK : Reply.of(conflict.touchedMs()))
                .add("base", bulkOrNull(conflict.base()))
                .add("local", words(conflict.local()))
                .add("upstream", words(conflict.upstream()))
                .reply();
    }

    /** Who wrote what was upstream, as far as its stamp tells. */
    private static String by(Conflict conflict) {
        String node = conflict.upstreamNode();
        return node == null ? "not a known node" : "node " + node;
    }

    private static Reply bulkOrNull(@Nullable Bytes value) {
        return value == null ? Reply.Null.BULK : Reply.bulk(value);
    }

    private static Reply words(List<Bytes> command) {
        return Reply.array(command.stream().map(Reply::bulk).toList());
    }

    private Conflicts.Stored found(long id) {
        return operations.conflicts().find(id).orElseThrow(() -> OperatorError.noConflict(id));
    }

    // ---- deciding

    private Reply resolve(CommandContext c) {
        Choice choice = choice(c);
        Order order = Order.of(c);
        if (choice != Choice.KEEP && !operations.hasUpstream()) {
            throw OperatorError.noUpstream();
        }
        if (c.argIs(4, "ALL")) {
            Selection chosen = Selection.of(c, 5, Set.of("FROM", "COUNT", "MATCH", "TYPE"));
            return operations.desk().later(c, () -> {
                List<Long> ids = new ArrayList<>();
                pages(chosen, OPEN.latin1(), chosen.count(), stored -> ids.add(stored.id()));
                return Reply.of(inParts(order, ids, choice));
            });
        }
        List<Long> ids = new ArrayList<>();
        for (int i = 4; i < c.argc(); i++) {
            ids.add(c.longArg(i, 1, Long.MAX_VALUE));
        }
        return operations.desk().later(c, () -> {
            for (long id : ids) {
                if (!found(id).state().equals(OPEN.latin1())) {
                    throw OperatorError.isSettled(id);
                }
            }
            return Reply.of(inParts(order, ids, choice));
        });
    }

    private static Choice choice(CommandContext c) {
        for (Choice choice : Choice.values()) {
            if (c.argIs(3, choice.name().toUpperCase(Locale.ROOT))) {
                return choice;
            }
        }
        throw RedisError.syntax();
    }

    private long inParts(Order order, List<Long> ids, Choice choice) {
        long resolved = 0;
        for (int from = 0; from < ids.size(); from += Requeue.LETTERS_MAX) {
            int to = Math.min(ids.size(), from + Requeue.LETTERS_MAX);
            resolved += operations.resolve(order, ids.subList(from, to), choice);
        }
        return resolved;
    }
}
