package io.holdfast.engine.command;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Who may connect and what each may do: the users, by name, among them always {@code default}, who a connection is
 * before it says otherwise. A change of a user is made whole or not at all. Owned by the engine loop.
 */
public final class Acl {
    public static final Bytes DEFAULT = Bytes.of("default");
    private static final Bytes USER = Bytes.of("user");

    private final CommandTable commands;
    private final AclUser defaultUser;
    private final AclLog log = new AclLog();
    private final Function<Session, String> describeClient;
    private @Nullable AclFile file;
    private Map<Bytes, AclUser> users = new TreeMap<>();
    private final FailedLogins failedLogins = new FailedLogins();
    private boolean slowsFailures;
    private boolean everyChannelAtFirst;

    /** @param describeClient one line that describes a connection, as CLIENT INFO does */
    public Acl(CommandTable commands, Function<Session, String> describeClient) {
        this.commands = commands;
        this.describeClient = describeClient;
        defaultUser = freshDefault();
        users.put(DEFAULT, defaultUser);
    }

    private AclUser freshDefault() {
        AclUser user = freshUser(DEFAULT);
        applyKnown(user, "+@all", "~*", "&*", "on", "nopass");
        return user;
    }

    private AclUser freshUser(Bytes name) {
        return new AclUser(name, commands, everyChannelAtFirst);
    }

    private static void applyKnown(AclUser user, String... rules) {
        try {
            for (String rule : rules) {
                user.apply(Bytes.ofLatin1(rule));
            }
        } catch (BadAclRule e) {
            throw new IllegalStateException("a rule of our own is refused", e);
        }
    }

    // ---- asking

    /** Who a connection is that has not said otherwise; the same object for ever. */
    public AclUser defaultUser() {
        return defaultUser;
    }

    public @Nullable AclUser user(Bytes name) {
        return users.get(name);
    }

    /** By name. */
    public Collection<AclUser> users() {
        return Collections.unmodifiableCollection(users.values());
    }

    public AclLog log() {
        return log;
    }

    /** Nobody gets in without a password, and some password or user is set at all. */
    public boolean asksForPasswords() {
        return !defaultUser.admitsEverybody();
    }

    /** There are users, or rules for everybody, beyond the one who is let in and may do everything. */
    public boolean hasUsersOfItsOwn() {
        return users.size() > 1 || asksForPasswords() || !defaultUser.isUnrestricted();
    }

    // ---- users of another server

    /** A user of another server's, not among those here; may do nothing until {@link #follow}. */
    public AclUser guest(Bytes name) {
        return new AclUser(name, commands, false);
    }

    /**
     * Gives a guest the rights that its own server's rules describe. A command that is not known here need be neither
     * allowed nor forbidden.
     *
     * @return false when a rule is not understood that takes rights away: then the guest may do nothing
     */
    public boolean follow(AclUser guest, List<Bytes> rules) {
        AclUser staged = new AclUser(guest.name(), commands, false);
        boolean understood = true;
        for (Bytes rule : rules) {
            try {
                staged.apply(rule);
            } catch (BadAclRule refused) {
                String text = rule.latin1();
                understood &= !text.startsWith("-@") && (refused.namesUnknown() || text.startsWith("("));
            }
        }
        guest.become(understood ? staged : new AclUser(guest.name(), commands, false));
        return understood;
    }

    // ---- who is it

    /**
     * Makes the connection that user's, if the password is right.
     *
     * @return null when it is; otherwise the handler's reply: WRONGPASS, which does not tell whether there is such a user
     */
    public @Nullable Reply authenticate(CommandContext c, Bytes name, Bytes password) {
        AclUser user = users.get(name);
        Session session = c.session();
        if (user == null || !user.accepts(password)) {
            log.add(
                    AclDenial.Reason.AUTH,
                    contextOf(session),
                    c.arg(0),
                    name,
                    describeClient.apply(session),
                    c.nowMs());
            long waitMs = slowsFailures ? failedLogins.failed(session.address(), c.nowMs()) : 0;
            return c.hold(RedisError.wrongPassword().reply(), waitMs);
        }
        failedLogins.succeeded(session.address());
        session.authenticated(user);
        return null;
    }

