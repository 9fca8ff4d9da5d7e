package io.holdfast.proxy.admin;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.RedisError;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.journal.DeadLetter;
import io.holdfast.sync.journal.DeadLetters;
import io.holdfast.sync.journal.DeadLetters.State;
import io.holdfast.sync.journal.Requeue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** HOLDFAST DEADLETTERS: a person works through what the upstream refused. Requests are checked on the engine loop. */
final class DeadLetterCommands {
    private static final Bytes ANY = Bytes.of("any");

    private final Operations operations;

    DeadLetterCommands(Operations operations) {
        this.operations = operations;
    }

    static List<String> help() {
        return List.of(
                "DEADLETTERS LIST [FROM id] [COUNT n] [MATCH glob] [TYPE command] [STATE open|requeued|discarded|any]",
                "    Effects that the upstream refused; those that wait for a decision unless STATE says otherwise.",
                "DEADLETTERS SHOW <id>",
                "    The whole effect and what became of it.",
                "DEADLETTERS EDIT <id> <command> [<arg> ...]",
                "    Put another write command in its place.",
                "DEADLETTERS REQUEUE <id> [<id> ...] | ALL [MATCH glob] [TYPE command] [COUNT n]",
                "    Replay into the upstream once more, exactly once.",
                "DEADLETTERS DISCARD <id> [<id> ...] | ALL [MATCH glob] [TYPE command] [COUNT n]",
                "    Give up.");
    }

    Reply handle(CommandContext c) {
        if (c.argIs(2, "LIST")) {
            return list(c);
        } else if (c.argIs(2, "SHOW") && c.argc() == 4) {
            long id = id(c, 3);
            return operations.desk().later(c, () -> show(found(id)));
        } else if (c.argIs(2, "EDIT") && c.argc() > 4) {
            return edit(c);
        } else if (c.argIs(2, "REQUEUE") && c.argc() > 3) {
            if (!operations.hasUpstream()) {
                throw OperatorError.noUpstream();
            }
            Order order = Order.of(c);
            return decide(c, ids -> operations.requeue(order, ids));
        } else if (c.argIs(2, "DISCARD") && c.argc() > 3) {
            Order order = Order.of(c);
            return decide(c, ids -> operations.discard(order, ids));
        }
        throw RedisError.unknownSubcommandOrArguments(c.spec(), c.arg(2));
    }

    private static long id(CommandContext c, int i) {
        return c.longArg(i, 1, Long.MAX_VALUE);
    }

    // ---- looking

    private Reply list(CommandContext c) {
        Selection chosen = Selection.of(c, 3, Set.of("FROM", "COUNT", "MATCH", "TYPE", "STATE"));
        State state = state(chosen.state());
        boolean inAnyState = ANY.equals(chosen.state());
        return operations.desk().later(c, () -> {
            List<Reply> rows = new ArrayList<>();
            pages(
                    chosen,
                    inAnyState ? null : state,
                    chosen.listed(),
                    stored -> rows.add(summary(stored).reply()));
            return Reply.array(rows);
        });
    }

    private static State state(@Nullable Bytes word) {
        if (word == null || word.equals(ANY)) {
            return State.OPEN;
        }
        return Arrays.stream(State.values())
                .filter(state -> word.equalsIgnoreCase(state.word()))
                .findFirst()
                .orElseThrow(RedisError::syntax);
    }

    /** Visits those that are chosen, the oldest first, at most {@code count}. */
    private void pages(Selection chosen, @Nullable State state, long count, Consumer<DeadLetters.Stored> visitor) {
        Pages.forEach(
                (after, limit) -> operations.deadLetters().page(after, state, limit),
                DeadLetters.Stored::id,
                chosen.from(),
                count,
                stored -> chosen.takes(
                        stored.letter().key(), stored.letter().command().get(0)),
                visitor);
    }

