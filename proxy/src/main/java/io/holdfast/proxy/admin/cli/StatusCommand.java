package io.holdfast.proxy.admin.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Says what a running Holdfast does. */
@Command(
        name = "status",
        description = "Says what is answering now and what waits for the upstream.",
        mixinStandardHelpOptions = true)
public final class StatusCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init")
    RunningServer server;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public Integer call() {
        return server.ask(spec, (holdfast, out) -> out.fields(holdfast.ask("HOLDFAST", "STATUS")));
    }
}
