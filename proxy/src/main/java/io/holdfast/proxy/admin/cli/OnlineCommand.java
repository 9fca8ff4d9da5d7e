package io.holdfast.proxy.admin.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Lets a running Holdfast return to its upstream. */
@Command(
        name = "online",
        description = "Has a running Holdfast return to the upstream as soon as it is fit.",
        mixinStandardHelpOptions = true)
public final class OnlineCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init")
    RunningServer server;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() {
        return server.ask(
                spec,
                (holdfast, out) ->
                        out.done(holdfast.ask("HOLDFAST", "ONLINE"), "online as soon as the upstream is fit"));
    }
}
