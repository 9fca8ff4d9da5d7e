package io.holdfast.sync.replay;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.conflict.Unmet;
import io.holdfast.sync.replay.Folded.Raw;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the commands of one transaction, in which nobody sees what is between them, and makes fewer of them by {@link Fold}.
 * Only effects of one key fold, and only where nothing between them touches that key in a way that is not in the table:
 *
 * <pre>
 *   HSET k a 1 · INCRBY n 2 · PEXPIREAT k t · HSET k b 1 · INCRBY n 3 · PEXPIREAT k u
 *   HSET k a 1 b 1 · INCRBY n 5 · PEXPIREAT k u
 * </pre>
 *
 * <p>What is not in the table, an entry of several effects, and an effect on several keys end the run of each of their keys;
 * one that names no key, or reaches another database, ends all. For one batch, on one thread.
 */
final class Compaction {
    /** A time that is further away than this has not passed upstream either, as long as its clock is not further off. */
    static final long AHEAD_MS = 60_000;
    /** How far back the same field is looked for. */
    private static final int FIELDS_BACK_MAX = 16;

    private final CommandTable commands;
    private final boolean folds;
    private final long nowMs;
    private final List<Folded> all = new ArrayList<>();
    /** Of each key, what was sent of it since its run began. */
    private final Map<Watched, List<Folded>> runs = new HashMap<>();

    private int gone;
    private boolean folded;

    /**
     * @param folds whether anything is folded
     * @param nowMs Unix milliseconds
     */
    Compaction(CommandTable commands, boolean folds, long nowMs) {
        this.commands = commands;
        this.folds = folds;
        this.nowMs = nowMs;
    }

    /** One of nothing yet, that folds as this one does. */
    Compaction another() {
        return new Compaction(commands, folds, nowMs);
    }

    /** Adds as many of {@code entries} as make up so many commands, one at least; returns how many. */
    int take(List<Journal.Entry> entries, int commandsMax) {
        for (int i = 0; i < entries.size(); i++) {
            Journal.Entry entry = entries.get(i);
            if (entry.isForUpstream()) {
                for (int effect = 0; effect < entry.effects().size(); effect++) {
                    add(entry, effect, entry.effects().get(effect), true);
                }
                if (size() >= commandsMax) {
                    return i + 1;
                }
            }
        }
        return entries.size();
    }

    /**
     * Adds an effect behind the others.
     *
     * @param mayFold whether it is as it was journaled
     */
    void add(Journal.Entry entry, int effectIndex, Effect effect, boolean mayFold) {
        var raw = new Raw(entry, effectIndex, effect);
        if (!folds) {
            all.add(new Folded(null, raw));
            return;
        }
        CommandSpec spec = commands.find(effect.command().get(0));
        boolean isAlone =
                mayFold && entry.scope() == Scope.UPSTREAM && entry.effects().size() == 1;
        Fold fold = spec == null || !isAlone ? null : Fold.of(spec.name(), effect.command());
        if (spec == null) {
            runs.clear();
            all.add(new Folded(null, raw));
        } else if (fold == null) {
            keep(raw, isAlone);
        } else {
            var key = new Watched(effect.db(), effect.command().get(1));
            fold(raw, fold, spec.name(), runs.computeIfAbsent(key, k -> new ArrayList<>(2)));
        }
    }

    /** As of when it folds, Unix milliseconds. */
    long nowMs() {
        return nowMs;
    }

    /** How many commands there are. */
    int size() {
        return all.size() - gone;
    }

    /** Whether there are fewer than effects, or others. */
    boolean isFolded() {
        return folded;
    }

    /** In the order in which they are sent. */
    List<Folded> commands() {
        return all.stream().filter(one -> !one.isGone()).toList();
    }

