package io.holdfast.proxy;

import io.holdfast.engine.profile.Profile;
import io.holdfast.engine.store.QueryException;
import io.holdfast.engine.store.TableReader;
import io.holdfast.proxy.http.ServerState.Figures;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much is stored. Who asks has it counted again on the thread {@code sql}, unless that was done just now: it is at most a
 * small part of that thread's time. Any thread.
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
    private final Object lock = new Object();
    private Map<String, Long> last = Map.of();
    private long dueAtMs; // monotonic
    private @Nullable CompletableFuture<Figures> counting;

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

    /** As they were last counted. */
    Figures last() {
        synchronized (lock) {
            return figures();
        }
    }

    /**
     * As the tables say now, or just now; completed when they are counted. Tables are behind the keys until the next
     * checkpoint, for which those who ask do not wait: it is asked for, so that the next ones see it.
     */
    CompletableFuture<Figures> now() {
        CompletableFuture<Figures> begun;
        synchronized (lock) {
            if (counting != null) {
                return counting;
            }
            if (monotonicMs.getAsLong() < dueAtMs) {
                return CompletableFuture.completedFuture(figures());
            }
            begun = new CompletableFuture<>();
            counting = begun;
        }
        long began = monotonicMs.getAsLong();
        var unusedRows = queries.read(this::rows).whenComplete((rows, failure) -> {
            if (failure != null) {
                log.debug("What is stored cannot be counted now: {}", failure.toString());
            }
            done(rows, Math.max(REST_MS_MIN, (monotonicMs.getAsLong() - began) * REST_FOR_WORK));
        });
        var unusedCheckpoint = queries.upToDate();
        return begun;
    }

    private Figures figures() {
        return new Figures(usedBytes.getAsLong(), last);
    }

    private void done(@Nullable Map<String, Long> counts, long restMs) {
        CompletableFuture<Figures> waiting;
        Figures figures;
        synchronized (lock) {
            if (counts != null) {
                last = counts;
            }
            dueAtMs = monotonicMs.getAsLong() + restMs;
            waiting = counting;
            counting = null;
            figures = figures();
        }
        if (waiting != null) {
            waiting.complete(figures);
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
