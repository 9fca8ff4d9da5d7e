package io.holdfast.sync.journal;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.resp.Bytes;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * Entries of the journal that cannot be read. Immutable.
 *
 * @param segment the file
 * @param offset where the damage begins in it
 * @param end where it is readable again, or ends
 * @param first the oldest entry that is lost
 * @param last the newest one
 * @param guess those of them that still look like entries; any of it may be wrong
 */
public record Damage(Path segment, long offset, long end, long first, long last, List<Journal.Entry> guess) {
    private static final int GUESSES_TOLD = 8;
    private static final int TOLD_BYTES_MAX = 64;

    /** What {@link #guess} has, without values: {@code "; it may have been SET k at …"}; empty where there is nothing. */
    String guessed() {
        List<String> effects = guess.stream()
                .flatMap(entry -> entry.effects().stream().map(effect -> guessed(entry, effect)))
                .limit(GUESSES_TOLD + 1L)
                .toList();
        if (effects.isEmpty()) {
            return "";
        }
        boolean more = effects.size() > GUESSES_TOLD;
        return "; it may have been " + String.join(", ", effects.subList(0, more ? GUESSES_TOLD : effects.size()))
                + (more ? " and more" : "");
    }

    private static String guessed(Journal.Entry entry, Effect effect) {
        List<Bytes> command = effect.command();
        Bytes name = command.isEmpty() ? Bytes.EMPTY : command.get(0);
        Bytes key = command.size() < 2 ? Bytes.EMPTY : command.get(1);
        return told(name) + " " + told(key) + " at " + Instant.ofEpochMilli(entry.timeMs());
    }

    /** Any of it may be wrong: it must not tear a line apart, nor be endless. */
    private static String told(Bytes text) {
        Bytes cut = text.length() <= TOLD_BYTES_MAX ? text : text.slice(0, TOLD_BYTES_MAX);
        return cut.latin1().replaceAll("[^!-~]", "?");
    }

    /** For people, without values. */
    @Override
    public String toString() {
        String where = "journal segment " + segment.getFileName() + " is damaged from offset " + offset + " to " + end;
        if (last < first) {
            return where + ", between entries: none is lost";
        }
        return where + (first == last ? ": entry " + first : ": entries " + first + " to " + last) + " cannot be read";
    }
}
