package io.holdfast.proxy.simulation;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.proxy.SimulatedNode;
import io.holdfast.proxy.routing.Phase;
import io.holdfast.proxy.simulation.Command.Kind;
import io.holdfast.proxy.simulation.Command.Outcome;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What clients were told, and what must therefore be true. It knows nothing of how Holdfast works but its phases, and of the
 * upstream's data only what a crash took from it.
 */
final class Ledger implements Watch {
    static final String STRANGER = "stranger";

    private final World world;
    private final List<Command> all = new ArrayList<>();
    private final Map<String, List<Command>> byKey = new TreeMap<>();
    private final Map<String, Command> byValue = new HashMap<>();
    private final Map<String, Long> countsLost = new HashMap<>();
    private final Map<String, Long> countsAside = new HashMap<>();
    private boolean upstreamLostData;
    private final List<Long> outages = new ArrayList<>();
    private final Set<String> doubtful = new HashSet<>();
    /** What the upstream had of replays, and lost together with the proof of it. */
    private final List<Effect> returning = new ArrayList<>();

    private @Nullable SimulatedNode node;
    private Consumer<Phase> onPhase = phase -> {};
    private long nodeEpoch;
    private long phaseEpoch;
    private long sequenceThen;
    private long onlineSinceNanos;
    private int onlines;
    private int moves;

    Ledger(World world) {
        this.world = world;
    }

    /** Who else hears of each phase. */
    void onPhase(Consumer<Phase> listener) {
        onPhase = onPhase.andThen(listener);
    }

    /** Since when the upstream is in charge; null when it is not. */
    @Nullable Long onlineSinceNanos() {
        return world.phase() == Phase.ONLINE ? onlineSinceNanos : null;
    }

    int onlines() {
        return onlines;
    }

    /** How often the home of the data has moved. */
    int moves() {
        return moves;
    }

    List<Command> all() {
        return all;
    }

    int commands() {
        return all.size();
    }

    // ---- what clients are told

    void sent(Command command) {
        all.add(command);
        command.phaseEpochSent = phaseEpoch;
        command.inDoubt = isInDoubt(command.key);
        byKey.computeIfAbsent(command.key, key -> new ArrayList<>()).add(command);
        if (!command.value.isEmpty()) {
            byValue.put(command.value, command);
        }
    }

    void cutOff(Command command) {
        command.outcome = Outcome.UNCERTAIN;
    }

    void answered(Command command) {
        command.inDoubt |= isInDoubt(command.key);
        Reply reply = command.reply();
        if (command.kind == Kind.WATCHED_PUSH && reply instanceof Reply.Null) {
            command.outcome = Outcome.REFUSED;
            return;
        }
        if (!(reply instanceof Reply.Failure failure)) {
            command.outcome = Outcome.DONE;
            Invariant.NO_WRITE_WHILE_DRAINING.check(
                    world.phase() != Phase.DRAINING || command.phaseEpochSent != phaseEpoch || command.kind.onlyReads(),
                    command + " was asked and answered while the last entries drain");
            new Answer(this, command).check();
            return;
        }
        String text = failure.text().utf8();
        if (text.startsWith("UNCERTAIN ") || text.startsWith("UNBLOCKED ")) {
            command.outcome = Outcome.UNCERTAIN;
            Invariant.UNCERTAIN_ONLY_IN_FLIGHT.check(
                    outages.stream().anyMatch(at -> at >= command.sentNanos),
                    command + " but the upstream was not lost since it was sent");
            Invariant.UNCERTAIN_ONLY_WHERE_IT_MATTERS.check(
                    !command.kind.mayBeRepeated(), command + " could have been done a second time: " + text);
        } else {
            command.outcome = Outcome.REFUSED;
            boolean asksUnknown = command.value.isEmpty() && text.startsWith("UNKNOWN");
            Invariant.UNCERTAIN_ONLY_IN_FLIGHT.check(asksUnknown, command + ": " + text);
        }
    }

    /** What was begun on top of something unknown stays so until the upstream is in charge. */
    private boolean isInDoubt(String key) {
        if (world.isInDoubt(key)) {
            doubtful.add(key);
        }
        return doubtful.contains(key);
    }

    /** What of this key was written in the order of being sent, by whoever. */
    List<Command> writes(String key, Kind kind) {
        return byKey.getOrDefault(key, List.of()).stream()
                .filter(command -> command.kind == kind)
                .toList();
    }

    @Nullable Command writerOf(String value) {
        return byValue.get(value);
    }

    List<String> keys(String prefix) {
        return byKey.keySet().stream().filter(key -> key.startsWith(prefix)).toList();
    }

    long countsLost(String key) {
        return countsLost.getOrDefault(key, 0L);
    }

    long countsAside(String key) {
        return countsAside.getOrDefault(key, 0L);
    }