    /** Not in the table. On one key, and where its reply tells nothing, it may yet turn out to be overwritten. */
    private void keep(Raw raw, boolean isAlone) {
        Bytes[] args = raw.effect().command().toArray(Bytes[]::new);
        List<Watched> keys = new ArrayList<>(1);
        CommandSpec spec = commands.find(args);
        if (spec != null) {
            spec.forEachKey(args, position -> keys.add(new Watched(raw.effect().db(), args[position])));
        }
        boolean reachesElsewhere = spec != null && spec.otherDatabase(args) >= 0; // for its keys there
        var kept = new Folded(null, raw);
        all.add(kept);
        if (keys.isEmpty() || reachesElsewhere) {
            runs.clear();
        } else if (isAlone && keys.size() == 1 && !Unmet.mayTell(raw.effect())) {
            runs.computeIfAbsent(keys.get(0), key -> new ArrayList<>(2)).add(kept);
        } else {
            keys.forEach(runs::remove);
        }
    }

    private void fold(Raw raw, Fold fold, String name, List<Folded> run) {
        switch (fold) {
            case OVERWRITES -> {
                Folded now = put(fold, raw, run);
                for (Folded before : List.copyOf(run.subList(0, run.size() - 1))) {
                    drop(before, now, run);
                }
            }
            case EXPIRES -> {
                Folded before = newest(run, true);
                Folded now = put(fold, raw, run);
                if (before != null) {
                    drop(before, now, run);
                }
            }
            case SUMS, SUMS_OF_FIELD -> {
                Folded before = newestToAddTo(raw, fold, run);
                if (before == null || !before.adds(raw)) {
                    put(fold, raw, run);
                } else {
                    folded = true;
                }
            }
            case APPENDS, ELEMENTS, FIELDS, SCORES -> gather(raw, fold, name, run);
        }
    }

    private Folded put(Fold fold, Raw raw, List<Folded> run) {
        var now = new Folded(fold, raw);
        all.add(now);
        run.add(now);
        return now;
    }

    private void drop(Folded before, Folded instead, List<Folded> run) {
        instead.replaces(before);
        run.remove(before);
        gone++;
        folded = true;
    }

    private void gather(Raw raw, Fold fold, String name, List<Folded> run) {
        Folded undone = newest(run, false);
        Folded empty = null;
        String undoes = Fold.undoneBy(name);
        if (undone != null && undoes != null && undone.is(undoes)) {
            undone.loses(raw);
            folded = true;
            if (undone.isEmpty()) {
                empty = undone;
                run.remove(undone);
            }
        }
        Folded before = newest(run, false);
        Folded now;
        if (before != null && before.is(name)) {
            before.takesIn(raw);
            folded = true;
            now = before;
        } else {
            now = put(fold, raw, run);
        }
        if (empty != null) {
            now.replaces(empty);
            gone++;
        }
    }

    /**
     * The newest of a run that is not, or is, about the time to live. A time to live that has not run out yet is looked through,
     * for it changes nothing of the value.
     */
    private @Nullable Folded newest(List<Folded> run, boolean expires) {
        for (int i = run.size() - 1; i >= 0; i--) {
            Folded one = run.get(i);
            boolean isExpiry = one.fold() == Fold.EXPIRES;
            if (isExpiry && !isAhead(one)) {
                return null;
            } else if (isExpiry == expires) {
                return one;
            }
        }
        return null;
    }

    private boolean isAhead(Folded expiry) {
        List<Bytes> command = expiry.effect().command();
        return command.size() == 2 || Long.parseLong(command.get(2).latin1()) > nowMs + AHEAD_MS;
    }

    private @Nullable Folded newestToAddTo(Raw raw, Fold fold, List<Folded> run) {
        if (fold == Fold.SUMS) {
            Folded newest = newest(run, false);
            return newest != null && newest.fold() == fold ? newest : null;
        }
        Bytes field = raw.effect().command().get(2);
        for (int i = run.size() - 1; i >= Math.max(0, run.size() - FIELDS_BACK_MAX); i--) {
            Folded one = run.get(i);
            if (one.fold() == fold && one.field().equals(field)) {
                return one;
            }
            boolean isPassed = one.fold() == fold || (one.fold() == Fold.EXPIRES && isAhead(one));
            if (!isPassed) {
                return null;
            }
        }
        return null;
    }
}
