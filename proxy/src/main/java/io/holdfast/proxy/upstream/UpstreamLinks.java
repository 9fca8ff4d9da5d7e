package io.holdfast.proxy.upstream;

import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All links of one event loop: a shared one for each {@link LinkKey}, and pinned ones for clients whose requests must
 * not mix with others'. The first that fails is a verdict on the upstream. Lives on one event loop.
 */
public final class UpstreamLinks implements UpstreamLink.Owner {
    /** A gap between two checks beyond which it was we who did not run. */
    private static final int CHECKS_MISSED = 5;

    /** Hears of the upstream's failures. */
    public interface Listener {
        /** A link failed: the upstream is not to be trusted. Its lost requests are still unsettled; see {@link #abandon}. */
        void upstreamFailed(String reason);

        /** A link with nothing under way was closed: worth a probe, not yet a verdict. */
        void idleLinkClosed(String reason);

        /** The send buffer of a link went above or fell below its high-water mark. */
        void writabilityChanged(UpstreamLink link);
    }

    private final UpstreamConnector connector;
    private final String clientName;
    private final ConnectionRegistry registry;
    private final Consumer<UpstreamLink> flushLater;
    private final LinkLimits limits;
    private long timeoutNanos;
    private ScheduledFuture<?> checks;
    private final Map<LinkKey, UpstreamLink> shared = new HashMap<>();
    /** Keys of the shared links that there ever were: who used them is likely to do so again. */
    private final Set<LinkKey> usual = new HashSet<>();

    private final Map<LinkKey, ArrayDeque<Spare>> spare = new HashMap<>();
    private final Set<UpstreamLink> open = new HashSet<>();
    private final List<InFlight> unsettled = new ArrayList<>();
    private @Nullable Listener listener;
    private long lastOrder;
    private long lastCheckNanos;

    /** A pinned link that nobody has, and since when. */
    private record Spare(UpstreamLink link, long sinceNanos) {}

    /** @param flushLater asked to call {@link UpstreamLink#flush} for a link before the loop's turn ends */
    public UpstreamLinks(
            UpstreamConnector connector,
            String clientName,
            ConnectionRegistry registry,
            LinkLimits limits,
            Consumer<UpstreamLink> flushLater) {
        this.connector = connector;
        this.clientName = clientName;
        this.registry = registry;
        this.limits = limits;
        this.timeoutNanos = TimeUnit.MILLISECONDS.toNanos(connector.timeoutMs());
        this.flushLater = flushLater;
        this.lastCheckNanos = System.nanoTime();
        this.checks = scheduleChecks();
    }

    private ScheduledFuture<?> scheduleChecks() {
        long periodNanos = Math.max(TimeUnit.MILLISECONDS.toNanos(5), timeoutNanos / 20);
        return connector
                .loop()
                .scheduleAtFixedRate(this::checkDeadlines, periodNanos, periodNanos, TimeUnit.NANOSECONDS);
    }

    /**
     * The upstream is given as long as this from now on, and the next links are opened as somebody else; those that are open
     * stay as they are.
     */
    public void change(UpstreamAddress samePlace, int timeoutMs) {
        assert connector.loop().inEventLoop();
        connector.change(samePlace, timeoutMs);
        timeoutNanos = TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        lastCheckNanos = System.nanoTime();
        checks.cancel(false);
        checks = scheduleChecks();
    }

    /** Who hears of failures; given once, before the first link is opened. */
    public void listener(Listener to) {
        listener = to;
    }

    private Listener listener() {
        if (listener == null) {
            throw new IllegalStateException("links without a listener");
        }
        return listener;
    }

    /** The link that all clients with this key share. */
    public UpstreamLink shared(LinkKey key) {
        UpstreamLink link = shared.get(key);
        if (link == null) {
            link = open(key);
            shared.put(key, link);
            usual.add(key);
        }
        return link;
    }

    /**
     * Opens the shared links that clients used before, so that nobody has to wait for that once the upstream is in charge. To be
     * called behind the fence, which would end them, until it says true: then all can be written on.
     */
    public boolean prepare() {
        List.copyOf(usual).forEach(this::shared);
        return shared.values().stream().allMatch(UpstreamLink::isReady);
    }

    /** Whether a client may have a link of its own now: to be asked before {@link #pinned}. */
    public boolean hasRoomForPinned() {
        return open.size() - shared.size() < limits.pinnedMax()
                || spare.values().stream().anyMatch(idle -> !idle.isEmpty());
    }

    /** A link for one client alone, the one that was used last if there are several; give it back by {@link #release}. */
    public UpstreamLink pinned(LinkKey key) {
        ArrayDeque<Spare> idle = spare.get(key);
        Spare latest = idle == null ? null : idle.pollLast();
        if (latest != null) {
            return latest.link();
        }
        if (open.size() - shared.size() >= limits.pinnedMax()) {
            closeOldestSpare();
        }
        return open(key);
    }

