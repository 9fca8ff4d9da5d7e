package io.holdfast.sync.conflict;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.keyspace.Watches.Watched;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.journal.Conflict.Winner;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An effect that the upstream took without doing anything, because others had been there before: an element that was taken
 * here and there, a key or field that was to be set only if it was not there. Immutable.
 *
 * @param part the element or field; null for a key
 */
public record Unmet(Effect effect, @Nullable Bytes part, Winner winner) {
    private static final Bytes NX = Bytes.of("NX");
    private static final Bytes HSET = Bytes.of("HSET");

    /** What {@code reply} says of {@code effect}; nothing where it did what it should. */
    public static Optional<Unmet> of(Effect effect, Reply reply) {
        List<Bytes> command = effect.command();
        return switch (command.get(0).latin1().toUpperCase(Locale.ROOT)) {
            case "LREM" ->
                reply.equals(Reply.ZERO)
                        ? Optional.of(new Unmet(effect, command.get(3), Winner.BOTH_TOOK))
                        : Optional.empty();
            case "SET" ->
                reply instanceof Reply.Null && Merge.isOnlyIfAbsent(command)
                        ? Optional.of(new Unmet(effect, null, Winner.UPSTREAM))
                        : Optional.empty();
            case "HSETNX" ->
                reply.equals(Reply.ZERO)
                        ? Optional.of(new Unmet(effect, command.get(2), Winner.UPSTREAM))
                        : Optional.empty();
            default -> Optional.empty();
        };
    }

    /** Whether some reply says of {@code effect} that it found nothing to do. */
    public static boolean mayTell(Effect effect) {
        return of(effect, Reply.ZERO).isPresent() || of(effect, Reply.Null.BULK).isPresent();
    }

    public Conflict conflict(Journal.Entry entry, int effectIndex, long nowMs) {
        var key = new Watched(effect.db(), effect.command().get(1));
        return new ConflictNote(entry, effectIndex, key, ConflictPolicy.MERGE, winner)
                .part(part)
                .local(unconditional())
                .conflict(nowMs);
    }

    /** What would write it although others were there before. */
    private List<Bytes> unconditional() {
        List<Bytes> command = new ArrayList<>(effect.command());
        if (command.get(0).equalsIgnoreCase("SET")) {
            command.subList(3, command.size()).remove(NX);
        } else if (command.get(0).equalsIgnoreCase("HSETNX")) {
            command.set(0, HSET);
        }
        return command;
    }
}
