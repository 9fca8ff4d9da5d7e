package io.holdfast.proxy.files;

import io.holdfast.engine.profile.KeyLog;
import io.holdfast.engine.profile.Profile;
import io.holdfast.engine.store.TableReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends what lists and streams get to files, each element once: over crashes, whatever the keys are trimmed to meanwhile,
 * and after the keys are gone. On one thread.
 *
 * <pre>
 *   which keys have news? ──► their elements, as many as a step takes ──► .positions is replaced ──► files grow
 *                                                                        (with what they get)
 * </pre>
 */
public final class KeyLogs {
    private static final Logger log = LoggerFactory.getLogger(KeyLogs.class);

    /** Of each log; more have none. */
    static final int KEYS_MAX = 10_000;

    /** In one step, of all keys. */
    static final int ELEMENTS_MAX = 10_000;

    /** In one step, of all keys, before they are lines; one element may go beyond it. */
    static final int BYTES_MAX = 4 << 20;

    private static final int PAGE_ELEMENTS = 500;

    private static final long RETENTION_MS = 60_000;
    private static final long RETENTION_BYTES = 1 << 20;

    private final Path root;
    private final List<KeyLog> logs;
    private final boolean areCopies;
    private final LongSupplier unixMs;
    private final LogFiles files;
    private @Nullable LogPositions positions;
    private @Nullable Budget left;
    private int nextKey;
    private boolean hasMore;
    private boolean wasTooMany;
    private long retainedMs;
    private String retainedOn = "";
    private long bytesSinceRetained;

    /** What is left of a step. */
    private static final class Budget {
        int elements = ELEMENTS_MAX;
        long bytes = BYTES_MAX;

        boolean isUsedUp() {
            return elements <= 0 || bytes <= 0;
        }
    }

    /** A key with its log. */
    private record Candidate(KeyLog log, TableRows.Row row) {
        LogPositions.Name name() {
            return LogPositions.Name.of(log.name(), row.bytes(1));
        }

        String directory() {
            return log.directory(row.textsFrom(5));
        }
    }

    /**
     * @param root the data directory
     * @param areCopies whether keys may be copies that are fetched from an upstream
     * @param unixMs the time, Unix milliseconds
     */
    public KeyLogs(Path root, List<Profile> profiles, boolean areCopies, LongSupplier unixMs) {
        this.root = root;
        this.logs =
                profiles.stream().flatMap(profile -> profile.logs().stream()).toList();
        this.areCopies = areCopies;
        this.unixMs = unixMs;
        this.files = new LogFiles(root);
    }

    /** Whether the last step was full, so that another is to follow although no key changes. */
    public boolean hasMore() {
        return hasMore;
    }

    /**
     * Takes one step.
     *
     * @throws IOException when a file cannot be written; what it should have got it gets in the next step
     */
    public void step(TableReader reader) throws IOException {
        LogPositions known = open();
        String today = LogLine.day(unixMs.getAsLong());
        Map<LogPositions.Name, LogPosition> steps = new HashMap<>();
        files.dropPlan();
        var budget = new Budget();
        left = budget;
        hasMore = false;
        List<Candidate> candidates = candidates(reader);
        int first = candidates.isEmpty() ? 0 : nextKey % candidates.size();
        for (int i = 0; i < candidates.size(); i++) {
            int index = (first + i) % candidates.size();
            if (budget.isUsedUp()) {
                nextKey = index;
                hasMore = true;
                break;
            }
            Candidate candidate = candidates.get(index);
            LogPosition before = known.all().get(candidate.name());
            LogPosition after = candidate.log().isList()
                    ? list(reader, candidate, before, today)
                    : stream(reader, candidate, before);
            if (!Objects.equals(before, after)) {
                steps.put(candidate.name(), after);
            }
        }
        if (!steps.isEmpty()) {
            forget(known, candidates);
            List<LogAppend> appends = files.takePlan();
            known.write(steps, appends);
            files.settle(appends);
            appends.forEach(append -> bytesSinceRetained += append.lines().length());
        }
        retain(today);
    }

    /** Also makes good what a crash, or a full disk, has left undone. */
    private LogPositions open() throws IOException {
        LogPositions known = positions;
        if (known == null) {
            known = new LogPositions(root);
        }
        files.settle(known.last());
        positions = known;
        return known;
    }

    private List<Candidate> candidates(TableReader reader) {
        List<Candidate> candidates = new ArrayList<>();
        boolean isTooMany = false;
        for (KeyLog each : logs) {
            List<TableRows.Row> rows = TableRows.ask(reader, each.keysSql(KEYS_MAX + 1));
            isTooMany |= rows.size() > KEYS_MAX;
            rows.stream().limit(KEYS_MAX).forEach(row -> candidates.add(new Candidate(each, row)));
        }
        if (isTooMany && !wasTooMany) {
            log.warn("Not every key has its log: there are more than {} of a kind", KEYS_MAX);
        }
        wasTooMany = isTooMany;
        return candidates;
    }

