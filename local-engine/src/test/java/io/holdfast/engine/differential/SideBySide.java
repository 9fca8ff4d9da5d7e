package io.holdfast.engine.differential;

import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.family.Families;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.MemoryJournal;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import io.holdfast.testing.RespPeer;
import io.holdfast.testing.WireReply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One seeded run: the same random commands go to the engine and to a real redis-server.
 *
 * <pre>
 *   commands ──► engine ──────► reply ─┐ compared, command by command
 *         └────► redis-server ► reply ─┘ and from time to time everything they hold
 *                engine ► effects ─┬─► another engine, by recovery ─┐ hold the same as the engine:
 *                                  └─► another redis-server ────────┘ the effects carry all that was done
 * </pre>
 *
 * <p>For one test thread.
 */
final class SideBySide implements AutoCloseable {
    private static final int BATCH = 200;
    /** To be lowered while a difference is sought. */
    private static final int STATE_EVERY = Integer.getInteger("differential.stateEvery", 2_000);
    private static final int REDIS_REPLAY_EVERY = 4_000;
    private static final int HISTORY_MAX = 20_000;
    private static final int HISTORY_SHOWN = 16;
    private static final long NEAR_MAX = 10_000;
    private static final Set<CommandGroup> GROUPS = EnumSet.of(
            CommandGroup.STRING,
            CommandGroup.HASH,
            CommandGroup.LIST,
            CommandGroup.SET,
            CommandGroup.SORTED_SET,
            CommandGroup.GENERIC,
            CommandGroup.TRANSACTIONS);

    private final long seed;
    private final CommandGenerator generator;
    private final MemoryJournal journal = new MemoryJournal();
    private final EngineClient engine;
    private final EngineClient engineReader;
    private final EngineClient recovered;
    private final RespClient redis;
    private final RespClient redisReader;
    private final RespClient replayed;
    private final List<Waiting> waiting = new ArrayList<>();
    private final List<Step> history = new ArrayList<>();
    private long steps;
    private long recoveredUpTo;
    private int replayedUpTo;
    private int replayDb;

    private record Step(long number, int db, Bytes[] command) {
        @Override
        public String toString() {
            return number + " db" + db + " " + text(command);
        }
    }

    /** A command that the engine has run, and what redis-server is to be asked about it. */
    private record Waiting(Step step, byte[] reply, ReplyRule rule, List<Bytes[]> toRedis) {}

    /** @param replay a server of its own that gets nothing but the effects */
    SideBySide(long seed, RespVersion version, RealRedis real, RealRedis replay) {
        this.seed = seed;
        var follow = RedisVersion.parse(real.version());
        generator = new CommandGenerator(seed, names());
        engine = EngineClient.start(follow, journal, System::currentTimeMillis);
        engineReader = engine.another();
        recovered = EngineClient.start(follow, journal, System::currentTimeMillis);
        redis = real.connect();
        redisReader = real.connect();
        replayed = replay.connect();
        redis.raw("FLUSHALL");
        replayed.raw("FLUSHALL");
        engine.speak(version);
        redis.speak(version);
    }

    private static Set<String> names() {
        return CommandTable.of(Families.all()).all().stream()
                .map(CommandSpec::fullName)
                .map(name -> name.toUpperCase(Locale.ROOT))
                .collect(Collectors.toSet());
    }

    /** Commands on data that the engine has and no run ever tries. */
    static Set<String> namesNeverTried(Set<String> excused) {
        var never = new HashSet<String>();
        for (CommandSpec spec : CommandTable.of(Families.all()).all()) {
            if (GROUPS.contains(spec.group())) {
                never.add(spec.fullName().toUpperCase(Locale.ROOT));
            }
        }
        never.removeAll(CommandGenerator.names());
        never.removeAll(excused);
        return never;
    }

    /** @throws AssertionError at the first difference, with the seed and what led to it */
    void run(long commands) {
        for (long end = steps + commands; steps < end; ) {
            long before = steps;
            generator.next().forEach(this::step);
            if (engine.session().inMulti()) {
                step(new Bytes[] {Bytes.of("DISCARD")}); // EXEC itself was made wrong
            }
            if (waiting.size() >= BATCH) {
                compareReplies();
            }
            if (steps / STATE_EVERY != before / STATE_EVERY) {
                compareReplies();
                compareState(steps / REDIS_REPLAY_EVERY != before / REDIS_REPLAY_EVERY);
            }
        }
        compareReplies();
        compareState(true);
        compareFreshRecovery();
    }

    // ---- commands

