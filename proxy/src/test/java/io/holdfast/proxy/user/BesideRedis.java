package io.holdfast.proxy.user;

import static org.awaitility.Awaitility.await;

import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.differential.CommandGenerator;
import io.holdfast.engine.differential.History;
import io.holdfast.engine.differential.History.Step;
import io.holdfast.engine.differential.ReplyRule;
import io.holdfast.engine.differential.Snapshot;
import io.holdfast.engine.differential.Snapshot.Place;
import io.holdfast.engine.family.Families;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import io.holdfast.testing.WireReply;
import java.time.Duration;
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
 * One seeded run: the same random commands go to a redis-server through Holdfast, and to another redis-server.
 *
 * <pre>
 *   commands ─┬─► Holdfast ─► redis-server ─► reply ─┐ compared, to the byte where Redis says what comes,
 *             └─────────────► redis-server ─► reply ─┘ and from time to time everything the two hold
 *                  └─ HOLDFAST OFFLINE ─► warm copy    holds nothing but what the first of them holds
 * </pre>
 *
 * <p>For one test thread.
 */
final class BesideRedis implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int BATCH_MAX = 200;
    private static final int DATABASES = 16;
    /** What the copy may have to ask for a key: of one type, of another, and again when a write came between. */
    private static final int QUESTIONS_MAX = 6;
    /** What the clocks and their rounding add to how long a batch takes. */
    private static final long CLOCKS_APART_MS = 1_000;

    private static final Bytes NORMAL = Bytes.of("normal form");

    private final CommandGenerator generator;
    private final SplittableRandom sizes;
    private final History history;
    private final RespClient through;
    private final RespClient straight;
    private final RespClient upstreamReader;
    private final RespClient straightReader;
    private final RespClient copyReader;
    private final int stateEvery;
    private int db;
    /** What EXEC will carry out; null outside of MULTI. */
    private @Nullable List<Bytes[]> queued;

    private boolean isWatching;
    /** SELECT since WATCH: the watch did not move along, and EXEC may be nil for that alone. */
    private boolean hasMoved;

    private long lagMs;
    private long copied;
    private long held;

    /** @param hostile many commands are given what no command expects */
    BesideRedis(long seed, boolean hostile, RespVersion version, Scene scene, RealRedis other, int stateEvery) {
        Set<String> names = CommandTable.of(Families.all()).all().stream()
                .map(spec -> spec.name().toUpperCase(Locale.ROOT))
                .collect(Collectors.toSet());
        this.stateEvery = stateEvery;
        generator = hostile ? CommandGenerator.hostile(seed, names) : new CommandGenerator(seed, names);
        sizes = new SplittableRandom(seed);
        history = new History("seed " + seed + ", " + version + (hostile ? ", hostile" : ""));
        through = RespClient.connect(scene.port(), PATIENCE);
        straight = other.connect();
        upstreamReader = scene.upstream().connect();
        straightReader = other.connect();
        copyReader = RespClient.connect(scene.port(), PATIENCE);
        through.raw("FLUSHALL");
        straight.raw("FLUSHALL");
        through.speak(version);
        straight.speak(version);
    }

    /** @throws AssertionError at the first difference, with the seed and what led to it */
    void run(long commands) {
        for (long end = history.count() + commands; history.count() < end; ) {
            long before = history.count();
            batch(1 + sizes.nextInt(BATCH_MAX));
            if (history.count() / stateEvery != before / stateEvery) {
                compareState();
            }
        }
        compareState();
    }

    /** Commands so far. */
    long steps() {
        return history.count();
    }

    /** How much of what the upstream held was in the warm copy as well, when it was looked at. */
    double shareCopied() {
        return (double) copied / Math.max(1, held);
    }

    // ---- commands

    private void batch(int size) {
        var commands = new ArrayList<Bytes[]>();
        while (commands.size() < size) {
            List<Bytes[]> next = generator.next();
            commands.addAll(next);
            if (next.size() > 1) {
                commands.add(new Bytes[] {Bytes.of("DISCARD")}); // EXEC itself may have been made wrong
            } else if (ReplyRule.of(next.get(0)) == ReplyRule.RANDOM_REMOVAL && next.get(0).length > 2) {
                // SPOP of nearly all makes the set anew, the warm copy only loses members: a word makes a table of
                // either.
                commands.add(new Bytes[] {Bytes.of("SADD"), next.get(0)[1], NORMAL});
                commands.add(new Bytes[] {Bytes.of("SREM"), next.get(0)[1], NORMAL});
            }
        }
        long beganNanos = System.nanoTime();
        List<byte[]> replies = through.rawAll(commands);
        var steps = new ArrayList<Step>();
        var toOther = new ArrayList<List<Bytes[]>>();
        for (int i = 0; i < commands.size(); i++) {
            steps.add(history.add(db, commands.get(i)));
            toOther.add(sameFor(commands.get(i), replies.get(i)));
        }
        List<byte[]> others =
                straight.rawAll(toOther.stream().flatMap(List::stream).toList());
        lagMs = Math.max(lagMs, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos));
        int at = 0;
        for (int i = 0; i < commands.size(); i++) {
            int asked = toOther.get(i).size();
            compare(steps.get(i), replies.get(i), others.subList(at, at + asked));
            at += asked;
        }
    }

    /** What the other server is to be asked where the one before has answered {@code reply}. */
    private List<Bytes[]> sameFor(Bytes[] command, byte[] reply) {
        boolean nil = WireReply.of(reply).isNull();
        if (isSpurious(command, nil)) {
            note(command, reply);
            return List.<Bytes[]>of(new Bytes[] {Bytes.of("DISCARD")});
        }
        note(command, reply);
        return ReplyRule.of(command) == ReplyRule.RANDOM_REMOVAL && !ReplyRule.isErrorOrNothing(reply)
                ? List.of(new Bytes[] {Bytes.of("SCARD"), command[1]}, ReplyRule.removal(command[1], reply))
                : List.<Bytes[]>of(command);
    }

    private boolean isSpurious(Bytes[] command, boolean nil) {
        return nil && queued != null && hasMoved && name(command).equals("EXEC");
    }

    /** Follows what the connection is in the middle of. */
    private void note(Bytes[] command, byte[] reply) {
        List<Bytes[]> waiting = queued;
        if (waiting != null && startsWith(reply, "+QUEUED")) {
            waiting.add(command);
            return;
        }
        boolean ok = reply[0] == '+';
        switch (name(command)) {
            case "MULTI" -> queued = ok ? new ArrayList<>() : waiting;
            case "EXEC", "DISCARD" -> {
                if (waiting != null && (reply[0] != '-' || startsWith(reply, "-EXECABORT"))) {
                    queued = null;
                    isWatching = false;
                    hasMoved = false;
                    List<WireReply> replies = WireReply.of(reply).items();
                    for (int i = 0; i < replies.size(); i++) {
                        selected(waiting.get(i), replies.get(i).type() == '+');
                    }
                }
            }
            case "WATCH" -> isWatching |= ok;
            case "UNWATCH" -> {
                isWatching = false;
                hasMoved = false;
            }
            case "SELECT" -> {
                selected(command, ok);
                hasMoved |= ok && isWatching;
            }
            default -> {
                // changes nothing that counts here
            }
        }
    }

    private void selected(Bytes[] command, boolean ok) {
        if (ok && name(command).equals("SELECT")) {
            db = Integer.parseInt(command[1].latin1());
        }
    }

    private static String name(Bytes[] command) {
        return command[0].latin1().toUpperCase(Locale.ROOT);
    }

    private static boolean startsWith(byte[] reply, String text) {
        return Bytes.wrap(reply).latin1().startsWith(text);
    }

    private void compare(Step step, byte[] mine, List<byte[]> theirs) {
        Bytes[] command = step.command().toArray(Bytes[]::new);
        byte[] other = theirs.get(0);
        ReplyRule rule = ReplyRule.of(command);
        boolean same;
        if (theirs.size() > 1) {
            same = ReplyRule.isSameRemoval(step.command(), mine, theirs);
        } else if (startsWith(other, "-ERR unknown command") && startsWith(mine, "+QUEUED")) {
            same = true; // MULTI is queued here: what only the upstream knows is refused at EXEC
        } else if (name(command).equals("EXEC") && WireReply.of(mine).isNull() && startsWith(other, "+OK")) {
            same = true; // a spurious abort: see sameFor
        } else {
            boolean strict = rule != ReplyRule.NEAR && ReplyRule.isErrorOrNothing(mine);
            boolean table = rule == ReplyRule.ANY_ORDER_OF_TABLE;
            rule = strict ? ReplyRule.EXACT : table ? ReplyRule.ANY_ORDER : rule;
            same = rule.accepts(mine, other, lagMs + CLOCKS_APART_MS);
        }
        if (!same) {
            int at = History.differenceOf(mine, other);
            throw history.failure(
                    step,
                    step + "\n  through Holdfast " + History.textAround(mine, at) + "\n  redis-server     "
                            + History.textAround(other, at));
        }
    }

    // ---- state

    private void compareState() {
        Snapshot upstream = Snapshot.of(upstreamReader).where(BesideRedis::isClients);
        compare(
                "the upstream and the other redis-server",
                upstream,
                Snapshot.of(straightReader),
                Snapshot.Strictness.SAME_COMMANDS);
        compareCopy(upstream);
        // The switch ends watches, on our side alone.
        through.raw("UNWATCH");
        straight.raw("UNWATCH");
        isWatching = false;
        hasMoved = false;
    }

    private void compareCopy(Snapshot upstream) {
        settleCopy();
        copyReader.raw("HOLDFAST", "OFFLINE", "to compare");
        try {
            Snapshot copy = Snapshot.of(copyReader);
            Set<Place> both = new HashSet<>(copy.places());
            both.retainAll(upstream.places());
            copied += both.size();
            held += upstream.size();
            compare(
                    "the warm copy and the upstream",
                    copy,
                    upstream.where(copy.places()::contains),
                    Snapshot.Strictness.RELOADED);
        } finally {
            copyReader.raw("HOLDFAST", "ONLINE");
            await().atMost(PATIENCE)
                    .pollInterval(5, TimeUnit.MILLISECONDS)
                    .until(() -> Bytes.wrap(copyReader.raw("INFO", "holdfast"))
                            .latin1()
                            .contains("mode:online\r\n"));
        }
    }

    /** What Holdfast keeps upstream for itself. */
    private static boolean isClients(Place place) {
        return !place.key().latin1().startsWith("holdfast:");
    }

    /** A question behind all those of the copy, on the links that they go by, is answered after them. */
    private void settleCopy() {
        for (int i = 0; i < DATABASES; i++) {
            through.raw("SELECT", Integer.toString(i));
            for (int asked = 0; asked < QUESTIONS_MAX; asked++) {
                through.raw("EXISTS", "nobody has this");
            }
        }
        through.raw("SELECT", Integer.toString(db));
    }

    private void compare(String who, Snapshot mine, Snapshot theirs, Snapshot.Strictness strictness) {
        Snapshot.Difference difference = mine.differenceFrom(theirs, strictness, lagMs + CLOCKS_APART_MS);
        if (difference != null) {
            Place place = difference.place();
            throw history.failure(
                    place.db(),
                    place.key(),
                    "after step " + history.count() + " " + who + " hold at " + place + "\n      " + difference.text());
        }
    }

    @Override
    public void close() {
        through.close();
        straight.close();
        upstreamReader.close();
        straightReader.close();
        copyReader.close();
    }
}