    private static Fields summary(DeadLetters.Stored stored) {
        DeadLetter letter = stored.letter();
        return new Fields()
                .add("id", stored.id())
                .add("sequence", letter.sequence())
                .add("time", letter.atMs())
                .add("db", letter.db())
                .add("command", Reply.bulk(letter.command().get(0)))
                .add("key", letter.key() == null ? Reply.Null.BULK : Reply.bulk(letter.key()))
                .add("reply", letter.error())
                .add("state", stored.state().word());
    }

    private static Reply show(DeadLetters.Stored stored) {
        return summary(stored)
                .add("effect_index", stored.letter().effectIndex())
                .add("requeued_as", stored.requeuedAs())
                .add(
                        "effect",
                        Reply.array(stored.letter().command().stream()
                                .map(Reply::bulk)
                                .toList()))
                .reply();
    }

    private DeadLetters.Stored found(long id) {
        return operations.deadLetters().find(id).orElseThrow(() -> OperatorError.noDeadLetter(id));
    }

    private DeadLetters.Stored undecided(long id) {
        DeadLetters.Stored stored = found(id);
        if (stored.state() != State.OPEN) {
            throw OperatorError.isDecided(stored);
        }
        return stored;
    }

    // ---- deciding

    private Reply edit(CommandContext c) {
        long id = id(c, 3);
        Bytes[] effect = Arrays.copyOfRange(c.args(), 4, c.argc());
        Bytes key = checked(c, effect);
        Order order = Order.of(c);
        return operations.desk().later(c, () -> {
            DeadLetters.Stored stored = undecided(id);
            if (!operations.edit(order, stored, List.of(effect), key)) {
                throw OperatorError.isDecided(found(id));
            }
            return Reply.OK;
        });
    }

    /** What is put in an effect's place is a write that the table knows, with its keys; gives the first key. */
    private static Bytes checked(CommandContext c, Bytes[] effect) {
        CommandSpec spec = c.server().commands().resolve(effect);
        if (!spec.arity(c.config().version()).accepts(effect.length)) {
            throw RedisError.wrongNumberOfArguments(spec.fullName());
        }
        List<Bytes> keys = new ArrayList<>();
        if (spec.kind() == CommandKind.WRITE) {
            spec.forEachKey(effect, i -> keys.add(effect[i]));
        }
        if (keys.isEmpty()) {
            throw OperatorError.isNoEffect(spec.fullName());
        }
        return keys.get(0);
    }

    private Reply decide(CommandContext c, Function<List<Long>, List<DeadLetters.Stored>> decision) {
        if (c.argIs(3, "ALL")) {
            Selection chosen = Selection.of(c, 4, Set.of("FROM", "COUNT", "MATCH", "TYPE"));
            return operations.desk().later(c, () -> {
                var parts = new Parts();
                pages(chosen, State.OPEN, chosen.count(), parts::add);
                return Reply.of(parts.decide(decision));
            });
        }
        List<Long> ids = new ArrayList<>();
        for (int i = 3; i < c.argc(); i++) {
            ids.add(id(c, i));
        }
        return operations.desk().later(c, () -> {
            var parts = new Parts();
            ids.forEach(id -> parts.add(undecided(id)));
            return Reply.of(parts.decide(decision));
        });
    }

    /** Numbers of letters, in lots whose effects fit into memory together. */
    private static final class Parts {
        private final List<List<Long>> parts = new ArrayList<>();
        private List<Long> newest = List.of();
        private long bytes;

        void add(DeadLetters.Stored stored) {
            if (newest.isEmpty() || newest.size() == Requeue.LETTERS_MAX || bytes > Requeue.BYTES_MAX) {
                newest = new ArrayList<>();
                parts.add(newest);
                bytes = 0;
            }
            newest.add(stored.id());
            bytes += stored.bytes();
        }

        /** Gives how many were decided on. */
        long decide(Function<List<Long>, List<DeadLetters.Stored>> decision) {
            return parts.stream().mapToLong(ids -> decision.apply(ids).size()).sum();
        }
    }
}
