package io.holdfast.sync.replay;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.journal.Conflict.Winner;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Who wrote what during one outage, and what may have become of it when all of it is replayed.
 *
 * <pre>
 *   a value           it stands, or a client overwrote it at the upstream itself, or it lost and is in a conflict record;
 *                     no record where only one party wrote
 *   when a key ends   what the merge table says, without a record
 *   an element        taken by whoever took it; each taker but one has a record
 * </pre>
 */
final class TwoNodesLedger {
    /** What a value is that is not there. */
    static final String GONE = "(gone)";

    /** Who writes. */
    enum Party {
        NODE,
        OTHER,
        STRANGER
    }

    /**
     * An entry of a node that overwrites values.
     *
     * @param values by the cell: a key, or a key and a field or member behind a slash
     * @param isAlone whether it is no transaction
     */
    record Write(Party party, long sequence, long order, Map<String, String> values, boolean isAlone) {
        String value(String cell) {
            return requireNonNull(values.get(cell));
        }
    }

    /** A conflict record of a node. */
    record Recorded(Party party, Conflict conflict) {}

    private final Map<String, String> base;
    private final Map<Party, Map<Long, Write>> entries = new EnumMap<>(Party.class);
    private final Map<String, List<Write>> byCell = new TreeMap<>();
    private final Map<String, Set<String>> overwrittenThere = new HashMap<>();
    private final Map<String, Map<Party, Long>> ends = new HashMap<>();
    private final Map<String, Long> endSetThere = new HashMap<>();
    private final Map<String, List<Party>> takers = new LinkedHashMap<>();

    /** @param base what each cell was when the outage began */
    TwoNodesLedger(Map<String, String> base) {
        this.base = base;
    }

    String base(String cell) {
        return base.getOrDefault(cell, GONE);
    }

    Map<String, String> base() {
        return base;
    }

    /** A node has journaled {@code write}, which is acknowledged. */
    void wrote(Write write) {
        entries.computeIfAbsent(write.party, p -> new HashMap<>()).put(write.sequence, write);
        write.values.keySet().forEach(cell -> cell(cell).add(write));
    }

    /** A client wrote {@code value} upstream, where {@code before} stood: it has overwritten that knowingly. */
    void wroteThere(String cell, String value, String before, long order) {
        cell(cell).add(new Write(Party.STRANGER, 0, order, Map.of(cell, value), true));
        overwrittenThere.computeIfAbsent(cell, c -> new HashSet<>()).add(before);
    }

    private List<Write> cell(String cell) {
        return byCell.computeIfAbsent(cell, c -> new ArrayList<>());
    }

    void ends(String key, Party node, long atMs) {
        ends.computeIfAbsent(key, k -> new EnumMap<>(Party.class)).put(node, atMs);
    }

    /** A client set an end upstream, where the ends of {@code replayed} had been applied before. */
    void endsThere(String key, long atMs, Set<Party> replayed) {
        ends.computeIfAbsent(key, k -> new EnumMap<>(Party.class)).keySet().removeAll(replayed);
        endSetThere.put(key, atMs);
    }

    void took(String element, Party party) {
        takers.computeIfAbsent(element, e -> new ArrayList<>()).add(party);
    }

    // ---- when all is replayed

    /** @param now what each cell is */
    void verifyValues(Map<String, String> now, List<Recorded> records, boolean isByTime) {
        for (String cell : base.keySet()) {
            List<Write> writes = byCell.getOrDefault(cell, List.of());
            String stands = now.getOrDefault(cell, GONE);
            if (writes.isEmpty()) {
                assertThat(stands).as("%s, which nobody wrote", cell).isEqualTo(base(cell));
            } else if (writes.stream().noneMatch(write -> write.value(cell).equals(stands))) {
                // What is withheld with a transaction leaves what was there.
                assertThat(stands).as("%s was written by nobody", cell).isEqualTo(base(cell));
                assertThat(writes).as("%s is as it was", cell).noneMatch(Write::isAlone);
            }
            for (Write write : writes) {
                String value = write.value(cell);
                boolean isThere = value.equals(stands)
                        || overwrittenThere.getOrDefault(cell, Set.of()).contains(value);
                assertThat(isThere || isRecorded(cell, write, records))
                        .as(
                                "%s: %s is neither there (%s) nor in %s; of %s, %s",
                                cell, value, stands, records, write, writes)
                        .isTrue();
            }
            if (isByTime) {
                verifyLatest(cell, writes, stands);
            }
        }
        records.forEach(this::verifyRecord);
    }

