package io.holdfast.bench;

import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.family.Families;
import io.holdfast.proxy.admin.HoldfastCommands;
import io.holdfast.proxy.admin.HoldfastStatus;
import io.holdfast.proxy.admin.Operations;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The README's list of commands, made from the command table: {@code bench/run CommandList README.md} writes it anew
 * between two comments of that file.
 */
public final class CommandList {
    static final String BEGIN = "<!-- commands: made by bench/run CommandList README.md -->";
    static final String END = "<!-- /commands -->";

    private CommandList() {}

    /** @param args the file to rewrite */
    public static void main(String[] args) throws IOException {
        if (args.length != 1) {
            System.err.println("usage: bench/run CommandList FILE");
            System.exit(1);
        }
        Path file = Path.of(args[0]);
        Files.writeString(file, rewritten(Files.readString(file)));
    }

    /** @throws IllegalStateException when {@code document} lacks the two comments */
    static String rewritten(String document) {
        return between(document, BEGIN, END, markdown());
    }

    /** {@code document} with {@code text} between two comments. */
    static String between(String document, String begin, String end, String text) {
        int from = document.indexOf(begin);
        int to = document.indexOf(end);
        if (from < 0 || to < from) {
            throw new IllegalStateException("the document has no " + begin + " … " + end);
        }
        return document.substring(0, from + begin.length()) + "\n" + text + document.substring(to);
    }

    /** One row a group, in the order of Redis's documentation. */
    static String markdown() {
        Map<CommandGroup, List<CommandSpec>> groups = new EnumMap<>(CommandGroup.class);
        for (CommandSpec spec : table().all()) {
            groups.computeIfAbsent(spec.group(), unused -> new ArrayList<>()).add(spec);
        }
        var text = new StringBuilder("| group | commands |\n|---|---|\n");
        groups.forEach((group, commands) -> text.append("| ")
                .append(group.redisName())
                .append(" | ")
                .append(commands.stream()
                        .sorted(Comparator.comparing(CommandSpec::name))
                        .map(CommandList::named)
                        .collect(Collectors.joining(" · ")))
                .append(" |\n"));
        return text.toString();
    }

    private static String named(CommandSpec spec) {
        if (!spec.hasSubcommands()) {
            return "`" + spec.name() + "`";
        }
        return "`" + spec.name() + "` ("
                + spec.subcommands().stream()
                        .map(sub -> sub.name().toLowerCase(Locale.ROOT))
                        .sorted()
                        .collect(Collectors.joining(", "))
                + ")";
    }

    private static CommandTable table() {
        List<CommandFamily> families = new ArrayList<>(Families.all());
        families.add(new HoldfastCommands(new HoldfastStatus(), nobody(), (sql, answer) -> {
            throw new IllegalStateException("no server runs");
        }));
        return CommandTable.of(families);
    }

    /** The table is only read here: nothing is carried out. */
    private static Operations nobody() {
        Class<Operations> type = Operations.class;
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, args) -> {
            throw new IllegalStateException("no server runs");
        }));
    }
}
