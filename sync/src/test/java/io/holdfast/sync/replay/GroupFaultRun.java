package io.holdfast.sync.replay;

import static io.holdfast.sync.replay.ReplayFixture.effect;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Reply;
import io.holdfast.sync.replay.Heard.News;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One seeded run: a group of a stream is read and acknowledged here and by others in some outages, and replayed while connections and
 * this process fail; others go on between two attempts.
 *
 * <pre>
 *   acknowledged on either side   not pending, ever
 *   delivered on either side      acknowledged or pending, and never delivered again
 *   behind the group's position   delivered, or pending for who read past it
 *   pending                       as the model says, each for its consumer
 * </pre>
 */
final class GroupFaultRun implements AutoCloseable {
    /** What strikes: what leaves the upstream's data alone. */
    static final Set<Fault> FAULTS = EnumSet.of(
            Fault.RESET, Fault.CRASH, Fault.POWER_LOSS, Fault.LATE_BYTES, Fault.DUPLICATE_BYTES, Fault.FREEZE);

    private static final int OUTAGES_MAX = 4;
    private static final int OPERATIONS_MAX = 25;
    private static final int FAULTY_STEPS = 30;

    /** Apart by so much are the ids of two rounds; those that are added here lie above those that others add. */
    private static final long ROUND = 1_000;

    private final RespClient others;
    private final ReplayFixture node;
    private final SplittableRandom random;
    private final FaultySession session;
    private final List<String> story = new ArrayList<>();

    private final Set<Long> acknowledged = new TreeSet<>();
    private final Map<Long, String> deliveredHere = new TreeMap<>();
    private final Map<Long, String> deliveredThere = new TreeMap<>();
    /** As it is here: ids of the stream, what is pending, how far the group is. */
    private final Set<Long> here = new TreeSet<>();

    private final Set<Long> pendingHere = new TreeSet<>();
    private long readHere;
    private long nextHere;
    private long nextThere;

    GroupFaultRun(Path directory, RealRedis redis, long seed) {
        random = new SplittableRandom(seed);
        redis.cli("FLUSHALL");
        others = redis.connect();
        node = ReplayFixture.synced(directory, redis, false);
        node.batchEntriesMax = 1 + random.nextInt(10);
        session = new FaultySession(node, random);
        others.call("XGROUP", "CREATE", "s", "g", "0", "MKSTREAM");
    }

    Map<Fault, Integer> met() {
        return session.met();
    }

    void run() {
        try {
            int outages = 1 + random.nextInt(OUTAGES_MAX);
            for (int outage = 1; outage <= outages; outage++) {
                beginOutage(outage);
                for (int i = random.nextInt(OPERATIONS_MAX); i > 0; i--) {
                    either();
                }
                replay();
                account();
            }
            nothingIsDeliveredAgain();
        } catch (AssertionError | IllegalStateException e) {
            throw new AssertionError(e.getMessage() + "\nstory: " + story, e);
        }
    }

    private void beginOutage(int outage) {
        nextThere = outage * 2L * ROUND;
        for (int i = random.nextInt(6); i > 0; i--) {
            addThere();
        }
        nextHere = nextThere + ROUND;
        here.clear();
        here.addAll(ids(others.call("XRANGE", "s", "-", "+")));
        pendingHere.clear();
        pendingHere.addAll(pending().keySet());
        readHere = position();
        story.add("outage " + outage + " from " + readHere);
    }

    private void either() {
        switch (random.nextInt(8)) {
            case 0 -> addThere();
            case 1, 2 -> readThere(1 + random.nextInt(3));
            case 3 -> acknowledgeThere();
            case 4 -> addHere();
            case 5, 6 -> readHere(1 + random.nextInt(3));
            default -> acknowledgeHere();
        }
    }

    // ---- others

    private void addThere() {
        others.call("XADD", "s", nextThere++ + "-1", "by", "others");
    }

    private void readThere(int count) {
        String consumer = "there" + random.nextInt(2);
        Reply read = others.call(
                "XREADGROUP", "GROUP", "g", consumer, "COUNT", Integer.toString(count), "STREAMS", "s", ">");
        if (read instanceof Reply.Array streams) {
            for (long id : ids(((Reply.Array) streams.items().get(0)).items().get(1))) {
                deliveredThere.put(id, consumer);
                story.add(consumer + " read " + id);
            }
        }
    }

    private void acknowledgeThere() {
        List<Long> pending = List.copyOf(pending().keySet());
        if (!pending.isEmpty()) {
            long id = pending.get(random.nextInt(pending.size()));
            others.call("XACK", "s", "g", id + "-1");
            acknowledged.add(id);
            story.add("there: acknowledged " + id);
        }
    }

    // ---- here

    private void addHere() {
        node.write("XADD", "s", nextHere + "-1", "f", "v");
        here.add(nextHere++);
    }

