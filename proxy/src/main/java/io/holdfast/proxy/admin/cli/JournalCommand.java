package io.holdfast.proxy.admin.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Looks into the journal of a running Holdfast. */
@Command(
        name = "journal",
        description = "Shows what is in the journal and how far it got.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class JournalCommand extends AskingCommand {
    @Command(name = "list", description = "Lists entries, the oldest first.", mixinStandardHelpOptions = true)
    int list(
            @Option(names = "--from", paramLabel = "SEQUENCE", description = "from this one on") @Nullable Long from,
            @Option(names = "--count", paramLabel = "N", description = "at most so many") @Nullable Long count,
            @Option(names = "--match", paramLabel = "GLOB", description = "those with a key like this") @Nullable String match) {
        List<String> command = holdfast("JOURNAL", "LIST");
        Which.add(command, "FROM", from);
        Which.add(command, "COUNT", count);
        Which.add(command, "MATCH", match);
        return rows(command, "sequence", "time", "scope", "state", "effects", "db", "command", "key", "damage");
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
