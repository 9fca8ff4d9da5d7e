package io.holdfast.proxy;

import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.rule.DoubleStyle;
import io.holdfast.engine.rule.RedisDouble;
import io.holdfast.engine.store.Checkpointer;
import io.holdfast.engine.store.QueryException;
import io.holdfast.engine.store.StorageException;
import io.holdfast.engine.store.TableReader;
import io.holdfast.proxy.admin.Tables;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers SQL from {@code storage.db}, after a checkpoint, so that the rows are those of now: one question after the other, on
 * the thread {@code sql}. The engine loop never waits for it.
 */
final class TableQueries implements Tables, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(TableQueries.class);

    /** A reply is made in memory whole, so it has an end; {@code ./holdfast sql} has none. */
    static final TableReader.Limits LIMITS = new TableReader.Limits(10_000, 16 << 20, 5_000);

    private static final int QUESTIONS_WAITING_MAX = 16;
    private static final int CLOSE_SECONDS_MAX = 5;

    private final Executor loop;
    private final LongSupplier monotonicMs;
    private final ThreadPoolExecutor thread =
            new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(QUESTIONS_WAITING_MAX), task -> {
                var made = new Thread(task, "sql");
                made.setDaemon(true);
                return made;
            });
    private @Nullable Reach reach;

    private record Reach(Path directory, Checkpointer checkpointer) {}

    /** @param monotonicMs a clock that never jumps, milliseconds */
    TableQueries(Executor loop, LongSupplier monotonicMs) {
        this.loop = loop;
        this.monotonicMs = monotonicMs;
    }

    /** To be called before there are clients. */
    void begin(Path directory, Checkpointer checkpointer) {
        reach = new Reach(directory, checkpointer);
    }

    private Reach reach() {
        if (reach == null) {
            throw new IllegalStateException("asked before the start");
        }
        return reach;
    }

    /** Completed, on the engine loop, when the tables hold everything that is there now. Any thread. */
    CompletableFuture<Void> upToDate() {
        var done = new CompletableFuture<Void>();
        loop.execute(() -> {
            var unused = reach().checkpointer().upToDate().whenComplete((nothing, failure) -> {
                if (failure == null) {
                    done.complete(null);
                } else {
                    done.completeExceptionally(failure);
                }
            });
        });
        return done;
    }

    @Override
    public void ask(String sql, Consumer<Reply> answer) {
        var unused = reach().checkpointer().upToDate().whenComplete((nothing, failure) -> {
            if (failure != null) {
                answer.accept(error("the tables cannot be brought up to date: " + failure.getMessage()));
                return;
            }
            try {
                thread.execute(() -> {
                    Reply reply = answer(sql);
                    answer(answer, reply);
                });
            } catch (RejectedExecutionException e) {
                log.debug("a question too many", e);
                answer.accept(error("too many questions wait for their answers; ask again"));
            }
        });
    }

    /** What {@code question} finds in the tables as they are, on the thread {@code sql}; fails when too much waits for that. */
    <T> CompletableFuture<T> read(Function<TableReader, T> question) {
        try {
            return CompletableFuture.supplyAsync(
                    () -> {
                        try (TableReader reader = TableReader.open(reach().directory(), monotonicMs)) {
                            return question.apply(reader);
                        }
                    },
                    thread);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void answer(Consumer<Reply> to, Reply reply) {
        try {
            loop.execute(() -> to.accept(reply));
        } catch (RejectedExecutionException e) {
            log.debug("The server has stopped: nobody hears of it", e);
        }
    }

    private Reply answer(String sql) {
        try (TableReader reader = TableReader.open(reach().directory(), monotonicMs)) {
            var rows = new Rows();
            reader.ask(sql, LIMITS, rows);
            return Reply.array(rows.replies);
        } catch (QueryException | StorageException e) {
            return error(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            log.error("A question in SQL ended with an error of ours: please report it", e);
            return error("an internal error: " + e);
        }
    }

    private static Reply error(String why) {
        return RedisError.of("ERR " + why.replaceAll("\\s+", " ")).reply();
    }

    /** An answer as it becomes a reply. */
    private static final class Rows implements TableReader.Sink {
        private final List<Reply> replies = new ArrayList<>();

        @Override
        public void columns(List<String> names) {
            replies.add(Reply.array(names.stream().map(Reply::bulk).toList()));
        }

        @Override
        public void row(List<@Nullable Object> values) {
            List<Reply> row = new ArrayList<>(values.size());
            for (Object value : values) {
                row.add(reply(value));
            }
            replies.add(Reply.array(row));
        }

        private static Reply reply(@Nullable Object value) {
            if (value instanceof Long number) {
                return Reply.of(number);
            } else if (value instanceof Double number) {
                return new Reply.Real(number, RedisDouble.format(number, DoubleStyle.SHORTEST));
            } else if (value instanceof byte[] blob) {
                return Reply.bulk(Bytes.wrap(blob));
            }
            return value == null ? Reply.Null.BULK : Reply.bulk(value.toString());
        }
    }

    /** Ends when the question that is being answered has ended; it has its limit. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(CLOSE_SECONDS_MAX, TimeUnit.SECONDS)) {
                log.warn("A question in SQL has not ended within {} s", CLOSE_SECONDS_MAX);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
