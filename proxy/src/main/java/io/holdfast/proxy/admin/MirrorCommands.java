package io.holdfast.proxy.admin;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.resp.Reply;
import io.holdfast.sync.mirror.KeyKnowledge;
import io.holdfast.sync.mirror.MirrorReport;
import java.util.List;
import java.util.Locale;

/** HOLDFAST MIRROR: what would be here if the upstream went now, or is here while it is away. */
final class MirrorCommands {
    private final Operations operations;

    MirrorCommands(Operations operations) {
        this.operations = operations;
    }

    static List<String> help() {
        return List.of(
                "MIRROR",
                "    What is copied of the upstream, and which patterns of keys are complete.",
                "MIRROR KEY <key>",
                "    Whether a key is known, absent, in doubt or unknown, and as of when.");
    }

    Reply handle(CommandContext c) {
        if (!operations.hasUpstream()) {
            throw OperatorError.noUpstream();
        }
        if (c.argc() == 2) {
            return operations.desk().later(c, () -> report(operations.mirror()));
        } else if (c.argc() == 4 && c.argIs(2, "KEY")) {
            return key(operations.knowledge(c.session().db(), c.arg(3)));
        }
        throw RedisError.unknownSubcommandOrArguments(c.spec(), c.arg(2));
    }

    private static Reply report(MirrorReport report) {
        return new Fields()
                .add("mode", report.mode().name().toLowerCase(Locale.ROOT))
                .add("hearing", report.hearing() ? "yes" : "no")
                .add("heard", report.heardMs())
                .add("hearing_touched", report.hearingTouched() ? "yes" : "no")
                .add("deaf", report.deaf())
                .add("keys", report.keys())
                .add("keys_followed", report.followed())
                .add("keys_in_doubt", report.inDoubt())
                .add("bytes", report.bytes())
                .add("keys_max", report.keysMax())
                .add("fetching", report.underWay())
                .add("waiting", report.waiting())
                .add("lacking", report.lacking())
                .add(
                        "pins",
                        Reply.array(
                                report.pins().stream().map(MirrorCommands::pin).toList()))
                .reply();
    }

    private static Reply pin(MirrorReport.Pattern pin) {
        return new Fields()
                .add("pattern", pin.glob())
                .add("complete", pin.complete() ? "yes" : "no")
                .add("keys", pin.keys())
                .add("since", pin.sinceMs())
                .add("why", pin.why())
                .reply();
    }

    private static Reply key(KeyKnowledge known) {
        return new Fields()
                .add("state", known.state().name().toLowerCase(Locale.ROOT).replace('_', ' '))
                .add("as_of", known.asOfMs())
                .reply();
    }
}
