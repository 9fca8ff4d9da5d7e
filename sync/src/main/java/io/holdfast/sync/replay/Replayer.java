package io.holdfast.sync.replay;

import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.store.StorageException;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.conflict.Touches;
import io.holdfast.sync.journal.JournalGapException;
import io.holdfast.sync.journal.SyncStore;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries journal entries upstream, oldest first, each exactly once: whatever crashes, hangs or loses replies on either side.
 * Its work runs on the thread {@code replay}; its methods may be called on any thread and wait for nothing.
 */
public final class Replayer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Replayer.class);

    /** Hears what a session comes to, on the executor given for it; nothing of a session that was stopped before. */
    public interface Listener {
        /**
         * Everything that was committed up to {@code sequence} is upstream or was never for it. Called again after further
         * entries, and after each {@link Replayer#wake}.
         */
        void caughtUp(long sequence);

        /** The session is over and nothing is lost: {@link Replayer#start} again when the upstream is worth a try. */
        void failed(String reason);

        /**
         * The session is over, and so will be the next until {@link Replayer#acceptLoss}, or until the upstream has its data
         * again.
         */
        void halted(String reason);

        /** The session is over, and so will be the next until a person has settled why two wrote under one name. */
        void fenced(String reason);
    }

    private volatile ReplayConfig config;
    private volatile boolean gentle;
    private final ReplaySource source;
    private final SyncStore store;
    private final Listener listener;
    private final Executor listenerExecutor;
    private final ReplayEnvironment environment;
    private final Touches touches = new Touches();
    private final ReplayProgress progress;
    private @Nullable ReplaySession current; // guarded by this
    private @Nullable Upstream trying; // guarded by this: of a dry run

    /** @param store outlives this: see {@link #awaitEnd} */
    public Replayer(
            ReplayConfig config,
            ReplaySource source,
            SyncStore store,
            Listener listener,
            Executor listenerExecutor,
            ReplayEnvironment environment) {
        this.config = config;
        this.source = source;
        this.store = store;
        this.listener = listener;
        this.listenerExecutor = listenerExecutor;
        this.environment = environment;
        progress = new ReplayProgress(store);
    }

    /** The next session goes by this; the one under way takes over its settings, and else ends as it began. */
    public void change(UnaryOperator<ReplayConfig> change) {
        config = change.apply(config);
    }

    /** Whether batches are small from now on, for clients are served here meanwhile. */
    public void gentle(boolean now) {
        gentle = now;
    }

    private ReplaySettings settings() {
        ReplaySettings settings = config.settings();
        return gentle ? settings.gentle() : settings;
    }

    /** Begins a session, after the end of the one that is under way, which is stopped. */
    public void start() {
        start(false);
    }

    /**
     * As {@link #start}, while clients' commands go upstream: their connections are not fenced. What is replayed so takes its
     * place somewhere among theirs.
     */
    public void startBeside() {
        start(true);
    }

    private synchronized void start(boolean beside) {
        stop();
        // One after the other on one thread: two sessions never write to the store, or upstream, at once.
        var session = new Session(beside);
        current = session.replay;
        environment.thread().execute(session);
    }

    /** Where this node's cursor is upstream. */
    public Bytes cursorKey() {
        return Cursor.key(config.nodeId());
    }

    /** The command that writes the cursor anew, as it stands while nothing is being replayed. */
    public Bytes[] restoreCursor() {
        var cursor = new Cursor(store.replay().acknowledged(), config.epoch(), config.bootId());
        return cursor.write(cursorKey(), environment.clockMs().getAsLong()).toArray(Bytes[]::new);
    }

    /** New entries are committed. */
    public synchronized void wake() {
        if (current != null) {
            current.wake();
        }
    }

    /** Ends what is under way and resets its connection, also when it waits for a frozen upstream. */
    public synchronized void stop() {
        if (current != null) {
            current.stop();
            current = null;
            progress.leave();
        }
    }

    /** Ends what is under way behind the batch in hand; the next session begins after that. Nothing more is heard of it. */
    public synchronized void finish() {
        if (current != null) {
            current.finish();
            current = null;
        }
    }

    /**
     * Says what replay would do to each key if it began now, and changes nothing, neither here nor upstream. Waits for the
     * upstream; on any thread but the engine loop's, one dry run at a time.
     *
     * @param commands tells keys and types of effects
     * @throws DryRunFailedException when nothing can be said; its message is for a person
     */
    public DryRunReport dryRun(DryRunScope scope, CommandTable commands) throws DryRunFailedException {
        ReplayConfig now = config;
        try (Upstream upstream = environment.upstreams().apply(now)) {
            synchronized (this) {
                trying = upstream;
            }
            progress.checkNotHalted();
            return new DryRun(now, source, store, touches, commands, upstream, environment).run(scope);
        } catch (FencedException e) {
            throw new DryRunFailedException("nothing would be replayed: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new DryRunFailedException("the upstream cannot be asked: " + e.getMessage(), e);
        } catch (ReplayFailedException | StorageException | JournalGapException e) {
            throw new DryRunFailedException(String.valueOf(e.getMessage()), e);
        } finally {
            synchronized (this) {
                trying = null;
            }
        }
    }

    /** Ends a dry run, wherever it waits; does not wait for that. */
    public synchronized void stopDryRun() {
        if (trying != null) {
            trying.close();
        }
    }

    /** Stops for good. */
    @Override
    public synchronized void close() {
        stop();
        stopDryRun();
        environment.thread().shutdown();
    }

    /** Waits until the thread has ended after {@link #close}: only then may the store be closed. False when it has not. */
    public boolean awaitEnd(Duration longest) throws InterruptedException {
        return environment.thread().awaitTermination(longest.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** An operator has seen to a loss of the upstream's data, or to a halt: forgets both. Waits for the disk. */
    public void settle() {
        progress.settle();
    }

    /**
     * An operator wants what was never confirmed to be replayed into the upstream that lost the rest. False when it was not halted
     * for that. Waits for the disk.
     */
    public boolean acceptLoss() {
        return progress.acceptLoss();
    }

    /** Everything up to this entry is upstream or was never for it. Any thread. */
    public long confirmedSequence() {
        return progress.confirmedSequence();
    }

    /** How far the upstream's clock was ahead of ours when it was asked last, milliseconds; negative: behind. Any thread. */
    public long clockAheadMs() {
        return progress.clock().aheadMs();
    }

    public ReplayStatus status() {
        return progress.status();
    }

    private synchronized boolean isCurrent(ReplaySession session) {
        return current == session;
    }

    /** A session's turn on the thread. */
    private final class Session implements Runnable {
        final ReplaySession replay;

        Session(boolean beside) {
            ReplayConfig now = config;
            replay = new ReplaySession(
                    now,
                    Replayer.this::settings,
                    source,
                    store,
                    progress,
                    environment.upstreams().apply(now),
                    touches,
                    environment,
                    this::caughtUp,
                    beside);
        }

        @Override
        public void run() {
            if (replay.isStopped()) {
                return;
            }
            try {
                replay.run();
            } catch (FencedException e) {
                over(ReplayStatus.State.FENCED, e.getMessage(), listener::fenced);
            } catch (HaltedException e) {
                over(ReplayStatus.State.HALTED, e.getMessage(), listener::halted);
            } catch (IOException e) {
                over(ReplayStatus.State.FAILED, "the connection for replay: " + e.getMessage(), listener::failed);
            } catch (ReplayFailedException | StorageException | JournalGapException e) {
                over(ReplayStatus.State.FAILED, e.getMessage(), listener::failed);
            } catch (RuntimeException e) {
                // Ours, not the upstream's: nobody must wait for ever, and the stack is what we need.
                log.error("Replay stopped after an error of ours: please report it", e);
                over(ReplayStatus.State.FAILED, "an internal error: " + e, listener::failed);
            } finally {
                if (!isCurrent(replay)) {
                    progress.leave(); // it may have entered another state after stop() did
                }
            }
        }

        private void caughtUp(long sequence) {
            tell(() -> listener.caughtUp(sequence));
        }

        private void over(ReplayStatus.State end, @Nullable String why, Consumer<String> news) {
            String reason = String.valueOf(why);
            if (isCurrent(replay)) {
                progress.enter(end);
            }
            tell(() -> news.accept(reason));
        }

        /** What comes after stop() is not told: to the listener, a session ends when it says so. */
        private void tell(Runnable news) {
            if (!isCurrent(replay)) {
                return;
            }
            try {
                listenerExecutor.execute(() -> {
                    if (isCurrent(replay)) {
                        news.run();
                    }
                });
            } catch (RejectedExecutionException e) {
                log.debug("nobody hears of the replay any more", e);
            }
        }
    }
}
