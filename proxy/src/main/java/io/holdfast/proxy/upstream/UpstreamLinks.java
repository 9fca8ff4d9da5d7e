package io.holdfast.proxy.upstream;

import io.holdfast.resp.RespVersion;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All links of one event loop: a shared one for each {@link LinkKey}, and pinned ones for clients whose requests must
 * not mix with others'. The first that fails is a verdict on the upstream. Lives on one event loop.
 */
public final class UpstreamLinks implements LinkOwner {
    private static final Logger log = LoggerFactory.getLogger(UpstreamLinks.class);

    /** How long no link is opened that nobody needs, when one was not let in. */
    private static final int REFUSED_SECONDS = 60;

    private static final String TURNED_AWAY =
            "-ERR max number of clients reached upstream: it lets in no other connection";

    private static final LinkKey DOOR = new LinkKey(0, RespVersion.RESP2);

    /** A gap between two checks beyond which it was we who did not run. */
    private static final int CHECKS_MISSED = 5;

    /** Hears of the upstream's failures. */
    public interface Listener {
        /** A link failed: the upstream is not to be trusted. Its lost requests are still unsettled; see {@link #abandon}. */
        void upstreamFailed(String reason);

        /** Clients may have got replies that were others', and copies of keys have been made of them. */
        void repliesMistaken();

        /** A link with nothing under way was closed: worth a probe, not yet a verdict. */
        void idleLinkClosed(String reason);

        /**
         * The upstream does not accept a user and password any more that clients have logged in with; what they asked is
         * answered by {@code error} right after this.
         *
         * @param error the upstream's own, from the minus on
         */
        void loginRefused(UpstreamLogin login, String error);

        /**
         * The upstream did not let in a link beside those that it has, or closed one that some clients have. It is worth a new probe; if that is bad, the upstream
         * failed.
         *
         * @param refuse to be run if the probe is good: tells those who needed or had that link, unless {@link #abandon} has settled
         *     what they asked
         */
        void linkTurnedAway(String reason, Runnable refuse);

        /** Whether a link is that of one client, or of the clients of one user, and not of all or of ours. */
        boolean isOfSome(UpstreamLink link);

        /** The upstream is well, and has closed the link of some clients, which go the same way. */
        void cutOff(UpstreamLink link, String reason);

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
    private final Map<LinkKey, UpstreamLink> shared = new LinkedHashMap<>();
    /** Those of them that are Holdfast's own user's. */
    private int common;
    /** For copies of keys, not for any client. */
    private final Set<UpstreamLink> own = new HashSet<>();
    /** Keys of the shared links that there ever were: who used them is likely to do so again. */
    private final Set<LinkKey> usual = new LinkedHashSet<>();

    private final Map<LinkKey, ArrayDeque<Spare>> spare = new LinkedHashMap<>();
    private final Set<UpstreamLink> open = new LinkedHashSet<>();
    /** On which AUTH is tried; null while nobody has tried lately. */
    private @Nullable UpstreamLink door;

    private final List<InFlight> unsettled = new ArrayList<>();
    /** For which there was no link that the upstream let in, until it is known what that means. */
    private final Set<InFlight> turnedAway = new LinkedHashSet<>();

    private @Nullable Listener listener;
    private long lastOrder;
    /** Dispensable links are not opened. */
    private long noneBeforeNanos;

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
        this.lastCheckNanos = now();
        this.noneBeforeNanos = lastCheckNanos;
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
        lastCheckNanos = now();
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

    /** Who Holdfast is upstream, for links that are opened from now on. */
    public UpstreamAddress address() {
        return connector.address();
    }

    /** The link on which clients' AUTH is tried, and nothing else: it belongs to whom it last let in. */
    public UpstreamLink door() {
        if (door == null) {
            door = open(DOOR);
        }
        return door;
    }

