package io.holdfast.engine.command;

import io.holdfast.engine.rule.GlobPattern;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One set of permissions: commands, keys and channels that go together (redis.io/docs/management/security/acl). A user
 * has one of its own and may have more; what any of them allows is allowed. Changed by rules; owned by the engine loop.
 */
final class AclSelector {
    private record KeyPattern(Bytes text, GlobPattern glob, boolean read, boolean write) {
        String describe() {
            return (read && write ? "~" : read ? "%R~" : "%W~") + text.latin1();
        }
    }

    private record ChannelPattern(Bytes text, GlobPattern glob) {}

    private final CommandTable commands;
    private final Set<CommandSpec> allowed = new HashSet<>();
    /** Commands that are allowed only with one of these words as their first argument. */
    private final Map<CommandSpec, Set<String>> firstArguments = new HashMap<>();
    /** What was said of commands after the last +@all or -@all, in order; from this the selector can be made anew. */
    private final List<String> rules = new ArrayList<>();

    private final List<KeyPattern> keys = new ArrayList<>();
    private final List<ChannelPattern> channels = new ArrayList<>();
    private boolean beganWithAll;
    private boolean everyCommand;
    private boolean everyKey;
    private boolean everyChannel;

    /** A selector that allows nothing, save every channel where {@code everyChannel}. */
    AclSelector(CommandTable commands, boolean everyChannel) {
        this.commands = commands;
        this.everyChannel = everyChannel;
    }

    AclSelector copy() {
        var copy = new AclSelector(commands, everyChannel);
        copy.allowed.addAll(allowed);
        firstArguments.forEach((spec, words) -> copy.firstArguments.put(spec, new TreeSet<>(words)));
        copy.rules.addAll(rules);
        copy.keys.addAll(keys);
        copy.channels.addAll(channels);
        copy.beganWithAll = beganWithAll;
        copy.everyCommand = everyCommand;
        copy.everyKey = everyKey;
        return copy;
    }

    // ---- rules

    /** @throws BadAclRule when the rule is none, or names what there is not */
    void apply(Bytes rule) throws BadAclRule {
        String text = rule.latin1();
        switch (text.toLowerCase(Locale.ROOT)) {
            case "allkeys", "~*" -> everyKey(true);
            case "resetkeys" -> everyKey(false);
            case "allchannels", "&*" -> everyChannel(true);
            case "resetchannels" -> everyChannel(false);
            case "allcommands", "+@all" -> everyCommand(true);
            case "nocommands", "-@all" -> everyCommand(false);
            default -> applyOne(rule, text);
        }
    }

    private void applyOne(Bytes rule, String text) throws BadAclRule {
        char kind = text.charAt(0);
        if (kind == '~' || kind == '%') {
            addKeys(rule);
        } else if (kind == '&') {
            addChannels(rule.slice(1, rule.length()));
        } else if (text.startsWith("+@") || text.startsWith("-@")) {
            changeCategory(text.substring(2), kind == '+');
        } else if (kind == '+') {
            allow(text.substring(1));
        } else if (kind == '-') {
            CommandSpec spec = require(text.substring(1));
            change(spec, false);
            remember(spec.fullName(), false);
        } else {
            throw BadAclRule.syntax();
        }
    }

    private void everyKey(boolean on) {
        everyKey = on;
        keys.clear();
    }

    private void everyChannel(boolean on) {
        everyChannel = on;
        channels.clear();
    }

    private void everyCommand(boolean on) {
        allowed.clear();
        if (on) {
            commands.all().forEach(spec -> {
                allowed.add(spec);
                allowed.addAll(spec.subcommands());
            });
        }
        beganWithAll = on;
        everyCommand = on;
        rules.clear();
        firstArguments.clear();
    }

