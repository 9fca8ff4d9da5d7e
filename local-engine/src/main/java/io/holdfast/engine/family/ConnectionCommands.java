package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;

import io.holdfast.engine.command.Acl;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Session;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RespVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a client says of its own connection: protocol, user, database; and whether anybody is there. */
public final class ConnectionCommands implements CommandFamily {
    private static final Flag[] ALWAYS_ALLOWED = {
        Flag.NOSCRIPT, Flag.LOADING, Flag.STALE, Flag.FAST, Flag.NO_AUTH, Flag.ALLOW_BUSY
    };

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.CONNECTION);
        commands.command("HELLO", atLeast(1), CommandKind.CONNECTION)
                .flag(ALWAYS_ALLOWED)
                .secretBehind(2, "AUTH")
                .since("6.0.0")
                .costs("O(1)")
                .secretBehind(2, "AUTH")
                .says("Greets the server: chooses the protocol version, perhaps a user and a name.")
                .calls(ConnectionCommands::hello);
        commands.command("AUTH", atLeast(2), CommandKind.CONNECTION)
                .flag(ALWAYS_ALLOWED)
                .secretFrom(1)
                .costs("O(1)")
                .secretFrom(1)
                .says("Says who the client is.")
                .calls(ConnectionCommands::auth);
        commands.command("PING", atLeast(1), CommandKind.ADMIN)
                .fast()
                .allowedWhileSubscribed()
                .tip("request_policy:all_shards", "response_policy:all_succeeded")
                .costs("O(1)")
                .says("Asks whether the server is there.")
                .calls(ConnectionCommands::ping);
        commands.command("ECHO", exactly(2), CommandKind.ADMIN)
                .flag(Flag.LOADING, Flag.STALE)
                .fast()
                .costs("O(1)")
                .says("Gives back what it was given.")
                .calls(c -> Reply.bulk(c.arg(1)));
        commands.command("SELECT", exactly(2), CommandKind.CONNECTION)
                .flag(Flag.LOADING, Flag.STALE)
                .fast()
                .costs("O(1)")
                .says("Chooses the database of the commands that follow.")
                .calls(ConnectionCommands::select);
        commands.command("QUIT", atLeast(1), CommandKind.CONNECTION)
                .flag(ALWAYS_ALLOWED)
                .runsInMulti()
                .allowedWhileSubscribed()
                .costs("O(1)")
                .says("Closes the connection, once everything is answered.")
                .calls(ConnectionCommands::quit);
        commands.command("RESET", exactly(1), CommandKind.CONNECTION)
                .flag(ALWAYS_ALLOWED)
                .runsInMulti()
                .allowedWhileSubscribed()
                .since("6.2.0")
                .costs("O(1)")
                .says("Puts the connection back to how it was when it was made.")
                .calls(ConnectionCommands::reset);
    }

    // ---- greeting

    private static Reply hello(CommandContext c) {
        RespVersion version = c.argc() > 1 ? version(c.arg(1)) : c.session().resp();
        Bytes name = null;
        for (int i = 2; i < c.argc(); i++) {
            int left = c.argc() - i - 1;
            if (c.argIs(i, "AUTH") && left >= 2) {
                Reply refusal = c.server().acl().authenticate(c, c.arg(i + 1), c.arg(i + 2));
                if (refusal != null) {
                    return refusal;
                }
                i += 2;
            } else if (c.argIs(i, "SETNAME") && left >= 1) {
                name = ClientCommands.requireClientName(c.arg(++i));
            } else {
                throw RedisError.quoting("ERR Syntax error in HELLO option '", c.arg(i), "'");
            }
        }
        if (c.session().mustAuthenticate()) {
            throw RedisError.helloWithoutAuth(c.config().version());
        }
        greet(c.session(), version, name);
        return new Reply.MapOf(List.of(
                Reply.bulk("server"), Reply.bulk("redis"),
                Reply.bulk("version"), Reply.bulk(c.config().version().toString()),
                Reply.bulk("proto"), Reply.of(version == RespVersion.RESP3 ? 3 : 2),
                Reply.bulk("id"), Reply.of(c.session().id()),
                Reply.bulk("mode"), Reply.bulk("standalone"),
                Reply.bulk("role"), Reply.bulk("master"),
                Reply.bulk("modules"), Reply.EMPTY_ARRAY));
    }

    private static RespVersion version(Bytes text) {
        if (!RedisInteger.isLong(text)) {
            throw RedisError.of("ERR Protocol version is not an integer or out of range");
        }
        long version = RedisInteger.parse(text);
        if (version != 2 && version != 3) {
            throw RedisError.noProto();
        }
        return version == 3 ? RespVersion.RESP3 : RespVersion.RESP2;
    }

    private static void greet(Session session, RespVersion version, @Nullable Bytes name) {
        if (name != null) {
            session.rename(name);
        }
        session.speak(version);
    }

    private static Reply auth(CommandContext c) {
        if (c.argc() > 3) {
            throw RedisError.syntax();
        }
        boolean named = c.argc() == 3;
        if (!named && c.server().acl().defaultUser().needsNoPassword()) {
            throw RedisError.of("ERR AUTH <password> called without any password configured for the default user."
                    + " Are you sure your configuration is correct?");
        }
        Reply refusal = c.server().acl().authenticate(c, named ? c.arg(1) : Acl.DEFAULT, c.arg(named ? 2 : 1));
        return refusal == null ? Reply.OK : refusal;
    }

    // ---- while it lasts

    private static Reply ping(CommandContext c) {
        if (c.argc() > 2) {
            throw c.wrongNumberOfArguments();
        }
        if (!c.resp3() && c.session().subscriber().isSubscribed()) {
            return Reply.array(Reply.bulk("pong"), Reply.bulk(c.argc() == 2 ? c.arg(1) : Bytes.EMPTY));
        }
        return c.argc() == 2 ? Reply.bulk(c.arg(1)) : Reply.PONG;
    }

    private static Reply select(CommandContext c) {
        long index = c.longArg(1, Integer.MIN_VALUE, Integer.MAX_VALUE);
        if (index < 0 || index >= c.server().keyspaces().count()) {
            throw RedisError.dbOutOfRange();
        }
        c.session().select((int) index);
        return Reply.OK;
    }

    // ---- ending

    private static Reply quit(CommandContext c) {
        c.session().closeAfterReply();
        return Reply.OK;
    }

    private static Reply reset(CommandContext c) {
        Session session = c.session();
        session.takeQueued();
        session.unwatchAll(c.server().keyspaces().watches());
        c.server().broker().unsubscribeAll(session.subscriber());
        session.arrive(c.server().acl().defaultUser());
        session.select(0);
        session.speak(RespVersion.RESP2);
        session.rename(Bytes.EMPTY);
        session.noEvict(false);
        session.silence(false);
        c.server().invalidations().end(session.tracker());
        c.server().records().monitors().remove(session);
        session.noTouch(false);
        return Reply.simple("RESET");
    }
}
