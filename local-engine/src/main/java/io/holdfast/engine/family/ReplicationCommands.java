package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.DELETE;
import static io.holdfast.engine.command.KeyFlag.INCOMPLETE;
import static io.holdfast.engine.command.KeyFlag.RW;
import static io.holdfast.engine.command.KeySpec.key;

import io.holdfast.engine.command.AclCategory;
import io.holdfast.engine.command.Arity;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.KeySpec;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.resp.Reply;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;

/**
 * What a server alone answers about others: replicas, a cluster, modules. There are none here, and each command says so
 * as a Redis does that has none.
 */
public final class ReplicationCommands implements CommandFamily {
    private static final Flag[] REPLICATION = {Flag.ADMIN, Flag.NOSCRIPT, Flag.STALE, Flag.NO_ASYNC_LOADING};
    private static final List<String> CLUSTER_CHANGES = List.of(
            "ADDSLOTS -3",
            "ADDSLOTSRANGE -4",
            "BUMPEPOCH 2",
            "DELSLOTS -3",
            "DELSLOTSRANGE -4",
            "FAILOVER -2",
            "FLUSHSLOTS 2",
            "FORGET 3",
            "MEET -4",
            "REPLICATE 3",
            "SAVECONFIG 2",
            "SET-CONFIG-EPOCH 3",
            "SETSLOT -4");
    private static final List<String> CLUSTER_QUESTIONS = List.of(
            "COUNTKEYSINSLOT 3",
            "GETKEYSINSLOT 4",
            "INFO 2",
            "KEYSLOT 3",
            "LINKS 2",
            "MYID 2",
            "MYSHARDID 2",
            "NODES 2",
            "SHARDS 2",
            "SLOTS 2");
    private static final List<String> CLUSTER_ADMIN_QUESTIONS =
            List.of("COUNT-FAILURE-REPORTS 3", "REPLICAS 3", "SLAVES 3");
    private static final Map<String, String> CLUSTER_SINCE = Map.of(
            "ADDSLOTSRANGE", "7.0.0",
            "DELSLOTSRANGE", "7.0.0",
            "LINKS", "7.0.0",
            "SHARDS", "7.0.0",
            "MYSHARDID", "7.2.0",
            "REPLICAS", "5.0.0");
    /** Whose answers a client must not compare. */
    private static final List<String> VARYING = List.of(
            "BUMPEPOCH",
            "COUNT-FAILURE-REPORTS",
            "GETKEYSINSLOT",
            "INFO",
            "LINKS",
            "NODES",
            "REPLICAS",
            "SHARDS",
            "SLAVES",
            "SLOTS");

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.SERVER);
        declareReplication(commands);
        declareModule(commands);
        commands.group(CommandGroup.GENERIC);
        commands.write(
                        "MIGRATE",
                        atLeast(6),
                        key(3, RW, ACCESS, DELETE),
                        new KeySpec(
                                new KeySpec.Begin.Keyword("KEYS", -2),
                                new KeySpec.Find.Range(-1, 1, 0),
                                EnumSet.of(RW, ACCESS, DELETE, INCOMPLETE)))
                .category(AclCategory.DANGEROUS)
                .mirrors((args, reply) -> null)
                .since("2.6.0")
                .tip("nondeterministic_output")
                .secretBehind(2, "AUTH", "AUTH2")
                .costs("O(1)")
                .says("Would move keys to another server; this one reaches none.")
                .calls(ReplicationCommands::migrate);
        declareCluster(commands);
    }

    private static void declareReplication(CommandTable.Builder commands) {
        for (String name : List.of("REPLICAOF", "SLAVEOF")) {
            commands.command(name, exactly(3), CommandKind.ADMIN)
                    .flag(REPLICATION)
                    .since(name.equals("SLAVEOF") ? "1.0.0" : "5.0.0")
                    .costs("O(1)")
                    .says("Ends following a master by NO ONE; there is none to follow.")
                    .calls(ReplicationCommands::replicaof);
        }
        commands.command("FAILOVER", atLeast(1), CommandKind.CONNECTION)
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.STALE)
                .since("6.2.0")
                .costs("O(1)")
                .says("Would hand over to a replica; there is none.")
                .calls(c -> {
                    throw RedisError.of(
                            c.argc() == 2 && c.argIs(1, "ABORT")
                                    ? "ERR No failover in progress."
                                    : "ERR FAILOVER requires connected replicas.");
                });
        commands.command("SYNC", exactly(1), CommandKind.CONNECTION)
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.NO_ASYNC_LOADING, Flag.NO_MULTI)
                .costs("O(1)")
                .says("Would begin to send a replica all data; there can be none.")
                .calls(ReplicationCommands::noMasterLink);
        commands.command("PSYNC", atLeast(3), CommandKind.CONNECTION)
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.NO_ASYNC_LOADING, Flag.NO_MULTI)
                .since("2.8.0")
                .costs("O(1)")
                .says("Would go on sending a replica what it lacks; there can be none.")
                .calls(ReplicationCommands::noMasterLink);
        commands.command("REPLCONF", atLeast(1), CommandKind.CONNECTION)
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.LOADING, Flag.STALE, Flag.ALLOW_BUSY)
                .since("3.0.0")
                .costs("O(1)")
                .says("Takes what a replica says of itself, before SYNC is refused.")
                .calls(c -> {
                    if (c.argc() % 2 == 0) {
                        throw RedisError.syntax();
                    }
                    return Reply.OK;
                });
    }

    private static void declareModule(CommandTable.Builder commands) {
        var module = commands.container("MODULE", CommandKind.ADMIN)
                .since("4.0.0")
                .costs("Depends on the subcommand.")
                .says("Lists modules; there are none.");
        commands.sub(module, "LIST", exactly(2))
                .flag(Flag.ADMIN, Flag.NOSCRIPT)
                .since("4.0.0")
                .tip("nondeterministic_output_order")
                .costs("O(1)")
                .says("Lists modules.")
                .calls(c -> Reply.EMPTY_ARRAY);
        for (String word : List.of("LOAD", "LOADEX", "UNLOAD")) {
            commands.sub(module, word, word.equals("UNLOAD") ? exactly(3) : atLeast(3))
                    .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.NO_ASYNC_LOADING)
                    .since(word.equals("LOADEX") ? "7.0.0" : "4.0.0")
                    .costs("O(1)")
                    .says("Is refused, as in a Redis whose enable-module-command is no.")
                    .calls(c -> {
                        throw RedisError.optionNotEnabled("MODULE", "enable-module-command");
                    });
        }
        help(commands, module, "5.0.0").calls(HelpText::reply);
    }

    private static CommandSpec help(CommandTable.Builder commands, CommandSpec container, String since) {
        return commands.sub(container, "HELP", exactly(2))
                .flag(Flag.LOADING, Flag.STALE)
                .since(since)
                .costs("O(1)")
                .says("Prints this help.");
    }

    private static void declareCluster(CommandTable.Builder commands) {
        commands.group(CommandGroup.CLUSTER);
        var cluster = commands.container("CLUSTER", CommandKind.ADMIN)
                .since("3.0.0")
                .costs("Depends on the subcommand.")
                .says("Asks and tells a cluster; there is none.");
        CLUSTER_CHANGES.forEach(each -> cluster(commands, cluster, each).flag(Flag.ADMIN, Flag.NO_ASYNC_LOADING));
        CLUSTER_QUESTIONS.forEach(each -> cluster(commands, cluster, each));
        CLUSTER_ADMIN_QUESTIONS.forEach(each -> cluster(commands, cluster, each).flag(Flag.ADMIN));
        cluster(commands, cluster, "RESET -2").flag(Flag.ADMIN, Flag.NOSCRIPT);
        help(commands, cluster, "5.0.0").calls(ReplicationCommands::noCluster);
        for (String name : List.of("READONLY", "READWRITE")) {
            commands.command(name, exactly(1), CommandKind.CONNECTION)
                    .flag(Flag.LOADING, Flag.STALE)
                    .fast()
                    .category(AclCategory.CONNECTION)
                    .since("3.0.0")
                    .costs("O(1)")
                    .says("Says whether this client reads from replicas of a cluster; there is none.")
                    .calls(ReplicationCommands::noCluster);
        }
        commands.command("ASKING", exactly(1), CommandKind.CONNECTION)
                .fast()
                .category(AclCategory.CONNECTION)
                .since("3.0.0")
                .costs("O(1)")
                .says("Follows a redirection in a cluster; there is none.")
                .calls(ReplicationCommands::noCluster);
    }

    /** @param wordAndArity as {@code "MEET -4"} */
    private static CommandSpec cluster(CommandTable.Builder commands, CommandSpec cluster, String wordAndArity) {
        int blank = wordAndArity.indexOf(' ');
        String word = wordAndArity.substring(0, blank);
        int arity = Integer.parseInt(wordAndArity.substring(blank + 1));
        var spec = commands.sub(cluster, word, new Arity(arity))
                .flag(Flag.STALE)
                .since(CLUSTER_SINCE.getOrDefault(word, "3.0.0"))
                .costs("O(1)")
                .says("Is refused: this server is no part of a cluster.")
                .calls(ReplicationCommands::noCluster);
        return VARYING.contains(word) ? spec.tip("nondeterministic_output") : spec;
    }

    // ---- functions

    private static Reply noCluster(CommandContext c) {
        throw RedisError.of("ERR This instance has cluster support disabled");
    }

    private static Reply noMasterLink(CommandContext c) {
        throw RedisError.of("NOMASTERLINK Can't SYNC while not connected with my master");
    }

    private static Reply replicaof(CommandContext c) {
        if (c.argIs(1, "NO") && c.argIs(2, "ONE")) {
            return Reply.OK;
        }
        long port = RedisInteger.parseOr(c.arg(2), -1);
        if (port < 0 || port > 65_535) {
            throw RedisError.of("ERR Invalid master port");
        }
        throw RedisError.of("ERR " + c.spec().name() + " is refused: Holdfast follows its upstream, see --upstream");
    }

    private static Reply migrate(CommandContext c) {
        c.longArg(4);
        c.longArg(5);
        boolean[] any = {false};
        c.spec().forEachKey(c.args(), i -> any[0] |= !c.arg(i).isEmpty() && c.find(c.arg(i)) != null);
        if (!any[0]) {
            return Reply.simple("NOKEY");
        }
        throw RedisError.of("IOERR error or timeout connecting to the client");
    }
}
