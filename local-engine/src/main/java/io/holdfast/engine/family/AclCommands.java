package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;

import io.holdfast.engine.command.Acl;
import io.holdfast.engine.command.AclCategory;
import io.holdfast.engine.command.AclDenial;
import io.holdfast.engine.command.AclFile;
import io.holdfast.engine.command.AclLog;
import io.holdfast.engine.command.AclUser;
import io.holdfast.engine.command.Arity;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Session;
import io.holdfast.engine.pubsub.Subscriber;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/** ACL: who may connect and what each may do. Passwords are kept as SHA-256 and never shown otherwise. */
public final class AclCommands implements CommandFamily {
    private static final int PASSWORD_BITS = 256;
    private static final int PASSWORD_BITS_MAX = 4096;
    private static final int LOG_ENTRIES_SHOWN = 10;

    private final SecureRandom random = new SecureRandom();

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.SERVER);
        var acl = commands.container("ACL", CommandKind.ADMIN)
                .since("6.0.0")
                .costs("Depends on the subcommand.")
                .says("Says who may connect and what each may do.");
        open(commands, acl, "CAT", atLeast(2))
                .says("Lists the categories, or the commands of one.")
                .calls(AclCommands::cat);
        admin(commands, acl, "DELUSER", atLeast(3))
                .says("Removes users and closes their connections.")
                .calls(AclCommands::deluser);
        admin(commands, acl, "DRYRUN", atLeast(4))
                .since("7.0.0")
                .says("Says whether a user could run a command, and does not run it.")
                .calls(AclCommands::dryrun);
        open(commands, acl, "GENPASS", atLeast(2))
                .says("Makes a password of so many random bits, 256 unless told.")
                .calls(this::genpass);
        admin(commands, acl, "GETUSER", exactly(3))
                .costs("O(N) with the number of rules of the user")
                .says("Describes a user.")
                .calls(AclCommands::getuser);
        admin(commands, acl, "LIST", exactly(2))
                .costs("O(N) with the number of users")
                .says("Describes all users, as an ACL file does.")
                .calls(c -> bulks(c.server().acl().lines(c.config().version())));
        admin(commands, acl, "LOAD", exactly(2))
                .costs("O(N) with the number of users")
                .says("Replaces all users by those of the ACL file.")
                .calls(AclCommands::load);
        admin(commands, acl, "LOG", atLeast(2))
                .costs("O(N) with the number of entries shown")
                .says("Shows what was refused lately, 10 entries unless told, or forgets it.")
                .calls(AclCommands::log);
        admin(commands, acl, "SAVE", exactly(2))
                .costs("O(N) with the number of users")
                .says("Writes all users to the ACL file.")
                .calls(AclCommands::save);
        admin(commands, acl, "SETUSER", atLeast(3))
                .costs("O(N) with the number of rules")
                .secretFrom(2)
                .says("Makes a user, or changes one, by rules: all that are given or none.")
                .calls(AclCommands::setuser);
        admin(commands, acl, "USERS", exactly(2))
                .costs("O(N) with the number of users")
                .says("Names all users.")
                .calls(c -> Reply.array(c.server().acl().users().stream()
                        .map(user -> Reply.bulk(user.name()))
                        .toList()));
        open(commands, acl, "WHOAMI", exactly(2))
                .says("Names the user of this connection.")
                .calls(c -> Reply.bulk(c.session().user().name()));
        HelpText.declare(commands, acl, "6.0.0");
    }

    private static CommandSpec open(CommandTable.Builder commands, CommandSpec acl, String word, Arity arity) {
        return commands.sub(acl, word, arity)
                .flag(Flag.NOSCRIPT, Flag.LOADING, Flag.STALE)
                .since("6.0.0")
                .costs("O(1)");
    }

    private static CommandSpec admin(CommandTable.Builder commands, CommandSpec acl, String word, Arity arity) {
        return open(commands, acl, word, arity).flag(Flag.ADMIN);
    }

    private static Reply bulks(List<String> latin1) {
        return Reply.array(
                latin1.stream().map(line -> Reply.bulk(Bytes.ofLatin1(line))).toList());
    }

    private static void requireAtMost(CommandContext c, int argc) {
        if (c.argc() > argc) {
            throw RedisError.subcommandSyntax(Objects.requireNonNull(c.spec().parent()), c.arg(1));
        }
    }

    // ---- commands and categories

    private static Reply cat(CommandContext c) {
        requireAtMost(c, 3);
        if (c.argc() == 2) {
            return Reply.array(Arrays.stream(AclCategory.values())
                    .map(category -> Reply.bulk(category.name().toLowerCase(Locale.ROOT)))
                    .toList());
        }
        AclCategory category = AclCategory.find(c.arg(2).latin1());
        if (category == null) {
            throw RedisError.quotingBegin("ERR Unknown category '", c.arg(2), "'");
        }
        List<Reply> names = new ArrayList<>();
        for (CommandSpec spec : c.server().commands().all()) {
            addIfIn(category, spec, names);
            spec.subcommands().forEach(subcommand -> addIfIn(category, subcommand, names));
        }
        return new Reply.Array(names);
    }

    private static void addIfIn(AclCategory category, CommandSpec spec, List<Reply> names) {
        if (spec.categories().contains(category)) {
            names.add(Reply.bulk(spec.fullName()));
        }
    }

    private static Reply dryrun(CommandContext c) {
        AclUser user = c.server().acl().user(c.arg(2));
        if (user == null) {
            throw RedisError.quoting("ERR User '", c.arg(2), "' not found");
        }
        Bytes[] args = Arrays.copyOfRange(c.args(), 3, c.argc());
        CommandSpec spec = c.server().commands().find(args[0]);
        if (spec != null && spec.hasSubcommands() && args.length > 1) {
            spec = spec.subcommand(args[1]);
        }
        if (spec == null) {
            throw RedisError.quoting("ERR Command '", args[0], "' not found");
        }
        if (!spec.arity(c.config().version()).accepts(args.length)) {
            throw RedisError.wrongNumberOfArguments(spec.fullName());
        }
        AclDenial denial = user.check(spec, args);
        return denial == null ? Reply.OK : Reply.bulk(denial.verdict(c.config().version(), user, spec, args));
    }

    private Reply genpass(CommandContext c) {
        requireAtMost(c, 3);
        long bits = c.argc() == 3 ? c.longArg(2) : PASSWORD_BITS;
        if (bits <= 0 || bits > PASSWORD_BITS_MAX) {
            throw RedisError.of(
                    "ERR ACL GENPASS argument must be the number of bits for the output password, a positive"
                            + " number up to " + PASSWORD_BITS_MAX);
        }
        var digits = new StringBuilder();
        for (int i = 0; i < (bits + 3) / 4; i++) {
            digits.append(Character.forDigit(random.nextInt(16), 16));
        }
        return Reply.bulk(digits.toString());
    }

    // ---- users

    private static Reply getuser(CommandContext c) {
        AclUser user = c.server().acl().user(c.arg(2));
        return user == null ? Reply.Null.BULK : user.describe(c.config().version());
    }

    private static Reply setuser(CommandContext c) {
        AclUser user = c.server().acl().set(c.arg(2), List.of(c.args()).subList(3, c.argc()));
        for (Session client : List.copyOf(c.server().sessions())) {
            if (client.user() == user && listensToForbidden(client, user)) {
                close(c, client);
            }
        }
        return Reply.OK;
    }

    private static boolean listensToForbidden(Session client, AclUser user) {
        Subscriber subscriber = client.subscriber();
        return anyForbidden(subscriber.channels(), user, false)
                || anyForbidden(subscriber.patterns(), user, true)
                || anyForbidden(subscriber.shardChannels(), user, false);
    }

    private static boolean anyForbidden(Set<Bytes> channels, AclUser user, boolean arePatterns) {
        return channels.stream().anyMatch(channel -> !user.mayUseChannel(channel, arePatterns));
    }

    private static Reply deluser(CommandContext c) {
        for (int i = 2; i < c.argc(); i++) {
            if (c.arg(i).equals(Acl.DEFAULT)) {
                throw RedisError.of("ERR The 'default' user cannot be removed");
            }
        }
        int deleted = 0;
        for (int i = 2; i < c.argc(); i++) {
            AclUser user = c.server().acl().delete(c.arg(i));
            if (user != null) {
                deleted++;
                expel(c, user);
            }
        }
        return Reply.of(deleted);
    }

    /** The user is no more: nobody goes on in that name. */
    private static void expel(CommandContext c, AclUser user) {
        for (Session client : List.copyOf(c.server().sessions())) {
            if (client.user() == user) {
                client.expel(c.server().acl().defaultUser());
                close(c, client);
            }
        }
    }

    private static void close(CommandContext c, Session client) {
        if (client == c.session()) {
            client.closeAfterReply(); // it is still told what became of its request
        } else {
            client.output().close();
        }
    }

    // ---- the file

    private static AclFile requireFile(CommandContext c) {
        AclFile file = c.server().acl().file();
        if (file == null) {
            throw RedisError.of("ERR This Redis instance is not configured to use an ACL file. You may want to specify"
                    + " users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis"
                    + " configuration file set) in order to store users in the Redis configuration.");
        }
        return file;
    }

    private static Reply load(CommandContext c) {
        AclFile file = requireFile(c);
        List<String> lines;
        try {
            lines = file.read();
        } catch (IOException e) {
            throw RedisError.of("ERR Error loading ACLs, opening file '" + file.name() + "': " + e.getMessage());
        }
        c.server().acl().load(file.name(), lines).forEach(gone -> expel(c, gone));
        return Reply.OK;
    }

    private static Reply save(CommandContext c) {
        AclFile file = requireFile(c);
        try {
            file.write(c.server().acl().lines(c.config().version()));
        } catch (IOException e) {
            throw RedisError.of("ERR There was an error trying to save the ACLs. Please check the server logs for more"
                    + " information");
        }
        return Reply.OK;
    }

    // ---- what was refused

    private static Reply log(CommandContext c) {
        requireAtMost(c, 3);
        AclLog log = c.server().acl().log();
        if (c.argc() == 3 && c.argIs(2, "RESET")) {
            log.clear();
            return Reply.OK;
        }
        long count = c.argc() == 3 ? c.longArg(2) : LOG_ENTRIES_SHOWN;
        List<Reply> entries = new ArrayList<>();
        for (AclLog.Entry entry : log.entries()) {
            if (entries.size() >= count) {
                break;
            }
            entries.add(describe(c, entry));
        }
        return new Reply.Array(entries);
    }

    private static Reply describe(CommandContext c, AclLog.Entry entry) {
        List<Reply> fields = new ArrayList<>(List.of(
                Reply.bulk("count"), Reply.of(entry.count()),
                Reply.bulk("reason"), Reply.bulk(entry.reason().redisName()),
                Reply.bulk("context"), Reply.bulk(entry.context().redisName()),
                Reply.bulk("object"), Reply.bulk(entry.object()),
                Reply.bulk("username"), Reply.bulk(entry.user()),
                Reply.bulk("age-seconds"), c.real((c.nowMs() - entry.lastMs()) / 1000.0),
                Reply.bulk("client-info"), Reply.bulk(Bytes.ofLatin1(entry.client()))));
        if (c.config().version().atLeast(7, 2)) {
            fields.addAll(List.of(
                    Reply.bulk("entry-id"), Reply.of(entry.id()),
                    Reply.bulk("timestamp-created"), Reply.of(entry.firstMs()),
                    Reply.bulk("timestamp-last-updated"), Reply.of(entry.lastMs())));
        }
        return new Reply.MapOf(fields);
    }
}
