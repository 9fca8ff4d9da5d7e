package io.holdfast.sync.replay;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Asks the upstream what it allows, and changes nothing there: a transaction tells by the reply to each command whether it may
 * be queued, and is discarded. Whatever it answers with an error counts as not allowed. Lives on the replay thread.
 */
final class CapabilityProbe {
    /** A client that never is. */
    private static final String NOBODY = Long.toString(Long.MAX_VALUE);

    private static final String KEY = "KEY";

    /** What the journal may hold: the effects of all families, each with as many arguments as it takes. */
    private static final List<String> EFFECTS = List.of(
            "SET KEY v",
            "APPEND KEY v",
            "SETRANGE KEY 0 v",
            "SETBIT KEY 0 0",
            "BITFIELD KEY",
            "INCRBY KEY 1",
            "INCRBYFLOAT KEY 1",
            "MSET KEY v",
            "DEL KEY",
            "PEXPIREAT KEY 1",
            "PERSIST KEY",
            "RESTORE KEY 0 v",
            "HSET KEY f v",
            "HSETNX KEY f v",
            "HDEL KEY f",
            "HINCRBY KEY f 1",
            "HINCRBYFLOAT KEY f 1",
            "LPUSH KEY v",
            "RPUSH KEY v",
            "LPUSHX KEY v",
            "RPUSHX KEY v",
            "LREM KEY 0 v",
            "LSET KEY 0 v",
            "LTRIM KEY 0 1",
            "LINSERT KEY BEFORE v v",
            "SADD KEY m",
            "SREM KEY m",
            "ZADD KEY 1 m",
            "ZREM KEY m",
            "ZINCRBY KEY 1 m",
            "PFADD KEY m",
            "XADD KEY * f v",
            "XDEL KEY 1-1",
            "XTRIM KEY MAXLEN 0",
            "XACK KEY g 1-1",
            "XCLAIM KEY g c 0 1-1",
            "XSETID KEY 1-1",
            "XGROUP CREATE KEY g 1-1",
            "FUNCTION LOAD REPLACE v",
            "SELECT 0");

    /** Redis before 7.0 takes less arguments. */
    private static final String COUNTING = "XSETID KEY 1-1 ENTRIESADDED 1";

    private static final Pattern POLICY = field("maxmemory_policy");
    private static final Pattern MAX_MEMORY = field("maxmemory");
    private static final Pattern AOF = field("aof_enabled");
    private static final Pattern REPLICAS = field("connected_slaves");
    private static final Pattern REDIS_VERSION = field("redis_version");
    /** Descendants of Redis that say so beside the version of Redis that they follow. */
    private static final Pattern OWN_VERSION =
            Pattern.compile("(?m)^(valkey|dragonfly|keydb|kvrocks)_version:([^\\r\\n]+)");

    private final Upstream upstream;
    private final Bytes cursor;

    CapabilityProbe(Upstream upstream, Bytes cursor) {
        this.upstream = upstream;
        this.cursor = cursor;
    }

    private static Pattern field(String name) {
        return Pattern.compile("(?m)^" + name + ":([^\\r\\n]+)");
    }

    /**
     * Asks, in three round trips at most.
     *
     * @param runId of the process at the other end
     * @throws ReplayFailedException when a transaction cannot be discarded: this connection is good for nothing else
     */
    Capabilities ask(String runId, long quietMs) throws IOException, ReplayFailedException {
        List<Reply> replies = exchange(List.of(
                Greeting.command("INFO", "server"),
                Greeting.command("INFO", "memory"),
                Greeting.command("INFO", "persistence"),
                Greeting.command("INFO", "replication"),
                Greeting.command("CONFIG", "GET", "appendfsync"),
                Greeting.command("CLIENT", "TRACKING", "OFF"),
                on("OBJECT", "IDLETIME", KEY),
                on("OBJECT", "FREQ", KEY),
                on("HMGET", KEY, "cur"),
                Greeting.command("CLIENT", "KILL", "ID", NOBODY),
                on("WATCH", KEY),
                Greeting.command("MULTI"),
                Greeting.command("DISCARD"),
                Greeting.command("CONFIG", "GET", UpstreamLimits.ARGUMENT),
                Greeting.command("CONFIG", "GET", UpstreamLimits.QUERY_BUFFER),
                Greeting.command("CONFIG", "GET", UpstreamLimits.CLIENTS_MEMORY)));
        String policy = find(POLICY, replies.get(1), "");
        boolean transactions = !forbids(replies.get(11)) && !forbids(replies.get(12));
        Queued queued = allowed(replies.get(11)) && allowed(replies.get(12)) ? tryEffects() : Queued.UNTRIED;
        String server = text(replies.get(0));
        Matcher own = OWN_VERSION.matcher(server);
        boolean descends = own.find();
        return new Capabilities(
                runId,
                descends ? own.group(1) : "redis",
                descends ? own.group(2) : find(REDIS_VERSION, replies.get(0), ""),
                allowed(replies.get(9)),
                transactions,
                !forbids(replies.get(8)) && !forbids(replies.get(10)) && queued.cursor(),
                allowed(replies.get(5)),
                !forbids(replies.get(6)) && !policy.endsWith("-lfu"),
                !forbids(replies.get(7)) && policy.endsWith("-lfu"),
                queued.streamCounts(),
                queued.refused(),
                policy,
                appendFsync(replies),
                (int) number(find(REPLICAS, replies.get(3), "")),
                quietMs,
                UpstreamLimits.of(
                        replies.get(13),
                        replies.get(14),
                        replies.get(15),
                        number(find(MAX_MEMORY, replies.get(1), ""))));
    }

