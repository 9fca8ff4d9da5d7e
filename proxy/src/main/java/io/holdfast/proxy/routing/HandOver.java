package io.holdfast.proxy.routing;

import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.failpoint.Failpoint;
import io.holdfast.proxy.client.ClientHandler;
import io.holdfast.proxy.client.TurnEnd;
import io.holdfast.proxy.upstream.HealthProbe;
import io.holdfast.proxy.upstream.ReturnPace;
import io.holdfast.proxy.upstream.UpstreamHandshake;
import io.holdfast.proxy.upstream.UpstreamLink;
import io.holdfast.proxy.upstream.UpstreamLinks;
import io.holdfast.proxy.upstream.UpstreamLogin;
import io.netty.channel.EventLoop;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Decides when the data's home moves: away from the upstream at the first sign of trouble, back only when it has proved
 * well several times, has everything that was journaled, and nobody is writing. Lives on the engine loop.
 */
public final class HandOver implements UpstreamLinks.Listener, HealthProbe.Listener, Router.Verdicts {
    private static final Logger log = LoggerFactory.getLogger(HandOver.class);

    /** Between two of the good probes that it takes to return. */
    private static final int RETURN_PROBE_MS = 50;
    /** How long writers may be held for the last entries; beyond it they go on and the replay too. */
    private static final int DRAIN_MS_MAX = 200;

    private final EventLoop loop;
    private final RoutingStateMachine machine;
    private final Journal journal;
    private final Router router;
    private final UpstreamLinks links;
    private final Replay replay;
    private final TurnEnd turnEnd;
    private final Preparations preparations;
    private final Besides besides;
    private final ReplayWatch watch;
    private final Backoff retries;
    private final Backoff replays;
    private ReturnPace pace = ReturnPace.DEFAULT;
    private @Nullable HealthProbe probe;
    private final FlapDamping damping = new FlapDamping();
    private final KeptBack keptBack = new KeptBack();
    private final RepeatedFailure failures = new RepeatedFailure();
    /** After a replay that failed, the next begins no sooner. */
    private long replayAtNanos;

    private boolean hurried;
    /** Of the process that answered the last good probe. */
    private String upstreamRunId = "";

    private String upstreamVersion = "";
    private String trouble = "";
    private Consumer<String> onVersion = version -> {};
    private Consumer<@Nullable String> onFence = reason -> {};
    private String evictionPolicy = "";

    public HandOver(
            EventLoop loop,
            RoutingStateMachine machine,
            Journal journal,
            Router router,
            UpstreamLinks links,
            Replay replay,
            TurnEnd turnEnd,
            long seed) {
        this.loop = loop;
        this.replayAtNanos = loop.ticker().nanoTime();
        this.machine = machine;
        this.journal = journal;
        this.router = router;
        this.links = links;
        this.replay = replay;
        this.turnEnd = turnEnd;
        this.preparations = new Preparations(loop, router, links, replay::wake);
        this.besides = new Besides(replay);
        this.watch = new ReplayWatch(loop, machine, journal, router, replay);
        var random = new SplittableRandom(seed);
        this.retries = new Backoff(random);
        this.replays = new Backoff(random);
    }

    /**
     * Begins: STARTING until the first probe's verdict, or until {@code timeoutMs} have passed.
     *
     * @param heldOffline why an operator wants it offline; null when nobody does
     * @param replayPaused an operator wants nothing to be replayed
     */
    public void start(HealthProbe with, int timeoutMs, @Nullable String heldOffline, boolean replayPaused) {
        probe = with;
        keptBack.pause(replayPaused);
        keptBack.holdOffline(heldOffline);
        String why = heldOffline != null ? heldOffline : keptBack.pausedBy();
        if (why != null) {
            offline(why);
        }
        with.probeIn(0);
        loop.schedule(
                () -> {
                    if (machine.phase() == Phase.STARTING) {
                        offline("no verdict on the upstream within " + timeoutMs + " ms");
                    }
                },
                timeoutMs,
                TimeUnit.MILLISECONDS);
    }

    /** From now on it asks and tries again at this pace. */
    public void pace(ReturnPace other) {
        pace = other;
        retries.grow(other.strategy(), other.retryMsMax());
        replays.grow(other.strategy(), other.replayMsMax());
    }

