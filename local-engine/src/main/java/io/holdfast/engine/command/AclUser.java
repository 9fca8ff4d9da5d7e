package io.holdfast.engine.command;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Someone who may connect: the passwords that prove it and what is then allowed. Passwords are kept as SHA-256 alone.
 * Clients hold on to their user, so that a change reaches them at once. Owned by the engine loop.
 */
public final class AclUser {
    private static final int HASH_DIGITS = 64;

    private final Bytes name;
    private final CommandTable commands;
    private final boolean everyChannelAtFirst;
    private final Set<String> passwordHashes = new LinkedHashSet<>();
    private final List<AclSelector> selectors = new ArrayList<>(1);
    private boolean enabled;
    private boolean withoutPassword;
    private boolean trustedPayloads;
    private boolean payloadsMentioned;

    /** A user who may do nothing, save use channels where {@code everyChannel} (acl-pubsub-default). */
    AclUser(Bytes name, CommandTable commands, boolean everyChannel) {
        this.name = name;
        this.commands = commands;
        this.everyChannelAtFirst = everyChannel;
        selectors.add(new AclSelector(commands, everyChannel));
    }

    /** The same user, to be changed apart. */
    AclUser copy() {
        var copy = new AclUser(name, commands, everyChannelAtFirst);
        copy.become(this);
        return copy;
    }

    /** Takes over everything but the name. */
    void become(AclUser other) {
        passwordHashes.clear();
        passwordHashes.addAll(other.passwordHashes);
        List<AclSelector> theirs =
                other.selectors.stream().map(AclSelector::copy).toList();
        selectors.clear();
        selectors.addAll(theirs);
        enabled = other.enabled;
        withoutPassword = other.withoutPassword;
        trustedPayloads = other.trustedPayloads;
        payloadsMentioned = other.payloadsMentioned;
    }

    // ---- rules

    /** @throws BadAclRule when the rule is none, or does not fit; the user may be half changed by earlier parts of it */
    void apply(Bytes rule) throws BadAclRule {
        if (rule.isEmpty()) {
            return;
        }
        switch (rule.latin1().toLowerCase(Locale.ROOT)) {
            case "on" -> enabled = true;
            case "off" -> enabled = false;
            case "skip-sanitize-payload" -> trustPayloads(true);
            case "sanitize-payload" -> trustPayloads(false);
            case "nopass" -> {
                withoutPassword = true;
                passwordHashes.clear();
            }
            case "resetpass" -> {
                withoutPassword = false;
                passwordHashes.clear();
            }
            case "clearselectors" -> selectors.subList(1, selectors.size()).clear();
            case "reset" -> {
                become(new AclUser(name, commands, everyChannelAtFirst));
                trustPayloads(false);
            }
            default -> applyOther(rule);
        }
    }

    private void trustPayloads(boolean on) {
        trustedPayloads = on;
        payloadsMentioned = true;
    }

    private void applyOther(Bytes rule) throws BadAclRule {
        Bytes rest = rule.slice(1, rule.length());
        switch (rule.at(0)) {
            case '>' -> addPassword(hash(rest));
            case '#' -> addPassword(requireHash(rest));
            case '<' -> removePassword(hash(rest));
            case '!' -> removePassword(requireHash(rest));
            case '(' -> addSelector(rest);
            default -> selectors.get(0).apply(rule);
        }
    }

    private void addPassword(String hash) {
        passwordHashes.add(hash);
        withoutPassword = false;
    }

    private void removePassword(String hash) throws BadAclRule {
        if (!passwordHashes.remove(hash)) {
            throw BadAclRule.noSuchPassword();
        }
    }

    private void addSelector(Bytes rules) throws BadAclRule {
        if (rules.isEmpty() || rules.at(rules.length() - 1) != ')') {
            throw BadAclRule.syntax();
        }
        var selector = new AclSelector(commands, everyChannelAtFirst);
        for (String rule : rules.slice(0, rules.length() - 1).latin1().trim().split("\\s+", -1)) {
            if (!rule.isEmpty()) {
                selector.apply(Bytes.ofLatin1(rule));
            }
        }
        selectors.add(selector);
    }

    private static String requireHash(Bytes digits) throws BadAclRule {
        String hash = digits.latin1();
        if (hash.length() != HASH_DIGITS || !hash.matches("[0-9a-f]*")) {
            throw BadAclRule.notAHash();
        }
        return hash;
    }

