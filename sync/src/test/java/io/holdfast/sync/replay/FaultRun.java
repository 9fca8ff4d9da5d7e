package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.journal.DeadLetters;
import io.holdfast.sync.replay.Heard.News;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * One seeded run: entries are written and replayed while connections, this process and the upstream fail in every way that the
 * contract names; then everything heals, and what the upstream holds is accounted for.
 *
 * <p>Every entry appends its own number to a list, and five of ten are a transaction that changes one other key of some type as well, or when it ends. So
 * the list says which entries were applied, in which order and how often, and the other keys that none was applied by halves.
 *
 * <pre>
 *   in the list        once, and in the order they were written
 *   not in the list    it was there when the upstream lost its data, or it is a dead letter because its cursor was gone
 *                      while it was in flight
 * </pre>
 */
final class FaultRun implements AutoCloseable {
    private static final String LIST = "applied";
    private static final int ENTRIES_MAX = 60;
    private static final int SESSIONS_MAX = 12;
    private static final int FAULTY_STEPS = 45;
    private static final int TYPES = 9;
    /** Far ahead, Unix milliseconds. */
    private static final long ENDS_MS = 4_000_000_000_000L;

    /** What strikes. */
    static final Set<Fault> FAULTS = EnumSet.complementOf(EnumSet.of(Fault.STRANGER));

    private final RealRedis redis;
    private final ReplayFixture node;
    private final SplittableRandom random;
    private final FaultySession session;
    private final boolean mayKill;

    /** Numbers that were upstream when it lost its data. */
    private final Set<Long> lost = new HashSet<>();

    /** Those that a stale replica lacked: its cursor has them come again, and whoever takes that cursor away takes them too. */
    private final Set<Long> rolledBack = new HashSet<>();

    private final List<String> story = new ArrayList<>();
    private List<String> replica = List.of();
    private long written;

    FaultRun(Path directory, RealRedis redis, long seed) {
        this.redis = redis;
        random = new SplittableRandom(seed);
        redis.cli("FLUSHALL");
        node = ReplayFixture.synced(directory, redis, false);
        session = new FaultySession(node, random);
        node.batchEntriesMax = 1 + random.nextInt(10);
        mayKill = random.nextInt(3) > 0;
        permit(mayKill);
        node.whenLost = random.nextBoolean() ? UpstreamLoss.PENDING_ONLY : UpstreamLoss.RESURRECT;
    }

    Map<Fault, Integer> met() {
        return session.met();
    }

    void run() {
        try {
            int sessions = 1 + random.nextInt(SESSIONS_MAX);
            for (int i = 0; i < sessions; i++) {
                write(random.nextInt(ENTRIES_MAX / sessions + 2));
                if (random.nextInt(5) == 0) {
                    keepReplica();
                }
                session();
                if (random.nextInt(6) == 0) {
                    copyTheDirectory();
                }
            }
            heal();
            account();
        } catch (AssertionError | IllegalStateException e) {
            throw new AssertionError(e.getMessage() + "\nstory: " + story, e);
        }
    }

    // ---- what is written

    private void write(int count) {
        int losesPowerAt = random.nextInt(5) == 0 ? random.nextInt(count + 1) : -1;
        for (int i = 0; i < count; i++) {
            if (i == losesPowerAt) {
                writeThroughPowerLoss();
            } else {
                writeNext();
            }
        }
    }

    private void writeNext() {
        written++;
        String number = Long.toString(written);
        if (isAlone(written)) {
            node.write("RPUSH", LIST, number); // those behind each other are folded
            return;
        }
        node.write(
                Scope.UPSTREAM,
                ReplayFixture.effect(0, "RPUSH", LIST, number),
                other(number),
                ReplayFixture.effect(3, "INCR", "elsewhere"));
    }

    /** Power goes at some step of a write, or behind it: what was acknowledged is there, what was not may be. */
    private void writeThroughPowerLoss() {
        long before = node.journal.committedSequence();
        var left = new Path[1];
        node.betweenJournalSteps(() -> {
            if (left[0] == null && random.nextBoolean()) {
                left[0] = node.snapshotAfterPowerLoss(random);
            }
        });
        writeNext();
        boolean isAcknowledged = left[0] == null;
        node.restartAfter(left[0] == null ? node.snapshotAfterPowerLoss(random) : left[0]);
        long recovered = node.journal.committedSequence();
        story.add("power loss, " + (isAcknowledged ? "acknowledged " : "not acknowledged ") + recovered);
        assertThat(recovered).isBetween(isAcknowledged ? before + 1 : before, before + 1);
        if (recovered == before) {
            written--;
        }
    }

