package io.holdfast.proxy.admin.cli;

import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A sub-command that has a running Holdfast carry out {@code HOLDFAST …} and prints the answer; gives the exit status. */
abstract class AskingCommand {
    @Mixin
    @SuppressWarnings("NullAway.Init")
    RunningServer server;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    /** The words of a command, to which more can be added. */
    static List<String> holdfast(String... words) {
        var command = new ArrayList<>(List.of("HOLDFAST"));
        command.addAll(List.of(words));
        return command;
    }

    private static String[] array(List<String> command) {
        return command.toArray(String[]::new);
    }

    /** Prints names and values. */
    final int fields(List<String> command) {
        return server.ask(spec, (holdfast, out) -> out.fields(holdfast.ask(array(command))));
    }

    /** Prints a table. */
    final int rows(List<String> command, String... columns) {
        return server.ask(spec, (holdfast, out) -> out.rows(holdfast.ask(array(command)), columns));
    }

    /** Prints the rows that the answer has under {@code name} as a table, and the rest of it behind. */
    final int report(List<String> command, String name, String... columns) {
        return server.ask(spec, (holdfast, out) -> out.report(holdfast.ask(array(command)), name, columns));
    }

    /** Prints that it is done. */
    final int done(List<String> command, String done) {
        return server.ask(spec, (holdfast, out) -> out.done(holdfast.ask(array(command)), done));
    }

    /** Prints how many the answer says, and what was done with them. */
    final int counted(List<String> command, String done) {
        return server.ask(spec, (holdfast, out) -> {
            Reply reply = holdfast.ask(array(command));
            out.done(reply, ((Reply.Int) reply).value() + " " + done);
        });
    }
}
