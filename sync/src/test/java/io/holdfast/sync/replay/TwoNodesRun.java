package io.holdfast.sync.replay;

import static io.holdfast.sync.replay.TwoNodesLedger.GONE;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.conflict.ConflictPolicy;
import io.holdfast.sync.conflict.ConflictRules;
import io.holdfast.sync.journal.DeadLetters;
import io.holdfast.sync.replay.Heard.News;
import io.holdfast.sync.replay.TwoNodesLedger.Party;
import io.holdfast.sync.replay.TwoNodesLedger.Recorded;
import io.holdfast.sync.replay.TwoNodesLedger.Write;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * One seeded run: two nodes that are cut off again and again write the same keys, and a client writes them at the upstream
 * itself, also while they are replayed; connections, nodes and the upstream fail. After each outage everything heals, and
 * {@link TwoNodesLedger} says what may be there.
 *
 * <p>What commutes (one list, a counter, a hash's, a set) is accounted for one by one: everything that was written is there once,
 * and each party's in its order. A transaction is there whole, or each effect of it is in a record.
 */
final class TwoNodesRun implements AutoCloseable {
    /** What strikes. */
    static final Set<Fault> FAULTS = EnumSet.of(
            Fault.RESET,
            Fault.CRASH,
            Fault.POWER_LOSS,
            Fault.LATE_BYTES,
            Fault.DUPLICATE_BYTES,
            Fault.FREEZE,
            Fault.UPSTREAM_RESTART,
            Fault.STRANGER);

    private static final List<String> KEYS = List.of("reg:0", "reg:1", "reg:2", "h:0", "h:1", "z:0", "z:1");
    private static final List<String> ENDING = List.of("ttl:0", "ttl:1");
    private static final int OUTAGES_MAX = 4;
    private static final int ACTIONS_MAX = 30;
    private static final int FAULTY_STEPS = 45;
    private static final int JOBS = 4;
    private static final Set<String> JOB_NAMES = Set.of("job0", "job1", "job2", "job3");
    private static final List<String> CELLS = List.of(
            "reg:0", "reg:1", "reg:2", "h:0/f0", "h:0/f1", "h:1/f0", "h:1/f1", "z:0/m0", "z:0/m1", "z:1/m0", "z:1/m1");
    private static final Effect COUNT = ReplayFixture.effect(0, "INCRBY", "counter", "1");
    private static final long HOUR_MS = 3_600_000;
    private static final long MINUTE_MS = 60_000;

    private final RealRedis redis;
    private final SplittableRandom random;
    private final Map<Party, ReplayFixture> nodes = new EnumMap<>(Party.class);
    private final Map<Party, FaultySession> sessions = new EnumMap<>(Party.class);
    private final boolean stamps;
    private final ConflictPolicy policy;
    private final long startMs = System.currentTimeMillis(); // the real upstream lets keys end by its own clock

    /** Numbers of transactions that count, by whom, in the order in which they were written. */
    private final Map<Party, List<Long>> counted = new EnumMap<>(Party.class);

    private final Map<Party, Map<Long, Long>> numberOf =
            Map.of(Party.NODE, new HashMap<>(), Party.OTHER, new HashMap<>()); // by the sequence of the entry
    private final Map<Long, Party> events = new LinkedHashMap<>();
    private final Set<Long> withheld = new HashSet<>();
    private final List<String> story = new ArrayList<>();
    private long number;

    // Of this outage:
    private TwoNodesLedger ledger = new TwoNodesLedger(Map.of());
    private final Map<Party, Set<String>> written = new EnumMap<>(Party.class);
    private final Map<Party, Long> began = new EnumMap<>(Party.class);
    private final Map<String, Long> baseEnds = new HashMap<>();
    private final Map<String, Map<Party, String>> endNumbers = new HashMap<>(); // what is pushed together with an end
    private boolean isAllHeard;

    TwoNodesRun(Path directory, Path otherDirectory, RealRedis redis, long seed) {
        this.redis = redis;
        random = new SplittableRandom(seed);
        redis.cli("FLUSHALL");
        stamps = random.nextBoolean();
        ConflictPolicy[] policies = ConflictPolicy.values();
        policy = random.nextBoolean() ? ConflictPolicy.MERGE : policies[random.nextInt(policies.length)];
        nodes.put(Party.NODE, ReplayFixture.synced(directory, redis, false));
        nodes.put(Party.OTHER, ReplayFixture.synced(otherDirectory, redis, true));
        nodes.forEach((party, node) -> {
            node.batchEntriesMax = 1 + random.nextInt(10);
            node.stamps = stamps;
            node.rules = new ConflictRules(policy, Map.of("ttl:*", ConflictPolicy.MERGE));
            node.nowMs.set(startMs);
            sessions.put(party, new FaultySession(node, random));
        });
        for (Party party : Party.values()) {
            counted.put(party, new ArrayList<>());
        }
    }

    /** How often each fault has struck. */
    Map<Fault, Integer> met() {
        Map<Fault, Integer> met = new EnumMap<>(Fault.class);
        sessions.values().forEach(session -> session.met().forEach((fault, n) -> met.merge(fault, n, Integer::sum)));
        return met;
    }

    void run() {
        try {
            int outages = 1 + random.nextInt(OUTAGES_MAX);
            for (int i = 0; i < outages; i++) {
                begin();
                int actions = random.nextInt(ACTIONS_MAX);
                for (int action = 0; action < actions; action++) {
                    act();
                }
                heal();
                account();
            }
        } catch (AssertionError | IllegalStateException e) {
            throw new AssertionError(e.getMessage() + "\n" + policy + ", stamps " + stamps + ": " + story, e);
        }
    }

    private void begin() {
        story.add("outage");
        redis.cli("DEL", "jobs");
        for (int i = 0; i < JOBS; i++) {
            redis.cli("RPUSH", "jobs", "job" + i);
        }
        for (String key : ENDING) {
            redis.cli("SET", key, "v", "PXAT", Long.toString(nextEnd()));
        }
        ledger = new TwoNodesLedger(values());
        ENDING.forEach(key -> {
            baseEnds.put(key, endOf(key));
            endNumbers.put(key, new EnumMap<>(Party.class));
        });
        isAllHeard = true;
        nodes.forEach((party, node) -> {
            written.put(party, new HashSet<>());
            began.put(party, node.journal.committedSequence());
        });
    }

    private long endOf(String key) {
        return Long.parseLong(redis.cli("PEXPIRETIME", key));
    }

    private long nextEnd() {
        return startMs + HOUR_MS + ++number * 37 % 1000 * MINUTE_MS; // no two the same, and in no order
    }

    private void act() {
        nodes.values().forEach(node -> node.nowMs.addAndGet(10));
        Party party = random.nextBoolean() ? Party.NODE : Party.OTHER;
        switch (random.nextInt(8)) {
            case 0, 1, 2 -> write(party);
            case 3 -> take(party);
            case 4 -> count(party);
            case 5, 6 -> strangerWrites();
            default -> session(party);
        }
    }

    private void session(Party party) {
        List<Fault> faults = List.copyOf(FAULTS);
        Fault fault = faults.get(random.nextInt(faults.size()));
        int at = random.nextInt(FAULTY_STEPS);
        story.add(party + " " + fault + " at " + at);
        News news = requireNonNull(sessions.get(party)).run(fault, at, this::strike);
        assertThat(news).isNotInstanceOfAny(News.Fenced.class, News.Halted.class);
        isAllHeard &= news instanceof News.CaughtUp;
    }

    private void strike(Fault fault) {
        if (fault == Fault.STRANGER) {
            strangerWrites();
            for (String key : KEYS) {
                number++;
                overwriteThere(key);
            }
            return;
        }
        redis.kill();
        redis.restart();
    }

    private ReplayFixture node(Party party) {
        return requireNonNull(nodes.get(party));
    }

    // ---- what nodes write while they are cut off

    /** Each key once an outage, together with what it was: from then on what others do to it is seen. */
    private void write(Party party) {
        List<String> left = new ArrayList<>(KEYS);
        left.addAll(ENDING);
        left.removeAll(requireNonNull(written.get(party)));
        if (left.isEmpty()) {
            return;
        }
        String key = left.get(random.nextInt(left.size()));
        requireNonNull(written.get(party)).add(key);
        number++;
        if (ENDING.contains(key)) {
            end(party, key);
            return;
        }
        Map<String, String> values = new LinkedHashMap<>();
        List<String> command = overwriting(party, key, values);
        boolean isAlone = random.nextInt(3) > 0;
        if (values.isEmpty()) {
            return;
        }
        Effect own = effect(command);
        List<Effect> effects = isAlone ? List.of(own) : List.of(log(party), own, COUNT);
        long sequence = node(party).writeFirst(baseOf(key), effects);
        ledger.wrote(new Write(party, sequence, number, values, isAlone));
        if (!isAlone) {
            counts(party, sequence);
        }
    }

    /** @param values is filled with what is written; with nothing where there is nothing to remove */
    private List<String> overwriting(Party party, String key, Map<String, String> values) {
        boolean removes = random.nextInt(4) == 0;
        if (key.startsWith("reg")) {
            if (removes && !ledger.base(key).equals(GONE)) {
                values.put(key, GONE);
                return List.of("DEL", key);
            }
            values.put(key, party.name() + number);
            return List.of("SET", key, party.name() + number);
        }
        boolean isHash = key.startsWith("h");
        List<String> command = new ArrayList<>(List.of(isHash ? removes ? "HDEL" : "HSET" : "ZADD", key));
        int parts = 1 + random.nextInt(3); // as bits
        for (int i = 0; i < 2; i++) {
            String part = (isHash ? "f" : "m") + i;
            String cell = key + "/" + part;
            if ((parts >> i & 1) == 0) {
                continue;
            }
            if (!isHash) {
                command.addAll(List.of(Long.toString(number), part));
                values.put(cell, Long.toString(number));
            } else if (!removes) {
                command.addAll(List.of(part, party.name() + number));
                values.put(cell, party.name() + number);
            } else if (!ledger.base(cell).equals(GONE)) {
                command.add(part);
                values.put(cell, GONE);
            }
        }
        return command;
    }

    private static Effect effect(List<String> words) {
        return ReplayFixture.effect(0, words.toArray(String[]::new));
    }

    private List<Effect> baseOf(String key) {
        List<String> command = new ArrayList<>();
        ledger.base().forEach((cell, value) -> {
            if (value.equals(GONE) || !cell.startsWith(key)) {
                return;
            }
            if (key.startsWith("reg")) {
                command.addAll(List.of("SET", key, value));
                return;
            }
            boolean isHash = key.startsWith("h");
            if (command.isEmpty()) {
                command.addAll(List.of(isHash ? "HSET" : "ZADD", key));
            }
            String part = cell.substring(key.length() + 1);
            command.addAll(isHash ? List.of(part, value) : List.of(value, part));
        });
        return List.of(command.isEmpty() ? ReplayFixture.effect(0, "DEL", key) : effect(command));
    }

    private Effect log(Party party) {
        return ReplayFixture.effect(0, "RPUSH", "log", party + ":" + number);
    }

    private void counts(Party party, long sequence) {
        requireNonNull(counted.get(party)).add(number);
        if (party != Party.STRANGER) {
            requireNonNull(numberOf.get(party)).put(sequence, number);
        }
    }

    private void end(Party party, String key) {
        long atMs = nextEnd();
        List<Effect> base = List.of(
                ReplayFixture.effect(0, "SET", key, "v"),
                ReplayFixture.effect(0, "PEXPIREAT", key, Long.toString(requireNonNull(baseEnds.get(key)))));
        Effect ending = ReplayFixture.effect(0, "PEXPIREAT", key, Long.toString(atMs));
        counts(party, node(party).writeFirst(base, List.of(log(party), ending, COUNT)));
        requireNonNull(endNumbers.get(key)).put(party, party + ":" + number);
        ledger.ends(key, party, atMs);
    }

    private void take(Party party) {
        String job = "job" + random.nextInt(JOBS);
        if (requireNonNull(written.get(party)).add(job)) {
            node(party).write("LREM", "jobs", "1", job);
            ledger.took(job, party);
        }
    }

    private void count(Party party) {
        number++;
        events.put(number, party);
        String text = Long.toString(number);
        long sequence = node(party)
                .write(
                        Scope.UPSTREAM,
                        log(party),
                        COUNT,
                        ReplayFixture.effect(0, "HINCRBY", "hash", "f", "1"),
                        ReplayFixture.effect(0, "SADD", "set", text),
                        ReplayFixture.effect(0, "XADD", "events", text + "-1", "f", "v"));
        counts(party, sequence);
    }

    // ---- what a client does to the upstream

    private void strangerWrites() {
        number++;
        switch (random.nextInt(5)) {
            case 0, 1 -> overwriteThere(KEYS.get(random.nextInt(KEYS.size())));
            case 2 -> endThere(ENDING.get(random.nextInt(ENDING.size())));
            case 3 -> {
                String job = "job" + random.nextInt(JOBS);
                if (redis.cli("LREM", "jobs", "1", job).equals("1")) {
                    ledger.took(job, Party.STRANGER);
                }
            }
            default -> {
                atOnce(List.of(List.of("RPUSH", "log", "STRANGER:" + number), List.of("INCR", "counter")));
                counts(Party.STRANGER, 0);
            }
        }
    }

    private void overwriteThere(String key) {
        Map<String, String> values = new LinkedHashMap<>();
        List<String> command = overwriting(Party.STRANGER, key, values);
        if (values.isEmpty()) {
            return;
        }
        List<List<String>> all = new ArrayList<>();
        values.keySet().forEach(cell -> all.add(reading(cell)));
        all.add(command);
        List<Reply> replies = atOnce(all);
        int i = 0;
        for (Map.Entry<String, String> each : values.entrySet()) {
            ledger.wroteThere(each.getKey(), each.getValue(), text(replies.get(i++)), number);
        }
    }

    private void endThere(String key) {
        long atMs = nextEnd();
        Reply log = atOnce(List.of(List.of("LRANGE", "log", "0", "-1"), List.of("PEXPIREAT", key, Long.toString(atMs))))
                .get(0);
        Set<String> there = new HashSet<>();
        ((Reply.Array) log).items().forEach(item -> there.add(text(item)));
        Set<Party> replayed = EnumSet.noneOf(Party.class);
        requireNonNull(endNumbers.get(key)).forEach((party, pushed) -> {
            if (there.contains(pushed)) {
                replayed.add(party);
            }
        });
        ledger.endsThere(key, atMs, replayed);
    }

    private List<Reply> atOnce(List<List<String>> commands) {
        try (RespClient client = redis.connect()) {
            client.call("MULTI");
            commands.forEach(command -> client.call(command.toArray(String[]::new)));
            return ((Reply.Array) client.call("EXEC")).items();
        }
    }

    private static List<String> reading(String cell) {
        if (cell.startsWith("reg")) {
            return List.of("GET", cell);
        }
        String[] parts = cell.split("/", 2);
        return List.of(cell.startsWith("h") ? "HGET" : "ZSCORE", parts[0], parts[1]);
    }

    private static String text(Reply reply) {
        return reply instanceof Reply.Bulk bulk ? bulk.value().utf8() : GONE;
    }

    private Map<String, String> values() {
        List<List<String>> all = new ArrayList<>();
        CELLS.forEach(cell -> all.add(reading(cell)));
        List<Reply> replies = atOnce(all);
        Map<String, String> values = new TreeMap<>();
        for (int i = 0; i < CELLS.size(); i++) {
            values.put(CELLS.get(i), text(replies.get(i)));
        }
        return values;
    }

    // ---- the end of an outage

    private void heal() {
        List<Party> order = random.nextBoolean() ? List.of(Party.NODE, Party.OTHER) : List.of(Party.OTHER, Party.NODE);
        for (Party party : order) {
            assertThat(requireNonNull(sessions.get(party)).heal())
                    .isEqualTo(new News.CaughtUp(node(party).journal.committedSequence()));
        }
    }

    private void account() {
        List<Recorded> records = new ArrayList<>();
        nodes.forEach((party, node) -> node.conflicts().stream()
                .filter(conflict -> conflict.sequence() > requireNonNull(began.get(party)))
                .forEach(conflict -> records.add(new Recorded(party, conflict))));
        for (Recorded record : records) {
            Long entry = requireNonNull(numberOf.get(record.party()))
                    .get(record.conflict().sequence());
            if (entry != null
                    && record.conflict().effectIndex() == 0
                    && record.conflict().key().utf8().equals("log")) {
                withheld.add(entry);
            }
        }
        boolean isByTime = stamps && (policy == ConflictPolicy.MERGE || policy == ConflictPolicy.LAST_WRITE_WINS);
        ledger.verifyValues(values(), records, isByTime);
        ENDING.forEach(key -> ledger.verifyEnd(key, requireNonNull(baseEnds.get(key)), endOf(key)));
        List<String> left = redis.cli("LRANGE", "jobs", "0", "-1").lines().toList();
        ledger.verifyTaken(JOB_NAMES, left, records, isAllHeard);
        accountForCounted();
        accountForEvents();
    }

    private void accountForCounted() {
        Map<Party, List<Long>> there = new EnumMap<>(Party.class);
        List<String> log = redis.cli("LRANGE", "log", "0", "-1").lines().toList();
        for (String pushed : log) {
            String[] parts = pushed.split(":", 2);
            there.computeIfAbsent(Party.valueOf(parts[0]), p -> new ArrayList<>())
                    .add(Long.parseLong(parts[1]));
        }
        counted.forEach((party, numbers) -> {
            List<Long> expected =
                    numbers.stream().filter(each -> !withheld.contains(each)).toList();
            assertThat(there.getOrDefault(party, List.of()))
                    .as("what %s pushed", party)
                    .isEqualTo(expected);
        });
        assertThat(count("GET", "counter")).as("counter").isEqualTo(log.size());
        assertThat(count("HGET", "hash", "f")).as("hash").isEqualTo(events.size());
        assertThat(count("SCARD", "set")).as("set").isEqualTo(events.size());
    }

    /** An id that is not above the last one is refused, and then it is a dead letter; there is no other. */
    private void accountForEvents() {
        Set<Long> there = new HashSet<>();
        try (RespClient client = redis.connect()) {
            for (Reply each : ((Reply.Array) client.call("XRANGE", "events", "-", "+")).items()) {
                String id = text(((Reply.Array) each).items().get(0));
                there.add(Long.parseLong(id.substring(0, id.indexOf('-'))));
            }
        }
        Map<Long, Integer> letters = new LinkedHashMap<>();
        nodes.values().forEach(node -> {
            for (DeadLetters.Stored stored : node.deadLetters()) {
                List<Bytes> command = stored.letter().command();
                assertThat(command.get(0).utf8()).as("%s", stored).isEqualTo("XADD");
                String id = command.get(2).utf8();
                letters.merge(Long.parseLong(id.substring(0, id.indexOf('-'))), 1, Integer::sum);
            }
        });
        events.forEach((event, party) -> assertThat(letters.getOrDefault(event, 0))
                .as("dead letters of event %d of %s, which is there: %s", event, party, there.contains(event))
                .isEqualTo(there.contains(event) ? 0 : 1));
    }

    private long count(String... command) {
        String reply = redis.cli(command);
        return reply.isEmpty() ? 0 : Long.parseLong(reply);
    }

    @Override
    public void close() {
        nodes.values().forEach(ReplayFixture::close);
    }
}