    public void stop() {
        if (probe != null) {
            probe.stop();
        }
        replay.stop();
        links.abandon();
    }

    /** Who is to follow the upstream's version, whenever it is seen to change. */
    public void onVersion(Consumer<String> follower) {
        onVersion = follower;
    }

    /** Who is to follow whether this node is fenced: gets the reason, or null when that is over. */
    public void onFence(Consumer<@Nullable String> follower) {
        onFence = onFence.andThen(follower);
    }

    public String upstreamVersion() {
        return upstreamVersion;
    }

    /** What the last probe found wrong; empty when it found nothing. */
    public String trouble() {
        return trouble;
    }

    /** Whether the upstream is away because it does not let us in. */
    public boolean isRefusedEntry() {
        return machine.phase() != Phase.ONLINE && UpstreamHandshake.isRefusedEntry(trouble);
    }

    public @Nullable String fenced() {
        return keptBack.fenced();
    }

    /** Why a person has to decide before anything is replayed; null when nobody has to. */
    public @Nullable String halted() {
        return keptBack.halted();
    }

    public @Nullable String heldOfflineBy() {
        return keptBack.heldOffline();
    }

    // ---- the operator

    /** Goes, or stays, offline until {@link #allowOnline}. */
    public void holdOffline(String reason) {
        keptBack.holdOffline(reason);
        offline(reason);
    }

    /** An operator wants it online: what was wrong has been seen to, a fence included. */
    public void allowOnline() {
        keptBack.allowOnline();
        onFence.accept(null);
        tryAtOnce();
    }

    /** Nothing is replayed until {@link #resumeReplay}; what would have to be replayed first keeps it away from the upstream. */
    public void pauseReplay() {
        keptBack.pause(true);
        keepBack(KeptBack.PAUSED);
    }

    public void resumeReplay() {
        keptBack.pause(false);
        tryAtOnce();
    }

    /** What the configuration says; the operator's word is another, and replay needs both. */
    public void syncEnabled(boolean enabled) {
        keptBack.syncOff(!enabled);
        if (enabled) {
            tryAtOnce();
        } else {
            keepBack(KeptBack.SYNC_OFF);
        }
    }

    /** Why nothing is replayed where the configuration says so; null where it does not. */
    public @Nullable String syncOff() {
        return keptBack.syncOff();
    }

    private void keepBack(String why) {
        if (machine.phase().isReplaying()) {
            replay.finish(); // so that all replies to the batch in hand are read
            offline(why);
        } else {
            besides.pause();
        }
    }

    /** Somebody has seen to it: what comes of that is told anew. */
    private void tryAtOnce() {
        failures.forget();
        replays.reset();
        replayAtNanos = loop.ticker().nanoTime();
        if (probe != null) {
            probe.probeIn(0);
        }
    }

    /** Whether nothing is to be replayed. */
    public boolean isPaused() {
        return keptBack.pausedBy() != null;
    }

    /** What an operator, or a fence, keeps the replay back for; null when nothing does. */
    public @Nullable String heldBackBy() {
        return keptBack.by();
    }

    /** A person has decided, or has brought the upstream's data back: the next replay finds out. */
    public void endHalt() {
        keptBack.halt(null);
        tryAtOnce();
    }

    /** The next probe is made at once, and one good one is enough. */
    public void hurry() {
        hurried = true;
        retries.reset();
        tryAtOnce();
    }

    // ---- verdicts

    @Override
    public void upstreamFailed(String reason) {
        offline(reason);
    }

    @Override
    public void repliesMistaken() {
        log.error("Replies of the upstream may have gone to the wrong clients within the last second or two: "
                + "it, a module of it or a proxy before it does not answer each command once");
        router.doubtCopies();
    }

    @Override
    public void upstreamUnfit(String reason) {
        offline(reason);
    }

    @Override
    public void idleLinkClosed(String reason) {
        if (probe != null) {
            probe.probeIn(0);
        }
    }