    /**
     * Notes that another server has refused the connection as that user.
     *
     * @param command that asked
     * @return how long it is to wait for being told, milliseconds
     */
    public long refusedElsewhere(Session session, Bytes command, Bytes name, long nowMs) {
        log.add(AclDenial.Reason.AUTH, contextOf(session), command, name, describeClient.apply(session), nowMs);
        return slowsFailures ? failedLogins.failed(session.address(), nowMs) : 0;
    }

    /** Makes the connection {@code guest}, whom another server vouches for. */
    public void acceptedElsewhere(Session session, AclUser guest) {
        failedLogins.succeeded(session.address());
        session.authenticated(guest);
    }

    /** Whoever gives a wrong password learns of it late from now on, and later each time. */
    public void slowFailures() {
        slowsFailures = true;
    }

    // ---- may they

    /** Refuses a command that the session's user may not run. @throws RedisError NOPERM */
    public void require(Session session, CommandSpec spec, Bytes[] args, RedisVersion version, long nowMs) {
        AclDenial denial = deny(contextOf(session), session, spec, args, nowMs);
        if (denial != null) {
            throw denial.error(version, session.user(), spec);
        }
    }

    /** As {@link #require}, for a command of a transaction at EXEC: its user's rules may have changed since. */
    public void requireInExec(Session session, CommandSpec spec, Bytes[] args, long nowMs) {
        AclDenial denial = deny(AclLog.Context.MULTI, session, spec, args, nowMs);
        if (denial != null) {
            throw denial.errorInExec();
        }
    }

    /**
     * As {@link #require}, for a command that a script of this client calls; call it before the command is run.
     *
     * @throws RedisError in the words that redis.call gives to the script
     */
    public void requireInScript(Session session, CommandSpec spec, Bytes[] args, RedisVersion version, long nowMs) {
        AclDenial denial = deny(AclLog.Context.LUA, session, spec, args, nowMs);
        if (denial != null) {
            throw denial.errorInScript(version, session.user(), spec);
        }
    }

    /** Why the command is not allowed, which goes into the log; null when it is. */
    private @Nullable AclDenial deny(
            AclLog.Context context, Session session, CommandSpec spec, Bytes[] args, long nowMs) {
        AclUser user = session.user();
        AclDenial denial = user.isUnrestricted() ? null : user.check(spec, args);
        if (denial != null) {
            log.add(
                    denial.reason(),
                    context,
                    denial.object(spec, args),
                    user.name(),
                    describeClient.apply(session),
                    nowMs);
        }
        return denial;
    }

    private static AclLog.Context contextOf(Session session) {
        return session.inMulti() ? AclLog.Context.MULTI : AclLog.Context.TOPLEVEL;
    }

    // ---- changing

    /** What users have before anybody says anything of channels (acl-pubsub-default). */
    public void everyChannelAtFirst(boolean on) {
        everyChannelAtFirst = on;
    }

    public boolean isEveryChannelAtFirst() {
        return everyChannelAtFirst;
    }

    /**
     * Makes or changes a user by all of the rules, or, when one is refused, not at all.
     *
     * @throws RedisError that names the rule, in Redis's words
     */
    public AclUser set(Bytes name, List<Bytes> rules) {
        if (AclSelector.hasBlanks(name)) {
            throw RedisError.of("ERR Usernames can't contain spaces or null characters");
        }
        AclUser known = users.get(name);
        AclUser staged = known == null ? freshUser(name) : known.copy();
        for (Bytes rule : merged(rules)) {
            try {
                staged.apply(rule);
            } catch (BadAclRule refused) {
                throw RedisError.latin1(
                        "ERR Error in ACL SETUSER modifier '" + cString(rule) + "': " + refused.getMessage());
            }
        }
        if (known == null) {
            users.put(name, staged);
            return staged;
        }
        known.become(staged);
        return known;
    }

    /** Redis prints C strings, on one line. */
    private static String cString(Bytes text) {
        String all = text.latin1();
        int end = all.indexOf('\0');
        return (end < 0 ? all : all.substring(0, end)).replace('\r', ' ').replace('\n', ' ');
    }

