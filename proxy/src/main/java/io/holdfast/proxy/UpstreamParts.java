package io.holdfast.proxy;

import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.store.StorageException;
import io.holdfast.proxy.client.TurnEnd;
import io.holdfast.proxy.routing.BesideLoop;
import io.holdfast.proxy.routing.CursorKey;
import io.holdfast.proxy.routing.HandOver;
import io.holdfast.proxy.routing.Logins;
import io.holdfast.proxy.routing.Phase;
import io.holdfast.proxy.routing.Replay;
import io.holdfast.proxy.routing.Router;
import io.holdfast.proxy.routing.RoutingStateMachine;
import io.holdfast.proxy.upstream.ConnectionRegistry;
import io.holdfast.proxy.upstream.HealthProbe;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.proxy.upstream.UpstreamConnector;
import io.holdfast.proxy.upstream.UpstreamLinks;
import io.holdfast.sync.journal.Damage;
import io.holdfast.sync.journal.EntriesBeside;
import io.holdfast.sync.journal.JournalGapException;
import io.holdfast.sync.journal.JournalReader;
import io.holdfast.sync.journal.NodeIdentity;
import io.holdfast.sync.journal.Quarantine;
import io.holdfast.sync.journal.SegmentJournal;
import io.holdfast.sync.journal.SyncStore;
import io.holdfast.sync.replay.ReplayConfig;
import io.holdfast.sync.replay.ReplayEnvironment;
import io.holdfast.sync.replay.ReplaySource;
import io.holdfast.sync.replay.Replayer;
import io.netty.channel.EventLoop;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Everything that exists only because there is an upstream. Lives on the engine loop, the replayer on its own thread. */
record UpstreamParts(UpstreamLinks links, Logins logins, HandOver handOver, HealthProbe probe, Replayer replayer) {
    private static final Logger log = LoggerFactory.getLogger(UpstreamParts.class);

    static UpstreamParts assemble(
            ProxyConfig config,
            UpstreamAddress address,
            EngineParts parts,
            RoutingStateMachine machine,
            Router router,
            TurnEnd turnEnd,
            EventLoop loop,
            UpstreamConnector connector,
            Executor control,
            String bootId,
            Platform platform) {
        NodeIdentity node = parts.directory().node();
        String clientName = "holdfast-" + node.id().substring(0, 8);
        var links = new UpstreamLinks(
                connector,
                clientName,
                registry(parts.store(), new BesideLoop(loop), control, platform),
                config.links(),
                turnEnd::flush);
        var listener = new ReplayListener();
        var replayer = new Replayer(
                new ReplayConfig(
                                address.endpoint(connector.tls()),
                                address.user(),
                                address.password(),
                                config.timeoutMs(),
                                node.id(),
                                node.epoch(),
                                bootId,
                                config.conflicts())
                        .with(
                                address.user(),
                                address.password(),
                                config.timeoutMs(),
                                config.replay(),
                                config.conflicts()),
                new JournalSource(parts, new BesideLoop(loop), new LocalKeys(parts, turnEnd, loop)),
                parts.store(),
                listener,
                loop,
                new ReplayEnvironment(
                        platform.unixMs(),
                        platform.nanoTime(),
                        platform.threads().apply("replay"),
                        platform.upstreams(),
                        platform.waits(),
                        true));
        var handOver = new HandOver(
                loop, machine, parts.journal(), router, links, new ReplayControl(replayer), turnEnd, node.seed());
        handOver.pace(config.pace());
        handOver.syncEnabled(config.syncEnabled());
        handOver.lagMax(config.replay().lagMax());
        listener.handOver = handOver;
        links.listener(handOver);
        var logins = new Logins(parts.engine(), machine, links, loop, control, platform.random());
        router.upstream(links, logins, new CursorKey(replayer.cursorKey(), replayer::restoreCursor), handOver);
        turnEnd.onCommit(handOver::committed);
        handOver.onFence(reason -> parts.engine().forbidWrites(reason == null ? null : RedisError.fenced()));
        handOver.onVersion(version -> {
            parts.follow(version);
            control.execute(() -> parts.store().settings().put(EngineParts.UPSTREAM_VERSION, version));
        });
        var probe = new HealthProbe(connector, clientName, handOver, platform.unixMs());
        router.outageErrors(config.outageErrors());
        probe.outageErrors(config.outageErrors());
        tellOlderApart(parts.journal(), replayer.confirmedSequence(), new BesideLoop(loop), platform);
        return new UpstreamParts(links, logins, handOver, probe, replayer);
    }

