package io.holdfast.proxy.admin.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Looks into the journal of a running Holdfast. */
@Command(
        name = "journal",
        description = "Shows what is in the journal and how far it got.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class JournalCommand extends AskingCommand {
    @Command(name = "list", description = "Lists entries, the oldest first.", mixinStandardHelpOptions = true)
    int list(@Mixin Which which) {
        List<String> command = holdfast("JOURNAL", "LIST");
        which.addTo(command);
        return rows(
                command, "sequence", "time", "scope", "state", "effects", "db", "command", "key", "client", "damage");
    }

    @Command(name = "show", description = "Shows the effects of one entry.", mixinStandardHelpOptions = true)
    int show(@Parameters(paramLabel = "SEQUENCE") long sequence) {
        return fields(holdfast("JOURNAL", "SHOW", Long.toString(sequence)));
    }

    @Command(name = "stats", description = "Says how much there is.", mixinStandardHelpOptions = true)
    int stats() {
        return fields(holdfast("JOURNAL", "STATS"));
    }
}