    private void readHere(int count) {
        String consumer = "here" + random.nextInt(2);
        List<Long> fresh =
                here.stream().filter(id -> id > readHere).limit(count).toList();
        if (fresh.isEmpty()) {
            return;
        }
        boolean waits = random.nextInt(5) > 0;
        List<String> command =
                new ArrayList<>(waits ? List.of("XCLAIM", "s", "g", consumer, "0") : List.of("XACK", "s", "g"));
        fresh.forEach(id -> command.add(id + "-1"));
        if (waits) {
            command.addAll(List.of("TIME", Long.toString(node.nowMs.get()), "RETRYCOUNT", "1", "FORCE", "JUSTID"));
            pendingHere.addAll(fresh);
        } else {
            acknowledged.addAll(fresh);
        }
        readHere = fresh.get(fresh.size() - 1);
        fresh.forEach(id -> deliveredHere.put(id, consumer));
        story.add(consumer + " read " + fresh + (waits ? "" : " NOACK"));
        Effect setId = effect(0, "XGROUP", "SETID", "s", "g", readHere + "-1");
        Effect makes = effect(0, "XGROUP", "CREATECONSUMER", "s", "g", consumer);
        node.write(Scope.UPSTREAM, makes, effect(0, command.toArray(String[]::new)), setId);
    }

    private void acknowledgeHere() {
        if (!pendingHere.isEmpty()) {
            List<Long> all = List.copyOf(pendingHere);
            long id = all.get(random.nextInt(all.size()));
            pendingHere.remove(id);
            acknowledged.add(id);
            node.write("XACK", "s", "g", id + "-1");
            story.add("here: acknowledged " + id);
        }
    }

    // ---- back

    private void replay() {
        for (int attempts = random.nextInt(4); attempts > 0; attempts--) {
            Fault fault = List.copyOf(FAULTS).get(random.nextInt(FAULTS.size()));
            story.add(fault.toString());
            session.run(fault, random.nextInt(FAULTY_STEPS), struck -> {});
            if (random.nextBoolean()) {
                readThere(1);
            } else {
                acknowledgeThere();
            }
        }
        assertThat(session.heal()).isEqualTo(new News.CaughtUp(node.journal.committedSequence()));
        assertThat(node.deadLetters()).isEmpty();
    }

    private void account() {
        Map<Long, String> pending = pending();
        assertThat(both(pending.keySet(), acknowledged))
                .as("acknowledged and pending")
                .isEmpty();
        long position = position();
        Map<Long, String> expected = new TreeMap<>();
        for (long id : ids(others.call("XRANGE", "s", "-", "+"))) {
            boolean isDelivered = deliveredHere.containsKey(id) || deliveredThere.containsKey(id);
            if (id > position) {
                assertThat(isDelivered)
                        .as("%d is delivered, and will be again", id)
                        .isFalse();
            } else if (!acknowledged.contains(id)) {
                assertThat(pending).as("nobody has %d", id).containsKey(id);
                String owner = deliveredThere.getOrDefault(id, deliveredHere.get(id));
                expected.put(id, owner == null ? pending.get(id) : owner);
            }
        }
        assertThat(pending).as("pending").isEqualTo(expected);
        pending.forEach((id, owner) -> deliveredThere.putIfAbsent(id, owner));
    }

    private void nothingIsDeliveredAgain() {
        Set<Long> before = new TreeSet<>(deliveredHere.keySet());
        before.addAll(deliveredThere.keySet());
        before.addAll(acknowledged);
        deliveredThere.clear();
        readThere(1_000_000);
        assertThat(both(deliveredThere.keySet(), before)).as("delivered again").isEmpty();
    }

    private static Set<Long> both(Set<Long> one, Set<Long> other) {
        Set<Long> both = new TreeSet<>(one);
        both.retainAll(other);
        return both;
    }

    private static List<Long> ids(Reply entries) {
        return ((Reply.Array) entries)
                .items().stream()
                        .map(entry -> number(((Reply.Array) entry).items().get(0)))
                        .toList();
    }

    private static long number(Reply id) {
        String printed = ((Reply.Bulk) id).value().latin1();
        return Long.parseLong(printed.substring(0, printed.indexOf('-')));
    }

    private Map<Long, String> pending() {
        Map<Long, String> pending = new TreeMap<>();
        for (Reply row : ((Reply.Array) others.call("XPENDING", "s", "g", "-", "+", "100000")).items()) {
            List<Reply> columns = ((Reply.Array) row).items();
            pending.put(
                    number(columns.get(0)),
                    ((Reply.Bulk) columns.get(1)).value().utf8());
        }
        return pending;
    }

    private long position() {
        var group = (Reply.Array)
                ((Reply.Array) others.call("XINFO", "GROUPS", "s")).items().get(0);
        return number(group.items().get(7));
    }

    @Override
    public void close() {
        others.close();
        node.close();
    }
}
