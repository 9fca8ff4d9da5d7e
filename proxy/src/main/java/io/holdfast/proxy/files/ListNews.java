package io.holdfast.proxy.files;

import io.holdfast.engine.profile.KeyLog;
import io.holdfast.engine.store.TableReader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Finds which elements of a list its log lacks. Stateless.
 *
 * <p>An element keeps its position in storage while only the list's ends change, so the position of the newest element in the
 * log, if that element is still there, is the answer, however much was trimmed at the other end. Where it is not, and in a
 * copy that may have been fetched anew, with other positions, the newest elements are compared with those that the log got
 * last.
 */
final class ListNews {
    /** So many of the newest elements are compared; where none of them is known, all of the list is new. */
    private static final int COMPARED_MAX = 1_000;

    private final TableReader reader;
    private final KeyLog log;
    private final boolean mayBeCopy;

    /** @param mayBeCopy whether the list may be fetched from the upstream again */
    ListNews(TableReader reader, KeyLog log, boolean mayBeCopy) {
        this.reader = reader;
        this.log = log;
        this.mayBeCopy = mayBeCopy;
    }

    /**
     * A list's row in the answer to {@link KeyLog#keysSql}.
     *
     * @param newest position of the newest element
     * @param checksum of that element's row
     * @param oldest position of the oldest
     */
    record Ends(long keyId, long newest, long checksum, long oldest) {}

    /** How far the log goes, as positions of the list as it is now: what lies behind that is new. */
    LogPosition.OfList known(Ends list, LogPosition.@Nullable OfList before) {
        if (before == null) {
            return nothingKnown(list);
        }
        if (before.keyId() == list.keyId()) {
            if (before.position() == list.newest() && before.checksum() == list.checksum()) {
                return before;
            }
            List<TableRows.Row> there = TableRows.ask(reader, KeyLog.checksumSql(list.keyId(), before.position()));
            if (!there.isEmpty() && there.get(0).number(0) == before.checksum()) {
                return before;
            }
        }
        boolean allKnownAreGone = before.keyId() != list.keyId()
                || (log.growsAtHead() ? list.oldest() < before.position() : list.oldest() > before.position());
        return !mayBeCopy && allKnownAreGone ? nothingKnown(list) : compared(list, before.recent());
    }

    private LogPosition.OfList nothingKnown(Ends list) {
        return new LogPosition.OfList(list.keyId(), list.oldest() + (log.growsAtHead() ? 1 : -1), 0, List.of());
    }

    private LogPosition.OfList compared(Ends list, List<Long> recent) {
        List<TableRows.Row> rows = TableRows.ask(reader, log.newestSql(list.keyId(), COMPARED_MAX));
        List<Long> now = new ArrayList<>(); // the newest first
        for (TableRows.Row row : rows) {
            now.add(likeness(row.number(2), row.bytes(3)));
        }
        List<Long> then = new ArrayList<>(recent);
        Collections.reverse(then);
        int added = added(now, then, rows.size() < COMPARED_MAX);
        if (added == now.size()) {
            return nothingKnown(list);
        }
        List<Long> known =
                new ArrayList<>(now.subList(added, Math.min(now.size(), added + LogPosition.OfList.RECENT_MAX)));
        Collections.reverse(known);
        return new LogPosition.OfList(
                list.keyId(), rows.get(added).number(0), rows.get(added).number(1), known);
    }

    /**
     * How many of the newest elements are new: those before the first place from which on both say the same; where there is
     * none, because something was taken out, those before the first that was there.
     *
     * @param now and {@code then}: the newest first
     * @param isWhole whether the list has no more than these
     */
    static int added(List<Long> now, List<Long> then, boolean isWhole) {
        for (int added = 0; added < now.size(); added++) {
            int both = Math.min(then.size(), now.size() - added);
            boolean isEnough = both == then.size() || isWhole;
            if (both > 0 && isEnough && now.subList(added, added + both).equals(then.subList(0, both))) {
                return added;
            }
        }
        Set<Long> known = new HashSet<>(then);
        for (int added = 0; added < now.size(); added++) {
            if (known.contains(now.get(added))) {
                return added;
            }
        }
        return now.size();
    }

    /** The same for the same elements, and hardly ever for others. */
    static long likeness(long length, byte[] beginning) {
        var checksum = new CRC32C();
        checksum.update(beginning);
        return checksum.getValue() << 32 | (length & 0xffff_ffffL);
    }
}
