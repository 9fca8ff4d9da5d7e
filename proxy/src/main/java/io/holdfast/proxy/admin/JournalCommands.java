package io.holdfast.proxy.admin;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Effect;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.exec.Journal;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.journal.Damage;
import io.holdfast.sync.journal.JournalGapException;
import io.holdfast.sync.journal.JournalReader;
import io.holdfast.sync.journal.JournalStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** HOLDFAST JOURNAL: what was written while the upstream was away, and how far it got. Read from the segments at the desk. */
final class JournalCommands {
    private static final int PAGE_ENTRIES = 200;
    private static final int PAGE_BYTES = 1024 * 1024;

    private final Operations operations;

    JournalCommands(Operations operations) {
        this.operations = operations;
    }

    static List<String> help() {
        return List.of(
                "JOURNAL LIST [FROM sequence] [COUNT n] [MATCH glob] [TYPE command]",
                "    Journal entries, oldest first, who wrote them, and whether the upstream has them.",
                "JOURNAL SHOW <sequence>",
                "    The effects of one entry.",
                "JOURNAL STATS",
                "    How much there is, and how much waits for the upstream.");
    }

    Reply handle(CommandContext c) {
        CommandTable commands = c.server().commands();
        if (c.argIs(2, "LIST")) {
            Selection chosen = Selection.of(c, 3, Set.of("FROM", "COUNT", "MATCH", "TYPE"));
            return operations.desk().later(c, () -> list(commands, chosen));
        } else if (c.argIs(2, "SHOW") && c.argc() == 4) {
            long sequence = c.longArg(3, 1, Long.MAX_VALUE);
            return operations.desk().later(c, () -> show(sequence));
        } else if (c.argIs(2, "STATS") && c.argc() == 3) {
            return operations.desk().later(c, this::stats);
        }
        throw RedisError.unknownSubcommandOrArguments(c.spec(), c.arg(2));
    }

    // ---- many

    private Reply list(CommandTable commands, Selection chosen) {
        long count = chosen.listed();
        List<Reply> rows = new ArrayList<>();
        try (JournalReader reader = reader(chosen.from())) {
            List<Journal.Entry> page = reader == null ? List.of() : page(reader, rows);
            while (reader != null && !page.isEmpty() && rows.size() < count) {
                Map<Long, Set<Integer>> dead = operations
                        .deadLetters()
                        .among(page.get(0).sequence(), page.get(page.size() - 1).sequence());
                for (Journal.Entry entry : page) {
                    if (rows.size() < count && takes(commands, chosen, entry)) {
                        rows.add(summary(commands, entry, dead.containsKey(entry.sequence())));
                    }
                }
                page = page(reader, rows);
            }
        } catch (JournalGapException trimmed) {
            throw OperatorError.trimmedMeanwhile(trimmed.firstAvailable());
        }
        return Reply.array(rows);
    }

    /** What is damaged in between becomes a row of its own: nobody knows whether it would have been chosen. */
    private List<Journal.Entry> page(JournalReader reader, List<Reply> rows) {
        return reader.readable(PAGE_ENTRIES, PAGE_BYTES, operations.journal()::committedSequence, damage -> {
            if (damage.last() >= damage.first()) {
                rows.add(summary(damage));
            }
        });
    }

    private static Reply summary(Damage damage) {
        return new Fields()
                .add("sequence", damage.first())
                .add("time", 0)
                .add("scope", "unknown")
                .add("state", "damaged")
                .add("effects", 0)
                .add("db", 0)
                .add("command", Reply.Null.BULK)
                .add("key", Reply.Null.BULK)
                .add("client", Reply.Null.BULK)
                .add("damage", damage.toString())
                .reply();
    }

    /** Of the entries from {@code sequence} on, or of those that are left of them; null when there are none. */
    private @Nullable JournalReader reader(long sequence) {
        long from = Math.max(sequence, operations.journal().status().firstSequence());
        while (from <= operations.journal().committedSequence()) {
            try {
                return operations.journal().reader(from - 1);
            } catch (JournalGapException trimmed) {
                from = trimmed.firstAvailable(); // which is later: it ends
            }
        }
        return null;
    }

    private static boolean takes(CommandTable commands, Selection chosen, Journal.Entry entry) {
        return entry.effects().stream().anyMatch(effect -> takes(commands, chosen, effect));
    }

