package io.holdfast.proxy.admin.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Takes a running Holdfast off its upstream. */
@Command(
        name = "offline",
        description = "Has a running Holdfast serve from its local engine until told otherwise.",
        mixinStandardHelpOptions = true)
public final class OfflineCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init")
    RunningServer server;

    @Parameters(arity = "0..*", paramLabel = "REASON", description = "why, for those who ask")
    @Nullable List<String> reason;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() {
        List<String> command = new ArrayList<>(List.of("HOLDFAST", "OFFLINE"));
        if (reason != null) {
            command.addAll(reason);
        }
        return server.ask(
                spec,
                (holdfast, out) ->
                        out.done(holdfast.ask(command.toArray(String[]::new)), "offline until holdfast online"));
    }
}
