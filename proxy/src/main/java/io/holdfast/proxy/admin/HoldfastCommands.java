package io.holdfast.proxy.admin;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** HOLDFAST and its subcommands: the operator's hand. What waits for the disk is done at the {@link Desk}. */
public final class HoldfastCommands implements CommandFamily {
    private static final List<String> HELP_BEFORE = List.of(
            "HOLDFAST <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
            "STATUS",
            "    What is answering now and what waits for the upstream.",
            "OFFLINE [<reason>]",
            "    Serve from the local engine until HOLDFAST ONLINE, also after a restart.",
            "ONLINE",
            "    Return to the upstream as soon as it is fit.");
    private static final List<String> HELP_BEHIND = List.of(
            "CLEANUP",
            "    Delete now what is kept no longer than fallback.retention_days, and give free room back to the disk.",
            "HELP",
            "    Print this help.");

    private final HoldfastStatus status;
    private final Operations operations;
    private final DeadLetterCommands deadLetters;
    private final ConflictCommands conflicts;
    private final JournalCommands journal;
    private final SyncCommands sync;
    private final SqlCommand sql;
    private final ConfigCommands config;

    public HoldfastCommands(HoldfastStatus status, Operations operations, Tables tables) {
        this.status = status;
        this.operations = operations;
        deadLetters = new DeadLetterCommands(operations);
        conflicts = new ConflictCommands(operations);
        journal = new JournalCommands(operations);
        sync = new SyncCommands(operations);
        sql = new SqlCommand(tables);
        config = new ConfigCommands(operations);
    }

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.SERVER);
        var holdfast = commands.container("HOLDFAST", CommandKind.HOLDFAST)
                .since("7.0.0")
                .says("Asks and tells Holdfast itself.");
        commands.sub(holdfast, "STATUS", exactly(2))
                .flag(Flag.LOADING, Flag.STALE)
                .since("7.0.0")
                .says("Says what is answering now and what waits for the upstream.")
                .calls(this::status);
        commands.sub(holdfast, "OFFLINE", atLeast(2))
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.NO_MULTI)
                .since("7.0.0")
                .says("Serves from the local engine until told otherwise.")
                .calls(this::offline);
        commands.sub(holdfast, "ONLINE", exactly(2))
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.NO_MULTI)
                .since("7.0.0")
                .says("Returns to the upstream as soon as it is fit.")
                .calls(this::online);
        commands.sub(holdfast, "DEADLETTERS", atLeast(3))
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.NO_MULTI)
                .since("7.0.0")
                .says("Shows, edits, requeues and discards what the upstream refused.")
                .calls(deadLetters::handle);
        commands.sub(holdfast, "CONFLICTS", atLeast(3))
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.NO_MULTI)
                .since("7.0.0")
                .says("Shows what was decided where others had written too, and decides otherwise.")
                .calls(conflicts::handle);
        commands.sub(holdfast, "JOURNAL", atLeast(3))
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.NO_MULTI)
                .since("7.0.0")
                .says("Shows what is in the journal and how far it got.")
                .calls(journal::handle);
        commands.sub(holdfast, "SYNC", atLeast(2))
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.NO_MULTI)
                .since("7.0.0")
                .says("Says how far replay got, pauses it, resumes it, and begins it at once.")
                .calls(sync::handle);
        commands.sub(holdfast, "CONFIG", atLeast(3))
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.NO_MULTI)
                .since("7.0.0")
                .says("Reads the configuration again and changes what can change while it runs.")
                .calls(config::handle);
        commands.sub(holdfast, "CLEANUP", exactly(2))
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.NO_MULTI)
                .since("7.0.0")
                .says("Deletes what is kept no longer.")
                .calls(this::cleanUp);
        commands.sub(holdfast, "SQL", exactly(3))
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.NO_MULTI)
                .since("7.0.0")
                .says("Answers a question in SQL from the tables that keys are kept in.")
                .calls(sql::handle);
        commands.sub(holdfast, "HELP", exactly(2))
                .flag(Flag.LOADING, Flag.STALE)
                .since("7.0.0")
                .says("Prints what HOLDFAST can do.")
                .calls(c -> help());
    }

    private Reply status(CommandContext c) {
        List<Reply> fields = new ArrayList<>();
        status.now().forEach((name, value) -> {
            fields.add(Reply.bulk(name));
            fields.add(value instanceof Number number ? Reply.of(number.longValue()) : Reply.bulk(value.toString()));
        });
        return new Reply.MapOf(fields);
    }

    private Reply offline(CommandContext c) {
        requireUpstream();
        var reason = new StringBuilder("an operator's HOLDFAST OFFLINE");
        for (int i = 2; i < c.argc(); i++) {
            reason.append(i == 2 ? ": " : " ").append(c.arg(i));
        }
        Order order = Order.of(c);
        return operations.desk().later(c, () -> {
            operations.offline(order, reason.toString());
            return Reply.OK;
        });
    }

    private Reply online(CommandContext c) {
        requireUpstream();
        Order order = Order.of(c);
        return operations.desk().later(c, () -> {
            operations.online(order);
            return Reply.OK;
        });
    }

    private Reply cleanUp(CommandContext c) {
        Order order = Order.of(c);
        return operations.desk().later(c, () -> {
            Operations.Cleaned cleaned = operations.cleanUp(order);
            return new Fields()
                    .add("journal_bytes", cleaned.journalBytes())
                    .add("conflicts", cleaned.conflicts())
                    .add("dead_letters", cleaned.deadLetters())
                    .add("copies", cleaned.copies())
                    .add("storage_bytes", cleaned.storageBytes())
                    .reply();
        });
    }

    private void requireUpstream() {
        if (!operations.hasUpstream()) {
            throw OperatorError.noUpstream();
        }
    }

    private static Reply help() {
        return Reply.array(Stream.of(
                        HELP_BEFORE,
                        DeadLetterCommands.help(),
                        ConflictCommands.help(),
                        JournalCommands.help(),
                        SyncCommands.help(),
                        ConfigCommands.help(),
                        SqlCommand.help(),
                        HELP_BEHIND)
                .flatMap(List::stream)
                .map(Reply::simple)
                .toList());
    }
}
