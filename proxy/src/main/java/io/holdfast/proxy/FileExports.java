package io.holdfast.proxy;

import io.holdfast.engine.profile.ExportedFile;
import io.holdfast.engine.profile.Profile;
import io.holdfast.engine.profile.ViewSql;
import io.holdfast.engine.store.QueryException;
import io.holdfast.engine.store.StorageException;
import io.holdfast.engine.store.TableReader;
import io.holdfast.proxy.files.KeyLogs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps files that say what views of profiles say, on the thread {@code files}: never a source of truth, and never more than
 * a small part of the machine's time.
 *
 * <pre>
 *   rest ──► checkpoint, if something is owed ──► changed since? ──► rows ──► files that differ are replaced, others removed
 *    ▲                                              └── no ──┐                        │
 *    └──── at least a second, and forty times what that took ◄────────────────────────┘
 * </pre>
 */
final class FileExports implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(FileExports.class);

    /** Of each kind of file. */
    static final int FILES_MAX = 10_000;

    /** A longer one is not written. */
    static final int FILE_CHARS_MAX = 1 << 20;

    /** All of them together, as what is in them is in memory, too; what goes beyond is not written. */
    static final int ALL_CHARS_MAX = 16 << 20;

    private static final int REST_MS_MIN = 1_000;
    /** However long a checkpoint took that made way for clients. */
    private static final int REST_MS_MAX = 60_000;
    /** So it has a fortieth of a core at most. */
    private static final int REST_FOR_WORK = 40;

    /** A checkpoint begins at the loop's next look at the clock: that long a wait is no work. */
    private static final int IDLE_MS = 150;

    private static final int CHECKPOINT_SECONDS_MAX = 60;
    private static final int CLOSE_SECONDS_MAX = 5;

    private static final String PENDING = "sync/pending.json";
    private static final String LAST_SYNC = "sync/last_sync.json";

    private final Path directory;
    private final List<ExportedFile> exports;
    private final Supplier<CompletableFuture<Void>> upToDate;
    /** Null: no profile wants to be told, or there is no upstream. */
    private final @Nullable Supplier<SyncState> syncState;

    private final LongSupplier monotonicMs;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        var made = new Thread(task, "files");
        made.setDaemon(true);
        return made;
    });
    private final @Nullable KeyLogs logs;
    private @Nullable ExportDirectory files;
    /** Contents by path, as the tables were last. */
    private final Map<String, String> wanted = new LinkedHashMap<>();

    private long version = -1;
    private boolean failing;
    private int chars;
    private boolean isCut;

    private FileExports(
            Path directory,
            List<Profile> profiles,
            Supplier<CompletableFuture<Void>> upToDate,
            @Nullable Supplier<SyncState> syncState,
            @Nullable KeyLogs logs,
            LongSupplier monotonicMs) {
        this.directory = directory;
        this.exports =
                profiles.stream().flatMap(profile -> profile.files().stream()).toList();
        this.upToDate = upToDate;
        this.syncState = profiles.stream().anyMatch(profile -> profile.queue() != null) ? syncState : null;
        this.logs = logs;
        this.monotonicMs = monotonicMs;
    }

    /**
     * Begins to keep the files of some profiles; null where they have none.
     *
     * @param upToDate completed when the tables hold everything; any thread
     * @param syncState asked on the thread {@code files}; null: there is no replay to tell of
     * @param logs what is appended to besides; null: nothing
     * @param monotonicMs a clock that never jumps, milliseconds
     */
    static @Nullable FileExports start(
            Path directory,
            List<Profile> profiles,
            Supplier<CompletableFuture<Void>> upToDate,
            @Nullable Supplier<SyncState> syncState,
            @Nullable KeyLogs logs,
            LongSupplier monotonicMs) {
        var made = new FileExports(directory, profiles, upToDate, syncState, logs, monotonicMs);
        boolean hasRows = !made.exports.isEmpty() || made.syncState != null;
        if (!hasRows) {
            removeThoseOf(directory);
        }
        if (!hasRows && logs == null) {
            made.thread.shutdown();
            return null;
        }
        made.next(REST_MS_MIN);
        return made;
    }

    /** Files of a profile that is no longer wanted would say for ever what was. */
    private static void removeThoseOf(Path directory) {
        if (!Files.exists(directory.resolve(ExportDirectory.LIST))) {
            return;
        }
        try {
            int removed = new ExportDirectory(directory).become(Map.of());
            log.info("{} files of profiles that are no longer wanted are removed", removed);
        } catch (IOException e) {
            log.warn("Files of profiles that are no longer wanted stay: {}", e.getMessage());
        }
    }

    private void next(long restMs) {
        if (!thread.isShutdown()) {
            var unused = thread.schedule(this::turn, restMs, TimeUnit.MILLISECONDS);
        }
    }

    private void turn() {
        long began = monotonicMs.getAsLong();
        long ready = began;
        try {
            bringUpToDate();
            ready = monotonicMs.getAsLong();
            refresh();
            failing = false;
        } catch (StorageException | QueryException | IOException | ExecutionException | TimeoutException e) {
            if (!failing) {
                log.warn("The files of profiles stay as they are: {}", e.getMessage());
            }
            failing = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        long workMs = Math.max(0, ready - began - IDLE_MS) + monotonicMs.getAsLong() - ready;
        next(Math.max(REST_MS_MIN, Math.min(REST_MS_MAX, workMs * REST_FOR_WORK)));
    }

    private void bringUpToDate() throws InterruptedException, ExecutionException, TimeoutException {
        upToDate.get().get(CHECKPOINT_SECONDS_MAX, TimeUnit.SECONDS);
    }

    private void refresh() throws IOException {
        SyncState state = syncState == null ? null : syncState.get();
        try (TableReader reader = TableReader.open(directory, monotonicMs)) {
            long now = checkpoints(reader);
            boolean isNew = now != version;
            if (isNew) {
                wanted.clear();
                collect(reader);
            }
            if (state != null) {
                isNew |= addQueue(reader, state);
            }
            if (logs != null && (now != version || logs.hasMore())) {
                logs.step(reader);
            }
            if (!isNew) {
                return;
            }
            if (files == null) {
                files = new ExportDirectory(directory);
            }
            version = -1; // where that fails, all of it is tried again
            int changed = files.become(wanted);
            log.debug("{} files of profiles changed", changed);
            version = now;
        }
    }

    private void collect(TableReader reader) {
        chars = 0;
        boolean wasCut = isCut;
        isCut = false;
        for (ExportedFile export : exports) {
            addFiles(reader, export, wanted);
        }
        if (isCut && !wasCut) {
            log.warn(
                    "Not every row has its file: there are more than {} of a kind, one is longer than {} characters,"
                            + " or all together than {}",
                    FILES_MAX,
                    FILE_CHARS_MAX,
                    ALL_CHARS_MAX);
        }
    }

    private static long checkpoints(TableReader reader) {
        var first = new FirstRow();
        reader.ask("select value from meta where name = 'checkpoints'", TableReader.Limits.NONE, first);
        return first.row.isEmpty() ? 0 : Long.parseLong(first.row.get(0));
    }

    private void addFiles(TableReader reader, ExportedFile export, Map<String, String> into) {
        reader.ask(export.sql(FILES_MAX + 1), TableReader.Limits.NONE, new TextRows() {
            private int files;

            @Override
            void texts(List<String> values) {
                String content = values.get(0) + "\n";
                if (++files > FILES_MAX
                        || content.length() > FILE_CHARS_MAX
                        || chars + content.length() > ALL_CHARS_MAX) {
                    isCut = true;
                    return;
                }
                chars += content.length();
                into.put(export.directory() + "/" + export.name(values.subList(1, values.size())), content);
            }
        });
    }

    /** Not with the tables of keys: the queue's is written behind theirs, and time passes without either. Whether something is new. */
    private boolean addQueue(TableReader reader, SyncState state) {
        var pending = new FirstRow();
        reader.ask(
                "select json_group_array(json_object('id', id, 'operation_type', operation_type, 'redis_key', redis_key,"
                        + " 'redis_value', redis_value, 'redis_score', redis_score, 'hash_field', hash_field,"
                        + " 'ttl_seconds', ttl_seconds, 'created_at', created_at, 'sync_status', sync_status,"
                        + " 'sync_attempts', sync_attempts, 'last_sync_attempt', last_sync_attempt)),"
                        + " count(*) filter (where sync_status = 'pending'),"
                        + " count(*)"
                        + " from (select * from " + ViewSql.QUEUE + " order by id)",
                TableReader.Limits.NONE,
                pending);
        String items = pending.row.get(0) + "\n";
        long waiting = Long.parseLong(pending.row.get(1));
        // What waits is counted by its rows, as pending.json has them, for as long as that table has them all.
        boolean isAll = Long.parseLong(pending.row.get(2)) < SyncQueue.ROWS_MAX;
        String last = state.json(isAll ? waiting : Math.max(waiting, state.pending()));
        boolean isNew = !items.equals(wanted.put(PENDING, items));
        return !last.equals(wanted.put(LAST_SYNC, last)) || isNew;
    }

    /** Rows as texts. */
    private abstract static class TextRows implements TableReader.Sink {
        @Override
        public void columns(List<String> names) {}

        @Override
        public void row(List<@Nullable Object> values) {
            List<String> texts = new ArrayList<>(values.size());
            for (Object value : values) {
                texts.add(value == null ? "" : value.toString());
            }
            texts(texts);
        }

        abstract void texts(List<String> values);
    }

    private static final class FirstRow extends TextRows {
        private List<String> row = List.of();

        @Override
        void texts(List<String> values) {
            if (row.isEmpty()) {
                row = values;
            }
        }
    }

    /** Files stay as they are; the next start brings them up to date. */
    @Override
    public void close() {
        thread.shutdownNow();
        try {
            if (!thread.awaitTermination(CLOSE_SECONDS_MAX, TimeUnit.SECONDS)) {
                log.warn("The files of profiles were not done within {} s", CLOSE_SECONDS_MAX);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
