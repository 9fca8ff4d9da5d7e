package io.holdfast.engine.command;

import io.holdfast.resp.Bytes;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All commands by name, ASCII case aside. Immutable after start-up; safe on every thread. */
public final class CommandTable {
    private static final int NAME_MAX = 32;

    private final Map<String, CommandSpec> byName;
    // Open addressing over the lower-cased name's bytes: a look-up makes no String.
    private final CommandSpec[] slots;
    private final byte[][] names;

    private CommandTable(Map<String, CommandSpec> byName) {
        this.byName = byName;
        int size = Integer.highestOneBit(byName.size() * 4 + 16) << 1;
        slots = new CommandSpec[size];
        names = new byte[size][];
        byName.forEach((name, spec) -> {
            byte[] lower = Bytes.of(name.toLowerCase(Locale.ROOT)).array();
            if (lower.length > NAME_MAX) {
                throw new IllegalStateException("command name longer than " + NAME_MAX + ": " + name);
            }
            int i = hash(lower, lower.length) & (size - 1);
            while (slots[i] != null) {
                i = (i + 1) & (size - 1);
            }
            slots[i] = spec;
            names[i] = lower;
        });
    }

    public static CommandTable of(List<CommandFamily> families) {
        var builder = new Builder();
        families.forEach(family -> family.declare(builder));
        builder.specs.values().forEach(CommandTable::checkComplete);
        return new CommandTable(Collections.unmodifiableMap(builder.specs));
    }

    private static void checkComplete(CommandSpec spec) {
        if (spec.hasSubcommands()) {
            spec.subcommands().forEach(CommandSpec::handler);
        } else {
            spec.handler();
        }
    }

    public @Nullable CommandSpec find(Bytes name) {
        return find(name.array(), name.length());
    }

    /** The command named by the first {@code length} bytes of {@code name}; null when there is none. */
    public @Nullable CommandSpec find(byte[] name, int length) {
        if (length > NAME_MAX) {
            return null;
        }
        int i = hash(name, length) & (slots.length - 1);
        while (slots[i] != null) {
            if (same(names[i], name, length)) {
                return slots[i];
            }
            i = (i + 1) & (slots.length - 1);
        }
        return null;
    }

    /**
     * The command, or the subcommand, that a request asks for.
     *
     * @throws RedisError when there is none, in Redis's words
     */
    public CommandSpec resolve(Bytes[] args) {
        CommandSpec spec = find(args[0]);
        if (spec == null) {
            throw RedisError.unknownCommand(args);
        }
        if (!spec.hasSubcommands() || args.length < 2) {
            return spec;
        }
        CommandSpec sub = spec.subcommand(args[1]);
        if (sub == null) {
            throw RedisError.unknownSubcommand(spec, args[1]);
        }
        return sub;
    }

    /** As {@link #resolve}; null when there is none. */
    public @Nullable CommandSpec find(Bytes[] args) {
        CommandSpec spec = find(args[0]);
        return spec == null || !spec.hasSubcommands() || args.length < 2 ? spec : spec.subcommand(args[1]);
    }

    /** Whether it, or its container, is one of these; not so a row of another table. */
    public boolean has(CommandSpec spec) {
        CommandSpec parent = spec.parent();
        return byName.get((parent == null ? spec : parent).name()) == (parent == null ? spec : parent);
    }

    /** A command, or a subcommand as {@code client|id}; null when there is none. */
    public @Nullable CommandSpec named(String name) {
        int bar = name.indexOf('|');
        if (bar < 0) {
            return find(Bytes.ofLatin1(name));
        }
        CommandSpec container = find(Bytes.ofLatin1(name.substring(0, bar)));
        return container == null ? null : container.subcommand(Bytes.ofLatin1(name.substring(bar + 1)));
    }

    public Collection<CommandSpec> all() {
        return byName.values();
    }

    private static int hash(byte[] name, int length) {
        int h = length;
        for (int i = 0; i < length; i++) {
            h = h * 31 + Bytes.lower(name[i]);
        }
        return h ^ (h >>> 9);
    }

    private static boolean same(byte[] lower, byte[] name, int length) {
        if (lower.length != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (lower[i] != Bytes.lower(name[i])) {
                return false;
            }
        }
        return true;
    }

    /** Takes the families' declarations. */
    public static final class Builder {
        private final Map<String, CommandSpec> specs = new LinkedHashMap<>();
        private CommandGroup group = CommandGroup.SERVER;

        /** The group of all declarations that follow. */
        public Builder group(CommandGroup of) {
            group = of;
            return this;
        }

        public CommandSpec read(String name, Arity arity, KeySpec... keys) {
            return command(name, arity, CommandKind.READ).keys(keys);
        }

        public CommandSpec write(String name, Arity arity, KeySpec... keys) {
            return command(name, arity, CommandKind.WRITE).keys(keys);
        }

        public CommandSpec command(String name, Arity arity, CommandKind kind) {
            var spec = new CommandSpec(name, null, arity, group, kind);
            if (specs.put(name, spec) != null) {
                throw new IllegalStateException("declared twice: " + name);
            }
            return spec;
        }

        /** A command that only has subcommands; declare them with {@link #sub}. */
        public CommandSpec container(String name, CommandKind kind) {
            var spec = command(name, Arity.atLeast(2), kind);
            spec.becomeContainer();
            return spec;
        }

        public CommandSpec sub(CommandSpec container, String word, Arity arity) {
            return sub(container, word, arity, container.kind());
        }

        public CommandSpec sub(CommandSpec container, String word, Arity arity, CommandKind kind) {
            var spec = new CommandSpec(word, container, arity, container.group(), kind);
            container.add(spec);
            return spec;
        }
    }
}