    private void step(Bytes[] command) {
        var step = new Step(++steps, engine.session().db(), command);
        history.add(step);
        if (history.size() > 2 * HISTORY_MAX) {
            history.subList(0, HISTORY_MAX).clear();
        }
        byte[] reply = onEngine(step);
        ReplyRule rule = ReplyRule.of(command);
        var toRedis = new ArrayList<Bytes[]>();
        toRedis.add(command);
        boolean refusedOrNothing = isErrorOrNothing(reply);
        if (rule == ReplyRule.ANY_ORDER_OF_TABLE) {
            rule = refusedOrNothing || isCompact(command[1]) ? ReplyRule.EXACT : ReplyRule.ANY_ORDER;
        } else if (refusedOrNothing && rule != ReplyRule.NEAR) {
            rule = ReplyRule.EXACT;
        } else if (rule == ReplyRule.RANDOM_READ) {
            checkElementsAreThere(step, reply);
        } else if (rule == ReplyRule.RANDOM_REMOVAL) {
            toRedis.clear();
            toRedis.add(new Bytes[] {Bytes.of("SCARD"), command[1]});
            toRedis.add(removal(command[1], reply));
        }
        waiting.add(new Waiting(step, reply, rule, toRedis));
    }

    private byte[] onEngine(Step step) {
        try {
            return engine.raw(step.command());
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(
                    failure(step, step.db(), step.command(), step + " throws"), e);
        }
    }

    private static boolean isErrorOrNothing(byte[] wire) {
        WireReply reply = WireReply.of(wire);
        return reply.isError()
                || reply.isNull()
                || ("*~%".indexOf(reply.type()) >= 0 && reply.items().isEmpty());
    }

    private boolean isCompact(Bytes key) {
        String encoding = text(engine.raw(Bytes.of("OBJECT"), Bytes.of("ENCODING"), key));
        return encoding.contains("listpack") || encoding.contains("intset");
    }

    private static Bytes[] removal(Bytes key, byte[] popped) {
        var command = new ArrayList<Bytes>(List.of(Bytes.of("SREM"), key));
        command.addAll(leaves(WireReply.of(popped)));
        return command.toArray(Bytes[]::new);
    }

    private static List<Bytes> leaves(WireReply reply) {
        if (reply.items().isEmpty()) {
            return List.of(reply.text());
        }
        return reply.items().stream().flatMap(item -> leaves(item).stream()).toList();
    }

    private void checkElementsAreThere(Step step, byte[] reply) {
        Bytes[] reading = reading(step.command());
        Set<Bytes> there = new HashSet<>(leaves(WireReply.of(engine.raw(reading))));
        for (Bytes element : leaves(WireReply.of(reply))) {
            if (!there.contains(element)) {
                throw differs(step, reply, "only elements of " + text(engine.raw(reading)));
            }
        }
    }

    private static Bytes[] reading(Bytes[] command) {
        return switch (command[0].latin1().charAt(0)) {
            case 'S', 's' -> new Bytes[] {Bytes.of("SMEMBERS"), command[1]};
            case 'H', 'h' -> new Bytes[] {Bytes.of("HGETALL"), command[1]};
            case 'Z', 'z' ->
                new Bytes[] {Bytes.of("ZRANGE"), command[1], Bytes.of(0), Bytes.of(-1), Bytes.of("WITHSCORES")};
            default -> new Bytes[] {Bytes.of("KEYS"), Bytes.of("*")};
        };
    }

    // ---- replies

    private void compareReplies() {
        var commands = new ArrayList<Bytes[]>();
        waiting.forEach(item -> commands.addAll(item.toRedis()));
        List<byte[]> replies = redis.rawAll(commands);
        int at = 0;
        for (Waiting item : waiting) {
            compare(item, replies.subList(at, at + item.toRedis().size()));
            at += item.toRedis().size();
        }
        waiting.clear();
    }

    private void compare(Waiting item, List<byte[]> real) {
        byte[] mine = item.reply();
        byte[] theirs = real.get(0);
        boolean same = Arrays.equals(mine, theirs)
                || switch (item.rule()) {
                    case EXACT, ANY_ORDER_OF_TABLE -> false;
                    case ANY_ORDER ->
                        WireReply.of(mine)
                                .anyOrder()
                                .equals(WireReply.of(theirs).anyOrder());
                    case NEAR -> near(WireReply.of(mine), WireReply.of(theirs));
                    case RANDOM_READ ->
                        WireReply.of(mine).shape().equals(WireReply.of(theirs).shape());
                    case RANDOM_REMOVAL -> removedAll(item, real);
                };
        if (!same) {
            throw differs(item.step(), mine, text(theirs));
        }
    }

    private static boolean near(WireReply mine, WireReply theirs) {
        if (mine.type() != ':' || theirs.type() != ':') {
            return false;
        }
        long a = Long.parseLong(mine.text().latin1());
        long b = Long.parseLong(theirs.text().latin1());
        return a > 0 && b > 0 && Math.abs(a - b) <= NEAR_MAX;
    }

    /** SPOP answered one member, or as many as there are and were asked for; redis-server had them all. */
    private static boolean removedAll(Waiting item, List<byte[]> real) {
        WireReply popped = WireReply.of(item.reply());
        long members = Long.parseLong(WireReply.of(real.get(0)).text().latin1());
        long removed = Long.parseLong(WireReply.of(real.get(1)).text().latin1());
        boolean counted = item.step().command().length > 2;
        long wanted = counted
                ? Math.min(members, Long.parseLong(item.step().command()[2].latin1()))
                : 1;
        return (popped.type() == '$') != counted && leaves(popped).size() == wanted && removed == wanted;
    }

