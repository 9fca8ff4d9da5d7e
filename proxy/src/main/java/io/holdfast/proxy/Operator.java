package io.holdfast.proxy;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.Effect;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.store.StorageException;
import io.holdfast.proxy.admin.ConfigChanges;
import io.holdfast.proxy.admin.Desk;
import io.holdfast.proxy.admin.Operations;
import io.holdfast.proxy.admin.OperatorError;
import io.holdfast.proxy.admin.Order;
import io.holdfast.proxy.admin.QueuePage;
import io.holdfast.proxy.client.TurnEnd;
import io.holdfast.proxy.config.BadConfigurationException;
import io.holdfast.proxy.config.Configuration;
import io.holdfast.proxy.routing.HandOver;
import io.holdfast.proxy.routing.Router;
import io.holdfast.proxy.routing.RoutingStateMachine;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.journal.Conflicts;
import io.holdfast.sync.journal.DeadLetters;
import io.holdfast.sync.journal.Requeue;
import io.holdfast.sync.journal.SegmentJournal;
import io.holdfast.sync.journal.Settings;
import io.holdfast.sync.mirror.Census;
import io.holdfast.sync.mirror.KeyKnowledge;
import io.holdfast.sync.mirror.Mirror;
import io.holdfast.sync.mirror.MirrorReport;
import io.holdfast.sync.mirror.MirrorView;
import io.holdfast.sync.replay.DryRunFailedException;
import io.holdfast.sync.replay.DryRunReport;
import io.holdfast.sync.replay.DryRunScope;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out what operators want and remembers it in {@code sync.db}: on the desk's thread what waits for the disk, on
 * the engine loop what the loop owns.
 */
