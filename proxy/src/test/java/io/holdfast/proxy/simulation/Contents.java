package io.holdfast.proxy.simulation;

import io.holdfast.proxy.simulation.Command.Kind;
import io.holdfast.proxy.simulation.Command.Outcome;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a server holds, held against what clients were told. */
final class Contents {
    private final Ledger ledger;
    private final Asking server;

    /** Runs a command at once. */
    interface Asking {
        Reply ask(String... command);
    }

    Contents(Ledger ledger, Asking server) {
        this.ledger = ledger;
        this.server = server;
    }

    private List<String> read(String... command) {
        return Answer.strings(server.ask(command));
    }

    private List<String> list(String key) {
        return read("LRANGE", key, "0", "-1");
    }

    /** Each value once, none that was refused, and those of one client in the order it sent them. */
    static void checkList(Ledger ledger, String key, List<String> values) {
        Set<String> seen = new HashSet<>();
        Map<String, Integer> newest = new HashMap<>();
        for (String value : values) {
            Command push = ledger.writerOf(value);
            Invariant.NOTHING_DOUBLED.check(seen.add(value), value + " is twice in " + key);
            if (push == null || !push.mayBe()) {
                throw new Invariant.Broken(Invariant.NOTHING_DOUBLED, value + " is in " + key + ": " + push);
            }
            Integer before = newest.put(push.client, push.number);
            Invariant.ORDER_KEPT.check(
                    before == null || before < push.number, value + " is behind #" + before + " in " + key);
        }
    }

    /** Whether {@code values} is what is left of writes of one client to a key of its own, as seen by its {@code asking}th command. */
    static boolean isLatest(List<Command> writes, List<String> values, int asking) {
        boolean right = values.isEmpty();
        for (Command write : writes) {
            if (!values.isEmpty() && write.value.equals(values.get(0))) {
                right = write.mayBe();
            } else if (write.number < asking && write.outcome == Outcome.DONE) {
                right = write.isExcused(); // what was there before it is older
            }
        }
        return right;
    }

    /** When the upstream is put in charge. */
    void checkNothingLeft() {
        List<String> missing = missing();
        Invariant.ONLINE_MEANS_NOTHING_LEFT.check(missing.isEmpty(), "the upstream lacks " + missing);
    }

    private List<String> missing() {
        ledger.lookAside();
        List<String> missing = new ArrayList<>();
        ledger.keys("log:")
                .forEach(key ->
                        missing.addAll(Ledger.missing(ledger.writes(key, Kind.LOG_PUSH), Ledger.setOf(list(key)))));
        ledger.keys("watched:")
                .forEach(key ->
                        missing.addAll(Ledger.missing(ledger.writes(key, Kind.WATCHED_PUSH), Ledger.setOf(list(key)))));
        ledger.keys("pair:")
                .forEach(key ->
                        missing.addAll(Ledger.missing(ledger.writes(key, Kind.PAIR), Ledger.setOf(list(key + ":a")))));
        ledger.keys("set:")
                .forEach(key -> missing.addAll(
                        Ledger.missing(ledger.writes(key, Kind.MEMBER_ADD), Ledger.setOf(read("SMEMBERS", key)))));
        return missing;
    }

    /** When all is over. */
    void check() {
        List<String> missing = missing();
        Invariant.NOTHING_LOST.check(missing.isEmpty(), "the upstream lacks " + missing);
        ledger.keys("log:").forEach(key -> checkList(ledger, key, list(key)));
        ledger.keys("watched:").forEach(key -> checkList(ledger, key, list(key)));
        ledger.keys("pair:").forEach(this::checkPair);
        ledger.keys("count:").forEach(this::checkCount);
        ledger.keys("queue:").forEach(this::checkQueue);
        ledger.keys("own:").forEach(this::checkOwn);
        ledger.keys("brief:")
                .forEach(key ->
                        Invariant.EXPIRED_STAYS_DEAD.check(read("GET", key).isEmpty(), key + " is still there"));
    }

    private void checkPair(String key) {
        List<String> first = list(key + ":a");
        List<String> second = list(key + ":b");
        Invariant.WHOLE_TRANSACTIONS.check(first.equals(second), key + ": " + first + " and " + second);
        checkList(ledger, key, first);
    }

    private void checkCount(String key) {
        List<Command> counts = ledger.writes(key, Kind.COUNT);
        long done =
                counts.stream().filter(count -> count.outcome == Outcome.DONE).count();
        long perhaps = counts.stream().filter(Command::mayBe).count();
        long value = read("GET", key).stream().mapToLong(Long::parseLong).sum();
        Invariant.NOTHING_LOST.check(
                value >= done - ledger.countsLost(key) - ledger.countsAside(key), key + " is " + value + " of " + done);
        Invariant.NOTHING_DOUBLED.check(value <= perhaps, key + " is " + value + " of " + perhaps);
    }

    private void checkQueue(String key) {
        List<String> left = list(key);
        Set<String> taken = new HashSet<>();
        long takenPerhaps = 0;
        for (Kind kind : List.of(Kind.QUEUE_POP, Kind.QUEUE_WAIT)) {
            for (Command pop : ledger.writes(key, kind)) {
                if (pop.outcome == Outcome.DONE) {
                    taken.addAll(Answer.strings(pop.reply()));
                } else if (pop.mayBe()) {
                    takenPerhaps++;
                }
            }
        }
        Set<String> seen = new HashSet<>();
        long gone = 0;
        for (String value : left) {
            Invariant.NOTHING_DOUBLED.check(seen.add(value), value + " is twice in " + key);
        }
        for (Command push : ledger.writes(key, Kind.QUEUE_PUSH)) {
            boolean there = seen.contains(push.value);
            Invariant.NOTHING_DOUBLED.check(
                    !there || (push.mayBe() && (!taken.contains(push.value) || push.mayBeBack)),
                    push + " was taken and is in " + key);
            gone += push.isMust() && !there && !taken.contains(push.value) ? 1 : 0;
        }
        Invariant.NOTHING_LOST.check(gone <= takenPerhaps, gone + " are gone from " + key + " that nobody took");
    }

    private void checkOwn(String key) {
        List<Command> writes = ledger.writes(key, Kind.OWN_SET);
        List<String> value = read("GET", key);
        Invariant.NOTHING_LOST.check(
                isLatest(writes, value, Integer.MAX_VALUE), key + " is " + value + " of " + writes);
    }
}
