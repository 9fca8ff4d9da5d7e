package io.holdfast.proxy.admin.cli;

import io.holdfast.proxy.admin.cli.DeadLettersCommand.Which;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Works through what was decided where others had written too. */
@Command(
        name = "conflicts",
        description = "Works through writes that met those of others.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class ConflictsCommand {
    private static final String[] COLUMNS = {
        "id", "sequence", "time", "db", "key", "part", "command", "policy", "winner", "state"
    };

    @Mixin
    @SuppressWarnings("NullAway.Init")
    RunningServer server;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    /** What the upstream is to hold. */
    enum Side {
        KEEP,
        LOCAL,
        UPSTREAM;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static List<String> words(String... first) {
        var command = new ArrayList<>(List.of("HOLDFAST", "CONFLICTS"));
        command.addAll(List.of(first));
        return command;
    }

    @Command(name = "list", description = "Lists them, the oldest first.", mixinStandardHelpOptions = true)
    int list(
            @Mixin Which which,
            @Option(names = "--state", paramLabel = "STATE", description = "open (default), settled or any") @Nullable String state) {
        List<String> command = words("LIST");
        which.addTo(command);
        DeadLettersCommand.add(command, "STATE", state);
        return server.ask(spec, (holdfast, out) -> out.rows(holdfast.ask(command.toArray(String[]::new)), COLUMNS));
    }

    @Command(name = "show", description = "Shows both sides.", mixinStandardHelpOptions = true)
    int show(@Parameters(paramLabel = "ID") long id) {
        List<String> command = words("SHOW", Long.toString(id));
        return server.ask(spec, (holdfast, out) -> out.fields(holdfast.ask(command.toArray(String[]::new))));
    }

    @Command(
            name = "resolve",
            description = "Agrees (keep), or has one side written upstream, exactly once.",
            mixinStandardHelpOptions = true)
    int resolve(
            @Mixin Which which,
            @Option(names = "--all", description = "all that are open, or those that the other options name")
                    boolean all,
            @Parameters(index = "0", paramLabel = "keep|local|upstream") Side side,
            @Parameters(index = "1..*", arity = "0..*", paramLabel = "ID") @Nullable List<Long> ids) {
        if (all == (ids != null && !ids.isEmpty())) {
            spec.commandLine().getErr().println("holdfast: name the ids, or say --all");
            return 1;
        }
        List<String> command = words("RESOLVE", side.name());
        if (all) {
            command.add("ALL");
            which.addTo(command);
        } else if (ids != null) {
            ids.forEach(id -> command.add(id.toString()));
        }
        return server.ask(spec, (holdfast, out) -> {
            Reply reply = holdfast.ask(command.toArray(String[]::new));
            out.done(reply, ((Reply.Int) reply).value() + " settled");
        });
    }
}