    /** A selector may come in several words: they are put together again. */
    private static List<Bytes> merged(List<Bytes> words) {
        List<Bytes> rules = new ArrayList<>(words.size());
        StringBuilder open = null;
        Bytes opening = Bytes.EMPTY;
        for (Bytes word : words) {
            String text = word.latin1();
            if (open != null) {
                open.append(' ').append(text);
            } else if (text.startsWith("(") && !text.endsWith(")")) {
                open = new StringBuilder(text);
                opening = word;
                continue;
            } else {
                rules.add(word);
                continue;
            }
            if (text.endsWith(")")) {
                rules.add(Bytes.ofLatin1(open.toString()));
                open = null;
            }
        }
        if (open != null) {
            throw RedisError.latin1(
                    "ERR Unmatched parenthesis in acl selector starting at '" + cString(opening) + "'.");
        }
        return rules;
    }

    /** @return the user who was there, whose connections are to be closed; null when there was none */
    public @Nullable AclUser delete(Bytes name) {
        if (name.equals(DEFAULT)) {
            throw RedisError.of("ERR The 'default' user cannot be removed");
        }
        return users.remove(name);
    }

    /** requirepass: the default user's only password; an empty one lets everybody in. */
    public void requirePassword(String password) {
        if (password.isEmpty()) {
            applyKnown(defaultUser, "nopass");
        } else {
            applyKnown(defaultUser, "resetpass", ">" + Bytes.of(password).latin1());
        }
    }

    // ---- files

    /** Where ACL LOAD and SAVE read and write; null when there is no such file. */
    public @Nullable AclFile file() {
        return file;
    }

    public void file(AclFile aclFile) {
        file = aclFile;
    }

    /** Every user as a line of an ACL file. */
    public List<String> lines(RedisVersion version) {
        return users.values().stream().map(user -> user.line(version)).toList();
    }

    /**
     * Replaces all users by those of an ACL file, or, when a line is refused, by none.
     *
     * @param file as errors name it
     * @param lines latin-1 chars are bytes
     * @return the users who are no more, whose connections are to be closed
     * @throws RedisError that lists what is wrong, in Redis's words, and no secret
     */
    public List<AclUser> load(String file, List<String> lines) {
        Map<Bytes, AclUser> loaded = new TreeMap<>();
        var errors = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (!line.isEmpty()) {
                loadLine(file + ":" + (i + 1), i + 1, line, loaded, errors);
            }
        }
        if (errors.length() > 0) {
            throw RedisError.latin1("ERR " + errors + "WARNING: ACL errors detected, no change to the previously active"
                    + " ACL rules was performed");
        }
        AclUser newDefault = loaded.get(DEFAULT);
        defaultUser.become(newDefault == null ? freshDefault() : newDefault);
        loaded.put(DEFAULT, defaultUser);
        List<AclUser> gone = new ArrayList<>(users.values());
        gone.remove(defaultUser);
        users = loaded;
        return gone;
    }

    private void loadLine(String place, int number, String line, Map<Bytes, AclUser> loaded, StringBuilder errors) {
        List<Bytes> words = new ArrayList<>();
        for (String word : line.split(" ", -1)) {
            words.add(Bytes.ofLatin1(word.strip()));
        }
        if (words.size() < 2 || !words.get(0).equals(USER)) {
            errors.append(place).append(" should start with user keyword followed by the username. ");
            return;
        }
        Bytes name = words.get(1);
        AclUser user = freshUser(name);
        if (loaded.put(name, user) != null) {
            errors.append("WARNING: Duplicate user '")
                    .append(name.latin1())
                    .append("' found on line ")
                    .append(number)
                    .append(". ");
            return;
        }
        List<Bytes> rules;
        try {
            rules = merged(words.subList(2, words.size()));
        } catch (RedisError unmatched) {
            errors.append(place).append(": Unmatched parenthesis in selector definition.");
            return;
        }
        boolean refusedBefore = false;
        for (Bytes rule : rules) {
            try {
                user.apply(rule);
            } catch (BadAclRule refused) {
                if (refused.namesUnknown()) {
                    errors.append(place)
                            .append(": Error in applying operation '")
                            .append(rule.latin1())
                            .append("': ")
                            .append(refused.getMessage())
                            .append(". ");
                } else if (!refusedBefore) {
                    refusedBefore = true;
                    errors.append(place)
                            .append(": ")
                            .append(refused.getMessage())
                            .append(". ");
                }
            }
        }
    }
}