    /** The link that all clients with this key share; where it is another user's than Holdfast's, ask {@link #hasRoomFor} before. */
    public UpstreamLink shared(LinkKey key) {
        UpstreamLink link = shared.get(key);
        if (link == null) {
            if (key.login() == null) {
                common++;
            } else {
                makeRoom();
            }
            link = open(key);
            link.share();
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
        usual.stream().filter(this::hasRoomFor).toList().forEach(this::shared);
        return shared.values().stream().allMatch(UpstreamLink::isReady);
    }

    /** Whether a client may have a link of its own now: to be asked before {@link #pinned}. */
    public boolean hasRoomForPinned() {
        return counted() < limits.pinnedMax()
                || spare.values().stream().anyMatch(idle -> !idle.isEmpty())
                || idleOfUser() != null;
    }

    /** Whether one more client may have a link of its own that could do without, where {@code others} have one so. */
    public boolean hasRoomForHeavy(int others) {
        return others < limits.heavyMax() && now() >= noneBeforeNanos && hasRoomForPinned();
    }

    /** As {@link #pinned}, for a client that could do without: it is to be used once it is ready, and may never be. */
    public UpstreamLink dispensable(LinkKey key) {
        UpstreamLink link = pinned(key);
        if (!link.isReady()) {
            link.dispensable();
        }
        return link;
    }

    /** Whether the link that this key's clients share is there, or may be opened. */
    public boolean hasRoomFor(LinkKey key) {
        return key.login() == null || shared.containsKey(key) || hasRoomForPinned();
    }

    /** Links that there may be only so many of: those of clients, and those of users other than Holdfast's own. */
    private int counted() {
        return open.size() - common - own.size() - (door == null ? 0 : 1);
    }

    private @Nullable UpstreamLink idleOfUser() {
        return shared.values().stream()
                .filter(link -> link.key().login() != null && link.pending() == 0)
                .min(Comparator.comparingLong(UpstreamLink::lastSentNanos))
                .orElse(null);
    }

    private void makeRoom() {
        if (counted() < limits.pinnedMax()) {
            return;
        }
        UpstreamLink idle = idleOfUser();
        if (spares() > 0 || idle == null) {
            closeOldestSpare();
        } else {
            close(idle);
        }
    }

    /** Nobody is logged in by it any more: its links are closed when they have been idle, and not opened again. */
    public void forget(UpstreamLogin login) {
        usual.removeIf(key -> key.login() == login);
    }

    /** A link for one client alone, the one that was used last if there are several; give it back by {@link #release}. */
    public UpstreamLink pinned(LinkKey key) {
        ArrayDeque<Spare> idle = spare.get(key);
        Spare latest = idle == null ? null : idle.pollLast();
        if (latest != null) {
            return latest.link();
        }
        if (key.login() == null) {
            shared(key); // before those that one client has can take all that the upstream lets in
        }
        makeRoom();
        return open(key);
    }

    /** Opens a link for Holdfast's own use, which takes no client's place; given back with {@link #release}, not clean. */
    public UpstreamLink own(LinkKey key) {
        UpstreamLink opened = open(key);
        own.add(opened);
        return opened;
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
            idle.add(new Spare(link, now()));
        } else {
            close(link);
        }
    }

    private void close(UpstreamLink link) {
        forget(link);
        link.close().forEach(request -> request.onLost(true));
    }

    /**
     * Closes pinned links that nobody has had, and links of a user, or into another database than the first, that nobody has used, for as
     * long as they are kept.
     */
    void closeIdle(long nowNanos) {
        long keptNanos = TimeUnit.MILLISECONDS.toNanos(limits.spareIdleMs());
        for (ArrayDeque<Spare> idle : List.copyOf(spare.values())) {
            while (!idle.isEmpty() && nowNanos - idle.getFirst().sinceNanos() >= keptNanos) {
                close(idle.getFirst().link());
            }
        }
        spare.values().removeIf(ArrayDeque::isEmpty);
        for (UpstreamLink link : List.copyOf(open)) {
            boolean ofFew = shared.get(link.key()) == link
                    && (link.key().login() != null || link.key().db() != 0);
            if ((ofFew || link == door)
                    && link.isReady()
                    && link.pending() == 0
                    && nowNanos - link.lastSentNanos() >= keptNanos) {
                if (ofFew) {
                    usual.remove(link.key());
                }
                close(link);
            }
        }
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
        if (key.login() != null) {
            link.fetchesAside(() -> shared(key.asHoldfast()));
        }
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
        lost.addAll(turnedAway);
        turnedAway.clear();
        for (UpstreamLink link : List.copyOf(open)) {
            lost.addAll(link.close());
        }
        open.clear();
        shared.clear();
        common = 0;
        own.clear();
        spare.clear();
        door = null;
        lost.sort(Comparator.comparingLong(request -> request.order));
        lost.forEach(request -> request.onLost(request.sent));
    }

