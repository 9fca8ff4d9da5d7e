package io.holdfast.engine.family;

import static io.holdfast.engine.family.ClientCommands.sub;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Session;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.resp.Reply;

/** CLIENT: who waits for how long, and who wants to hear replies. */
final class ClientFlowCommands {
    private ClientFlowCommands() {}

    static void declare(CommandTable.Builder commands, CommandSpec client) {
        sub(commands, client, "UNBLOCK", -3)
                .flag(Flag.ADMIN)
                .since("5.0.0")
                .costs("O(log(N)) with the number of clients")
                .says("Ends another connection's waiting, as by TIMEOUT or with an ERROR.")
                .calls(ClientFlowCommands::unblock);
        sub(commands, client, "PAUSE", -3)
                .flag(Flag.ADMIN)
                .since("2.9.50")
                .says("Lets all clients' commands wait for some milliseconds, or only those that WRITE.")
                .calls(ClientFlowCommands::pause);
        sub(commands, client, "UNPAUSE", 2)
                .flag(Flag.ADMIN)
                .since("6.2.0")
                .costs("O(N) with the number of paused clients")
                .says("Ends a pause.")
                .calls(ClientFlowCommands::unpause);
        sub(commands, client, "REPLY", 3)
                .since("3.2.0")
                .says("Leaves out the replies to this connection: ON, OFF, or SKIP for the next.")
                .calls(ClientFlowCommands::reply);
    }

    private static Reply unblock(CommandContext c) {
        if (c.argc() > 4) {
            throw RedisError.unknownSubcommandOrArguments(c.spec(), c.arg(1));
        }
        boolean withError = c.argc() == 4 && c.argIs(3, "ERROR");
        if (c.argc() == 4 && !withError && !c.argIs(3, "TIMEOUT")) {
            throw RedisError.of("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
        }
        Session client = c.server().session(c.longArg(2));
        if (client == null) {
            return Reply.ZERO;
        }
        return Reply.of(
                withError
                        ? c.server()
                                .blocking()
                                .interrupt(
                                        client, RedisError.unblockedByClient().reply())
                        : c.server().blocking().timeOut(client));
    }

    private static Reply pause(CommandContext c) {
        if (c.argc() > 4) {
            throw RedisError.unknownSubcommandOrArguments(c.spec(), c.arg(1));
        }
        boolean writesOnly = c.argc() == 4 && c.argIs(3, "WRITE");
        if (c.argc() == 4 && !writesOnly && !c.argIs(3, "ALL")) {
            throw RedisError.of("ERR CLIENT PAUSE mode must be WRITE or ALL");
        }
        if (!RedisInteger.isLong(c.arg(2))) {
            throw RedisError.timeoutNotAnInteger();
        }
        long ms = RedisInteger.parse(c.arg(2));
        if (ms < 0) {
            throw RedisError.timeoutNegative();
        }
        c.server().pause().begin(ms, !writesOnly);
        return Reply.OK;
    }

    private static Reply unpause(CommandContext c) {
        c.server().pause().end();
        return Reply.OK;
    }

    private static Reply reply(CommandContext c) {
        if (c.argIs(2, "ON")) {
            c.session().silence(false);
            return Reply.OK;
        }
        if (c.argIs(2, "OFF")) {
            c.session().silence(true);
        } else if (c.argIs(2, "SKIP")) {
            c.session().silenceNext();
        } else {
            throw RedisError.syntax();
        }
        return Reply.NONE;
    }
}