    // ---- state

    private void compareState(boolean alsoReplay) {
        Snapshot mine = Snapshot.of(engineReader);
        check("redis-server", mine, redisReader, Snapshot.Strictness.SAME_COMMANDS);
        recoveredUpTo += recovered.engine().recover(recoveredUpTo);
        check("the engine that recovered from the journal", mine, recovered, Snapshot.Strictness.EFFECTS);
        if (alsoReplay) {
            replay();
            check("the redis-server that got the effects", mine, replayed, Snapshot.Strictness.EFFECTS);
            replayDb = -1; // reading has selected other databases
        }
    }

    private void compareFreshRecovery() {
        EngineClient fresh = EngineClient.start(engine.engine().config().version(), journal, System::currentTimeMillis);
        fresh.engine().recover(0);
        check(
                "a fresh engine that recovered everything",
                Snapshot.of(engineReader),
                fresh,
                Snapshot.Strictness.EFFECTS);
    }

    private void check(String who, Snapshot mine, RespPeer other, Snapshot.Strictness strictness) {
        Snapshot.Difference difference = mine.differenceFrom(Snapshot.of(other), strictness);
        if (difference != null) {
            throw new AssertionError(failure(
                    lastStep(),
                    difference.place().db(),
                    new Bytes[] {Bytes.EMPTY, difference.place().key()},
                    "after step " + steps + " the engine and " + who + " hold at " + difference.place() + "\n      "
                            + difference.text() + "\n  effects on it:\n"
                            + effectsOn(difference.place().key())));
        }
    }

    private String effectsOn(Bytes key) {
        List<String> lines = journal.effects().stream()
                .filter(effect -> effect.command().contains(key))
                .map(effect -> "    db" + effect.db() + " " + text(effect.command().toArray(Bytes[]::new)))
                .toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - HISTORY_SHOWN), lines.size()));
    }

    /** Sends the effects since last time, as they are, and expects every one to be accepted. */
    private void replay() {
        var commands = new ArrayList<Bytes[]>();
        var all = journal.entries();
        for (var entry : all.subList(replayedUpTo, all.size())) {
            for (var effect : entry.effects()) {
                if (effect.db() != replayDb) {
                    replayDb = effect.db();
                    commands.add(new Bytes[] {Bytes.of("SELECT"), Bytes.of(replayDb)});
                }
                commands.add(effect.command().toArray(Bytes[]::new));
            }
        }
        replayedUpTo = all.size();
        for (int from = 0; from < commands.size(); from += BATCH) {
            List<Bytes[]> batch = commands.subList(from, Math.min(from + BATCH, commands.size()));
            List<byte[]> replies = replayed.rawAll(batch);
            for (int i = 0; i < batch.size(); i++) {
                if (WireReply.of(replies.get(i)).isError()) {
                    throw new AssertionError(failure(
                            lastStep(),
                            replayDb,
                            batch.get(i),
                            "redis-server refuses the effect " + text(batch.get(i)) + ": " + text(replies.get(i))));
                }
            }
        }
    }

    // ---- what went wrong

    private AssertionError differs(Step step, byte[] mine, String theirs) {
        return new AssertionError(failure(
                step,
                step.db(),
                step.command(),
                step + "\n  engine       " + text(mine)
                        + "\n  redis-server " + theirs));
    }

    private String failure(Step last, int db, Bytes[] command, String what) {
        Set<Bytes> touched = new HashSet<>(Arrays.asList(command).subList(1, command.length));
        List<String> before = history.stream()
                .filter(step -> step.number() <= last.number())
                .filter(step -> Arrays.stream(step.command()).skip(1).anyMatch(touched::contains)
                        || step.command()[0].latin1().equals("SWAPDB"))
                .filter(step -> step.db() == db || step.command()[0].latin1().matches("COPY|MOVE|SWAPDB"))
                .map(step -> "    " + step)
                .toList();
        return "seed " + seed + ", " + engine.session().resp() + ": " + what + "\n  before:\n"
                + String.join("\n", before.subList(Math.max(0, before.size() - HISTORY_SHOWN), before.size()));
    }

    private Step lastStep() {
        return history.get(history.size() - 1);
    }

    private static String text(Bytes[] command) {
        return Arrays.stream(command)
                .map(argument -> argument.isEmpty() ? "\"\"" : shortened(argument.toString(), 80))
                .collect(Collectors.joining(" "));
    }

    private static String text(byte[] wire) {
        return shortened(Bytes.wrap(wire).toString(), 1_000);
    }

    private static String shortened(String text, int max) {
        return text.length() > max ? text.substring(0, max) + "…" : text;
    }

    @Override
    public void close() {
        redis.close();
        redisReader.close();
        replayed.close();
    }

    /** Steps so far. */
    long steps() {
        return steps;
    }
}
