package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;

import io.holdfast.engine.command.Blocked;
import io.holdfast.engine.command.ClientBuffers;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Session;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.pubsub.Tracker;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** CLIENT: what connections are called, who is connected, and disconnecting them. */
public final class ClientCommands implements CommandFamily {
    /** The clients that TYPE names; there are no replicas here, and no master. */
    private static boolean isOfType(Session client, Bytes type) {
        if (type.equalsIgnoreCase("normal")) {
            return !client.subscriber().isSubscribed();
        }
        if (type.equalsIgnoreCase("pubsub")) {
            return client.subscriber().isSubscribed();
        }
        if (type.equalsIgnoreCase("replica") || type.equalsIgnoreCase("slave") || type.equalsIgnoreCase("master")) {
            return false;
        }
        throw RedisError.quoting("ERR Unknown client type '", type, "'");
    }

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.CONNECTION);
        var client = commands.container("CLIENT", CommandKind.CONNECTION)
                .since("2.4.0")
                .costs("Depends on the subcommand.")
                .says("Names, shows and disconnects clients.");
        sub(commands, client, "ID", 2)
                .since("5.0.0")
                .says("Gives the id of this connection.")
                .calls(c -> Reply.of(c.session().id()));
        sub(commands, client, "GETNAME", 2)
                .since("2.6.9")
                .says("Gives the name of this connection.")
                .calls(ClientCommands::getname);
        sub(commands, client, "SETNAME", 3)
                .since("2.6.9")
                .says("Names this connection.")
                .calls(c -> done(() -> c.session().rename(requireClientName(c.arg(2)))));
        sub(commands, client, "SETINFO", 4)
                .since("7.2.0")
                .tip("request_policy:all_nodes", "response_policy:all_succeeded")
                .says("Says which library speaks on this connection: LIB-NAME or LIB-VER.")
                .calls(ClientCommands::setinfo);
        sub(commands, client, "INFO", 2)
                .since("6.2.0")
                .tip("nondeterministic_output")
                .says("Shows this connection.")
                .calls(c -> lines(c, List.of(c.session())));
        sub(commands, client, "LIST", -2)
                .flag(Flag.ADMIN)
                .since("2.4.0")
                .tip("nondeterministic_output")
                .says("Shows all connections, or those of a TYPE, or with an ID.")
                .calls(ClientCommands::list);
        sub(commands, client, "KILL", -3)
                .flag(Flag.ADMIN)
                .since("2.4.0")
                .says("Disconnects a client by its address, or all that ID, TYPE, ADDR, LADDR, USER and SKIPME choose.")
                .calls(ClientCommands::kill);
        sub(commands, client, "NO-EVICT", 3)
                .flag(Flag.ADMIN)
                .since("7.0.0")
                .says("Keeps this connection when memory is short: ON or OFF.")
                .calls(c -> onOff(c, c.session()::noEvict));
        sub(commands, client, "NO-TOUCH", 3)
                .since("7.2.0")
                .says("Lets the commands of this connection leave no trace in how recently keys were used: ON or OFF.")
                .calls(c -> {
                    requireSevenTwo(c);
                    return onOff(c, c.session()::noTouch);
                });
        ClientFlowCommands.declare(commands, client);
        ClientTrackingCommands.declare(commands, client);
        HelpText.declare(commands, client, "5.0.0");
    }

    static CommandSpec sub(CommandTable.Builder commands, CommandSpec client, String word, int arity) {
        return commands.sub(client, word, arity < 0 ? atLeast(-arity) : exactly(arity))
                .flag(Flag.NOSCRIPT, Flag.LOADING, Flag.STALE)
                .keepsCaching()
                .costs("O(1)");
    }

    private static Reply done(Runnable change) {
        change.run();
        return Reply.OK;
    }

    // ---- names

    private static Reply getname(CommandContext c) {
        Bytes name = c.session().name();
        return name.isEmpty() ? Reply.Null.BULK : Reply.bulk(name);
    }

    /** @throws RedisError where CLIENT LIST could not show it in one word */
    static Bytes requireClientName(Bytes name) {
        if (!isOneWord(name)) {
            throw RedisError.of("ERR Client names cannot contain spaces, newlines or special characters.");
        }
        return name;
    }

    private static boolean isOneWord(Bytes text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.at(i) < '!' || text.at(i) > '~') {
                return false;
            }
        }
        return true;
    }

    private static Reply setinfo(CommandContext c) {
        requireSevenTwo(c);
        boolean isName = c.argIs(2, "LIB-NAME");
        if (!isName && !c.argIs(2, "LIB-VER")) {
            throw RedisError.quoting("ERR Unrecognized option '", c.arg(2), "'");
        }
        if (!isOneWord(c.arg(3))) {
            throw RedisError.quoting("ERR ", c.arg(2), " cannot contain spaces, newlines or special characters.");
        }
        if (isName) {
            c.session().libraryName(c.arg(3));
        } else {
            c.session().libraryVersion(c.arg(3));
        }
        return Reply.OK;
    }

    /** Redis before 7.2 does not know some subcommands, and clients go by that. */
    private static void requireSevenTwo(CommandContext c) {
        if (!c.config().version().atLeast(7, 2)) {
            CommandSpec container = Objects.requireNonNull(c.spec().parent());
            throw RedisError.unknownSubcommand(container, c.arg(1));
        }
    }

    private static Reply onOff(CommandContext c, Consumer<Boolean> set) {
        if (!c.argIs(2, "ON") && !c.argIs(2, "OFF")) {
            throw RedisError.syntax();
        }
        set.accept(c.argIs(2, "ON"));
        return Reply.OK;
    }

    // ---- showing

    private static Reply list(CommandContext c) {
        Predicate<Session> wanted = client -> true;
        if (c.argc() == 4 && c.argIs(2, "TYPE")) {
            Bytes type = c.arg(3);
            isOfType(c.session(), type); // refuses a type that there is not, even where nobody is connected
            wanted = client -> isOfType(client, type);
        } else if (c.argc() > 3 && c.argIs(2, "ID")) {
            Set<Long> ids = new HashSet<>();
            for (int i = 3; i < c.argc(); i++) {
                if (!RedisInteger.isLong(c.arg(i))) {
                    throw RedisError.of("ERR Invalid client ID");
                }
                ids.add(RedisInteger.parse(c.arg(i)));
            }
            wanted = client -> ids.contains(client.id());
        } else if (c.argc() != 2) {
            throw RedisError.syntax();
        }
        return lines(c, c.server().sessions().stream().filter(wanted).toList());
    }

    private static Reply lines(CommandContext c, List<Session> clients) {
        var text = new StringBuilder();
        for (Session client : clients) {
            long own = client == c.session() ? Session.bytes(c.args()) : 0;
            text.append(line(client, own, c.nowMs(), c.config().version())).append('\n');
        }
        return new Reply.Verbatim("txt", Bytes.of(text.toString()));
    }

    /**
     * One line as Redis lays it out; what there is nothing of here (descriptors) reads as nothing.
     *
     * @param running bytes of the arguments of the client's request that is being carried out
     */
    public static String line(Session client, long running, long nowMs, RedisVersion version) {
        CommandSpec last = client.lastCommand();
        ClientBuffers buffers = client.output().buffers();
        Blocked blocked = client.blocked();
        long arguments = running + buffers.arguments() + (blocked == null ? 0 : Session.bytes(blocked.args()));
        String line = "id=" + client.id()
                + " addr=" + client.address()
                + " laddr=" + client.localAddress()
                + " fd=-1"
                + " name=" + client.name().latin1()
                + " age=" + seconds(nowMs - client.connectedAtMs())
                + " idle=" + seconds(nowMs - client.lastCommandAtMs())
                + " flags=" + flags(client)
                + " db=" + client.db()
                + " sub=" + client.subscriber().channels().size()
                + " psub=" + client.subscriber().patterns().size()
                + " ssub=" + client.subscriber().shardChannels().size()
                + " multi=" + client.queuedCount()
                + " qbuf=" + buffers.query()
                + " qbuf-free=" + buffers.queryFree()
                + " argv-mem=" + arguments
                + " multi-mem=" + client.queuedBytes()
                + " rbs=" + buffers.replyRoom()
                + " rbp=" + buffers.replyPeak()
                + " obl=" + buffers.reply()
                + " oll=" + buffers.waitingReplies()
                + " omem=" + buffers.waiting()
                + " tot-mem=" + ClientBuffers.total(client)
                + " events=" + (buffers.isRead() ? "r" : "") + (buffers.isFull() ? "w" : "")
                + " cmd=" + (last == null ? "NULL" : last.fullName())
                + " user=" + client.user().name().latin1()
                + " redir=" + ClientTrackingCommands.redirect(client)
                + " resp=" + client.resp().number();
        return version.atLeast(7, 2)
                ? line + " lib-name=" + client.libraryName().latin1() + " lib-ver="
                        + client.libraryVersion().latin1()
                : line;
    }

    private static long seconds(long ms) {
        return Math.max(0, ms / 1000);
    }

    private static String flags(Session client) {
        var flags = new StringBuilder();
        flags.append(client.isMonitor() ? "O" : "");
        flags.append(client.subscriber().isSubscribed() ? "P" : "");
        flags.append(client.inMulti() ? "x" : "");
        flags.append(client.isBlocked() ? "b" : "");
        flags.append(client.tracker().isOn() ? "t" : "");
        flags.append(client.tracker().isRedirectBroken() ? "R" : "");
        flags.append(client.tracker().mode() == Tracker.Mode.BCAST ? "B" : "");
        flags.append(client.isWatchBroken() ? "d" : "");
        flags.append(client.isClosing() ? "c" : "");
        flags.append(client.noEvict() ? "e" : "");
        flags.append(client.noTouch() ? "T" : "");
        flags.append(client.address().startsWith("/") ? "U" : ""); // the path of a Unix socket
        return flags.isEmpty() ? "N" : flags.toString();
    }

    // ---- disconnecting

    private static Reply kill(CommandContext c) {
        if (c.argc() == 3) {
            Bytes address = c.arg(2);
            if (killWhere(c, client -> hasAddress(client.address(), address)) == 0) {
                throw RedisError.of("ERR No such client");
            }
            return Reply.OK;
        }
        var filter = KillFilter.parse(c);
        return Reply.of(killWhere(c, client -> filter.takes(c, client)));
    }

    private static boolean hasAddress(String address, Bytes wanted) {
        return address.equals(wanted.latin1());
    }

    private static int killWhere(CommandContext c, Predicate<Session> chosen) {
        int killed = 0;
        for (Session client : new ArrayList<>(c.server().sessions())) {
            if (!chosen.test(client)) {
                continue;
            }
            killed++;
            if (client == c.session()) {
                client.closeAfterReply(); // it is still told what became of its request
            } else {
                c.server().blocking().abandon(client);
                client.output().close();
            }
        }
        return killed;
    }

    /** What the options of CLIENT KILL choose; an option that is missing chooses everybody. */
    private static final class KillFilter {
        private long id;
        private @Nullable Bytes type;
        private @Nullable Bytes address;
        private @Nullable Bytes localAddress;
        private @Nullable Bytes user;
        private boolean skipMe = true;

        static KillFilter parse(CommandContext c) {
            var filter = new KillFilter();
            for (int i = 2; i < c.argc(); i += 2) {
                if (i + 1 == c.argc()) {
                    throw RedisError.syntax();
                }
                filter.option(c, i, c.arg(i + 1));
            }
            return filter;
        }

        private void option(CommandContext c, int i, Bytes value) {
            if (c.argIs(i, "ID")) {
                id = RedisInteger.parseOr(value, 0);
                if (id < 1) {
                    throw RedisError.of("ERR client-id should be greater than 0");
                }
            } else if (c.argIs(i, "TYPE")) {
                isOfType(c.session(), value); // refuses a type that there is not
                type = value;
            } else if (c.argIs(i, "ADDR")) {
                address = value;
            } else if (c.argIs(i, "LADDR")) {
                localAddress = value;
            } else if (c.argIs(i, "USER")) {
                if (!isThere(c, value)) {
                    throw RedisError.quoting("ERR No such user '", value, "'");
                }
                user = value;
            } else if (c.argIs(i, "SKIPME") && (value.equalsIgnoreCase("YES") || value.equalsIgnoreCase("NO"))) {
                skipMe = value.equalsIgnoreCase("YES");
            } else {
                throw RedisError.syntax();
            }
        }

        /** Also one of the upstream's, as long as somebody is logged in as that. */
        private static boolean isThere(CommandContext c, Bytes user) {
            return c.server().acl().user(user) != null
                    || c.server().sessions().stream()
                            .anyMatch(client -> client.user().name().equals(user));
        }

        boolean takes(CommandContext c, Session client) {
            return (id == 0 || client.id() == id)
                    && (type == null || isOfType(client, type))
                    && (address == null || hasAddress(client.address(), address))
                    && (localAddress == null || hasAddress(client.localAddress(), localAddress))
                    && (user == null || client.user().name().equals(user))
                    && !(skipMe && client == c.session());
        }
    }
}