    private static boolean takes(CommandTable commands, Selection chosen, Effect effect) {
        Bytes command = effect.command().get(0);
        List<Bytes> keys = chosen.match() == null ? List.of() : keys(commands, effect);
        return keys.isEmpty() ? chosen.takes(null, command) : keys.stream().anyMatch(key -> chosen.takes(key, command));
    }

    private static List<Bytes> keys(CommandTable commands, Effect effect) {
        Bytes[] args = effect.command().toArray(Bytes[]::new);
        CommandSpec spec = commands.find(args[0]);
        List<Bytes> keys = new ArrayList<>();
        if (spec != null) {
            spec.forEachKey(args, i -> keys.add(args[i]));
        }
        return keys;
    }

    private Reply summary(CommandTable commands, Journal.Entry entry, boolean isDead) {
        Effect first = entry.effects().get(0);
        List<Bytes> keys = keys(commands, first);
        return new Fields()
                .add("sequence", entry.sequence())
                .add("time", entry.timeMs())
                .add("scope", entry.scope().name().toLowerCase(Locale.ROOT))
                .add("state", state(entry, isDead))
                .add("effects", entry.effects().size())
                .add("db", first.db())
                .add("command", Reply.bulk(first.command().get(0)))
                .add("key", keys.isEmpty() ? Reply.Null.BULK : Reply.bulk(keys.get(0)))
                .add("client", client(entry))
                .reply();
    }

    /** Who asked for it; null where that is not kept. */
    private static Reply client(Journal.Entry entry) {
        return entry.client().isEmpty() ? Reply.Null.BULK : Reply.bulk(entry.client());
    }

    /** Whether the upstream has it, lacks it, or has refused some of it; what is not for the upstream stays here. */
    private String state(Journal.Entry entry, boolean isDead) {
        if (!entry.isForUpstream()) {
            return "local";
        } else if (isDead) {
            return "dead";
        }
        return entry.sequence() <= operations.confirmedSequence() ? "confirmed" : "pending";
    }

    // ---- one

    private Reply show(long sequence) {
        try (JournalReader reader = sequence > operations.journal().committedSequence()
                ? null
                : operations.journal().reader(sequence - 1)) {
            List<Journal.Entry> found = reader == null ? List.of() : reader.next(1, PAGE_BYTES);
            if (found.isEmpty() || found.get(0).sequence() != sequence) {
                throw OperatorError.noEntry(sequence);
            }
            return show(found.get(0));
        } catch (JournalGapException trimmed) {
            throw OperatorError.noEntry(sequence);
        }
    }

    private Reply show(Journal.Entry entry) {
        long sequence = entry.sequence();
        Set<Integer> dead = operations.deadLetters().among(sequence, sequence).getOrDefault(sequence, Set.of());
        List<Reply> effects = new ArrayList<>();
        for (int i = 0; i < entry.effects().size(); i++) {
            Effect effect = entry.effects().get(i);
            effects.add(new Fields()
                    .add("db", effect.db())
                    .add("dead", dead.contains(i) ? 1 : 0)
                    .add(
                            "effect",
                            Reply.array(
                                    effect.command().stream().map(Reply::bulk).toList()))
                    .reply());
        }
        return new Fields()
                .add("sequence", sequence)
                .add("time", entry.timeMs())
                .add("scope", entry.scope().name().toLowerCase(Locale.ROOT))
                .add("state", state(entry, !dead.isEmpty()))
                .add("client", client(entry))
                .add("effects", Reply.array(effects))
                .reply();
    }

    private Reply stats() {
        JournalStatus status = operations.journal().status();
        long confirmed = operations.confirmedSequence();
        return new Fields()
                .add("oldest_sequence", status.firstSequence())
                .add("newest_sequence", status.committedSequence())
                .add("confirmed_sequence", confirmed)
                .add("pending", operations.syncStatus().pending())
                .add("dead_letters", operations.deadLetters().count())
                .add("segments", status.segments())
                .add("bytes", status.bytes())
                .add("appendfsync", operations.journal().appendFsync().configName())
                .add("synced_sequence", status.syncedSequence())
                .add("last_sync_ms", status.lastSyncMs())
                .add("delayed_commits", status.delayedCommits())
                .reply();
    }
}
