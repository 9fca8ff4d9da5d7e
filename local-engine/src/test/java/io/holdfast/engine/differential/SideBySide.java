package io.holdfast.engine.differential;

import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.differential.History.Step;
import io.holdfast.engine.family.Families;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.MemoryJournal;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import io.holdfast.testing.WireReply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One seeded run: the same random commands go to the engine and to a real redis-server.
 *
 * <pre>
 *   commands ──► engine ──────► reply ─┐ compared, command by command,
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

    private static final int REPLAY_EVERY = 2 * STATE_EVERY;
    private static final long NEAR_MAX = 10_000;

    private final CommandGenerator generator;
    private final History history;
    private final EngineClient engine;
    private final EngineClient engineReader;
    private final RespClient redis;
    private final RespClient redisReader;
    private final EffectReplay effects;
    private final List<Waiting> waiting = new ArrayList<>();

    /** A command that the engine has run, and what redis-server is to be asked about it. */
    private record Waiting(Step step, Bytes reply, ReplyRule rule, List<Bytes[]> toRedis) {}

    /** @param replay a server of its own that gets nothing but the effects */
    SideBySide(long seed, RespVersion version, RealRedis real, RealRedis replay) {
        var follow = RedisVersion.parse(real.version());
        var journal = new MemoryJournal();
        generator = new CommandGenerator(seed, names());
        history = new History("seed " + seed + ", " + version);
        engine = EngineClient.start(follow, journal, System::currentTimeMillis);
        engineReader = engine.another();
        redis = real.connect();
        redisReader = real.connect();
        effects = new EffectReplay(journal, follow, replay);
        redis.raw("FLUSHALL");
        engine.speak(version);
        redis.speak(version);
    }

    private static Set<String> names() {
        return CommandTable.of(Families.all()).all().stream()
                .map(spec -> spec.name().toUpperCase(Locale.ROOT))
                .collect(Collectors.toSet());
    }

    /** @throws AssertionError at the first difference, with the seed and what led to it */
    void run(long commands) {
        for (long end = history.count() + commands; history.count() < end; ) {
            long before = history.count();
            generator.next().forEach(this::step);
            if (engine.session().inMulti()) {
                step(new Bytes[] {Bytes.of("DISCARD")}); // EXEC itself was made wrong
            }
            if (waiting.size() >= BATCH) {
                compareReplies();
            }
            if (history.count() / STATE_EVERY != before / STATE_EVERY) {
                compareReplies();
                compareState(history.count() / REPLAY_EVERY != before / REPLAY_EVERY);
            }
        }
        compareReplies();
        compareState(true);
        compare("a fresh engine that recovered everything", effects.recoveredAfresh(), Snapshot.Strictness.EFFECTS);
    }

    // ---- commands

    private void step(Bytes[] command) {
        Step step = history.add(engine.session().db(), command);
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
        waiting.add(new Waiting(step, Bytes.wrap(reply), rule, toRedis));
    }

    private byte[] onEngine(Step step) {
        try {
            return engine.raw(step.command().toArray(Bytes[]::new));
        } catch (RuntimeException | AssertionError e) {
            AssertionError failure = history.failure(step, step + " throws");
            failure.initCause(e);
            throw failure;
        }
    }

    private static boolean isErrorOrNothing(byte[] wire) {
        WireReply reply = WireReply.of(wire);
        return reply.isError()
                || reply.isNull()
                || ("*~%".indexOf(reply.type()) >= 0 && reply.items().isEmpty());
    }

    private boolean isCompact(Bytes key) {
        String encoding = History.text(engine.raw(Bytes.of("OBJECT"), Bytes.of("ENCODING"), key));
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
        byte[] all = engine.raw(reading(step));
        Set<Bytes> there = new HashSet<>(leaves(WireReply.of(all)));
        for (Bytes element : leaves(WireReply.of(reply))) {
            if (!there.contains(element)) {
                throw differ(step, reply, "only elements of " + History.text(all));
            }
        }
    }

    private static Bytes[] reading(Step step) {
        return switch (step.arg(0).latin1().charAt(0)) {
            case 'S', 's' -> new Bytes[] {Bytes.of("SMEMBERS"), step.arg(1)};
            case 'H', 'h' -> new Bytes[] {Bytes.of("HGETALL"), step.arg(1)};
            case 'Z', 'z' ->
                new Bytes[] {Bytes.of("ZRANGE"), step.arg(1), Bytes.of(0), Bytes.of(-1), Bytes.of("WITHSCORES")};
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
        byte[] mine = item.reply().array();
        byte[] theirs = real.get(0);
        boolean same = Arrays.equals(mine, theirs)
                || switch (item.rule()) {
                    case EXACT, ANY_ORDER_OF_TABLE -> false;
                    case ANY_ORDER ->
                        WireReply.of(mine)
                                .anyOrder()
                                .equals(WireReply.of(theirs).anyOrder());
                    case NEAR -> near(WireReply.of(mine), WireReply.of(theirs));
                    case NEAR_NUMBERS -> sameButForTimes(WireReply.of(mine), WireReply.of(theirs));
                    case RANDOM_READ ->
                        WireReply.of(mine).shape().equals(WireReply.of(theirs).shape());
                    case RANDOM_REMOVAL -> removedAll(item, real);
                };
        if (!same) {
            throw differ(item.step(), mine, History.text(theirs));
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

    private static boolean sameButForTimes(WireReply mine, WireReply theirs) {
        if (mine.type() == ':' && theirs.type() == ':') {
            return Math.abs(Long.parseLong(mine.text().latin1())
                            - Long.parseLong(theirs.text().latin1()))
                    <= NEAR_MAX;
        }
        if (mine.items().isEmpty()
                || mine.type() != theirs.type()
                || mine.items().size() != theirs.items().size()) {
            return mine.equals(theirs);
        }
        for (int i = 0; i < mine.items().size(); i++) {
            if (!sameButForTimes(mine.items().get(i), theirs.items().get(i))) {
                return false;
            }
        }
        return true;
    }

    /** SPOP answered one member, or as many as there are and were asked for; redis-server had them all. */
    private static boolean removedAll(Waiting item, List<byte[]> real) {
        WireReply popped = WireReply.of(item.reply().array());
        long members = Long.parseLong(WireReply.of(real.get(0)).text().latin1());
        long removed = Long.parseLong(WireReply.of(real.get(1)).text().latin1());
        boolean counted = item.step().command().size() > 2;
        long wanted =
                counted ? Math.min(members, Long.parseLong(item.step().arg(2).latin1())) : 1;
        return (popped.type() == '$') != counted && leaves(popped).size() == wanted && removed == wanted;
    }

    private AssertionError differ(Step step, byte[] mine, String theirs) {
        return history.failure(step, step + "\n  engine       " + History.text(mine) + "\n  redis-server " + theirs);
    }

    // ---- state

    private void compareState(boolean alsoReplay) {
        compare("redis-server", Snapshot.of(redisReader), Snapshot.Strictness.SAME_COMMANDS);
        compare("an engine that recovered the journal", effects.recovered(), Snapshot.Strictness.EFFECTS);
        if (alsoReplay) {
            compare("a redis-server that got the effects", effects.replayed(), Snapshot.Strictness.EFFECTS);
        }
    }

    private void compare(String who, Snapshot theirs, Snapshot.Strictness strictness) {
        Snapshot.Difference difference = Snapshot.of(engineReader).differenceFrom(theirs, strictness);
        if (difference != null) {
            Snapshot.Place place = difference.place();
            throw history.failure(
                    place.db(),
                    place.key(),
                    "after step " + history.count() + " the engine and " + who + " hold at " + place + "\n      "
                            + difference.text() + "\n  effects on it:" + effects.effectsOn(place.key()));
        }
    }

    @Override
    public void close() {
        redis.close();
        redisReader.close();
        effects.close();
    }

    /** Commands so far. */
    long steps() {
        return history.count();
    }
}
