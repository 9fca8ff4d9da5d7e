package io.holdfast.proxy;

import io.holdfast.engine.profile.Profile;
import io.holdfast.engine.store.QueryException;
import io.holdfast.engine.store.StorageException;
import io.holdfast.engine.store.TableReader;
import io.holdfast.proxy.http.ServerState.Figures;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much is stored. Who asks gets at once what was counted last, and has it counted again on the thread {@code sql}, which
 * is at most a small part of that thread's time. Any thread.
 */
final class StorageFigures {
    private static final Logger log = LoggerFactory.getLogger(StorageFigures.class);

    private static final int REST_MS_MIN = 1_000;
    /** So counting has a twentieth of the thread's time at most. */
    private static final int REST_FOR_WORK = 20;
    /** For the rows of one view; one that takes longer is not counted. */
    private static final int COUNT_MS_MAX = 2_000;

    private final TableQueries queries;
    private final LongSupplier usedBytes;
    private final List<String> views;
    private final LongSupplier monotonicMs;
    private final AtomicBoolean counting = new AtomicBoolean();
    private volatile Map<String, Long> last = Map.of();
    private volatile long dueAtMs;

    /**
     * @param usedBytes what the data directory takes, as it was last measured
     * @param monotonicMs a clock that never jumps, milliseconds
     */
    StorageFigures(TableQueries queries, LongSupplier usedBytes, List<Profile> profiles, LongSupplier monotonicMs) {
        this.queries = queries;
        this.usedBytes = usedBytes;
        this.views = profiles.stream()
                .flatMap(profile -> profile.viewNames().stream())
                .toList();
        this.monotonicMs = monotonicMs;
        dueAtMs = monotonicMs.getAsLong();
    }

    Figures now() {
        if (monotonicMs.getAsLong() >= dueAtMs && counting.compareAndSet(false, true)) {
            var unused = queries.upToDate().whenComplete((nothing, failure) -> {
                boolean begun = failure == null && queries.read(this::count);
                if (!begun) {
                    done(REST_MS_MIN);
                }
            });
        }
        return new Figures(usedBytes.getAsLong(), last);
    }

    private void done(long restMs) {
        dueAtMs = monotonicMs.getAsLong() + restMs;
        counting.set(false);
    }

    private void count(TableReader reader) {
        long began = monotonicMs.getAsLong();
        try {
            last = rows(reader);
        } catch (StorageException e) {
            log.debug("What is stored cannot be counted now: {}", e.getMessage());
        } finally {
            done(Math.max(REST_MS_MIN, (monotonicMs.getAsLong() - began) * REST_FOR_WORK));
        }
    }

    private Map<String, Long> rows(TableReader reader) {
        Map<String, Long> rows = new LinkedHashMap<>();
        if (views.isEmpty()) {
            ask(reader, "select type, count(*) from keyspace group by type order by type", rows);
        }
        for (String view : views) {
            String name = view.replace("\"", "\"\"");
            String literal = view.replace("'", "''");
            ask(reader, "select '" + literal + "', count(*) from \"" + name + "\"", rows);
        }
        return rows;
    }

    private static void ask(TableReader reader, String sql, Map<String, Long> into) {
        try {
            reader.ask(
                    sql, new TableReader.Limits(Long.MAX_VALUE, Long.MAX_VALUE, COUNT_MS_MAX), new TableReader.Sink() {
                        @Override
                        public void columns(List<String> names) {}

                        @Override
                        public void row(List<@Nullable Object> values) {
                            if (values.get(1) instanceof Long count) {
                                into.put(String.valueOf(values.get(0)), count);
                            }
                        }
                    });
        } catch (QueryException e) {
            log.debug("Not counted: {}", e.getMessage());
        }
    }
}