    @Override
    public void linkTurnedAway(String reason, Runnable refuse) {
        if (probe != null) {
            String asked = upstreamRunId;
            probe.lookAnew().thenAccept(found -> {
                if (found.isGood() && !asked.equals(found.fields().get("run_id"))) {
                    offline("it was restarted: " + reason);
                } else if (found.isGood()) {
                    refuse.run();
                }
            });
        }
    }

    @Override
    public void loginRefused(UpstreamLogin login, String error) {
        router.loginRefused(login, error);
    }

    @Override
    public boolean isOfSome(UpstreamLink link) {
        return !router.haveLink(link).isEmpty();
    }

    @Override
    public void cutOff(UpstreamLink link, String reason) {
        List<ClientHandler> clients = router.haveLink(link);
        if (!clients.isEmpty()) {
            log.info(
                    "The upstream has cut off the link of {} clients, which are cut off too: {}",
                    clients.size(),
                    reason);
        }
        clients.forEach(ClientHandler::close);
    }

    @Override
    public void writabilityChanged(UpstreamLink link) {
        router.linkWritable(link);
    }

    @Override
    public void good(HealthProbe.Health health) {
        upstreamRunId = health.runId();
        if (!health.version().equals(upstreamVersion)) {
            upstreamVersion = health.version();
            onVersion.accept(upstreamVersion);
        }
        warnOfEviction(health.evictionPolicy());
        trouble = "";
        retries.reset();
        damping.good();
        if (machine.phase() == Phase.ONLINE && fenced() == null && !isPaused()) {
            besides.goOn();
        }
        boolean enough = damping.isEnough() || hurried || machine.phase() == Phase.STARTING;
        hurried = false;
        boolean away = machine.phase() == Phase.STARTING || machine.phase() == Phase.OFFLINE;
        boolean wanted = away && enough && heldBackBy() == null;
        long waitMs = wanted ? nanosToMs(replayAtNanos - loop.ticker().nanoTime()) : 0;
        if (wanted && waitMs <= 0) {
            machine.become(Phase.REPLAYING, "the upstream answers");
            log.atLevel(failures.isQuiet(loop.ticker().nanoTime()) ? Level.DEBUG : Level.INFO)
                    .log(
                            "Upstream is back: replaying the journal into it, {} entries",
                            journal.owed(replay.confirmed()));
            replay.gentle(true);
            replay.start();
            preparations.begin();
            watch.begin();
        }
        int pauseMs = away && !enough ? RETURN_PROBE_MS : pace.probeMs();
        nextProbe(waitMs > 0 ? (int) Math.min(waitMs, pauseMs) : pauseMs);
    }

    /** The cursor key can be evicted like any other (contract, rule 12). */
    private void warnOfEviction(String policy) {
        if (!policy.equals(evictionPolicy) && policy.startsWith("allkeys-")) {
            log.warn(
                    "The upstream's maxmemory-policy is {}: it may evict the key that proves what was replayed; "
                            + "set a volatile- policy or noeviction there",
                    policy);
        }
        evictionPolicy = policy;
    }

    @Override
    public void bad(String reason) {
        damping.bad();
        hurried = false;
        if (machine.phase() == Phase.OFFLINE && !reason.equals(trouble) && !reason.equals(machine.reason())) {
            log.info("Upstream stays away: {}", reason);
        }
        trouble = reason;
        offline(reason);
        int pauseMs = retries.nextMs();
        // A password does not mend itself, and servers lock out who tries too often.
        nextProbe(isRefusedEntry() ? pace.retryMsMax() : pauseMs);
    }

    private void nextProbe(int delayMs) {
        if (probe != null) {
            probe.probeIn(delayMs);
        }
    }

    private void offline(String reason) {
        Phase phase = machine.phase();
        if (phase == Phase.OFFLINE || phase == Phase.STANDALONE) {
            abandonLinks();
            return;
        }
        damping.bad();
        if (phase == Phase.ONLINE) {
            damping.outage(loop.ticker().nanoTime());
        }
        besides.forget();
        replay.stop();
        machine.become(Phase.OFFLINE, reason);
        boolean tried = phase.isReplaying();
        boolean repeats = tried && !failures.isNews(reason, loop.ticker().nanoTime());
        log.atLevel(repeats ? Level.DEBUG : Level.WARN)
                .log("Upstream is away, serving from the local engine: {}", reason);
        abandonLinks();
        if (probe != null) {
            probe.closeLink();
            probe.probeIn(ReturnPace.PAUSE_MS_MIN);
        }
    }

