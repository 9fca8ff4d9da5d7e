package io.holdfast.engine.command;

import io.holdfast.engine.keyspace.Watches;
import io.holdfast.engine.pubsub.Subscriber;
import io.holdfast.engine.pubsub.Tracker;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RespVersion;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the server remembers of one connected client: its database, protocol, name, transaction, watched keys and
 * subscriptions. It outlives every switch between upstream and local engine. Owned by the engine loop.
 */
public final class Session implements Watches.Watcher {
    /** Where a client hears of things that it did not just ask for. */
    public interface Output {
        /** A message of a channel, or another out-of-band reply. */
        void push(Reply reply);

        /** As {@link #push}, but not before the replies to what the client has asked already: they are older. */
        void pushBehindReplies(Reply reply);

        /** The reply to the command that the client waited in; see {@link CommandContext#block}. */
        void answer(Reply reply);

        /** What lies in the connection's buffers; nothing where there is none. */
        default ClientBuffers buffers() {
            return ClientBuffers.NONE;
        }

        /** The client is to be disconnected once it has got what was written to it; what it still waits for is dropped. */
        void close();
    }

    /** A command between MULTI and EXEC. */
    @SuppressWarnings("ArrayRecordComponent") // never compared; arguments are an array everywhere
    public record Queued(@Nullable CommandSpec spec, Bytes[] args) {}

    /** What the commands between MULTI and EXEC may weigh together, bytes. */
    public static final int QUEUED_BYTES_MAX = 64 * 1024 * 1024;

    /** What a queued argument weighs beyond its own bytes, about. */
    private static final int ARGUMENT_OVERHEAD_BYTES = 48;

    /** What Redis says that it weighs. */
    private static final int ARGUMENT_POINTER_BYTES = 8;

    /** Bytes at most of {@link #who}; longer names are cut. */
    private static final int WHO_BYTES_MAX = 128;

    private final long id;
    private final Output output;
    private final String address;
    private final String localAddress;
    private final long connectedAtMs;
    private long lastCommandAtMs;
    private @Nullable CommandSpec lastCommand;
    private int db;
    private RespVersion resp = RespVersion.RESP2;
    private Bytes name = Bytes.EMPTY;
    private Bytes libraryName = Bytes.EMPTY;
    private Bytes libraryVersion = Bytes.EMPTY;
    private @Nullable AclUser user;
    private @Nullable Bytes who;
    private boolean authenticated;
    private boolean noEvict;
    private boolean noTouch;
    private boolean closing;
    private @Nullable Blocked blocked;
    private @Nullable List<Queued> queued;
    private boolean queueRefused;
    private long queuedBytes;
    private boolean watchBroken;
    private int unwatched;
    private final List<Watches.Watched> watched = new ArrayList<>(0);
    private final Subscriber subscriber;
    private final Tracker tracker;
    private boolean monitor;
    private boolean silent;
    private boolean silentOnce;
    private boolean silentNext;

    /**
     * @param address {@code host:port} of the client, for CLIENT LIST
     * @param localAddress {@code host:port} that it connected to
     */
    public Session(long id, Output output, String address, String localAddress, long nowMs) {
        this.id = id;
        this.output = output;
        this.subscriber = new Subscriber(output::push);
        this.tracker = new Tracker(id, new TrackedClient());
        this.address = address;
        this.localAddress = localAddress;
        this.connectedAtMs = nowMs;
        this.lastCommandAtMs = nowMs;
    }

    // ---- who

    /** Who the connection is; only of connections, of which the server makes each somebody. */
    public AclUser user() {
        return Objects.requireNonNull(user, "a connection has a user");
    }

    /** It is nobody in particular: the default user, and that only if everybody is let in. */
    public void arrive(AclUser defaultUser) {
        user = defaultUser;
        who = null;
        authenticated = defaultUser.admitsEverybody();
    }

    /** It has proved who it is. */
    public void authenticated(AclUser as) {
        user = as;
        who = null;
        authenticated = true;
    }

