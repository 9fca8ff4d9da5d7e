package io.holdfast.sync.replay;

import io.holdfast.engine.store.StorageException;
import io.holdfast.sync.journal.SyncStore;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries journal entries upstream, oldest first, each exactly once. Works on its own thread {@code replay}; started,
 * woken and stopped by one owner, who hears of it on the executor that it gave.
 */
public final class Replayer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Replayer.class);

    /** Hears of the running session; nothing comes from one that was stopped. */
    public interface Listener {
        /** Everything up to {@code sequence} is upstream or was never for it. */
        void caughtUp(long sequence);

        /** The session is over; another may be started later. */
        void failed(String reason);

        /** Somebody else replays, or has replayed, under this node's name: none may be started until that is settled. */
        void fenced(String reason);
    }

    private final ReplayConfig config;
    private final ReplaySource source;
    private final SyncStore store;
    private final Listener listener;
    private final Executor listenerExecutor;
    private final LongSupplier clockMs;
    private final Supplier<Upstream> connections;
    private final ReplayProgress progress;
    private final ExecutorService thread;
    private volatile @Nullable ReplaySession current;

    /**
     * A replayer that is not started.
     *
     * @param listenerExecutor runs what the listener is told, one at a time and in order; also the owner's own thread
     * @param clockMs Unix milliseconds
     */
    public Replayer(
            ReplayConfig config,
            ReplaySource source,
            SyncStore store,
            Listener listener,
            Executor listenerExecutor,
            LongSupplier clockMs) {
        this(
                config,
                source,
                store,
                listener,
                listenerExecutor,
                clockMs,
                () -> new JedisUpstream(config.host(), config.port(), config.timeoutMs()));
    }

    Replayer(
            ReplayConfig config,
            ReplaySource source,
            SyncStore store,
            Listener listener,
            Executor listenerExecutor,
            LongSupplier clockMs,
            Supplier<Upstream> connections) {
        this.config = config;
        this.source = source;
        this.store = store;
        this.listener = listener;
        this.listenerExecutor = listenerExecutor;
        this.clockMs = clockMs;
        this.connections = connections;
        this.progress = new ReplayProgress(store);
        this.thread = Executors.newSingleThreadExecutor(task -> {
            var made = new Thread(task, "replay");
            made.setDaemon(true);
            return made;
        });
    }

    /** Begins a session; one that runs is stopped first. */
    public void start() {
        stop();
        var holder = new ReplaySession[1];
        var session = new ReplaySession(
                config,
                source,
                store,
                progress,
                connections.get(),
                clockMs,
                sequence -> tell(holder[0], to -> to.caughtUp(sequence)));
        holder[0] = session;
        current = session;
        thread.execute(() -> run(session));
    }

    private void run(ReplaySession session) {
        try {
            session.run();
            progress.enter(ReplayStatus.State.IDLE);
        } catch (IOException | ReplayFailedException | StorageException e) {
            progress.enter(session.isStopped() ? ReplayStatus.State.IDLE : ReplayStatus.State.FAILED);
            tell(session, to -> to.failed(String.valueOf(e.getMessage())));
        } catch (FencedException e) {
            progress.enter(ReplayStatus.State.FENCED);
            tell(session, to -> to.fenced(String.valueOf(e.getMessage())));
        } catch (RuntimeException e) {
            // Ours, not the upstream's: the thread must not die with nobody told, and the stack is what we need.
            log.error("Replay stopped after an error of ours: please report it", e);
            progress.enter(ReplayStatus.State.FAILED);
            tell(session, to -> to.failed("an internal error: " + e));
        }
    }

    private void tell(@Nullable ReplaySession session, Consumer<Listener> what) {
        if (session != current) {
            return; // stopped: nobody waits for it, and the listener's loop may have ended
        }
        listenerExecutor.execute(() -> {
            if (session == current) {
                what.accept(listener);
            }
        });
    }

    /** There are new entries. */
    public void wake() {
        ReplaySession session = current;
        if (session != null) {
            session.wake();
        }
    }

    /** Ends the session, wherever it waits, without waiting for it. */
    public void stop() {
        ReplaySession session = current;
        current = null;
        if (session != null) {
            session.stop();
        }
    }

    /** How it goes. Any thread. */
    public ReplayStatus status() {
        return progress.status();
    }

    /** Stops for good. */
    @Override
    public void close() {
        stop();
        thread.shutdown();
    }
}