final class Operator implements Operations, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Operator.class);
    private static final String HELD_OFFLINE = "held-offline";
    /** Of an effect in the audit trail, characters. */
    private static final int SHOWN_MAX = 200;

    private static final String REPLAY_PAUSED = "replay-paused";

    private final LoopCalls loop;
    private final boolean hasUpstream;
    private final Desk desk;
    private final Desk trials;
    private @Nullable Reach reach;

    /** What it has its hands on, once all of that is there. */
    private record Reach(
            EngineParts parts,
            RoutingStateMachine machine,
            TurnEnd turnEnd,
            Mirror mirror,
            DiskWatch disk,
            @Nullable UpstreamParts upstream,
            Requeue requeue,
            Reconfiguration configuration) {}

    Operator(EventLoop loop, boolean hasUpstream, Platform platform) {
        this.loop = new LoopCalls(loop, platform.loopWaits());
        this.hasUpstream = hasUpstream;
        desk = new Desk(platform.threads().apply("desk"), loop);
        trials = new Desk(platform.threads().apply("dry-run"), loop);
    }

    /** To be called before there are clients. */
    void begin(
            EngineParts parts,
            RoutingStateMachine machine,
            TurnEnd turnEnd,
            Router router,
            Mirror mirror,
            DiskWatch disk,
            @Nullable UpstreamParts upstream,
            ProxyConfig config) {
        reach = new Reach(
                parts,
                machine,
                turnEnd,
                mirror,
                disk,
                upstream,
                new Requeue(parts.store(), parts.journal(), this::journal),
                new Reconfiguration(config, loop, parts, upstream, disk, mirror, router));
    }

    private Reach reach() {
        if (reach == null) {
            throw new IllegalStateException("an operator's command before the start");
        }
        return reach;
    }

    private UpstreamParts upstream() {
        UpstreamParts upstream = reach().upstream();
        if (upstream == null) {
            throw new IllegalStateException("there is no upstream");
        }
        return upstream;
    }

    /** Why an operator wants it offline; null when nobody does. Waits for the disk. */
    @Nullable String heldOffline() {
        return settings().get(HELD_OFFLINE).orElse(null);
    }

    /** Whether an operator wants nothing to be replayed. Waits for the disk. */
    boolean isReplayPaused() {
        return settings().get(REPLAY_PAUSED).isPresent();
    }

    private Settings settings() {
        return reach().parts().store().settings();
    }

    @Override
    public Desk desk() {
        return desk;
    }

    @Override
    public Desk trials() {
        return trials;
    }

    @Override
    public boolean hasUpstream() {
        return hasUpstream;
    }

    @Override
    public void offline(Order order, String reason) {
        audit(order, "OFFLINE", reason);
        settings().put(HELD_OFFLINE, reason);
        withHandOver(handOver -> handOver.holdOffline(reason));
    }

    @Override
    public void online(Order order) {
        audit(order, "ONLINE", "");
        settings().remove(HELD_OFFLINE);
        upstream().replayer().settle(); // who says this has seen to what was wrong
        withHandOver(HandOver::allowOnline);
    }

    // ---- the journal and its replay

    @Override
    public SegmentJournal journal() {
        return reach().parts().journal();
    }

    @Override
    public long confirmedSequence() {
        UpstreamParts upstream = reach().upstream();
        return upstream == null
                ? reach().parts().store().replay().acknowledged()
                : upstream.replayer().status().confirmedSequence();
    }

    @Override
    public void pause(Order order) {
        audit(order, "SYNC PAUSE", "");
        settings().put(REPLAY_PAUSED, "yes");
        withHandOver(HandOver::pauseReplay);
    }

    @Override
    public @Nullable String resume(Order order) {
        audit(order, "SYNC RESUME", "");
        settings().remove(REPLAY_PAUSED);
        return onLoop(() -> {
            HandOver handOver = upstream().handOver();
            handOver.resumeReplay();
            return handOver.syncOff();
        });
    }

    @Override
    public boolean acceptLoss(Order order) {
        audit(order, "SYNC ACCEPT", "");
        boolean halted = upstream().replayer().acceptLoss();
        if (halted) {
            withHandOver(HandOver::endHalt);
        }
        return halted;
    }

    @Override
    public @Nullable String syncNow() {
        return onLoop(() -> {
            HandOver handOver = upstream().handOver();
            handOver.endHalt(); // where its reason still holds it begins again
            String obstacle = handOver.heldBackBy();
            if (obstacle == null) {
                handOver.hurry();
            }
            return obstacle;
        });
    }

    @Override
    public DryRunReport dryRun(DryRunScope scope) throws DryRunFailedException {
        return upstream().replayer().dryRun(scope, reach().parts().engine().commands());
    }

    @Override
    public SyncStatus syncStatus() {
        return onLoop(() -> {
            Reach with = reach();
            UpstreamParts upstream = with.upstream();
            return new SyncStatus(
                    with.machine().phase().mode(),
                    with.machine().reason(),
                    upstream != null && upstream.handOver().isPaused(),
                    upstream == null ? "" : upstream.replayer().status().summary(),
                    upstream == null ? 0 : upstream.pending(with.parts().journal()));
        });
    }

    @Override
    public QueuePage queue(boolean refused, long from, int count) {
        EngineParts parts = reach().parts();
        var pages =
                new QueuePages(parts.journal(), deadLetters(), parts.engine().commands());
        UpstreamParts upstream = reach().upstream();
        if (refused) {
            return pages.failed(from, count);
        }
        boolean owes = upstream != null && onLoop(() -> upstream.handOver().isOwing());
        return owes ? pages.pending(from, count, confirmedSequence()) : new QueuePage(List.of(), 0, List.of());
    }

    // ---- the configuration

    @Override
    public MirrorReport mirror() {
        MirrorView mirror = reach().mirror().view();
        Census census = onLoop(mirror::census);
        boolean counted = onLoop(census::step);
        while (!counted) {
            counted = onLoop(census::step);
        }
        return onLoop(() -> mirror.report(census));
    }

    @Override
    public KeyKnowledge knowledge(int db, Bytes key) {
        return reach().mirror().view().knowledge(db, key);
    }

    /** What holds now. Any thread. */
    ProxyConfig config() {
        return reach().configuration().config();
    }

    /** What the server was started by, for whoever reads it again. */
    void startedBy(Configuration configuration) {
        reach().configuration().startedBy(configuration);
    }

    /** For a signal, whose sender hears nothing: the log says what becomes of it. */
    void reloadSoon(Order order) {
        desk.soon(() -> {
            try {
                reload(order);
            } catch (RedisError refused) {
                log.error("{}", refused.getMessage());
            }
            return Reply.OK;
        });
    }

    @Override
    public ConfigChanges reload(Order order) {
        return change(order, "CONFIG RELOAD", () -> reach().configuration().reload());
    }

    @Override
    public ConfigChanges configure(Order order, Map<String, List<String>> values) {
        return change(order, "CONFIG", () -> {
            Reconfiguration.Plan plan = reach().configuration().change(values, order.who());
            if (!plan.needRestart().isEmpty()) {
                throw OperatorError.notConfigured(
                        String.join(", ", plan.needRestart()) + " can only be changed by a restart");
            }
            return plan;
        });
    }

    @Override
    public List<Configuration.Shown> configuration() {
        return reach().configuration().running().shown();
    }

    private interface Planning {
        Reconfiguration.Plan plan() throws BadConfigurationException, StartupException;
    }

    private ConfigChanges change(Order order, String action, Planning planning) {
        try {
            Reconfiguration.Plan plan = planning.plan();
            ConfigChanges changes = plan.changes();
            audit(order, action, changes.toString());
            plan.carryOut();
            log.info("{} by {}: {}", action, order.who(), changes);
            changes.warnings().forEach(log::warn);
            return changes;
        } catch (BadConfigurationException | StartupException | IllegalArgumentException e) {
            throw OperatorError.notConfigured(String.valueOf(e.getMessage()));
        }
    }

    // ---- room

    @Override
    public Cleaned cleanUp(Order order) {
        audit(order, "CLEANUP", "");
        DiskWatch disk = reach().disk();
        Cleaned cleaned = disk.cleanUp();
        disk.look();
        return cleaned;
    }

    // ---- dead letters

    @Override
    public DeadLetters deadLetters() {
        return reach().parts().store().deadLetters();
    }

    @Override
    public List<DeadLetters.Stored> requeue(Order order, List<Long> ids) {
        audit(order, "DEADLETTERS REQUEUE", ids.toString());
        return reach().requeue().run(ids);
    }

    @Override
    public List<DeadLetters.Stored> discard(Order order, List<Long> ids) {
        audit(order, "DEADLETTERS DISCARD", ids.toString());
        return deadLetters().discard(ids);
    }

    @Override
    public boolean edit(Order order, DeadLetters.Stored letter, List<Bytes> command, Bytes key) {
        audit(
                order,
                "DEADLETTERS EDIT",
                "[" + letter.id() + "] from " + shortened(letter.letter().command()) + " to " + shortened(command));
        return deadLetters().edit(letter.id(), command, key);
    }

    // ---- conflicts

    @Override
    public Conflicts conflicts() {
        return reach().parts().store().conflicts();
    }

    @Override
    public int resolve(Order order, List<Long> ids, Conflicts.Choice choice) {
        audit(order, "CONFLICTS RESOLVE " + choice, ids.toString());
        Conflicts.Resolved resolved = conflicts().resolve(ids, choice, deadLetters());
        reach().requeue().run(resolved.letters());
        return resolved.count();
    }

    /** Written down first: what is done and not written down would be worse than the reverse. */
    private void audit(Order order, String action, String detail) {
        reach().parts().store().audit().add(order.atMs(), order.who(), action, detail);
    }

    private static String shortened(List<Bytes> command) {
        String text = command.stream().map(Bytes::toString).collect(Collectors.joining(" "));
        return text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX - 1) + "…";
    }

    /** What replay is to send once more; nothing of it is applied here, where it was applied when it was written. */
    private List<Long> journal(List<Effect> effects) {
        return onLoop(() -> {
            Reach with = reach();
            List<Long> entries = new ArrayList<>();
            commit(with);
            long nowMs = with.parts().engine().nowMs();
            for (Effect effect : effects) {
                entries.add(with.parts().journal().stage(Journal.Scope.REQUEUED, nowMs, List.of(effect)));
            }
            commit(with);
            upstream().handOver().requeued(() -> effects.forEach(effect -> distrust(with, effect)));
            return entries;
        });
    }

    private static void commit(Reach with) {
        if (!with.turnEnd().commit()) {
            throw new StorageException("the journal cannot be written");
        }
    }

    /** The upstream's value has changed and the warm copy's has not. */
    private static void distrust(Reach with, Effect effect) {
        Bytes[] args = effect.command().toArray(Bytes[]::new);
        CommandSpec spec = with.parts().engine().commands().resolve(args);
        with.mirror().abandoned(effect.db(), spec, args);
    }

    private void withHandOver(Consumer<HandOver> order) {
        onLoop(() -> {
            order.accept(upstream().handOver());
            return true;
        });
    }

    /** Does it on the engine loop and waits for that; what it throws is thrown. */
    private <T> T onLoop(Callable<T> task) {
        return loop.call(task);
    }

    /** Finishes what has been begun; the loop must still run. */
    @Override
    public void close() {
        Reach with = reach;
        if (with != null && with.upstream() != null) {
            with.upstream().replayer().stopDryRun();
        }
        trials.close();
        desk.close();
    }
}