    /** A request whose reply says that nothing was carried out: it is settled with the others by {@link #abandon}. */
    public void unsettle(InFlight request) {
        request.sent = false;
        unsettled.add(request);
    }

    private long now() {
        return connector.loop().ticker().nanoTime();
    }

    private void checkDeadlines() {
        long now = now();
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
        shared.values().forEach(link -> link.checkStep(now));
    }

    private void forget(UpstreamLink link) {
        open.remove(link);
        if (shared.remove(link.key(), link) && link.key().login() == null) {
            common--;
        }
        own.remove(link);
        if (link == door) {
            door = null;
        }
        ArrayDeque<Spare> idle = spare.get(link.key());
        if (idle != null) {
            idle.removeIf(kept -> kept.link() == link);
        }
    }

    @Override
    public void linkLost(UpstreamLink link, String reason, List<InFlight> lost) {
        forget(link);
        if (lost.stream().noneMatch(InFlight::isAwaited) && !link.isSubscriber()) {
            lost.forEach(request -> request.onLost(request.sent));
            // In the moment of its end it took no more, and some clients were not read from any more for that.
            listener().writabilityChanged(link);
            listener().idleLinkClosed(reason);
            return;
        }
        unsettled.addAll(lost);
        listener().upstreamFailed(reason);
    }

    @Override
    public void linkOutOfStep() {
        listener().repliesMistaken();
    }

    /** A server that goes closes all links; one that is well has cut off those whose link it was, as it would without us. */
    @Override
    public void linkCutOff(UpstreamLink link, String reason, List<InFlight> lost) {
        boolean concernsSome = (lost.stream().anyMatch(InFlight::isAwaited) || link.isSubscriber())
                && listener().isOfSome(link);
        if (!concernsSome) {
            linkLost(link, reason, lost);
            return;
        }
        forget(link);
        turnedAway.addAll(lost);
        listener().linkTurnedAway(reason, () -> {
            listener().cutOff(link, reason);
            lost.stream().filter(turnedAway::remove).forEach(request -> request.onLost(true));
        });
    }

    @Override
    public void linkNotOpened(UpstreamLink link, String reason, List<InFlight> lost) {
        boolean isFirst = isOfAll(link) && shared.values().stream().noneMatch(UpstreamLinks::serves);
        if (isFirst || link == door || own.contains(link)) {
            linkLost(link, reason, lost); // it is no one client's
            return;
        }
        if (shared.get(link.key()) == link) {
            usual.remove(link.key()); // the way back must not wait for it
        }
        forget(link);
        openNone(reason);
        List<InFlight> asked = lost.stream().filter(request -> !request.sent).toList();
        if (asked.isEmpty()) {
            listener().idleLinkClosed(reason);
        } else {
            turnedAway.addAll(asked);
            listener().linkTurnedAway(reason, () -> refuse(link, asked));
        }
    }

    /** Whether clients without a user of their own share the link. */
    private boolean isOfAll(UpstreamLink link) {
        return link.key().login() == null && shared.get(link.key()) == link;
    }

    private static boolean serves(UpstreamLink link) {
        return link.key().login() == null && link.isReady();
    }

    /** The upstream lets in so many and no more, perhaps: who could do without a link of its own gets none for a while. */
    private void openNone(String reason) {
        long now = now();
        if (now >= noneBeforeNanos) {
            log.warn("The upstream lets in no more connections, at its maxclients perhaps: {}", reason);
        }
        noneBeforeNanos = now + TimeUnit.SECONDS.toNanos(REFUSED_SECONDS);
    }

    /** The upstream is well: those who needed the link that it did not let in are told so. */
    private void refuse(UpstreamLink link, List<InFlight> asked) {
        byte[] reply = (TURNED_AWAY + "\r\n").getBytes(StandardCharsets.US_ASCII);
        asked.stream()
                .filter(turnedAway::remove)
                .forEach(request -> request.onReply(Unpooled.copiedBuffer(reply), (byte) '-'));
        listener().writabilityChanged(link); // who filled it is read from again
    }

    @Override
    public void linkRefused(UpstreamLink link, String error, List<InFlight> lost) {
        UpstreamLogin login = link.key().login();
        if (login == null) {
            linkLost(link, error, lost);
            return;
        }
        forget(link);
        forget(login);
        listener().loginRefused(login, error);
        byte[] reply = (error + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
        lost.forEach(request -> request.onReply(Unpooled.copiedBuffer(reply), (byte) '-'));
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
