package io.holdfast.proxy.routing;

import static io.holdfast.engine.command.CommandKind.READ;
import static io.holdfast.engine.command.CommandKind.WRITE;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeyFlag.RW;
import static io.holdfast.engine.command.KeyFlag.UPDATE;
import static io.holdfast.engine.command.KeySpec.key;
import static io.holdfast.engine.command.KeySpec.keys;

import io.holdfast.engine.command.Arity;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.KeySpec;
import io.holdfast.engine.command.RedisError;
import java.util.List;

/**
 * Commands that the local engine does not have and that still cannot be forwarded like any other: they change keys that
 * the mirror knows, or they would turn a shared link into something else. Answered locally as unknown.
 */
final class UpstreamOnly implements CommandFamily {
    /** Never passed on: they take over a connection, or end the upstream for everybody. */
    private static final List<String> REFUSED =
            List.of("SYNC", "PSYNC", "REPLCONF", "SHUTDOWN", "FAILOVER", "ASKING", "READONLY", "READWRITE");

    private static final List<String> READS_OF_ONE_KEY = List.of("HTTL", "HPTTL", "HEXPIRETIME", "HPEXPIRETIME");
    private static final List<String> WRITES_OF_ONE_KEY =
            List.of("HEXPIRE", "HPEXPIRE", "HEXPIREAT", "HPEXPIREAT", "HPERSIST", "HGETDEL", "HGETEX", "HSETEX");

    @Override
    public void declare(CommandTable.Builder commands) {
        READS_OF_ONE_KEY.forEach(name -> add(commands, name, READ, key(1, RO, ACCESS)));
        WRITES_OF_ONE_KEY.forEach(name -> add(commands, name, WRITE, key(1, RW, ACCESS, UPDATE)));
        for (String name : REFUSED) {
            commands.command(name, Arity.atLeast(1), CommandKind.CONNECTION).calls(c -> {
                throw RedisError.of("ERR " + name + " is not passed on by Holdfast");
            });
        }
    }

    private static void add(CommandTable.Builder commands, String name, CommandKind kind, KeySpec... keys) {
        commands.command(name, Arity.atLeast(1), kind)
                .keys(keys)
                .mirrors((args, reply) -> null)
                .calls(c -> {
                    throw RedisError.unknownCommand(c.args());
                });
    }
}
