package io.holdfast.proxy.admin.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Works through what the upstream refused. */
@Command(
        name = "dead-letters",
        description = "Works through the effects that the upstream refused.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class DeadLettersCommand extends AskingCommand {
    private static final String[] COLUMNS = {"id", "sequence", "time", "db", "command", "key", "reply", "state"};

    @Command(name = "list", description = "Lists them, the oldest first.", mixinStandardHelpOptions = true)
    int list(
            @Mixin Which which,
            @Option(names = "--state", paramLabel = "STATE", description = "open (default), requeued, discarded or any")
                    @Nullable String state) {
        List<String> command = holdfast("DEADLETTERS", "LIST");
        which.addTo(command);
        Which.add(command, "STATE", state);
        return rows(command, COLUMNS);
    }

    @Command(name = "show", description = "Shows the whole effect.", mixinStandardHelpOptions = true)
    int show(@Parameters(paramLabel = "ID") long id) {
        return fields(holdfast("DEADLETTERS", "SHOW", Long.toString(id)));
    }

    @Command(name = "edit", description = "Puts another write command in its place.", mixinStandardHelpOptions = true)
    int edit(
            @Parameters(index = "0", paramLabel = "ID") long id,
            @Parameters(index = "1..*", arity = "1..*", paramLabel = "COMMAND ARG") List<String> effect) {
        List<String> command = holdfast("DEADLETTERS", "EDIT", Long.toString(id));
        command.addAll(effect);
        return done(command, "edited; requeue it to have it sent");
    }

    @Command(
            name = "requeue",
            description = "Has them replayed into the upstream once more, exactly once.",
            mixinStandardHelpOptions = true)
    int requeue(
            @Mixin Which which,
            @Option(names = "--all", description = "all that are open, or those that the other options name")
                    boolean all,
            @Parameters(arity = "0..*", paramLabel = "ID") @Nullable List<Long> ids) {
        return decide(which, all, ids, "REQUEUE", "requeued");
    }

    @Command(name = "discard", description = "Gives them up.", mixinStandardHelpOptions = true)
    int discard(
            @Mixin Which which,
            @Option(names = "--all", description = "all that are open, or those that the other options name")
                    boolean all,
            @Parameters(arity = "0..*", paramLabel = "ID") @Nullable List<Long> ids) {
        return decide(which, all, ids, "DISCARD", "discarded");
    }

    private int decide(Which which, boolean all, @Nullable List<Long> ids, String word, String done) {
        List<String> command = holdfast("DEADLETTERS", word);
        if (!which.addTo(command, all, ids, spec)) {
            return 1;
        }
        return counted(command, done);
    }
}
