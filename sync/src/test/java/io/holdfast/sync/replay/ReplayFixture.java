package io.holdfast.sync.replay;

import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.engine.family.Families;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.conflict.ConflictRules;
import io.holdfast.sync.journal.AppendFsync;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.journal.Conflicts;
import io.holdfast.sync.journal.Damage;
import io.holdfast.sync.journal.DeadLetters;
import io.holdfast.sync.journal.JournalOptions;
import io.holdfast.sync.journal.JournalReader;
import io.holdfast.sync.journal.LossyJournal;
import io.holdfast.sync.journal.NodeIdentity;
import io.holdfast.sync.journal.Quarantine;
import io.holdfast.sync.journal.Requeue;
import io.holdfast.sync.journal.Retention;
import io.holdfast.sync.journal.SegmentJournal;
import io.holdfast.sync.journal.SyncStore;
import io.holdfast.testing.RealRedis;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A node with a journal and a replayer, beside a real upstream. For one test thread. */
final class ReplayFixture implements AutoCloseable {
    static final long START_MS = 1_700_000_000_000L;
    private static final int REPLICAS_WAIT_MS = 20;
    private static final long SMALL_SEGMENT_BYTES = 4_000;
    private static final CommandTable COMMANDS = CommandTable.of(Families.all());
    private static final Duration END_MAX = Duration.ofSeconds(30);
    private static final NodeIdentity NODE = new NodeIdentity(7, 8, 1);
    private static final NodeIdentity OTHER = new NodeIdentity(9, 9, 1);

    /** On a busy machine: a replica asks for its data once a second only, and gets it from a process of its own. */
    static final Duration REPLICA_PATIENCE = Duration.ofSeconds(30);

    final RealRedis redis;
    SegmentJournal journal;
    final AtomicLong nowMs = new AtomicLong(START_MS);
    final List<Damage> damage = Collections.synchronizedList(new ArrayList<>());
    final AtomicLong confirmed = new AtomicLong(-1);

    Heard heard = new Heard();
    SyncStore store;
    int timeoutMs = 10_000;
    int batchEntriesMax = ReplaySettings.BATCH_ENTRIES_MAX;
    int entriesPerSecondMax;
    int replicas;
    UpstreamLoss whenLost = UpstreamLoss.PENDING_ONLY;
    long quietMs = 1;
    long epoch = 1;
    String bootId = "boot-1";

    ConflictRules rules = ConflictRules.DEFAULT;

    /** Whether the upstream is asked what time it is. */
    boolean clockIsReal;

    boolean compacts = true;
    boolean stamps;

    @Nullable String user;

    @Nullable String password;

    LocalCopy localCopy = LocalCopy.EMPTY;
    UnaryOperator<Upstream> connection = real -> real;

    private final NodeIdentity identity;
    private final Path directory;
    private final JournalOptions options;
    private LossyJournal files;
    /** Where the journal and {@code sync.db} are that are in use. */
    private Path live;

    private final List<Replayer> replayers = new ArrayList<>();
    private final List<SyncStore> stores = new ArrayList<>();
    private int crashes;

    ReplayFixture(Path directory, RealRedis redis) {
        this(directory, redis, JournalOptions.DEFAULT.segmentBytesMax());
    }

    ReplayFixture(Path directory, RealRedis redis, long segmentBytesMax) {
        this(directory, redis, options(segmentBytesMax, AppendFsync.NO), NODE);
    }

    /** Another node beside the first one, which replays into the same upstream. */
    static ReplayFixture other(Path directory, RealRedis redis) {
        return new ReplayFixture(
                directory, redis, options(JournalOptions.DEFAULT.segmentBytesMax(), AppendFsync.NO), OTHER);
    }

    /** One whose writes are on the disk before they are acknowledged, in small segments. */
    static ReplayFixture synced(Path directory, RealRedis redis, boolean isOther) {
        return new ReplayFixture(
                directory, redis, options(SMALL_SEGMENT_BYTES, AppendFsync.ALWAYS), isOther ? OTHER : NODE);
    }

    private static JournalOptions options(long segmentBytesMax, AppendFsync appendFsync) {
        return new JournalOptions(segmentBytesMax, appendFsync, new Retention(0, Duration.ZERO));
    }

    private ReplayFixture(Path directory, RealRedis redis, JournalOptions options, NodeIdentity identity) {
        this.identity = identity;
        this.directory = directory;
        this.options = options;
        this.redis = redis;
        live = directory;
        files = openJournal();
        journal = files.journal();
        store = open(directory.resolve("sync.db"));
    }

    private LossyJournal openJournal() {
        return new LossyJournal(live.resolve("journal"), identity, options, nowMs::get);
    }

    private SyncStore open(Path file) {
        SyncStore opened = SyncStore.open(file);
        stores.add(opened);
        return opened;
    }

    static Effect effect(int db, String... words) {
        return new Effect(db, Arrays.stream(words).map(Bytes::of).toList());
    }

    /** Commits one entry of one effect on database 0; returns its sequence. */
    long write(String... words) {
        return write(Scope.UPSTREAM, effect(0, words));
    }

    long write(Scope scope, Effect... effects) {
        return commit(scope, List.of(effects));
    }

