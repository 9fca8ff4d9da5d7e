package io.holdfast.proxy.admin.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Which of many are meant, as HOLDFAST commands take it. */
final class Which {
    @Option(names = "--match", paramLabel = "GLOB", description = "those whose key is like this")
    @Nullable String match;

    @Option(names = "--type", paramLabel = "COMMAND", description = "those of this command")
    @Nullable String type;

    @Option(names = "--count", paramLabel = "N", description = "at most so many")
    @Nullable Long count;

    @Option(names = "--from", paramLabel = "ID", description = "from this one on")
    @Nullable Long from;

    /** Adds the filters that were given. */
    void addTo(List<String> command) {
        add(command, "MATCH", match);
        add(command, "TYPE", type);
        add(command, "COUNT", count);
        add(command, "FROM", from);
    }

    /** Adds the ids, or ALL and the filters; false, and a line on standard error, where it is not one of the two. */
    boolean addTo(List<String> command, boolean all, @Nullable List<Long> ids, CommandSpec spec) {
        if (all == (ids != null && !ids.isEmpty())) {
            spec.commandLine().getErr().println("holdfast: name the ids, or say --all");
            return false;
        }
        if (all) {
            command.add("ALL");
            addTo(command);
        } else if (ids != null) {
            ids.forEach(id -> command.add(id.toString()));
        }
        return true;
    }

    static void add(List<String> command, String word, @Nullable Object value) {
        if (value != null) {
            command.add(word);
            command.add(value.toString());
        }
    }
}