    private static boolean isAlone(long number) {
        return number / 5 % 2 == 0;
    }

    private static Effect other(String number) {
        long value = Long.parseLong(number);
        return switch ((int) (value % TYPES)) {
            case 0 -> ReplayFixture.effect(0, "INCRBY", "counter", "1");
            case 1 -> ReplayFixture.effect(0, "HINCRBY", "hash", "f", "1");
            case 2 -> ReplayFixture.effect(0, "SADD", "set", number);
            case 3 -> ReplayFixture.effect(0, "ZINCRBY", "sorted", "1", "m");
            case 4 -> ReplayFixture.effect(0, "APPEND", "text", ".");
            case 5 -> ReplayFixture.effect(0, "XADD", "stream", number + "-1", "f", "v");
            case 6 -> ReplayFixture.effect(0, "HSET", "fields", "last", number);
            case 7 -> ReplayFixture.effect(0, "SET", "ending", number, "PXAT", Long.toString(ENDS_MS + value));
            default -> ReplayFixture.effect(0, "SET", "ended", number, "PXAT", "1000");
        };
    }

    // ---- what goes wrong

    private void session() {
        int at = random.nextInt(FAULTY_STEPS);
        var faults = new ArrayList<>(FAULTS);
        if (!mayKill) {
            faults.remove(Fault.DUPLICATE_BYTES); // what was executed once and comes again can only be fenced
        }
        Fault fault = faults.get(random.nextInt(faults.size()));
        story.add(fault + " at " + at + " of session with " + written + " entries");
        assertThat(session.run(fault, at, this::strike)).isNotInstanceOf(News.Fenced.class);
    }

    /** On the replay thread. */
    private void strike(Fault fault) {
        switch (fault) {
            case EVICT -> {
                redis.cli("DEL", node.cursorKey());
                lost.addAll(rolledBack);
            }
            case FLUSH -> loseEverything();
            case UPSTREAM_RESTART -> restart();
            case UPSTREAM_EMPTY -> {
                loseEverything();
                restart();
            }
            case STALE_REPLICA -> promoteReplica();
            case RESET, CRASH, POWER_LOSS, LATE_BYTES, DUPLICATE_BYTES, FREEZE, STRANGER ->
                throw new IllegalStateException(fault + " is not done to an upstream here");
        }
    }

    private void restart() {
        redis.kill();
        redis.restart();
        permit(mayKill);
    }

    /** Where connections cannot be killed, late bytes meet nothing but the WATCH of the cursor. */
    private void permit(boolean kills) {
        redis.cli("ACL", "SETUSER", "default", (kills ? "+" : "-") + "client|kill");
    }

    /** What it holds at this moment is lost, and nothing of this node comes between. */
    private void loseEverything() {
        try (RespClient client = redis.connect()) {
            client.call("MULTI");
            client.call("LRANGE", LIST, "0", "-1");
            client.call("FLUSHALL");
            var results = (Reply.Array) client.call("EXEC");
            lost.addAll(numbers(results.items().get(0)));
            lost.addAll(rolledBack);
        }
    }

    /** A replica that stays behind from now on. */
    private void keepReplica() {
        replica = state();
    }

    private List<String> state() {
        var state = new ArrayList<String>();
        for (String number : redis.cli("LRANGE", LIST, "0", "-1").lines().toList()) {
            state.add(number);
        }
        String[] cursor =
                redis.cli("HMGET", node.cursorKey(), "cur", "epoch", "boot").split("\n", -1);
        if (cursor.length < 3 || cursor[0].isEmpty()) {
            return List.of();
        }
        state.addAll(0, List.of(cursor));
        return state;
    }

    /** The upstream has become what the replica was: its data and its cursor are of one moment. */
    private void promoteReplica() {
        if (replica.isEmpty()) {
            return;
        }
        try (RespClient client = redis.connect()) {
            client.call("MULTI");
            client.call("LRANGE", LIST, "0", "-1");
            client.call("FLUSHALL");
            List<String> numbers = replica.subList(3, replica.size());
            for (String number : numbers) {
                call(client, ReplayFixture.effect(0, "RPUSH", LIST, number));
                if (!isAlone(Long.parseLong(number))) {
                    call(client, other(number));
                    client.call("SELECT", "3");
                    client.call("INCR", "elsewhere");
                    client.call("SELECT", "0");
                }
            }
            client.call(
                    "HSET", node.cursorKey(), "cur", replica.get(0), "epoch", replica.get(1), "boot", replica.get(2));
            var results = (Reply.Array) client.call("EXEC");
            rolledBack.addAll(numbers(results.items().get(0)));
        }
    }

    private static void call(RespClient client, Effect effect) {
        client.call(effect.command().stream().map(Bytes::utf8).toArray(String[]::new));
    }

