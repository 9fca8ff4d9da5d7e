package io.holdfast.engine.differential;

import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.differential.History.Step;
import io.holdfast.engine.family.Families;
import io.holdfast.engine.store.BoundedEngine;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.MemoryJournal;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import io.holdfast.testing.WireReply;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

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
    private static final int CHECKPOINT_EVERY = 20;
    /** To be lowered while a difference is sought. */
    private static final int STATE_EVERY = Integer.getInteger("differential.stateEvery", 2_000);

    private static final int REPLAY_EVERY = 2 * STATE_EVERY;
    /** What the two clocks and their rounding add to how long a batch takes. */
    private static final long CLOCKS_APART_MS = 1_000;

    /**
     * SORT of Redis 7.0 takes an errno for its own that an earlier command of the same read has left behind, and then
     * says that what it sorts is no number. The number of this ID does not fit 63 bits, and reading it sets errno to 0.
     */
    private static final Bytes[] CLEARS_ERRNO = {
        Bytes.of("XRANGE"), Bytes.of("no such key"), Bytes.of("9223372036854775808"), Bytes.of("+")
    };

    private final CommandGenerator generator;
    private final History history;
    private final EngineClient engine;
    private final EngineClient engineReader;
    private final RespClient redis;
    private final RespClient redisReader;
    private final EffectReplay effects;
    private final @Nullable BoundedEngine bounded;
    private final SplittableRandom turns;
    private final List<Waiting> waiting = new ArrayList<>();
    /** When the engine ran the first command of this batch, {@link System#nanoTime} terms. */
    private long batchBeganNanos;
    /** How long after the engine redis-server has run a command at most, so far. */
    private long lagMs;

    /** A command that the engine has run, and what redis-server is to be asked about it. */
    private record Waiting(Step step, Bytes reply, ReplyRule rule, List<Bytes[]> toRedis) {}

    /** @param replay a server of its own that gets nothing but the effects */
    SideBySide(long seed, RespVersion version, RealRedis real, RealRedis replay) {
        this(seed, version, real, replay, new MemoryJournal(), null, new CommandGenerator(seed, names()));
    }

    /** A run in which many commands are given what no command expects; see {@link CommandGenerator#hostile}. */
    static SideBySide hostile(long seed, RespVersion version, RealRedis real, RealRedis replay) {
        return new SideBySide(
                seed, version, real, replay, new MemoryJournal(), null, CommandGenerator.hostile(seed, names()));
    }

    private SideBySide(
            long seed,
            RespVersion version,
            RealRedis real,
            RealRedis replay,
            MemoryJournal journal,
            @Nullable BoundedEngine bounded,
            CommandGenerator commands) {
        var follow = RedisVersion.parse(real.version());
        this.bounded = bounded;
        turns = new SplittableRandom(seed);
        generator = commands;
        history = new History("seed " + seed + ", " + version + (bounded == null ? "" : ", bounded"));
        engine = bounded == null ? EngineClient.start(follow, journal, System::currentTimeMillis) : bounded.client();
        engineReader = engine.another();
        redis = real.connect();
        redisReader = real.connect();
        effects = new EffectReplay(journal, follow, replay);
        redis.raw("FLUSHALL");
        engine.speak(version);
        redis.speak(version);
    }

    /**
     * A run in which values leave the engine's memory all the time.
     *
     * @param directory an empty one, for what leaves it
     * @param bytesMax of the values in memory
     */
    static SideBySide bounded(long seed, Path directory, long bytesMax, RealRedis real, RealRedis replay) {
        var journal = new MemoryJournal();
        var engine = BoundedEngine.open(
                directory, RedisVersion.parse(real.version()), journal, bytesMax, System::currentTimeMillis);
        return new SideBySide(
                seed, RespVersion.RESP2, real, replay, journal, engine, new CommandGenerator(seed, names()));
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
        compare("a fresh engine that recovered everything", effects.recoveredAfresh(), ofEffects());
    }

    // ---- commands

    private void step(Bytes[] generated) {
        Bytes[] command = bounded == null ? generated : exact(generated);
        Step step = history.add(engine.session().db(), command);
        if (waiting.isEmpty()) {
            batchBeganNanos = System.nanoTime();
        }
        byte[] reply = onEngine(step);
        ReplyRule rule = bounded == null ? ReplyRule.of(command) : ReplyRule.ofReloaded(command);
        var toRedis = new ArrayList<Bytes[]>();
        toRedis.add(command);
        boolean refusedOrNothing = ReplyRule.isErrorOrNothing(reply);
        if (rule == ReplyRule.NOTHING) {
            waiting.add(new Waiting(step, Bytes.wrap(reply), rule, toRedis));
            return;
        }
        if (rule == ReplyRule.ANY_ORDER_OF_TABLE) {
            rule = refusedOrNothing || isCompact(command[1]) ? ReplyRule.EXACT : ReplyRule.ANY_ORDER;
        } else if (refusedOrNothing && rule != ReplyRule.NEAR) {
            rule = ReplyRule.EXACT;
        } else if (rule == ReplyRule.RANDOM_READ) {
            checkElementsAreThere(step, reply);
        } else if (rule == ReplyRule.RANDOM_REMOVAL) {
            toRedis.clear();
            toRedis.add(new Bytes[] {Bytes.of("SCARD"), command[1]});
            toRedis.add(ReplyRule.removal(command[1], reply));
        }
        if (command[0].latin1().toUpperCase(Locale.ROOT).startsWith("SORT") && reply[0] != '+') {
            toRedis.add(0, CLEARS_ERRNO);
        }
        waiting.add(new Waiting(step, Bytes.wrap(reply), rule, toRedis));
    }

    /** How much "about" removes depends on the nodes of a stream, which are made anew when it is read from storage. */
    private static Bytes[] exact(Bytes[] command) {
        Bytes[] exact = command.clone();
        for (int i = 1; i < exact.length && exact[0].length() > 0 && (exact[0].at(0) | 0x20) == 'x'; i++) {
            exact[i] = exact[i].equals(Bytes.of("~")) ? Bytes.of("=") : exact[i];
        }
        return exact;
    }

    private byte[] onEngine(Step step) {
        Bytes[] command = step.command().toArray(Bytes[]::new);
        try {
            if (bounded == null) {
                return engine.raw(command);
            }
            if (turns.nextBoolean()) {
                bounded.awaitValues(command);
            }
            byte[] reply = engine.raw(command);
            bounded.turn();
            if (turns.nextInt(CHECKPOINT_EVERY) == 0) {
                bounded.checkpoint();
            }
            return reply;
        } catch (RuntimeException | AssertionError e) {
            AssertionError failure = history.failure(step, step + " throws");
            failure.initCause(e);
            throw failure;
        }
    }

    private boolean isCompact(Bytes key) {
        String encoding = History.text(engine.raw(Bytes.of("OBJECT"), Bytes.of("ENCODING"), key));
        return encoding.contains("listpack") || encoding.contains("intset");
    }

    private void checkElementsAreThere(Step step, byte[] reply) {
        byte[] all = engine.raw(reading(step));
        Set<Bytes> there = new HashSet<>(ReplyRule.leaves(WireReply.of(all)));
        for (Bytes element : ReplyRule.leaves(WireReply.of(reply))) {
            if (!there.contains(element)) {
                throw differ(step, History.text(reply), "only elements of " + History.text(all));
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
        lagMs = Math.max(lagMs, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - batchBeganNanos));
        int at = 0;
        for (Waiting item : waiting) {
            int end = at + item.toRedis().size();
            compare(item, replies.subList(item.toRedis().get(0) == CLEARS_ERRNO ? at + 1 : at, end));
            at = end;
        }
        waiting.clear();
    }

    private void compare(Waiting item, List<byte[]> real) {
        byte[] mine = withoutLost(item.reply().array());
        byte[] theirs = withoutLost(real.get(0));
        boolean same = item.rule() == ReplyRule.RANDOM_REMOVAL
                ? ReplyRule.isSameRemoval(item.step().command(), mine, real)
                : item.rule().accepts(mine, theirs, lagMs + CLOCKS_APART_MS);
        if (!same) {
            int at = History.differenceOf(mine, theirs);
            throw differ(item.step(), History.textAround(mine, at), History.textAround(theirs, at));
        }
    }

    /** A listpack does not know −0, and after a reload a sorted set may be one; see {@link Snapshot}. */
    private byte[] withoutLost(byte[] reply) {
        return bounded == null
                ? reply
                : Bytes.wrap(reply)
                        .latin1()
                        .replace("$2\r\n-0\r\n", "$1\r\n0\r\n")
                        .getBytes(StandardCharsets.ISO_8859_1);
    }

    private AssertionError differ(Step step, String mine, String theirs) {
        return history.failure(step, step + "\n  engine       " + mine + "\n  redis-server " + theirs);
    }

    // ---- state

    private void compareState(boolean alsoReplay) {
        compare(
                "redis-server",
                Snapshot.of(redisReader),
                bounded == null ? Snapshot.Strictness.SAME_COMMANDS : Snapshot.Strictness.RELOADED);
        compare("an engine that recovered the journal", effects.recovered(), ofEffects());
        if (alsoReplay) {
            compare("a redis-server that got the effects", effects.replayed(), ofEffects());
        }
    }

    private Snapshot.Strictness ofEffects() {
        return bounded == null ? Snapshot.Strictness.EFFECTS : Snapshot.Strictness.RELOADED;
    }

    private void compare(String who, Snapshot theirs, Snapshot.Strictness strictness) {
        Snapshot.Difference difference =
                Snapshot.of(engineReader).differenceFrom(theirs, strictness, lagMs + CLOCKS_APART_MS);
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
        if (bounded != null) {
            bounded.close();
        }
        redis.close();
        redisReader.close();
        effects.close();
    }

    /** How many values came back from storage. */
    long loads() {
        return bounded == null ? 0 : bounded.values().loads();
    }

    /** Commands so far. */
    long steps() {
        return history.count();
    }
}
