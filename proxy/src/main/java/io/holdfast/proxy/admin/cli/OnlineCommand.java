package io.holdfast.proxy.admin.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Lets a running Holdfast return to its upstream. */
@Command(
        name = "online",
        description = "Has a running Holdfast return to the upstream as soon as it is fit.",
        mixinStandardHelpOptions = true)
public final class OnlineCommand extends AskingCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        return done(holdfast("ONLINE"), "online as soon as the upstream is fit");
    }
}
