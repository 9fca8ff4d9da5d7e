package io.holdfast.proxy.admin.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Makes room in a running Holdfast's data directory. */
@Command(
        name = "cleanup",
        description = "Deletes what is kept no longer, and says how much that was.",
        mixinStandardHelpOptions = true)
public final class CleanUpCommand extends AskingCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        return fields(holdfast("CLEANUP"));
    }
}
