package io.holdfast.engine;

import io.holdfast.engine.command.Acl;
import io.holdfast.engine.command.Blocking;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandRecords;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.Host;
import io.holdfast.engine.command.InfoSections;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.command.KeyEvents;
import io.holdfast.engine.command.Pause;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Server;
import io.holdfast.engine.command.ServerStats;
import io.holdfast.engine.command.Session;
import io.holdfast.engine.command.Timers;
import io.holdfast.engine.command.UnknownKeys;
import io.holdfast.engine.config.EncodingSettings;
import io.holdfast.engine.config.EngineConfig;
import io.holdfast.engine.config.OfflineRules;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.config.Settings;
import io.holdfast.engine.exec.CommandExecutor;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.exec.Prerequisites;
import io.holdfast.engine.exec.WriteGuard;
import io.holdfast.engine.family.ClientCommands;
import io.holdfast.engine.keyspace.Keyspaces;
import io.holdfast.engine.keyspace.LookAhead;
import io.holdfast.engine.keyspace.Watches;
import io.holdfast.engine.pubsub.Invalidations;
import io.holdfast.engine.pubsub.PubSubBroker;
import io.holdfast.engine.pubsub.Tracker;
import io.holdfast.engine.script.ScriptEngine;
import io.holdfast.engine.store.StorageException;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.netty.buffer.ByteBuf;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A Redis in this process: executes commands on values in memory and stages what they change in a {@link Journal}.
 * Whoever drives it calls {@link #commit} at the end of each turn, before any reply of that turn is let out. Owned by
 * one thread, the engine loop.
 */
public final class LocalEngine implements Server {
    /** Samples of expired keys taken from one database in one {@link #tick}. */
    private static final int EXPIRE_ROUNDS_MAX = 16;

    private EngineConfig config;
    private final CommandTable commands;
    private final Journal journal;
    private final Keyspaces keyspaces;
    private final PubSubBroker broker = new PubSubBroker();
    private final CommandRecords records = new CommandRecords();
    private final KeyEvents keyEvents = new KeyEvents(broker);
    private final Settings settings = new Settings();
    private final InfoSections info = new InfoSections();
    private final ServerStats stats = new ServerStats();
    private final Acl acl;
    private Host host = Host.NONE;
    private final Map<Long, Session> sessions = new LinkedHashMap<>();
    private final ScriptEngine scripts;
    private final Timers timers;
    private final Pause pause;
    private final Invalidations invalidations = new Invalidations(this::tracker);
    private final CommandExecutor executor;
    private final Prerequisites prerequisites;
    private long lastSessionId;
    private final WriteGuard writes;
    private final WarmCopy warmCopy;
    private final LookAhead lookAhead = new LookAhead();
    private @Nullable UnknownKeys unknownKeys;
    private boolean forUpstream;
    private OfflineRules offline = OfflineRules.DEFAULT;
    private boolean redelivers;
    private boolean dataIsHere = true;

    /** @param clock Unix milliseconds */
    public LocalEngine(EngineConfig config, CommandTable commands, Journal journal, LongSupplier clock, Timers timers) {
        this.config = config;
        this.commands = commands;
        this.journal = journal;
        this.keyspaces = new Keyspaces(config.databases(), new SplittableRandom(config.seed()));
        keyspaces.values().tick(clock.getAsLong()); // what is recovered counts as used now
        writes = new WriteGuard(journal, settings, () -> forUpstream);
        this.scripts = new ScriptEngine(this, writes::refusal);
        this.timers = timers;
        this.pause = new Pause(timers, scripts);
        keyspaces.watches().listener(new KeyListener());
        this.executor = new CommandExecutor(this, journal, writes, clock);
        this.warmCopy = new WarmCopy(keyspaces, executor);
        this.acl = new Acl(commands, client -> ClientCommands.line(client, 0, executor.nowMs(), config().version()));
        bindAcl();
        this.prerequisites = new Prerequisites(this);
        EncodingSettings.addTo(settings, config.encodingLimits());
    }

    /** From now on nobody's writes are taken; with null they are again. */
    public void forbidWrites(@Nullable RedisError error) {
        writes.forbid(error);
    }

    /**
     * Applies every journal entry after {@code sequence}: what storage does not hold yet.
     *
     * @return how many entries were applied
     * @throws StorageException when an entry cannot be applied to what storage holds: the two do not belong together
     */
    public long recover(long sequence) {
        return recover(sequence, misfit -> {
            throw new StorageException(misfit + "; restore both from the same backup");
        });
    }

    /**
     * As {@link #recover(long)}, where storage or journal may lack something and the rest is wanted.
     *
     * @param misfits is told of each entry that could not be applied
     */
    public long recover(long sequence, Consumer<String> misfits) {
        long[] applied = {0};
        journal.read(sequence, entry -> {
            Reply.Failure failure = executor.recover(entry);
            if (failure != null) {
                misfits.accept("journal entry " + entry.sequence() + " does not fit storage.db: " + failure.text());
            }
            applied[0]++;
        });
        keyspaces.changes().onBase(executor);
        return applied[0];
    }

    /** Reports, and follows where versions differ, this version from now on: the upstream's. */
    public void follow(RedisVersion version) {
        config = config.following(version);
        config.encodingLimits().follow(version);
    }

    private void bindAcl() {
        // It is taken and never given: who may read the settings does not learn the password.
        settings.add("requirepass", () -> "", acl::requirePassword);
        settings.onChange(
                "acllog-max-len", max -> acl.log().max((int) Math.min(Integer.MAX_VALUE, Long.parseLong(max))));
        settings.onChange("acl-pubsub-default", initial -> acl.everyChannelAtFirst(initial.equals("allchannels")));
        settings.fixed("databases", Integer.toString(config.databases()));
    }

    // ---- clients

    /**
     * A client has come; the session is its own until {@link #disconnect}.
     *
     * @param address {@code host:port} of the client
     * @param localAddress {@code host:port} it connected to
     */
    public Session connect(Session.Output output, String address, String localAddress) {
        var session = new Session(++lastSessionId, output, address, localAddress, executor.nowMs());
        session.arrive(acl.defaultUser());
        sessions.put(session.id(), session);
        stats.connectionsReceived++;
        return session;
    }

    /** Forgets everything of a client that has gone. */
    public void disconnect(Session session) {
        sessions.remove(session.id());
        executor.blocking().abandon(session);
        session.takeQueued();
        session.unwatchAll(keyspaces.watches());
        broker.unsubscribeAll(session.subscriber());
        invalidations.end(session.tracker());
        records.monitors().remove(session);
    }

    /**
     * Runs a client's command.
     *
     * @param spec the command or subcommand that {@code args} name; null when the table does not have it
     */
    public Reply execute(Session session, @Nullable CommandSpec spec, Bytes[] args) {
        return executor.execute(session, spec, args);
    }

    /** Runs one command of a transaction whose others run upstream; see {@link CommandExecutor#executePart}. */
    public Reply executePart(Session session, Session.Queued part) {
        return executor.executePart(session, part);
    }

    @Override
    public @Nullable RedisError growthRefusal() {
        if (!dataIsHere) {
            return null;
        }
        return keyspaces.values().isOutOfMemory() ? RedisError.outOfMemory() : writes.noRoom();
    }

    /** Prepares for requests of a client that are not decoded yet and will be executed here; see {@link LookAhead#step}. */
    public int lookAhead(Session session, ByteBuf received) {
        return lookAhead.step(keyspaces.get(session.db()), received);
    }

    @Override
    public @Nullable UnknownKeys unknownKeys() {
        return unknownKeys;
    }

    /** Who is told of keys that commands read here from now on; null: nobody, as all there are are here. */
    public void unknownKeys(@Nullable UnknownKeys listener) {
        unknownKeys = listener;
    }

    /** Whether {@link #mustWait} has to be asked at all. */
    public boolean mayHaveToWait() {
        return keyspaces.values().mayLackValues();
    }

    /**
     * Whether a client's command has to wait before it is executed: for values that are not in memory, or for room.
     *
     * @param spec as for {@link #execute}
     * @param ready is run on the engine loop once it need not wait; it should be executed then, whatever this says
     */
    public boolean mustWait(Session session, @Nullable CommandSpec spec, Bytes[] args, Runnable ready) {
        return mayHaveToWait() && prerequisites.await(session, spec, args, executor.nowMs(), ready);
    }

    /** A client's command is answered upstream: those who monitor see it all the same. */
    public void forwarded(Session session, @Nullable CommandSpec spec, Bytes[] args) {
        records.monitors().show(session, spec, args, executor.nowMs());
    }

    /** Whether {@link #forwarded} has to be told. */
    public boolean isMonitored() {
        return records.monitors().areThere();
    }

    /** Runs here what was sent upstream and not answered; see {@link CommandExecutor#rerun}. */
    public Reply rerun(Session session, int db, CommandSpec spec, Bytes[] args) {
        return executor.rerun(session, db, spec, args);
    }

    /** As {@link #rerun}, of a message that the upstream may have carried already: who listens here gets it, and it is not journaled. */
    public Reply redeliver(Session session, int db, CommandSpec spec, Bytes[] args) {
        redelivers = true;
        try {
            return executor.rerun(session, db, spec, args);
        } finally {
            redelivers = false;
        }
    }

    /** As {@link #rerun}, of a command that has waited upstream: if it waits here too, then for as long as is left. */
    public Reply waitOn(Session session, int db, CommandSpec spec, Bytes[] args, long waitedMs) {
        return executor.waitOn(session, db, spec, args, waitedMs);
    }

    /** Runs a transaction here that was never sent upstream; see {@link CommandExecutor#rerunTransaction}. */
    public Reply rerunTransaction(Session session, int db, List<Session.Queued> transaction) {
        return executor.rerunTransaction(session, db, transaction);
    }

    /**
     * The command that the client waits in is carried out elsewhere from now on: here it waits no longer and gets no
     * reply.
     *
     * @return its name and arguments, with the time to wait that is left; null when it does not wait
     */
    public Bytes @Nullable [] stopWaiting(Session session) {
        return executor.stopWaiting(session);
    }

    /**
     * Whether the data's home is here. While it is upstream, changes of the copy are nobody's news; and whenever it
     * moves, no client's own cache is good any more (contract, C9).
     */
    public void home(boolean here) {
        if (dataIsHere != here) {
            dataIsHere = here;
            invalidations.allChanged();
        }
        keyEvents.home(here);
    }

    /** A tracking client's command reads upstream: what it reads there is remembered as if it were read here. */
    public void remember(Session session, @Nullable CommandSpec spec, Bytes[] args) {
        if (session.tracker().remembers()) {
            rememberRead(session, spec, args);
        }
    }

    /** As {@link #remember}, whether or not the client has said by now that it wants to be told of it. */
    public void rememberRead(Session session, @Nullable CommandSpec spec, Bytes[] args) {
        if (spec != null && mayRead(spec)) {
            spec.forEachKey(args, i -> invalidations.read(session.tracker(), args[i]));
        }
    }

    /** A script that runs elsewhere may read what it is given; what else it reads nobody tells. */
    private static boolean mayRead(CommandSpec spec) {
        return spec.is(Flag.READONLY) || spec.kind() == CommandKind.SCRIPT;
    }

    /** What the command has read may have changed since, unheard: its client, if it tracks, is told that it has. */
    public void tellOutdated(Session session, @Nullable CommandSpec spec, Bytes[] args) {
        if (spec != null && mayRead(spec)) {
            spec.forEachKey(args, i -> invalidations.outdated(session.tracker(), args[i]));
        }
    }

    /** These keys have changed upstream, where the data is. */
    public void changedUpstream(List<Bytes> keys) {
        keys.forEach(invalidations::changed);
        invalidations.afterCommand(Reply.NONE);
    }

    /** Any key may have changed upstream. */
    public void allChangedUpstream() {
        invalidations.allChanged();
    }

    // ---- journal

    /** The following entries are for an upstream, and clients may do what {@code rules} say while it is away. */
    public void journalForUpstream(OfflineRules rules) {
        executor.scope(Journal.Scope.UPSTREAM);
        forUpstream = true;
        offline = rules;
    }

    @Override
    public boolean journalsForUpstream() {
        return forUpstream;
    }

    public boolean hasUncommitted() {
        return journal.hasStaged();
    }

    /** Makes the turn's changes durable. @throws StorageException when they could not be written */
    public void commit() {
        journal.commit();
        writes.lookAtRoom(); // it may have taken the last of the disk
    }

    /** There is more room on the disk, or less: whether writes are taken is decided anew. */
    public void roomChanged() {
        writes.lookAtRoom();
    }

    /** Where the warm copy of the upstream is written. */
    public WarmCopy warmCopy() {
        return warmCopy;
    }

    // ---- time

    /** The time as commands see it, Unix milliseconds. */
    public long nowMs() {
        return executor.nowMs();
    }

    /** Removes some expired keys; to be called about ten times a second. */
    public void tick() {
        long nowMs = executor.nowMs();
        long began = timers.nanoTime();
        keyspaces.expireSome(EXPIRE_ROUNDS_MAX, nowMs);
        records.latencies().spent("expire-cycle", nowMs, timers.nanoTime() - began);
        keyspaces.values().tick(nowMs);
        executor.timePassed();
    }

    // ---- Server

    @Override
    public CommandTable commands() {
        return commands;
    }

    @Override
    public Keyspaces keyspaces() {
        return keyspaces;
    }

    @Override
    public PubSubBroker broker() {
        return broker;
    }

    @Override
    public Blocking blocking() {
        return executor.blocking();
    }

    @Override
    public Timers timers() {
        return timers;
    }

    @Override
    public CommandRecords records() {
        return records;
    }

    @Override
    public KeyEvents keyEvents() {
        return keyEvents;
    }

    @Override
    public Invalidations invalidations() {
        return invalidations;
    }

    @Override
    public void flushed() {
        if (dataIsHere) {
            invalidations.allChanged();
        }
    }

    @Override
    public Pause pause() {
        return pause;
    }

    @Override
    public @Nullable Session session(long id) {
        return sessions.get(id);
    }

    @Override
    public EngineConfig config() {
        return config;
    }

    @Override
    public Settings settings() {
        return settings;
    }

    @Override
    public ServerStats stats() {
        return stats;
    }

    @Override
    public Host host() {
        return host;
    }

    /** Gives the engine the process that it runs in. */
    public void host(Host process) {
        host = process;
    }

    @Override
    public Acl acl() {
        return acl;
    }

    @Override
    public Collection<Session> sessions() {
        return Collections.unmodifiableCollection(sessions.values());
    }

    @Override
    public InfoSections info() {
        return info;
    }

    @Override
    public ScriptEngine scripting() {
        return scripts;
    }

    @Override
    public boolean mayFlush() {
        return !forUpstream || offline.flush() || keyspaces.changes().isMirroring();
    }

    @Override
    public boolean journalsMessages() {
        return forUpstream && offline.publish() && !redelivers;
    }

    @Override
    public @Nullable RedisError messageRefusal() {
        RedisError refusal = writes.refusal();
        return refusal == null ? growthRefusal() : refusal;
    }

    private @Nullable Tracker tracker(long id) {
        Session session = sessions.get(id);
        return session == null ? null : session.tracker();
    }

    /** Passes on what happens to keys outside of handlers. */
    private final class KeyListener implements Watches.Listener {
        @Override
        public void changed(int db, Bytes key) {
            if (dataIsHere) {
                invalidations.changed(key);
            }
        }

        @Override
        public void created(int db, Bytes key) {
            keyEvents.tell(KeyEvent.NEW, db, key);
        }

        @Override
        public void expired(int db, Bytes key) {
            keyEvents.tell(KeyEvent.EXPIRED, db, key);
        }
    }
}
