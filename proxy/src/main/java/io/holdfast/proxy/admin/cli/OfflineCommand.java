package io.holdfast.proxy.admin.cli;

import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Takes a running Holdfast off its upstream. */
@Command(
        name = "offline",
        description = "Has a running Holdfast serve from its local engine until told otherwise.",
        mixinStandardHelpOptions = true)
public final class OfflineCommand extends AskingCommand implements Callable<Integer> {
    @Parameters(arity = "0..*", paramLabel = "REASON", description = "why, for those who ask")
    @Nullable List<String> reason;

    @Override
    public Integer call() {
        List<String> command = holdfast("OFFLINE");
        if (reason != null) {
            command.addAll(reason);
        }
        return done(command, "offline until holdfast online");
    }
}
