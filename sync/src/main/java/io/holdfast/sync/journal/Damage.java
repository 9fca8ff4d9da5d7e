package io.holdfast.sync.journal;

import io.holdfast.engine.exec.Journal;
import java.nio.file.Path;
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