    /** Its user is no more; until the connection is closed it may do nothing. */
    public void expel(AclUser defaultUser) {
        user = defaultUser;
        who = null;
        authenticated = false;
    }

    /**
     * Who this is for those who look at what was done, later: {@code alice at 127.0.0.1:50112 (orders)}, the user, where
     * from, and the name that the client gave itself if it did; empty of what is no connection.
     */
    public Bytes who() {
        Bytes known = who;
        if (known == null) {
            known = describe();
            who = known;
        }
        return known;
    }

    private Bytes describe() {
        if (user == null) {
            return Bytes.EMPTY;
        }
        String text = user.name() + " at " + address + (name.isEmpty() ? "" : " (" + name.utf8() + ")");
        Bytes whole = Bytes.of(text);
        return whole.length() <= WHO_BYTES_MAX ? whole : whole.slice(0, WHO_BYTES_MAX);
    }

    /** Whether it may run the command and read any key by it; what is no connection (the mirror) may. */
    public boolean mayReadEveryKeyWith(CommandSpec spec, Bytes[] args) {
        return user == null || user.isUnrestricted() || user.mayReadEveryKeyWith(spec, args);
    }

    /** There is nothing that it may not do: nobody has to look closer. */
    public boolean isUnrestricted() {
        return user().isUnrestricted() && !mustAuthenticate();
    }

    /** It has to say who it is before it may do anything else. */
    public boolean mustAuthenticate() {
        return !authenticated && !user().admitsEverybody();
    }

    public long id() {
        return id;
    }

    public Output output() {
        return output;
    }

    public String address() {
        return address;
    }

    /** Whether the client is on this machine. */
    public boolean isLocal() {
        return address.startsWith("127.") || address.startsWith("[::1]") || address.startsWith("0:0:0:0:0:0:0:1:");
    }

    public String localAddress() {
        return localAddress;
    }

    public long connectedAtMs() {
        return connectedAtMs;
    }

    public long lastCommandAtMs() {
        return lastCommandAtMs;
    }

    public @Nullable CommandSpec lastCommand() {
        return lastCommand;
    }

    /** Notes that the client sent a command, wherever it is answered. */
    public void called(@Nullable CommandSpec spec, long nowMs) {
        lastCommand = spec;
        lastCommandAtMs = nowMs;
    }

    public int db() {
        return db;
    }

    public void select(int index) {
        db = index;
    }

    public RespVersion resp() {
        return resp;
    }

    public void speak(RespVersion version) {
        resp = version;
    }

    public Bytes name() {
        return name;
    }

    public void rename(Bytes to) {
        name = to;
        who = null;
    }

    public Bytes libraryName() {
        return libraryName;
    }

    public Bytes libraryVersion() {
        return libraryVersion;
    }

    public void libraryName(Bytes of) {
        libraryName = of;
    }

    public void libraryVersion(Bytes of) {
        libraryVersion = of;
    }

    public boolean noEvict() {
        return noEvict;
    }

    public void noEvict(boolean on) {
        noEvict = on;
    }

    public boolean noTouch() {
        return noTouch;
    }

    public void noTouch(boolean on) {
        noTouch = on;
    }

    /** Set by QUIT: the connection closes when everything before, and this reply, is written. */
    public boolean isClosing() {
        return closing;
    }

    public void closeAfterReply() {
        closing = true;
    }

    // ---- waiting

    /** The command that it waits in; null when it does not. */
    public @Nullable Blocked blocked() {
        return blocked;
    }

    public boolean isBlocked() {
        return blocked != null;
    }

    /** For who keeps the waiting clients. */
    public void blocked(@Nullable Blocked in) {
        blocked = in;
    }

    // ---- transaction

    public boolean inMulti() {
        return queued != null;
    }

    public void beginMulti() {
        queued = new ArrayList<>();
        queueRefused = false;
        queuedBytes = 0;
    }