    /** What waits for a person is not lost; but only an upstream that lost data, or others' writes, may be the reason. */
    void lookAside() {
        countsAside.clear();
        SimulatedNode of = node;
        if (of == null) {
            return;
        }
        for (List<Bytes> command : of.setAside()) {
            Invariant.NOTHING_LOST.check(
                    upstreamLostData, "set aside, although the upstream has lost nothing: " + command);
            String key = command.get(1).utf8();
            if (key.startsWith("count:")) {
                countsAside.merge(key, Long.parseLong(command.get(2).utf8()), Long::sum);
            }
            for (Bytes word : command) {
                Command writer = byValue.get(word.utf8());
                if (writer != null) {
                    writer.setAside = true;
                }
            }
        }
    }

    // ---- what only the world knows

    @Override
    public void started(SimulatedNode started) {
        Invariant.EPOCHS_RISE.check(started.epoch() > nodeEpoch, "the node's epoch is " + started.epoch() + " again");
        nodeEpoch = started.epoch();
        node = started;
        phaseEpoch = started.machine().epoch();
        started.machine().onChange((from, to) -> phaseChanged(started, from, to));
    }

    private void phaseChanged(SimulatedNode of, Phase from, Phase to) {
        if (of != node || !world.isUp()) {
            return;
        }
        world.schedule().note(from + " -> " + to + ": " + of.machine().reason().replaceAll("local:.*", "redis"));
        Invariant.EPOCHS_RISE.check(of.machine().epoch() > phaseEpoch, from + " to " + to);
        phaseEpoch = of.machine().epoch();
        onPhase.accept(to);
        checkQuiet(of, from);
        all.stream()
                .filter(command -> command.outcome == Outcome.PENDING)
                .forEach(command -> command.inDoubt |= isInDoubt(command.key));
        sequenceThen = of.lastSequence();
        moves += from == Phase.ONLINE || to == Phase.ONLINE ? 1 : 0;
        if (to == Phase.OFFLINE) {
            outages.add(world.schedule().nanos());
        } else if (to == Phase.ONLINE) {
            onlines++;
            onlineSinceNanos = world.schedule().nanos();
            doubtful.clear();
            Invariant.ONLINE_MEANS_NOTHING_LEFT.check(of.owed() == 0, of.owed() + " entries are still to be replayed");
            new Contents(this, world.redis()::ask).checkNothingLeft();
        }
    }

    /** Behind each act: nothing is journaled while the upstream is in charge, nor while the last entries drain. */
    void checkHome() {
        SimulatedNode now = node;
        if (now != null && world.isUp()) {
            checkQuiet(now, now.machine().phase());
        }
    }

    private void checkQuiet(SimulatedNode of, Phase phase) {
        long sequence = of.lastSequence();
        boolean silent = phase == Phase.ONLINE || phase == Phase.DRAINING;
        if (silent && sequence != sequenceThen) {
            List<Journal.Entry> written = of.replayedAfter(sequenceThen).stream()
                    .filter(entry -> phase == Phase.ONLINE || !isOfTime(entry))
                    .toList();
            Invariant which = phase == Phase.ONLINE ? Invariant.ONE_HOME : Invariant.NO_WRITE_WHILE_DRAINING;
            which.check(written.isEmpty(), "journaled while " + phase + ": " + written);
            sequenceThen = sequence;
        }
    }

    /** Whether it says that a key has ended: no client has asked for that. */
    private static boolean isOfTime(Journal.Entry entry) {
        return entry.effects().stream().allMatch(effect -> {
            int at = effect.endAt();
            return at > 0 && Long.parseLong(effect.command().get(at).latin1()) < entry.timeMs();
        });
    }

    @Override
    public void upstreamLost(List<Journal.Entry> entries, boolean hasCursor) {
        upstreamLostData = true;
        for (Journal.Entry entry : entries) {
            boolean replayed = entry.effects().stream()
                    .anyMatch(effect -> effect.command().get(1).utf8().startsWith("holdfast:"));
            if (replayed) {
                returning.addAll(entry.effects());
            } else {
                entry.effects().forEach(this::lost);
            }
        }
        if (!hasCursor) {
            returning.forEach(this::lost); // nobody knows any more that it was there: it does not return
            returning.clear();
        }
    }

    private void lost(Effect effect) {
        List<Bytes> words = effect.command();
        String key = words.get(1).utf8();
        if (key.startsWith("count:") && words.size() > 2) {
            countsLost.merge(key, Long.parseLong(words.get(2).utf8()), Long::sum);
            return;
        }
        boolean takes =
                words.get(0).utf8().equals("LREM") || words.get(0).utf8().equals("LPOP");
        for (Bytes word : words) {
            Command writer = byValue.get(word.utf8());
            if (writer != null && takes) {
                writer.mayBeBack = true;
            } else if (writer != null) {
                writer.lostUpstream = true;
            }
        }
        if (takes && key.startsWith("queue:")) {
            writes(key, Kind.QUEUE_PUSH).forEach(push -> push.mayBeBack = true);
        }
    }

    /** Values of commands that must be there and are not. */
    static List<String> missing(List<Command> writes, Set<String> there) {
        return writes.stream()
                .filter(command -> command.isMust() && !there.contains(command.value))
                .map(Command::toString)
                .toList();
    }

    static Set<String> setOf(List<String> values) {
        return new HashSet<>(values);
    }
}