    private static boolean isRecorded(String cell, Write write, List<Recorded> records) {
        String value = write.value(cell);
        return records.stream().anyMatch(record -> {
            Conflict conflict = record.conflict;
            if (!keyOf(cell).equals(conflict.key().utf8())) {
                return false;
            }
            boolean isOurs = conflict.winner() == Winner.LOCAL || conflict.winner() == Winner.LOCAL_AND_COPY;
            if (isOurs) {
                return record.party != write.party
                        && isOf(cell, conflict)
                        && (value.equals(GONE) ? conflict.upstream().isEmpty() : has(conflict.upstream(), value));
            }
            return record.party == write.party
                    && conflict.sequence() == write.sequence
                    && (value.equals(GONE) || has(conflict.local(), value));
        });
    }

    private static String keyOf(String cell) {
        return cell.contains("/") ? cell.substring(0, cell.indexOf('/')) : cell;
    }

    private static boolean isOf(String cell, Conflict conflict) {
        Bytes part = conflict.part();
        return cell.equals(part == null ? conflict.key().utf8() : conflict.key().utf8() + "/" + part.utf8());
    }

    private static boolean has(List<Bytes> command, String word) {
        return command.contains(Bytes.of(word));
    }

    /** Two nodes that stamp what they write, and nobody else: the later stands, whoever replayed last. */
    private static void verifyLatest(String cell, List<Write> writes, String stands) {
        boolean isBetweenNodes = writes.stream().allMatch(write -> write.party != Party.STRANGER && write.isAlone);
        Write latest = null;
        for (Write write : writes) {
            latest = latest == null || write.order > latest.order ? write : latest;
        }
        if (isBetweenNodes && latest != null) {
            assertThat(stands).as("%s: the later value", cell).isEqualTo(latest.value(cell));
        }
    }

    /** That it says something, and nothing that is not so. */
    private void verifyRecord(Recorded record) {
        Conflict conflict = record.conflict;
        if (conflict.winner() == Winner.BOTH_TOOK) {
            return; // see verifyTaken
        }
        Map<Long, Write> its = entries.getOrDefault(record.party, Map.of());
        assertThat(its).as("%s is of an entry that overwrites values", record).containsKey(conflict.sequence());
        Write write = requireNonNull(its.get(conflict.sequence()));
        assertThat(write.values.keySet())
                .as("%s: somebody else wrote there as well", record)
                .anyMatch(cell ->
                        byCell.getOrDefault(cell, List.of()).stream().anyMatch(each -> each.party != record.party));
        String cell = write.values.keySet().stream()
                .filter(each -> isOf(each, conflict))
                .findFirst()
                .orElse(null);
        if (cell != null && !isOfWithheld(write, conflict)) {
            Bytes was = conflict.base();
            assertThat(was == null ? GONE : was.utf8())
                    .as("the base in %s", record)
                    .isEqualTo(base(cell));
        }
    }

    private static boolean isOfWithheld(Write write, Conflict conflict) {
        return !write.isAlone && conflict.winner() != Winner.LOCAL && conflict.winner() != Winner.LOCAL_AND_COPY;
    }

    /** By the merge table: the later of two ends, where others have set another; no record. */
    void verifyEnd(String key, long baseMs, long nowMs) {
        Map<Party, Long> open = ends.getOrDefault(key, Map.of());
        Long there = endSetThere.get(key);
        long expected = open.values().stream().mapToLong(Long::longValue).max().orElse(there == null ? baseMs : there);
        assertThat(nowMs).as("%s ends", key).isEqualTo(there == null ? expected : Math.max(there, expected));
    }

    /**
     * @param left elements that are still there
     * @param isAllHeard false when a reply that might have told was lost with its connection
     */
    void verifyTaken(Set<String> all, List<String> left, List<Recorded> records, boolean isAllHeard) {
        for (String element : all) {
            int taken = takers.getOrDefault(element, List.of()).size();
            long doubled = records.stream()
                    .map(Recorded::conflict)
                    .filter(conflict -> conflict.winner() == Winner.BOTH_TOOK)
                    .filter(conflict -> has(conflict.local(), element))
                    .count();
            assertThat(left.contains(element)).as("%s is left", element).isEqualTo(taken == 0);
            assertThat(doubled)
                    .as("%s was delivered twice", element)
                    .isBetween(isAllHeard ? Math.max(0, taken - 1) : 0L, (long) Math.max(0, taken - 1));
        }
    }
}