    /**
     * Keeps a command until EXEC; not one of a transaction that is refused already.
     *
     * @throws RedisError when the commands weigh more than {@link #QUEUED_BYTES_MAX} together
     */
    public void queue(@Nullable CommandSpec spec, Bytes[] args) {
        if (queued == null) {
            throw new IllegalStateException("not in MULTI");
        }
        if (queueRefused) {
            return;
        }
        for (Bytes arg : args) {
            queuedBytes += arg.length() + ARGUMENT_OVERHEAD_BYTES;
        }
        if (queuedBytes > QUEUED_BYTES_MAX) {
            throw RedisError.transactionTooLarge();
        }
        queued.add(new Queued(spec, args));
    }

    /** What waits for EXEC. */
    public List<Queued> queued() {
        return queued == null ? List.of() : Collections.unmodifiableList(queued);
    }

    /** How many commands wait for EXEC; −1 outside MULTI, as CLIENT LIST prints it. */
    public int queuedCount() {
        return queued == null ? -1 : queued.size();
    }

    /** What waits for EXEC comes to, as Redis counts it, bytes. */
    public long queuedBytes() {
        long bytes = 0;
        for (Queued command : queued()) {
            bytes += (long) ARGUMENT_POINTER_BYTES * command.args().length + bytes(command.args());
        }
        return bytes;
    }

    /** The bytes of arguments together. */
    public static long bytes(Bytes[] args) {
        long bytes = 0;
        for (Bytes arg : args) {
            bytes += arg.length();
        }
        return bytes;
    }

    /** A command was refused when it was to be queued: EXEC will discard everything. */
    public void refuseQueue() {
        queueRefused = true;
        if (queued != null) {
            queued.clear(); // nothing of it will run
        }
    }

    public boolean isQueueRefused() {
        return queueRefused;
    }

    /** Ends MULTI and gives what was queued. */
    public List<Queued> takeQueued() {
        List<Queued> taken = queued == null ? List.of() : queued;
        queued = null;
        queueRefused = false;
        return taken;
    }

    // ---- watched keys

    public Collection<Watches.Watched> watched() {
        return Collections.unmodifiableCollection(watched);
    }

    public void watch(Watches.Watched key, Watches watches) {
        if (!watched.contains(key)) {
            watched.add(key);
            watches.watch(key, this);
        }
    }

    public void unwatchAll(Watches watches) {
        watched.forEach(key -> watches.unwatch(key, this));
        watched.clear();
        watchBroken = false;
        unwatched++;
    }

    /** How often {@link #unwatchAll} was called: for who watches keys elsewhere in this session's name. */
    public int unwatched() {
        return unwatched;
    }

    @Override
    public void watchedKeyChanged() {
        watchBroken = true;
    }

    /** A watched key has changed, or can no longer be compared: EXEC answers nil. */
    public boolean isWatchBroken() {
        return watchBroken;
    }

    public void breakWatch() {
        watchBroken = true;
    }

    // ---- subscriptions

    public Subscriber subscriber() {
        return subscriber;
    }

    // ---- its own cache

    public Tracker tracker() {
        return tracker;
    }

    private final class TrackedClient implements Tracker.Client {
        @Override
        public boolean speaksResp3() {
            return resp == RespVersion.RESP3;
        }

        @Override
        public boolean isSubscribed() {
            return subscriber.isSubscribed();
        }

        @Override
        public void push(Reply reply) {
            output.pushBehindReplies(reply);
        }
    }

    // ---- whether it wants replies

    /** CLIENT REPLY OFF, or ON again. */
    public void silence(boolean on) {
        silent = on;
        silentOnce = false;
        silentNext = false;
    }

    /** CLIENT REPLY SKIP: neither it nor the next request is answered. */
    public void silenceNext() {
        silentNext = !silent;
    }

    /** Whether the request that is being handled gets no reply. To be asked once for each, when its reply is due. */
    public boolean takeSilence() {
        boolean now = silent || silentOnce;
        silentOnce = silentNext;
        silentNext = false;
        return now;
    }

    // ---- watching others

    /** It has sent MONITOR: it sees all commands, and none of its own touches data. */
    public boolean isMonitor() {
        return monitor;
    }

    /** For {@link Monitors}. */
    void monitor(boolean on) {
        monitor = on;
    }
}