    private void closeOldestSpare() {
        spare.values().stream()
                .filter(idle -> !idle.isEmpty())
                .map(ArrayDeque::getFirst)
                .min(Comparator.comparingLong(Spare::sinceNanos))
                .ifPresent(oldest -> close(oldest.link()));
    }

    /** Takes back a pinned link. One that is in the middle of something, or has state of its client, is closed. */
    public void release(UpstreamLink link, boolean clean) {
        ArrayDeque<Spare> idle = spare.computeIfAbsent(link.key(), k -> new ArrayDeque<>());
        if (clean && !link.isClosed() && link.pending() == 0 && idle.size() < limits.spareMax()) {
            idle.add(new Spare(link, System.nanoTime()));
        } else {
            close(link);
        }
    }

    private void close(UpstreamLink link) {
        forget(link);
        link.close().forEach(request -> request.onLost(true));
    }

    /** Closes pinned links that nobody has had for as long as they are kept. */
    void closeIdle(long nowNanos) {
        long keptNanos = TimeUnit.MILLISECONDS.toNanos(limits.spareIdleMs());
        for (ArrayDeque<Spare> idle : List.copyOf(spare.values())) {
            while (!idle.isEmpty() && nowNanos - idle.getFirst().sinceNanos() >= keptNanos) {
                close(idle.getFirst().link());
            }
        }
        spare.values().removeIf(ArrayDeque::isEmpty);
    }

    public int size() {
        return open.size();
    }

    /** Pinned links that no client has. */
    int spares() {
        return spare.values().stream().mapToInt(ArrayDeque::size).sum();
    }

    private UpstreamLink open(LinkKey key) {
        assert connector.loop().inEventLoop();
        var link = new UpstreamLink(key, this, new UpstreamHandshake(connector.address(), key, clientName, registry));
        open.add(link);
        connector.connect(link);
        return link;
    }

    /**
     * Closes every link with a reset and settles what had no reply, oldest first. The caller has decided before where
     * commands go from now on.
     */
    public void abandon() {
        assert connector.loop().inEventLoop();
        List<InFlight> lost = new ArrayList<>(unsettled);
        unsettled.clear();
        for (UpstreamLink link : List.copyOf(open)) {
            lost.addAll(link.close());
        }
        open.clear();
        shared.clear();
        spare.clear();
        lost.sort(Comparator.comparingLong(request -> request.order));
        lost.forEach(request -> request.onLost(request.sent));
    }

    /** A request whose reply says that nothing was carried out: it is settled with the others by {@link #abandon}. */
    public void unsettle(InFlight request) {
        request.sent = false;
        unsettled.add(request);
    }

    private void checkDeadlines() {
        long now = System.nanoTime();
        long slept = now - lastCheckNanos;
        lastCheckNanos = now;
        boolean stalled = slept > CHECKS_MISSED * (timeoutNanos / 20) && slept > timeoutNanos / 2;
        for (UpstreamLink link : List.copyOf(open)) {
            if (stalled) {
                link.forgive(slept);
            } else if (link.oldestNanos(now) > timeoutNanos) {
                link.fail("no reply within " + TimeUnit.NANOSECONDS.toMillis(timeoutNanos) + " ms");
                return;
            }
        }
        closeIdle(now);
    }

    private void forget(UpstreamLink link) {
        open.remove(link);
        shared.remove(link.key(), link);
        ArrayDeque<Spare> idle = spare.get(link.key());
        if (idle != null) {
            idle.removeIf(kept -> kept.link() == link);
        }
    }

    @Override
    public void linkLost(UpstreamLink link, String reason, List<InFlight> lost) {
        forget(link);
        if (lost.isEmpty() && !link.isSubscriber()) {
            // In the moment of its end it took no more, and some clients were not read from any more for that.
            listener().writabilityChanged(link);
            listener().idleLinkClosed(reason);
            return;
        }
        unsettled.addAll(lost);
        listener().upstreamFailed(reason);
    }

    /** Not at once: who sends is not ready to hear of it. */
    @Override
    public void sentToClosed(InFlight request) {
        request.order = nextOrder();
        unsettle(request);
        connector.loop().execute(() -> {
            if (unsettled.contains(request)) {
                listener().upstreamFailed("a link was closed under a request");
            }
        });
    }

    @Override
    public void flushLater(UpstreamLink link) {
        flushLater.accept(link);
    }

    @Override
    public long nextOrder() {
        return ++lastOrder;
    }

    @Override
    public void writabilityChanged(UpstreamLink link) {
        listener().writabilityChanged(link);
    }
}
