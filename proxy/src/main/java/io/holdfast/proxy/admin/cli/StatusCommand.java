package io.holdfast.proxy.admin.cli;

import io.holdfast.resp.Reply;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** Says what a running Holdfast does. */
@Command(
        name = "status",
        description = "Says what is answering now and what waits for the upstream.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:it answers, and all is well",
            "1:it does not answer, or refuses to",
            "3:it answers, and says by 'condition' or 'degraded' what is not as it should be"
        },
        mixinStandardHelpOptions = true)
public final class StatusCommand extends AskingCommand implements Callable<Integer> {
    /** It answers, and something is not as it should be. */
    private static final int CONDITION = 3;

    @Override
    public Integer call() {
        return server.judge(spec, (holdfast, out) -> {
            Reply status = holdfast.ask("HOLDFAST", "STATUS");
            out.fields(status);
            Map<String, ?> fields = Printed.map(status);
            boolean well = isEmpty(fields.get("condition")) && isEmpty(fields.get("degraded"));
            return well ? RunningServer.OK : CONDITION;
        });
    }

    private static boolean isEmpty(@Nullable Object field) {
        return field == null || field.toString().isEmpty();
    }
}
