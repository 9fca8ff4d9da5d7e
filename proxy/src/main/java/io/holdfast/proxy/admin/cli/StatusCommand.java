package io.holdfast.proxy.admin.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Says what a running Holdfast does. */
@Command(
        name = "status",
        description = "Says what is answering now and what waits for the upstream.",
        mixinStandardHelpOptions = true)
public final class StatusCommand extends AskingCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        return fields(holdfast("STATUS"));
    }
}