    /** What had no reply is settled first, so that what a client sends behind it comes after it. */
    private void abandonLinks() {
        links.abandon();
        router.resumeAll();
    }

    private static long nanosToMs(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos);
    }

    // ---- the way back

    /** @param entries that may wait before writers are slowed while they are replayed; 0: any number */
    public void lagMax(int entries) {
        watch.lagMax(entries);
    }

    /** How long writers were held because they were ahead of the replay, milliseconds. */
    public long heldMs() {
        return watch.heldMs();
    }

    /** Everything up to {@code sequence} is upstream. */
    public void caughtUp(long sequence) {
        if (machine.phase() == Phase.REPLAYING && preparations.areDone()) {
            drain();
        }
        if (machine.phase() == Phase.DRAINING) {
            router.expireOwed(); // nobody would tell the upstream afterwards
            if (!turnEnd.commit()) {
                offline("the journal cannot be written");
            } else if (sequence >= journal.lastSequence()) {
                online();
            } else {
                replay.wake();
            }
        } else if (machine.phase() == Phase.ONLINE) {
            if (sequence >= journal.lastSequence()) {
                besides.caughtUp();
            } else {
                replay.wake();
            }
        }
    }

    private void drain() {
        machine.become(Phase.DRAINING, "the last entries are being replayed");
        long epoch = machine.epoch();
        loop.schedule(
                () -> {
                    if (machine.phase() == Phase.DRAINING && machine.epoch() == epoch) {
                        machine.become(Phase.REPLAYING, "the last entries took too long: writers go on");
                    }
                },
                DRAIN_MS_MAX,
                TimeUnit.MILLISECONDS);
    }

    private void online() {
        replay.stop();
        failures.forget();
        replays.reset();
        damping.online(loop.ticker().nanoTime());
        Failpoint.CUTOVER_BEFORE_ONLINE.pass();
        machine.become(Phase.ONLINE, "the upstream has everything");
        Failpoint.CUTOVER_AFTER_ONLINE.pass();
        log.info("Upstream is in charge: everything journaled is there");
        router.releaseHeld();
    }

    /** The replay could not go on. */
    public void replayFailed(String reason) {
        if (machine.phase().isReplaying()) {
            replayAtNanos = loop.ticker().nanoTime() + TimeUnit.MILLISECONDS.toNanos(replays.nextMs());
            offline("replay: " + reason);
        } else if (machine.phase() == Phase.ONLINE) {
            besides.failed(reason);
        }
    }

    /** A person has to decide before anything is replayed. */
    public void replayHalted(String reason) {
        keptBack.halt(reason);
        besides.failed("halted: " + reason);
        log.error(
                "HALTED: {}. Nothing is replayed until HOLDFAST SYNC ACCEPT, or SYNC NOW once the data is back",
                reason);
        if (machine.phase().isReplaying()) {
            offline("halted: " + reason);
        }
    }

    /** Somebody else replays, or has replayed, under our name: nothing may be sent any more. */
    public void replayFenced(String reason) {
        keptBack.fence(reason);
        onFence.accept(reason);
        besides.failed("fenced: " + reason);
        log.error("FENCED: {}. Nothing is replayed until this is settled; see docs/operations.md", reason);
        if (machine.phase().isReplaying()) {
            offline("fenced: " + reason);
        }
    }

    /**
     * Entries for the upstream alone were committed; while it is in charge they are replayed beside clients' commands.
     *
     * @param then is run when they are upstream, if it has been in charge all the while
     */
    public void requeued(Runnable then) {
        if (machine.phase() == Phase.ONLINE) {
            besides.add(then, isPaused());
        }
    }

    /** Whether the upstream, in charge or not, lacks entries that were requeued or not yet replayed. */
    public boolean isOwing() {
        return machine.phase() != Phase.ONLINE || besides.areThere();
    }

    /** New entries were committed while the journal drains. */
    public void committed() {
        if (machine.phase() == Phase.REPLAYING) {
            replay.wake();
        }
    }
}
