package io.holdfast.proxy.admin;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.replay.DryRunFailedException;
import io.holdfast.sync.replay.DryRunReport;
import io.holdfast.sync.replay.DryRunReport.Outcome;
import io.holdfast.sync.replay.DryRunScope;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** HOLDFAST SYNC DRYRUN: what replay would do. Asked on the engine loop, answered from a thread that may wait. */
final class DryRunCommand {
    private static final int LISTED_MAX = 10_000;
    private static final Duration LONGEST = Duration.ofSeconds(10);

    private final Operations operations;

    DryRunCommand(Operations operations) {
        this.operations = operations;
    }

    Reply handle(CommandContext c) {
        Selection chosen = Selection.of(c, 3, Set.of("COUNT", "MATCH", "STATE"));
        Outcome outcome = chosen.state() == null ? null : outcome(chosen.state());
        if (!operations.hasUpstream()) {
            throw OperatorError.noUpstream();
        }
        int rowsMax = (int) Math.min(LISTED_MAX, chosen.listed());
        var scope = new DryRunScope(
                key -> chosen.match() == null || chosen.match().matches(key), outcome, rowsMax, LONGEST);
        return operations.trials().later(c, () -> answer(scope));
    }

    private static Outcome outcome(Bytes word) {
        return Arrays.stream(Outcome.values())
                .filter(outcome -> word.equalsIgnoreCase(outcome.toString()))
                .findFirst()
                .orElseThrow(RedisError::syntax);
    }

    private Reply answer(DryRunScope scope) {
        try {
            return reply(operations.dryRun(scope));
        } catch (DryRunFailedException e) {
            throw OperatorError.noDryRun(String.valueOf(e.getMessage()));
        }
    }

    private static Reply reply(DryRunReport report) {
        var fields = new Fields()
                .add("cursor", report.cursor())
                .add("from", report.from())
                .add("to", report.to())
                .add("newest_sequence", report.newest());
        for (Outcome outcome : Outcome.values()) {
            fields.add(outcome.toString(), report.outcomes().getOrDefault(outcome, 0L));
        }
        return fields.add("incomplete", report.incomplete())
                .add(
                        "keys",
                        Reply.array(
                                report.rows().stream().map(DryRunCommand::row).toList()))
                .reply();
    }

    private static Reply row(DryRunReport.Row row) {
        return new Fields()
                .add("db", row.db())
                .add("key", Reply.bulk(row.key()))
                .add("outcome", row.outcome().toString())
                .add("effects", row.effects())
                .add("first", row.first())
                .add("last", row.last())
                .add("compared", row.isCompared() ? 1 : 0)
                .add("policy", orNothing(row.policy()))
                .add("winner", orNothing(row.winner()))
                .add("reason", orNothing(row.reason()))
                .reply();
    }

    private static Reply orNothing(@Nullable String text) {
        return text == null || text.isEmpty() ? Reply.Null.BULK : Reply.bulk(text);
    }
}
