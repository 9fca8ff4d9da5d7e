package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;

import io.holdfast.engine.command.AclCategory;
import io.holdfast.engine.command.Arity;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What tools ask a server as a whole: INFO, TIME, memory, slow commands, replication. */
public final class ServerCommands implements CommandFamily {
    private static final String ALL_SHARDS = "request_policy:all_shards";
    private static final String ALL_NODES = "request_policy:all_nodes";
    private static final String SPECIAL = "response_policy:special";
    private static final String VARIES = "nondeterministic_output";
    private static final String ALL_SUCCEEDED = "response_policy:all_succeeded";

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.SERVER);
        commands.command("INFO", atLeast(1), CommandKind.ADMIN)
                .asksHoldfast("holdfast")
                .flag(Flag.LOADING, Flag.STALE)
                .category(AclCategory.DANGEROUS)
                .tip(VARIES, ALL_SHARDS, SPECIAL)
                .costs("O(1)")
                .says("Describes the server, in sections.")
                .calls(ServerCommands::info);
        commands.command("TIME", exactly(1), CommandKind.ADMIN)
                .flag(Flag.LOADING, Flag.STALE)
                .fast()
                .since("2.6.0")
                .tip(VARIES)
                .costs("O(1)")
                .says("Gives the server's time: Unix seconds, and microseconds of the running one.")
                .calls(ServerCommands::time);
        commands.command("ROLE", exactly(1), CommandKind.ADMIN)
                .flag(Flag.NOSCRIPT, Flag.LOADING, Flag.STALE)
                .fast()
                .category(AclCategory.ADMIN, AclCategory.DANGEROUS)
                .since("2.8.12")
                .costs("O(1)")
                .says("Names the server's role in replication: a master without replicas.")
                .calls(c -> Reply.array(Reply.bulk("master"), Reply.ZERO, Reply.EMPTY_ARRAY));
        declareSlowlog(commands);
        declareLatency(commands);
        commands.group(CommandGroup.GENERIC)
                .command("WAIT", exactly(3), CommandKind.ADMIN)
                .flag(Flag.NOSCRIPT)
                .notIn(AclCategory.KEYSPACE)
                .category(AclCategory.CONNECTION)
                .since("3.0.0")
                .tip(ALL_SHARDS, "response_policy:agg_min")
                .costs("O(1)")
                .says("Counts the replicas that have this client's writes: none, for there are none.")
                .calls(ServerCommands::waitForReplicas);
    }

    private static void declareSlowlog(CommandTable.Builder commands) {
        var slowlog = commands.container("SLOWLOG", CommandKind.ADMIN)
                .since("2.2.12")
                .costs("Depends on the subcommand.")
                .says("Would list commands that took long; none are kept.");
        commands.sub(slowlog, "GET", atLeast(2))
                .flag(Flag.ADMIN, Flag.LOADING, Flag.STALE)
                .since("2.2.12")
                .tip(ALL_NODES, VARIES)
                .costs("O(1)")
                .says("Lists slow commands.")
                .calls(ServerCommands::slowlogGet);
        commands.sub(slowlog, "LEN", exactly(2))
                .flag(Flag.ADMIN, Flag.LOADING, Flag.STALE)
                .since("2.2.12")
                .tip(ALL_NODES, "response_policy:agg_sum", VARIES)
                .costs("O(1)")
                .says("Counts slow commands.")
                .calls(c -> Reply.ZERO);
        commands.sub(slowlog, "RESET", exactly(2))
                .flag(Flag.ADMIN, Flag.LOADING, Flag.STALE)
                .since("2.2.12")
                .tip(ALL_NODES, ALL_SUCCEEDED)
                .costs("O(1)")
                .says("Forgets slow commands.")
                .calls(c -> Reply.OK);
        help(commands, slowlog, "6.2.0");
    }

    private static void declareLatency(CommandTable.Builder commands) {
        var latency = commands.container("LATENCY", CommandKind.ADMIN)
                .since("2.8.13")
                .costs("Depends on the subcommand.")
                .says("Would tell of events that took long; none are kept.");
        latency(commands, latency, "LATEST", exactly(2))
                .tip(VARIES, ALL_NODES, SPECIAL)
                .says("Lists the latest slow event of each kind.")
                .calls(c -> Reply.EMPTY_ARRAY);
        latency(commands, latency, "HISTORY", exactly(3))
                .tip(VARIES, ALL_NODES, SPECIAL)
                .says("Lists slow events of one kind.")
                .calls(c -> Reply.EMPTY_ARRAY);
        latency(commands, latency, "HISTOGRAM", atLeast(2))
                .since("7.0.0")
                .tip(VARIES, ALL_NODES, SPECIAL)
                .says("Gives the distribution of how long commands took.")
                .calls(c -> Reply.EMPTY_MAP);
        latency(commands, latency, "RESET", atLeast(2))
                .tip(ALL_NODES, ALL_SUCCEEDED)
                .says("Forgets slow events.")
                .calls(c -> Reply.ZERO);
        help(commands, latency, "2.8.13");
    }

    private static CommandSpec latency(CommandTable.Builder commands, CommandSpec container, String word, Arity arity) {
        return commands.sub(container, word, arity)
                .flag(Flag.ADMIN, Flag.NOSCRIPT, Flag.LOADING, Flag.STALE)
                .since("2.8.13")
                .costs("O(1)");
    }

    private static void help(CommandTable.Builder commands, CommandSpec container, String since) {
        commands.sub(container, "HELP", exactly(2))
                .flag(Flag.LOADING, Flag.STALE)
                .since(since)
                .costs("O(1)")
                .says("Prints this help.")
                .calls(HelpText::reply);
    }

    // ---- functions

    private static Reply info(CommandContext c) {
        List<String> sections = new ArrayList<>();
        for (int i = 1; i < c.argc(); i++) {
            sections.add(c.arg(i).latin1());
        }
        return new Reply.Verbatim("txt", Bytes.of(c.server().info().text(sections)));
    }

    private static Reply time(CommandContext c) {
        long micros = c.nowMs() % 1000 * 1000;
        return Reply.array(Reply.bulk(Bytes.of(c.nowMs() / 1000)), Reply.bulk(Bytes.of(micros)));
    }

    private static Reply slowlogGet(CommandContext c) {
        if (c.argc() > 3) {
            throw RedisError.subcommandSyntax(Objects.requireNonNull(c.spec().parent()), c.arg(1));
        }
        if (c.argc() == 3 && RedisInteger.parseOr(c.arg(2), Long.MIN_VALUE) < -1) {
            throw RedisError.of("ERR count should be greater than or equal to -1");
        }
        return Reply.EMPTY_ARRAY;
    }

    private static Reply waitForReplicas(CommandContext c) {
        c.longArg(1);
        requireTimeout(c, 2);
        return Reply.ZERO;
    }

    /** @throws RedisError where argument {@code i} is no time to wait */
    static void requireTimeout(CommandContext c, int i) {
        if (!RedisInteger.isLong(c.arg(i))) {
            throw RedisError.of("ERR timeout is not an integer or out of range");
        }
        if (RedisInteger.parse(c.arg(i)) < 0) {
            throw RedisError.of("ERR timeout is negative");
        }
    }
}
