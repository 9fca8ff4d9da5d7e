package io.holdfast.engine.command;

import io.holdfast.engine.keyspace.Watches;
import io.holdfast.engine.pubsub.Subscriber;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RespVersion;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
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

        /** The client is to be disconnected once it has got what was written to it. */
        void close();
    }

    /** A command between MULTI and EXEC. */
    @SuppressWarnings("ArrayRecordComponent") // never compared; arguments are an array everywhere
    public record Queued(@Nullable CommandSpec spec, Bytes[] args) {}

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
    private boolean noEvict;
    private boolean noTouch;
    private boolean closing;
    private @Nullable List<Queued> queued;
    private boolean queueRefused;
    private boolean watchBroken;
    private final List<Watches.Watched> watched = new ArrayList<>(0);
    private final Subscriber subscriber;

    /**
     * @param address {@code host:port} of the client, for CLIENT LIST
     * @param localAddress {@code host:port} that it connected to
     */
    public Session(long id, Output output, String address, String localAddress, long nowMs) {
        this.id = id;
        this.output = output;
        this.subscriber = new Subscriber(output::push);
        this.address = address;
        this.localAddress = localAddress;
        this.connectedAtMs = nowMs;
        this.lastCommandAtMs = nowMs;
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

    // ---- transaction

    public boolean inMulti() {
        return queued != null;
    }

    public void beginMulti() {
        queued = new ArrayList<>();
        queueRefused = false;
    }

    public void queue(@Nullable CommandSpec spec, Bytes[] args) {
        if (queued == null) {
            throw new IllegalStateException("not in MULTI");
        }
        queued.add(new Queued(spec, args));
    }

    /** How many commands wait for EXEC; −1 outside MULTI, as CLIENT LIST prints it. */
    public int queuedCount() {
        return queued == null ? -1 : queued.size();
    }

    /** A command was refused when it was to be queued: EXEC will discard everything. */
    public void refuseQueue() {
        queueRefused = true;
    }

    public boolean isQueueRefused() {
        return queueRefused;
    }

    /** What waits for EXEC. */
    public List<Queued> queued() {
        return queued == null ? List.of() : Collections.unmodifiableList(queued);
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
}