    /** A copy of the data directory: another process of the same epoch. */
    private void copyTheDirectory() {
        if (node.cursor().isEmpty()) {
            return;
        }
        story.add("clone");
        String boot = node.bootId;
        String before = redis.cli("LRANGE", LIST, "0", "-1");
        boolean sameEpoch = redis.cli("HGET", node.cursorKey(), "epoch").equals(Long.toString(node.epoch));
        node.bootId = "a clone of " + boot;
        if (sameEpoch) {
            assertThat(node.replay()).isInstanceOf(News.Fenced.class);
            node.stopReplayer();
            assertThat(redis.cli("LRANGE", LIST, "0", "-1")).isEqualTo(before);
        }
        node.bootId = boot;
    }

    // ---- the end

    private void heal() {
        assertThat(session.heal()).isEqualTo(new News.CaughtUp(node.journal.committedSequence()));
    }

    private static List<Long> numbers(Reply list) {
        var numbers = new ArrayList<Long>();
        if (list instanceof Reply.Array array) {
            for (Reply item : array.items()) {
                numbers.add(Long.parseLong(((Reply.Bulk) item).value().latin1()));
            }
        }
        return numbers;
    }

    private void account() {
        List<Long> applied =
                redis.cli("LRANGE", LIST, "0", "-1").lines().map(Long::valueOf).toList();
        assertThat(applied).as("once each, and in order").isSorted().doesNotHaveDuplicates();
        var inDoubt = new HashSet<Long>();
        var notAdded = new HashSet<Long>();
        for (DeadLetters.Stored stored : node.deadLetters()) {
            assertThat(stored.letter().error()).startsWith("in doubt");
            List<Bytes> command = stored.letter().command();
            if (stored.letter().effectIndex() == 0) {
                inDoubt.add(Long.parseLong(command.get(2).latin1()));
            } else if (stored.letter().error().contains("the stream does not have this id")) {
                String id = command.get(2).latin1();
                notAdded.add(Long.parseLong(id.substring(0, id.indexOf('-'))));
            }
        }
        var there = new HashSet<>(applied);
        for (long number = 1; number <= written; number++) {
            assertThat(there.contains(number) || lost.contains(number) || inDoubt.contains(number))
                    .as(
                            "number %d of %d is somewhere; applied %s, lost %s, in doubt %s",
                            number, written, applied, lost, inDoubt)
                    .isTrue();
        }
        assertNoneIsHalf(applied, notAdded);
    }

    /** @param notAdded whose entry of the stream is on the list of what is in doubt: data were lost while it was looked for */
    private void assertNoneIsHalf(List<Long> applied, Set<Long> notAdded) {
        var expected = new int[TYPES];
        var last = new long[TYPES];
        List<Long> whole = applied.stream().filter(number -> !isAlone(number)).toList();
        whole.forEach(number -> {
            expected[(int) (number % TYPES)] += notAdded.contains(number) ? 0 : 1;
            last[(int) (number % TYPES)] = number;
        });
        assertThat(count("GET", "counter")).as("counter").isEqualTo(expected[0]);
        assertThat(count("HGET", "hash", "f")).as("hash").isEqualTo(expected[1]);
        assertThat(count("SCARD", "set")).as("set").isEqualTo(expected[2]);
        assertThat(count("ZSCORE", "sorted", "m")).as("sorted set").isEqualTo(expected[3]);
        assertThat(count("STRLEN", "text")).as("text").isEqualTo(expected[4]);
        assertThat(count("XLEN", "stream")).as("stream").isEqualTo(expected[5]);
        assertThat(count("HGET", "fields", "last")).as("field").isEqualTo(last[6]);
        assertThat(count("GET", "ending")).as("value that ends").isEqualTo(last[7]);
        assertThat(redis.cli("PEXPIRETIME", "ending"))
                .as("when it ends")
                .isEqualTo(last[7] == 0 ? "-2" : Long.toString(ENDS_MS + last[7]));
        assertThat(count("EXISTS", "ended")).as("value that has ended").isZero();
        try (RespClient client = redis.connect()) {
            client.call("SELECT", "3");
            Reply elsewhere = client.call("GET", "elsewhere");
            int found = elsewhere instanceof Reply.Bulk bulk
                    ? Integer.parseInt(bulk.value().latin1())
                    : 0;
            assertThat(found).as("another database").isEqualTo(whole.size());
        }
    }

    private long count(String... command) {
        String reply = redis.cli(command);
        return reply.isEmpty() ? 0 : Long.parseLong(reply);
    }

    @Override
    public void close() {
        permit(true);
        node.close();
    }
}