    /**
     * A key that is gone and comes again is another. But a copy may only be on its way again: those go when there would be too
     * many.
     */
    private void forget(LogPositions known, List<Candidate> candidates) {
        if (areCopies && known.all().size() <= KEYS_MAX * logs.size()) {
            return;
        }
        Set<LogPositions.Name> there = candidates.stream().map(Candidate::name).collect(Collectors.toSet());
        known.all().keySet().retainAll(there);
    }

    // ---- what is new

    private LogPosition list(TableReader reader, Candidate key, @Nullable LogPosition before, String today)
            throws IOException {
        var ends = new ListNews.Ends(
                key.row().number(0),
                key.row().number(2),
                key.row().number(3),
                key.row().number(4));
        LogPosition.OfList at = new ListNews(reader, key.log(), areCopies)
                .known(ends, before instanceof LogPosition.OfList list ? list : null);
        while (at.position() != ends.newest() && !budget().isUsedUp()) {
            List<TableRows.Row> lengths = TableRows.ask(
                    reader, key.log().addedSql(at.keyId(), at.position(), Math.min(PAGE_ELEMENTS, budget().elements)));
            if (lengths.isEmpty()) {
                break;
            }
            int taken = take(lengths, 1);
            long upTo = lengths.get(taken - 1).number(0);
            for (TableRows.Row row :
                    TableRows.ask(reader, key.log().elementsSql(at.keyId(), at.position(), upTo, LogLine.BYTES_MAX))) {
                long length = row.number(2);
                byte[] value = length > LogLine.BYTES_MAX ? null : row.bytes(4);
                files.plan(key.log(), key.directory(), today, LogLine.element(value, length, row.bytes(3)));
                at = at.then(row.number(0), row.number(1), ListNews.likeness(length, row.bytes(3)));
            }
        }
        hasMore |= at.position() != ends.newest() && budget().isUsedUp();
        return at;
    }

    private LogPosition stream(TableReader reader, Candidate key, @Nullable LogPosition before) throws IOException {
        var last = new LogPosition.OfStream(key.row().number(2), key.row().number(3));
        LogPosition.OfStream at = before instanceof LogPosition.OfStream stream ? stream : LogPosition.OfStream.START;
        if (last.isBefore(at)) {
            at = LogPosition.OfStream.START; // made anew, with smaller ids
        }
        while (!at.equals(last) && !budget().isUsedUp()) {
            if (at.ms() < 0) {
                return last; // beyond 2^63 ms storage has another order than Redis
            }
            long keyId = key.row().number(0);
            List<TableRows.Row> lengths = TableRows.ask(
                    reader,
                    KeyLog.entryLengthsSql(keyId, at.ms(), at.seq(), Math.min(PAGE_ELEMENTS, budget().elements)));
            if (lengths.isEmpty()) {
                return last; // whose entry is deleted
            }
            int taken = take(lengths, 2);
            for (TableRows.Row row :
                    TableRows.ask(reader, KeyLog.entriesSql(keyId, at.ms(), at.seq(), taken, LogLine.BYTES_MAX))) {
                long length = row.number(2);
                byte[] fields = length > LogLine.BYTES_MAX ? null : row.bytes(3);
                at = new LogPosition.OfStream(row.number(0), row.number(1));
                files.plan(
                        key.log(),
                        key.directory(),
                        LogLine.day(at.ms()),
                        LogLine.entry(at.ms(), at.seq(), fields, length));
            }
        }
        hasMore |= !at.equals(last) && budget().isUsedUp();
        return at;
    }

    /** How many of these there is room for; one at least. */
    private int take(List<TableRows.Row> lengths, int column) {
        int taken = 0;
        do {
            budget().bytes -= Math.min(lengths.get(taken).number(column), LogLine.BYTES_MAX);
            budget().elements--;
            taken++;
        } while (taken < lengths.size() && !budget().isUsedUp());
        return taken;
    }

    private Budget budget() {
        return Objects.requireNonNull(left);
    }

    // ---- what is old

    private void retain(String today) throws IOException {
        long now = unixMs.getAsLong();
        if (!today.equals(retainedOn)
                || Math.abs(now - retainedMs) >= RETENTION_MS
                || bytesSinceRetained >= RETENTION_BYTES) {
            for (KeyLog each : logs) {
                LogRetention.apply(root, each, today);
            }
            retainedMs = now;
            retainedOn = today;
            bytesSinceRetained = 0;
        }
    }
}
