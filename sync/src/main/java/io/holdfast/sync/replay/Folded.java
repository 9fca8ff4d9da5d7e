package io.holdfast.sync.replay;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One command of a batch, and the journaled effects that it stands for. Belongs to one {@link Compaction}. */
final class Folded {
    /**
     * An effect as it would be sent alone.
     *
     * @param effectIndex from 0, in its entry
     */
    record Raw(Journal.Entry entry, int effectIndex, Effect effect) {}

    private final @Nullable Fold fold;
    private final Raw first;
    /** All that it stands for; null where that is the first alone, as it mostly is. */
    private @Nullable List<Raw> raws;

    /** Of more than one effect, by its {@link Fold}: elements, fields with values, members with scores. */
    private @Nullable Map<Bytes, Bytes> parts;

    private @Nullable List<Bytes> appended;
    private @Nullable Long sum;
    private boolean gone;

    /** @param fold null: nothing is ever folded into it */
    Folded(@Nullable Fold fold, Raw raw) {
        this.fold = fold;
        first = raw;
    }

    @Nullable Fold fold() {
        return fold;
    }

    /** Whether it may be folded with, and is this command. */
    boolean is(String name) {
        return fold != null && command().get(0).equalsIgnoreCase(name);
    }

    private List<Bytes> command() {
        return first.effect().command();
    }

    /** What it stands for; where it is refused, none of them is upstream. */
    List<Raw> raws() {
        return raws == null ? List.of(first) : raws;
    }

    private void standsFor(List<Raw> more) {
        if (raws == null) {
            raws = new ArrayList<>(1 + more.size());
            raws.add(first);
        }
        raws.addAll(more);
    }

    /** It makes {@code other}, which came before it, needless. */
    void replaces(Folded other) {
        standsFor(other.raws());
        other.gone = true;
    }

    /** Whether another stands for it. */
    boolean isGone() {
        return gone;
    }

    /** The amount that it adds. */
    private long amount() {
        return sum != null ? sum : amount(command());
    }

    private static long amount(List<Bytes> command) {
        return Long.parseLong(command.get(command.size() - 1).latin1());
    }

    /** Adds what {@code raw} adds; false when that can make a difference. */
    boolean adds(Raw raw) {
        long before = amount();
        long more = amount(raw.effect().command());
        // Of one sign: if the sum does not overflow there, no part of it does.
        boolean isOneSign = before >= 0 ? more >= 0 : more <= 0;
        long both = before + more;
        if (!isOneSign || (before >= 0) != (both >= 0)) {
            return false;
        }
        sum = both;
        standsFor(List.of(raw));
        return true;
    }

    /** Of {@link Fold#SUMS_OF_FIELD}. */
    Bytes field() {
        return command().get(2);
    }

    /** Takes in what {@code raw}, of the same command, has. */
    void takesIn(Raw raw) {
        List<Bytes> command = raw.effect().command();
        if (fold == Fold.APPENDS) {
            if (appended == null) {
                appended = new ArrayList<>(command());
            }
            appended.addAll(command.subList(2, command.size()));
        } else {
            put(parts(), command);
        }
        standsFor(List.of(raw));
    }

    /** Leaves out what {@code raw} takes out again. */
    void loses(Raw raw) {
        List<Bytes> command = raw.effect().command();
        command.subList(2, command.size()).forEach(parts()::remove);
    }

    boolean isEmpty() {
        return parts().isEmpty();
    }

    private Map<Bytes, Bytes> parts() {
        if (parts == null) {
            parts = new LinkedHashMap<>();
            put(parts, command());
        }
        return parts;
    }

    private void put(Map<Bytes, Bytes> into, List<Bytes> command) {
        if (fold == Fold.ELEMENTS) {
            command.subList(2, command.size()).forEach(element -> into.put(element, Bytes.EMPTY));
            return;
        }
        int name = fold == Fold.SCORES ? 1 : 0;
        for (int i = 2; i < command.size(); i += 2) {
            into.put(command.get(i + name), command.get(i + 1 - name));
        }
    }

    /** What is sent. */
    Effect effect() {
        List<Bytes> command = command();
        if (sum != null) {
            List<Bytes> added = new ArrayList<>(command);
            added.set(command.size() - 1, Bytes.of(sum));
            return new Effect(first.effect().db(), added);
        } else if (appended != null) {
            return new Effect(first.effect().db(), appended);
        }
        return parts == null ? first.effect() : new Effect(first.effect().db(), of(parts));
    }

    private List<Bytes> of(Map<Bytes, Bytes> all) {
        List<Bytes> command = new ArrayList<>(command().subList(0, 2));
        all.forEach((part, value) -> {
            if (fold == Fold.SCORES) {
                command.add(value);
            }
            command.add(part);
            if (fold == Fold.FIELDS) {
                command.add(value);
            }
        });
        return command;
    }
}