    private void addKeys(Bytes rule) throws BadAclRule {
        if (everyKey) {
            throw BadAclRule.keysBehindAll();
        }
        boolean read = rule.at(0) == '~';
        boolean write = read;
        int at = 1;
        if (!read) {
            for (; at < rule.length() && rule.at(at) != '~'; at++) {
                char letter = Character.toUpperCase((char) rule.at(at));
                if (letter == 'R' && !read) {
                    read = true;
                } else if (letter == 'W' && !write) {
                    write = true;
                } else {
                    throw BadAclRule.syntax();
                }
            }
            if (!read && !write) {
                throw BadAclRule.syntax();
            }
            at++;
        }
        Bytes pattern = rule.slice(Math.min(at, rule.length()), rule.length());
        if (hasBlanks(pattern)) {
            throw BadAclRule.syntax();
        }
        addKeys(pattern, read, write);
    }

    private void addKeys(Bytes pattern, boolean read, boolean write) {
        for (int i = 0; i < keys.size(); i++) {
            KeyPattern known = keys.get(i);
            if (known.text.equals(pattern)) {
                keys.set(i, new KeyPattern(pattern, known.glob, known.read || read, known.write || write));
                return;
            }
        }
        keys.add(new KeyPattern(pattern, GlobPattern.of(pattern), read, write));
    }

    private void addChannels(Bytes pattern) throws BadAclRule {
        if (everyChannel) {
            throw BadAclRule.channelsBehindAll();
        }
        if (hasBlanks(pattern)) {
            throw BadAclRule.syntax();
        }
        if (channels.stream().noneMatch(known -> known.text.equals(pattern))) {
            channels.add(new ChannelPattern(pattern, GlobPattern.of(pattern)));
        }
    }

    /** Blanks and NUL, which would make a rule several when it is written down. */
    static boolean hasBlanks(Bytes text) {
        for (int i = 0; i < text.length(); i++) {
            byte b = text.at(i);
            if (b == 0 || b == ' ' || (b >= '\t' && b <= '\r')) {
                return true;
            }
        }
        return false;
    }

    private void changeCategory(String name, boolean allow) throws BadAclRule {
        AclCategory category = AclCategory.find(name);
        if (category == null) {
            throw BadAclRule.unknownCommand();
        }
        remember("@" + name, allow);
        for (CommandSpec spec : commands.all()) {
            if (spec.categories().contains(category)) {
                change(spec, allow);
            }
            for (CommandSpec subcommand : spec.subcommands()) {
                if (subcommand.categories().contains(category)) {
                    change(subcommand, allow);
                }
            }
        }
    }

    private void allow(String name) throws BadAclRule {
        int bar = name.lastIndexOf('|');
        CommandSpec spec = require(bar < 0 ? name : name.substring(0, bar));
        if (bar < 0) {
            change(spec, true);
            remember(spec.fullName(), true);
            return;
        }
        if (spec.parent() != null) {
            throw BadAclRule.firstArgumentOfSubcommand();
        }
        if (bar == name.length() - 1) {
            throw BadAclRule.syntax();
        }
        if (spec.hasSubcommands()) {
            change(require(name), true);
        } else {
            firstArguments
                    .computeIfAbsent(spec, unused -> new TreeSet<>())
                    .add(name.substring(bar + 1).toLowerCase(Locale.ROOT));
        }
        remember(name, true);
    }

    private CommandSpec require(String name) throws BadAclRule {
        CommandSpec spec = commands.named(name);
        if (spec == null) {
            throw BadAclRule.unknownCommand();
        }
        return spec;
    }

    /** A container's subcommands go with it. */
    private void change(CommandSpec spec, boolean allow) {
        firstArguments.remove(spec);
        everyCommand &= allow;
        if (allow) {
            allowed.add(spec);
            allowed.addAll(spec.subcommands());
        } else {
            allowed.remove(spec);
            spec.subcommands().forEach(allowed::remove);
        }
    }

    /** A later rule takes the place of an earlier one about the same, or about a part of it. */
    private void remember(String name, boolean allow) {
        String lower = name.toLowerCase(Locale.ROOT);
        rules.removeIf(rule -> rule.substring(1).equals(lower) || rule.startsWith(lower + "|", 1));
        rules.add((allow ? "+" : "-") + lower);
    }

    // ---- asking

    /** Whoever has this selector may do everything. */
    boolean isUnrestricted() {
        return everyCommand && everyKey && everyChannel;
    }

