package io.holdfast.proxy.admin;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;

import io.holdfast.engine.command.Arity;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.Handler;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** HOLDFAST and its subcommands: the operator's hand. What waits for the disk is done at the {@link Desk}. */
public final class HoldfastCommands implements CommandFamily {
    /** Whatever version is reported, from the first that is. */
    private static final String SINCE = "7.0.0";

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
    private final MirrorCommands mirror;
    private final SqlCommand sql;
    private final ConfigCommands config;

    public HoldfastCommands(HoldfastStatus status, Operations operations, Tables tables) {
        this.status = status;
        this.operations = operations;
        deadLetters = new DeadLetterCommands(operations);
        conflicts = new ConflictCommands(operations);
        journal = new JournalCommands(operations);
        sync = new SyncCommands(operations);
        mirror = new MirrorCommands(operations);
        sql = new SqlCommand(tables);
        config = new ConfigCommands(operations);
    }

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.SERVER);
        var holdfast = commands.container("HOLDFAST", CommandKind.HOLDFAST)
                .since(SINCE)
                .says("Asks and tells Holdfast itself.");
        question(
                commands,
                holdfast,
                "STATUS",
                exactly(2),
                "Says what is answering now and what waits for the upstream.",
                this::status);
        order(
                commands,
                holdfast,
                "OFFLINE",
                atLeast(2),
                "Serves from the local engine until told otherwise.",
                this::offline);
        order(commands, holdfast, "ONLINE", exactly(2), "Returns to the upstream as soon as it is fit.", this::online);
        order(
                commands,
                holdfast,
                "DEADLETTERS",
                atLeast(3),
                "Shows, edits, requeues and discards what the upstream refused.",
                deadLetters::handle);
        order(
                commands,
                holdfast,
                "CONFLICTS",
                atLeast(3),
                "Shows what was decided where others had written too, and decides otherwise.",
                conflicts::handle);
        order(
                commands,
                holdfast,
                "JOURNAL",
                atLeast(3),
                "Shows what is in the journal and how far it got.",
                journal::handle);
        order(
                commands,
                holdfast,
                "SYNC",
                atLeast(2),
                "Says how far replay got and what it would do, pauses it, resumes it, and begins it at once.",
                sync::handle);
        order(
                commands,
                holdfast,
                "MIRROR",
                atLeast(2),
                "Says what is copied of the upstream, and what is known of a key.",
                mirror::handle);
        order(
                commands,
                holdfast,
                "CONFIG",
                atLeast(3),
                "Reads the configuration again and changes what can change while it runs.",
                config::handle);
        order(commands, holdfast, "CLEANUP", exactly(2), "Deletes what is kept no longer.", this::cleanUp);
        order(
                commands,
                holdfast,
                "SQL",
                exactly(3),
                "Answers a question in SQL from the tables that keys are kept in.",
                sql::handle);
        question(commands, holdfast, "HELP", exactly(2), "Prints what HOLDFAST can do.", c -> help());
    }

    /** For administrators, and on its own: neither in a script nor in a transaction. */
    private static void order(
            CommandTable.Builder commands,
            CommandSpec holdfast,
            String name,
            Arity arity,
            String says,
            Handler handler) {
        commands.sub(holdfast, name, arity)
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.NO_MULTI)
                .since(SINCE)
                .says(says)
                .calls(handler);
    }

    /** For everybody, always. */
    private static void question(
            CommandTable.Builder commands,
            CommandSpec holdfast,
            String name,
            Arity arity,
            String says,
            Handler handler) {
        commands.sub(holdfast, name, arity)
                .flag(Flag.LOADING, Flag.STALE)
                .since(SINCE)
                .says(says)
                .calls(handler);
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
                        MirrorCommands.help(),
                        ConfigCommands.help(),
                        SqlCommand.help(),
                        HELP_BEHIND)
                .flatMap(List::stream)
                .map(Reply::simple)
                .toList());
    }
}