    /** Commits an entry, and in the same record what its key was before: the first change of that key in an outage. */
    long writeFirst(List<Effect> base, List<Effect> effects) {
        journal.stage(Scope.BASE, nowMs.get(), base);
        return commit(Scope.UPSTREAM, effects);
    }

    private long commit(Scope scope, List<Effect> effects) {
        long sequence = journal.stage(scope, nowMs.get(), effects);
        journal.commit();
        return sequence;
    }

    Replayer replayer() {
        var config = new ReplayConfig(
                Endpoint.tcp("127.0.0.1", redis.port()),
                user,
                password,
                timeoutMs,
                identity.id(),
                epoch,
                bootId,
                new ReplaySettings(
                        batchEntriesMax,
                        entriesPerSecondMax,
                        replicas,
                        REPLICAS_WAIT_MS,
                        0,
                        whenLost,
                        compacts,
                        stamps),
                ReplayConfig.BATCH_BYTES_MAX,
                quietMs,
                rules);
        var replayer = new Replayer(
                config,
                source(),
                store,
                heard,
                Runnable::run,
                new ReplayEnvironment(
                        nowMs::get,
                        System::nanoTime,
                        Executors.newSingleThreadExecutor(ReplayFixture::daemon),
                        to -> connection.apply(ReplayEnvironment.connection(to)),
                        Waits.REAL,
                        clockIsReal));
        replayers.add(replayer);
        return replayer;
    }

    private static Thread daemon(Runnable task) {
        var thread = new Thread(task, "replay");
        thread.setDaemon(true);
        return thread;
    }

    private ReplaySource source() {
        return new ReplaySource() {
            @Override
            public JournalReader reader(long sequence) {
                return journal.reader(sequence);
            }

            @Override
            public long committedSequence() {
                return journal.committedSequence();
            }

            @Override
            public void confirmed(long sequence) {
                confirmed.set(sequence);
                journal.confirmed(sequence);
            }

            @Override
            public LocalCopy localCopy() {
                return localCopy;
            }

            @Override
            public CommandTable commands() {
                return COMMANDS;
            }

            @Override
            public void damaged(Damage found) {
                damage.add(found);
                Quarantine.keep(directory, found);
            }
        };
    }

    /** Starts a replayer and returns the first thing it says. */
    Heard.News replay() {
        replayer().start();
        return heard.next();
    }

    /** Ends the newest replayer and waits for that; the next one has the same epoch and remembers everything. */
    void stopReplayer() {
        end(replayers.remove(replayers.size() - 1));
    }

    private static void end(Replayer replayer) {
        replayer.close();
        try {
            if (!replayer.awaitEnd(END_MAX)) {
                throw new AssertionError("the replay thread does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the replayer ends", e);
        }
    }

    /**
     * What kill -9 would leave of the data directory at this moment; on the replay thread, which is not writing then. Give it to
     * {@link #restartAfter}.
     */
    Path snapshot() {
        Path left = copyOfStore();
        files.copyAfterKill(left.resolve("journal"));
        return left;
    }

    /** The same of a power loss: what of the journal is not synced is left to chance; each commit of {@code sync.db} is synced. */
    Path snapshotAfterPowerLoss(SplittableRandom random) {
        Path left = copyOfStore();
        files.copyAfterPowerLoss(left.resolve("journal"), random);
        return left;
    }

    private Path copyOfStore() {
        try {
            Path left = Files.createDirectory(directory.resolve("crash-" + ++crashes));
            for (String file : List.of("sync.db", "sync.db-wal")) {
                Path from = live.resolve(file);
                if (Files.exists(from)) {
                    Files.copy(from, left.resolve(file));
                }
            }
            return left;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs {@code task} before each step of the journal, on the thread that takes it. */
    void betweenJournalSteps(Runnable task) {
        files.betweenSteps(task);
    }

    /** The next start of the data directory, with what {@link #snapshot} kept. */
    void restartAfter(Path crash) {
        if (!replayers.isEmpty()) {
            stopReplayer();
        }
        files.close();
        live = crash;
        files = openJournal();
        journal = files.journal();
        store = open(crash.resolve("sync.db"));
        nextStart();
    }

    /** Another epoch, another process. */
    void nextStart() {
        epoch++;
        bootId = "boot-" + epoch;
        heard = new Heard();
    }

    String nodeId() {
        return identity.id();
    }

    String cursorKey() {
        return Cursor.key(identity.id()).utf8();
    }

    String cursor() {
        return redis.cli("HGET", cursorKey(), "cur");
    }

    List<DeadLetters.Stored> deadLetters() {
        return store.deadLetters().list(1000);
    }

    List<Conflict> conflicts() {
        return store.conflicts().list(0, 1000).stream()
                .map(Conflicts.Stored::conflict)
                .toList();
    }

    /** An operator requeues every dead letter that is open. */
    void requeue() {
        new Requeue(store, journal, this::append)
                .run(deadLetters().stream().map(DeadLetters.Stored::id).toList());
    }

    private List<Long> append(List<Effect> effects) {
        return effects.stream().map(effect -> write(Scope.REQUEUED, effect)).toList();
    }

    @Override
    public void close() {
        replayers.forEach(ReplayFixture::end);
        stores.forEach(SyncStore::close);
        files.close();
    }
}
