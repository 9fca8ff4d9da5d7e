package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;

import io.holdfast.engine.command.AclCategory;
import io.holdfast.engine.command.Arity;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.KeyFlag;
import io.holdfast.engine.command.KeySpec;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.rule.GlobPattern;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** COMMAND: what the command table says of every command, for clients and tools. */
public final class CommandCommands implements CommandFamily {
    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.SERVER);
        var command = commands.command("COMMAND", atLeast(1), CommandKind.ADMIN)
                .flag(Flag.LOADING, Flag.STALE)
                .category(AclCategory.CONNECTION)
                .since("2.8.13")
                .tip("nondeterministic_output_order")
                .costs("O(N) with the number of commands")
                .says("Describes all commands.")
                .calls(CommandCommands::allInfo);
        sub(commands, command, "COUNT", exactly(2), "2.8.13")
                .says("Counts the commands.")
                .calls(c -> Reply.of(c.server().commands().all().size()));
        sub(commands, command, "INFO", atLeast(2), "2.8.13")
                .tip("nondeterministic_output_order")
                .says("Describes commands as COMMAND does: those that are named, or all.")
                .calls(CommandCommands::info);
        sub(commands, command, "DOCS", atLeast(2), "7.0.0")
                .tip("nondeterministic_output_order")
                .says("Describes commands for people: those that are named, or all.")
                .calls(CommandCommands::docs);
        sub(commands, command, "LIST", atLeast(2), "7.0.0")
                .tip("nondeterministic_output_order")
                .says("Names all commands, or those that FILTERBY MODULE, ACLCAT or PATTERN chooses.")
                .calls(CommandCommands::list);
        sub(commands, command, "GETKEYS", atLeast(4), "2.8.13")
                .says("Finds the keys in a whole command.")
                .calls(c -> keys(c, (key, flags) -> Reply.bulk(key)));
        sub(commands, command, "GETKEYSANDFLAGS", atLeast(4), "7.0.0")
                .says("Finds the keys in a whole command, and what it does to each.")
                .calls(c -> keys(c, (key, flags) -> Reply.array(Reply.bulk(key), CommandReplies.keyFlags(flags))));
        sub(commands, command, "HELP", exactly(2), "5.0.0")
                .says("Prints this help.")
                .calls(HelpText::reply);
    }

    private static CommandSpec sub(
            CommandTable.Builder commands, CommandSpec command, String word, Arity arity, String since) {
        return commands.sub(command, word, arity)
                .flag(Flag.LOADING, Flag.STALE)
                .category(AclCategory.CONNECTION)
                .since(since)
                .costs("O(N) with the number of commands");
    }

    // ---- describing

    private static Reply allInfo(CommandContext c) {
        List<Reply> infos = new ArrayList<>();
        c.server()
                .commands()
                .all()
                .forEach(spec -> infos.add(CommandReplies.info(spec, c.config().version())));
        return new Reply.Array(infos);
    }

    private static Reply info(CommandContext c) {
        if (c.argc() == 2) {
            return allInfo(c);
        }
        List<Reply> infos = new ArrayList<>();
        for (int i = 2; i < c.argc(); i++) {
            CommandSpec spec = find(c, c.arg(i));
            infos.add(
                    spec == null
                            ? Reply.Null.BULK
                            : CommandReplies.info(spec, c.config().version()));
        }
        return new Reply.Array(infos);
    }

    private static Reply docs(CommandContext c) {
        List<Reply> docs = new ArrayList<>();
        Consumer<CommandSpec> add = spec -> {
            docs.add(Reply.bulk(spec.fullName()));
            docs.add(CommandReplies.docs(spec, c.config().version()));
        };
        if (c.argc() == 2) {
            c.server().commands().all().forEach(add);
        }
        for (int i = 2; i < c.argc(); i++) {
            CommandSpec spec = find(c, c.arg(i));
            if (spec != null) {
                add.accept(spec);
            }
        }
        return new Reply.MapOf(docs);
    }

    /** A command, or a subcommand as {@code client|id}; null when there is none. */
    private static @Nullable CommandSpec find(CommandContext c, Bytes name) {
        String text = name.latin1();
        int bar = text.indexOf('|');
        if (bar < 0) {
            return c.server().commands().find(name);
        }
        CommandSpec container = c.server().commands().find(name.slice(0, bar));
        return container == null ? null : container.subcommand(name.slice(bar + 1, name.length()));
    }

    private static Reply list(CommandContext c) {
        Predicate<CommandSpec> wanted = spec -> true;
        if (c.argc() == 5 && c.argIs(2, "FILTERBY")) {
            wanted = filter(c);
        } else if (c.argc() != 2) {
            throw RedisError.syntax();
        }
        List<Reply> names = new ArrayList<>();
        for (CommandSpec spec : c.server().commands().all()) {
            addName(spec, wanted, names);
            for (CommandSpec subcommand : spec.subcommands()) {
                addName(subcommand, wanted, names);
            }
        }
        return new Reply.Array(names);
    }

    private static void addName(CommandSpec spec, Predicate<CommandSpec> wanted, List<Reply> names) {
        if (wanted.test(spec)) {
            names.add(Reply.bulk(spec.fullName()));
        }
    }

    private static Predicate<CommandSpec> filter(CommandContext c) {
        Bytes value = c.arg(4);
        if (c.argIs(3, "MODULE")) {
            return spec -> false;
        }
        if (c.argIs(3, "ACLCAT")) {
            return spec -> spec.categories().stream().anyMatch(category -> value.equalsIgnoreCase(category.name()));
        }
        if (c.argIs(3, "PATTERN")) {
            var pattern = GlobPattern.ignoringCase(value);
            return spec -> pattern.matches(Bytes.of(spec.fullName()));
        }
        throw RedisError.syntax();
    }

    // ---- keys

    private interface KeyShape {
        Reply of(Bytes key, Set<KeyFlag> flags);
    }

    private static Reply keys(CommandContext c, KeyShape shape) {
        Bytes[] args = Arrays.copyOfRange(c.args(), 2, c.argc());
        CommandSpec spec = resolve(c, args);
        List<Reply> keys = new ArrayList<>();
        boolean takesKeys = false;
        for (KeySpec where : spec.keySpecs()) {
            takesKeys |= !where.flags().contains(KeyFlag.NOT_KEY);
        }
        spec.forEachKey(args, (position, flags) -> keys.add(shape.of(args[position], flags)));
        if (!takesKeys) {
            throw RedisError.of("ERR The command has no key arguments");
        }
        if (!spec.arity(c.config().version()).accepts(args.length)) {
            throw RedisError.of("ERR Invalid number of arguments specified for command");
        }
        if (keys.isEmpty() && !spec.is(Flag.NO_MANDATORY_KEYS)) {
            throw RedisError.of("ERR Invalid arguments specified for command");
        }
        return new Reply.Array(keys);
    }

    private static CommandSpec resolve(CommandContext c, Bytes[] args) {
        CommandSpec spec = c.server().commands().find(args[0]);
        if (spec != null && spec.hasSubcommands() && args.length > 1) {
            spec = spec.subcommand(args[1]);
        }
        if (spec == null) {
            throw RedisError.of("ERR Invalid command specified");
        }
        return spec;
    }
}