    /** How it is talked to from now on, and by the next replay. On the engine loop. */
    void change(ProxyConfig config) {
        UpstreamAddress address = config.upstream();
        if (address == null) {
            throw new IllegalStateException("there is no upstream");
        }
        links.change(address, config.timeoutMs());
        probe.timeoutChanged();
        logins.holdfastChanged();
        handOver.lagMax(config.replay().lagMax());
        replayer.change(replay -> replay.with(
                address.user(), address.password(), config.timeoutMs(), config.replay(), config.conflicts()));
    }

    /** Journal entries for the upstream that it may still lack. On the engine loop. */
    long pending(SegmentJournal journal) {
        return handOver.isOwing() ? journal.owed(replayer.confirmedSequence()) : 0;
    }

    /** An earlier process may have left much: which of it is for the upstream is looked up beside the loop. */
    private static void tellOlderApart(SegmentJournal journal, long confirmed, Executor loop, Platform platform) {
        if (journal.lastSequence() <= confirmed) {
            return;
        }
        ExecutorService thread = platform.threads().apply("journal-count");
        thread.execute(() -> {
            try {
                EntriesBeside found = journal.besideOlder(confirmed);
                loop.execute(() -> journal.learn(found));
            } catch (StorageException | JournalGapException e) {
                log.warn("journal_pending counts bases of an earlier process: {}", e.getMessage());
            }
        });
        thread.shutdown();
    }

    /**
     * How replay stands. On the engine loop.
     *
     * @param nowMs Unix milliseconds
     * @param refused effects that wait for a decision
     */
    SyncState syncState(Phase phase, SegmentJournal journal, long refused, long nowMs) {
        boolean answers = phase == Phase.ONLINE || phase.isReplaying();
        long synced = replayer.status().lastSyncMs();
        long asked = probe.askedAgoMs();
        long next = answers || handOver.heldBackBy() != null ? -1 : probe.nextInMs();
        return new SyncState(
                answers || asked < 0 ? synced : Math.max(synced, nowMs - asked),
                synced,
                pending(journal),
                refused,
                answers,
                next < 0 ? 0 : nowMs + next);
    }

    private static ConnectionRegistry registry(SyncStore store, Executor loop, Executor control, Platform platform) {
        return (runId, clientId, done, failed) -> control.execute(() -> {
            try {
                store.connections().remember(runId, clientId, platform.unixMs().getAsLong());
                loop.execute(done);
            } catch (StorageException e) {
                log.error("Connection {} cannot be used: {}", clientId, e.getMessage());
                loop.execute(failed);
            }
        });
    }

    /** The journal as the replayer reads it. */
    private record JournalSource(EngineParts parts, Executor loop, LocalKeys localCopy) implements ReplaySource {
        @Override
        public JournalReader reader(long sequence) {
            return parts.journal().reader(sequence);
        }

        @Override
        public long committedSequence() {
            return parts.journal().committedSequence();
        }

        @Override
        public void confirmed(long sequence) {
            parts.journal().confirmed(sequence);
        }

        @Override
        public LocalKeys localCopy() {
            return localCopy;
        }

        @Override
        public CommandTable commands() {
            return parts.engine().commands();
        }

        @Override
        public void damaged(Damage damage) {
            String line = Quarantine.keep(parts.directory().path(), damage);
            loop.execute(() -> parts.isDegraded(line));
        }
    }

    private record ReplayControl(Replayer replayer) implements Replay {
        @Override
        public void start() {
            replayer.start();
        }

        @Override
        public void startBeside() {
            replayer.startBeside();
        }

        @Override
        public void gentle(boolean now) {
            replayer.gentle(now);
        }

        @Override
        public void wake() {
            replayer.wake();
        }

        @Override
        public long confirmed() {
            return replayer.confirmedSequence();
        }

        @Override
        public void finish() {
            replayer.finish();
        }

        @Override
        public void stop() {
            replayer.stop();
        }
    }

    /** The replayer is made before the hand-over that listens to it. */
    private static final class ReplayListener implements Replayer.Listener {
        @Nullable HandOver handOver;

        private HandOver handOver() {
            if (handOver == null) {
                throw new IllegalStateException("a replay was started before the hand-over was there");
            }
            return handOver;
        }

        @Override
        public void caughtUp(long sequence) {
            handOver().caughtUp(sequence);
        }

        @Override
        public void failed(String reason) {
            handOver().replayFailed(reason);
        }

        @Override
        public void halted(String reason) {
            handOver().replayHalted(reason);
        }

        @Override
        public void fenced(String reason) {
            handOver().replayFenced(reason);
        }
    }

    /** What waits for the upstream, as a table. */
    SyncQueue queue(EngineParts parts) {
        return new SyncQueue(
                parts.journal(),
                parts.store().deadLetters(),
                parts.database(),
                parts.engine().commands(),
                () -> replayer.status().confirmedSequence());
    }
}
