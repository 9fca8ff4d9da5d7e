package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;

import io.holdfast.engine.command.AclCategory;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;

/** What tools ask a server as a whole: INFO, TIME, memory, slow commands, replication. */
public final class ServerCommands implements CommandFamily {
    private static final String ALL_SHARDS = "request_policy:all_shards";
    private static final String SPECIAL = "response_policy:special";
    private static final String VARIES = "nondeterministic_output";

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
        commands.group(CommandGroup.GENERIC)
                .command("WAIT", exactly(3), CommandKind.BLOCKING)
                .flag(Flag.NOSCRIPT)
                .notIn(AclCategory.KEYSPACE)
                .category(AclCategory.CONNECTION)
                .since("3.0.0")
                .tip(ALL_SHARDS, "response_policy:agg_min")
                .costs("O(1)")
                .says("Counts the replicas that have this client's writes: none, for there are none.")
                .calls(ServerCommands::waitForReplicas);
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