    private static String hash(Bytes password) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(password.array()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    // ---- asking

    public Bytes name() {
        return name;
    }

    /** Nobody has to say who it is: every new connection is this user, where this is the default one. */
    public boolean admitsEverybody() {
        return enabled && withoutPassword;
    }

    public boolean needsNoPassword() {
        return withoutPassword;
    }

    /** Takes as long for a wrong password as for a right one, and says nothing of where they differ. */
    boolean accepts(Bytes password) {
        if (!enabled) {
            return false;
        }
        if (withoutPassword) {
            return true;
        }
        byte[] given = hash(password).getBytes(StandardCharsets.ISO_8859_1);
        boolean known = false;
        for (String hash : passwordHashes) {
            known |= MessageDigest.isEqual(hash.getBytes(StandardCharsets.ISO_8859_1), given);
        }
        return known;
    }

    /** There is nothing that this user may not do: nobody has to look closer. */
    public boolean isUnrestricted() {
        return selectors.get(0).isUnrestricted();
    }

    /** Why the command is not allowed; null when it is. */
    public @Nullable AclDenial check(CommandSpec spec, Bytes[] args) {
        AclDenial worst = null;
        for (AclSelector selector : selectors) {
            AclDenial denial = selector.check(spec, args);
            if (denial == null) {
                return null;
            }
            if (worst == null
                    || denial.reason().compareTo(worst.reason()) > 0
                    || (denial.reason() == worst.reason() && denial.argument() > worst.argument())) {
                worst = denial;
            }
        }
        return worst;
    }

    /** Whether it may run commands that we know nothing of: whoever may run what comes to be, with any key and channel. */
    public boolean mayRunWhatIsNotKnown() {
        return selectors.stream().anyMatch(AclSelector::allowsWhatIsNotKnown);
    }

    /** Whether there is nothing that a script could do and this user may not. */
    public boolean mayDoWhatScriptsCan() {
        return selectors.stream().anyMatch(AclSelector::allowsWhatScriptsCan);
    }

    /** Whether the command is allowed by a selector that allows to read every key. */
    public boolean mayReadEveryKeyWith(CommandSpec spec, Bytes[] args) {
        return selectors.stream()
                .anyMatch(selector -> selector.mayReadEveryKey() && selector.check(spec, args) == null);
    }

    /** Whether some selector allows this channel, or pattern of channels. */
    public boolean mayUseChannel(Bytes channel, boolean isPattern) {
        return selectors.stream().anyMatch(selector -> selector.mayUseChannel(channel, isPattern));
    }

    // ---- telling

    /** The whole user as a line of an ACL file, in which latin-1 chars are bytes. */
    public String line(RedisVersion version) {
        var line = new StringBuilder("user ").append(name.latin1());
        flags(version).forEach(flag -> line.append(' ').append(flag));
        passwordHashes.forEach(hash -> line.append(" #").append(hash));
        line.append(' ').append(selectors.get(0).describe());
        for (AclSelector selector : selectors.subList(1, selectors.size())) {
            line.append(" (").append(selector.describe()).append(')');
        }
        return line.toString();
    }

    private List<String> flags(RedisVersion version) {
        List<String> flags = new ArrayList<>();
        flags.add(enabled ? "on" : "off");
        if (withoutPassword) {
            flags.add("nopass");
        }
        if (trustedPayloads) {
            flags.add("skip-sanitize-payload");
        } else if (payloadsMentioned || version.atLeast(7, 2)) {
            flags.add("sanitize-payload");
        }
        return flags;
    }

    /** What ACL GETUSER answers. */
    public Reply describe(RedisVersion version) {
        List<Reply> fields = new ArrayList<>();
        fields.add(Reply.bulk("flags"));
        fields.add(new Reply.SetOf(flags(version).stream().map(Reply::bulk).toList()));
        fields.add(Reply.bulk("passwords"));
        fields.add(Reply.array(passwordHashes.stream().map(Reply::bulk).toList()));
        addSelector(fields, selectors.get(0));
        fields.add(Reply.bulk("selectors"));
        List<Reply> others = new ArrayList<>();
        for (AclSelector selector : selectors.subList(1, selectors.size())) {
            List<Reply> described = new ArrayList<>();
            addSelector(described, selector);
            others.add(new Reply.MapOf(described));
        }
        fields.add(Reply.array(others));
        return new Reply.MapOf(fields);
    }

    private static void addSelector(List<Reply> fields, AclSelector selector) {
        fields.add(Reply.bulk("commands"));
        fields.add(Reply.bulk(Bytes.ofLatin1(selector.describeCommands())));
        fields.add(Reply.bulk("keys"));
        fields.add(Reply.bulk(Bytes.ofLatin1(selector.describeKeys())));
        fields.add(Reply.bulk("channels"));
        fields.add(Reply.bulk(Bytes.ofLatin1(selector.describeChannels())));
    }

    /** The name alone: who prints a user shows no secret. */
    @Override
    public String toString() {
        return name.toString();
    }
}