    /** Null when the command is allowed. */
    @Nullable AclDenial check(CommandSpec spec, Bytes[] args) {
        if (!everyCommand && !spec.is(Flag.NO_AUTH) && !allows(spec) && !allowsFirstArgument(spec, args)) {
            return AclDenial.COMMAND;
        }
        if (!everyKey) {
            AclDenial denial = checkKeys(spec, args);
            if (denial != null) {
                return denial;
            }
        }
        CommandSpec.Channels used = spec.channels();
        if (!everyChannel && used != null) {
            int end = used.upToTheLast() ? args.length : Math.min(args.length, used.first() + 1);
            for (int i = used.first(); i < end; i++) {
                if (!mayUseChannel(args[i], used.patterns())) {
                    return new AclDenial(AclDenial.Reason.CHANNEL, i);
                }
            }
        }
        return null;
    }

    private boolean allows(CommandSpec spec) {
        return allowed.contains(spec) || (beganWithAll && !commands.has(spec));
    }

    boolean allowsWhatIsNotKnown() {
        return beganWithAll && everyKey && everyChannel;
    }

    boolean allowsWhatScriptsCan() {
        return allowsWhatIsNotKnown()
                && commands.all().stream()
                        .flatMap(spec -> spec.hasSubcommands() ? spec.subcommands().stream() : Stream.of(spec))
                        .allMatch(spec -> spec.is(Flag.NOSCRIPT) || allows(spec));
    }

    private boolean allowsFirstArgument(CommandSpec spec, Bytes[] args) {
        Set<String> words = firstArguments.get(spec);
        int at = spec.parent() == null ? 1 : 2;
        return words != null
                && args.length > at
                && words.contains(args[at].latin1().toLowerCase(Locale.ROOT));
    }

    private @Nullable AclDenial checkKeys(CommandSpec spec, Bytes[] args) {
        int[] refused = {0};
        spec.forEachKey(args, (position, flags) -> {
            if (refused[0] == 0 && !mayUseKey(args[position], flags)) {
                refused[0] = position;
            }
        });
        return refused[0] == 0 ? null : new AclDenial(AclDenial.Reason.KEY, refused[0]);
    }

    private boolean mayUseKey(Bytes key, Set<KeyFlag> flags) {
        boolean reads = flags.contains(KeyFlag.ACCESS);
        boolean writes =
                flags.contains(KeyFlag.INSERT) || flags.contains(KeyFlag.DELETE) || flags.contains(KeyFlag.UPDATE);
        for (KeyPattern pattern : keys) {
            if ((pattern.read || !reads) && (pattern.write || !writes) && pattern.glob.matches(key)) {
                return true;
            }
        }
        return false;
    }

    /** Whether there is no key that it may not read. */
    boolean mayReadEveryKey() {
        return everyKey
                || keys.stream()
                        .anyMatch(
                                pattern -> pattern.read && pattern.text.latin1().equals("*"));
    }

    /** @param isPattern compared letter by letter, for what it may match cannot be told */
    boolean mayUseChannel(Bytes channel, boolean isPattern) {
        if (everyChannel) {
            return true;
        }
        for (ChannelPattern known : channels) {
            if (isPattern ? known.text.equals(channel) : known.glob.matches(channel)) {
                return true;
            }
        }
        return false;
    }

    // ---- telling

    /** The rules that make these permissions again. */
    String describe() {
        var text = new StringBuilder();
        String keysText = describeKeys();
        text.append(keysText).append(keysText.isEmpty() ? "" : " ");
        if (everyChannel) {
            text.append("&* ");
        } else {
            text.append("resetchannels ");
            channels.forEach(
                    pattern -> text.append('&').append(pattern.text.latin1()).append(' '));
        }
        return text.append(describeCommands()).toString();
    }

    String describeCommands() {
        return (beganWithAll ? "+@all" : "-@all") + (rules.isEmpty() ? "" : " " + String.join(" ", rules));
    }

    String describeKeys() {
        return everyKey ? "~*" : joined(keys.stream().map(KeyPattern::describe).toList());
    }

    String describeChannels() {
        return everyChannel
                ? "&*"
                : joined(channels.stream()
                        .map(pattern -> "&" + pattern.text.latin1())
                        .toList());
    }

    private static String joined(Collection<String> words) {
        return String.join(" ", words);
    }
}
