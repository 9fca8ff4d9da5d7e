package io.holdfast.proxy.admin.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Says what a running Holdfast has copied of its upstream. */
@Command(
        name = "mirror",
        description = "Says what is copied of the upstream, which patterns are complete, and what is known of a key.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "[COMMAND]")
public final class MirrorCommand extends AskingCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        return server.ask(
                spec,
                (holdfast, out) -> out.report(
                        holdfast.ask("HOLDFAST", "MIRROR"), "pins", "pattern", "complete", "keys", "since", "why"));
    }

    @Command(
            name = "key",
            description = "Says whether a key is known, absent, in doubt or unknown, and as of when.",
            mixinStandardHelpOptions = true)
    int key(@Parameters(paramLabel = "KEY") String key) {
        return fields(holdfast("MIRROR", "KEY", key));
    }
}