    private List<Reply> exchange(List<List<Bytes>> commands) throws IOException {
        upstream.send(commands);
        return upstream.receive(commands.size());
    }

    private List<Bytes> on(String... words) {
        var command = new ArrayList<Bytes>();
        for (String word : words) {
            command.add(word.equals(KEY) ? cursor : Bytes.of(word));
        }
        return command;
    }

    private record Queued(boolean cursor, boolean streamCounts, List<String> refused) {
        /** Where it does not take a transaction just now: that is found out by the claim. */
        static final Queued UNTRIED = new Queued(true, true, List.of());
    }

    /** MULTI is answered before the first effect is sent: outside a transaction it would be executed. */
    private Queued tryEffects() throws IOException, ReplayFailedException {
        if (!allowed(exchange(List.of(Greeting.command("MULTI"))).get(0))) {
            return Queued.UNTRIED;
        }
        var commands = new ArrayList<List<Bytes>>();
        for (String effect : EFFECTS) {
            commands.add(on(effect.split(" ", -1)));
        }
        commands.add(on("HSET", KEY, "cur", "0"));
        commands.add(on(COUNTING.split(" ", -1)));
        commands.add(Greeting.command("DISCARD"));
        List<Reply> replies = exchange(commands);
        if (!allowed(replies.get(replies.size() - 1))) {
            throw new ReplayFailedException("the upstream does not discard a transaction");
        }
        var refused = new ArrayList<String>();
        for (int i = 0; i < EFFECTS.size(); i++) {
            if (forbids(replies.get(i))) {
                refused.add(EFFECTS.get(i).split(" ", -1)[0]);
            }
        }
        boolean writable = !forbids(replies.get(EFFECTS.size()));
        boolean counts = !isMiscounted(replies.get(EFFECTS.size() + 1));
        return new Queued(writable, counts, writable ? refused : List.of());
    }

    private static boolean allowed(Reply reply) {
        return !(reply instanceof Reply.Failure);
    }

    /** An error that speaks of who we are or of the command as such; no other is for ever. */
    private static boolean forbids(Reply reply) {
        return reply instanceof Reply.Failure failure
                && (failure.text().utf8().startsWith("NOPERM")
                        || failure.text().utf8().startsWith("ERR unknown"));
    }

    private static boolean isMiscounted(Reply reply) {
        return reply instanceof Reply.Failure failure
                && failure.text().utf8().startsWith("ERR wrong number of arguments");
    }

    private static String appendFsync(List<Reply> replies) {
        if (find(AOF, replies.get(2), "").equals("0")) {
            return Capabilities.OFF;
        }
        return replies.get(4) instanceof Reply.Array pair
                        && pair.items().size() == 2
                        && pair.items().get(1) instanceof Reply.Bulk value
                ? value.value().utf8()
                : Capabilities.UNSAID;
    }

    private static String text(Reply reply) {
        return reply instanceof Reply.Bulk bulk ? bulk.value().latin1() : "";
    }

    private static String find(Pattern pattern, Reply reply, String otherwise) {
        Matcher found = pattern.matcher(text(reply));
        return found.find() ? found.group(1) : otherwise;
    }

    private static long number(String digits) {
        return digits.matches("[0-9]{1,18}") ? Long.parseLong(digits) : -1;
    }
}
