package io.holdfast.proxy;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Effect;
import io.holdfast.engine.command.Timers;
import io.holdfast.engine.config.EngineConfig;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.config.Setting;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.engine.failpoint.Failpoint;
import io.holdfast.engine.family.Families;
import io.holdfast.engine.keyspace.Keyspaces;
import io.holdfast.engine.profile.BadProfileException;
import io.holdfast.engine.profile.Profile;
import io.holdfast.engine.profile.Profiles;
import io.holdfast.engine.profile.ViewSql;
import io.holdfast.engine.script.ScriptLimits;
import io.holdfast.engine.store.Checkpointer;
import io.holdfast.engine.store.Database;
import io.holdfast.engine.store.StorageException;
import io.holdfast.engine.store.StoredValues;
import io.holdfast.proxy.admin.SettingsFile;
import io.holdfast.sync.journal.Damage;
import io.holdfast.sync.journal.DataDirectory;
import io.holdfast.sync.journal.DegradedNote;
import io.holdfast.sync.journal.DiskRoom;
import io.holdfast.sync.journal.JournalOptions;
import io.holdfast.sync.journal.Quarantine;
import io.holdfast.sync.journal.Requeue;
import io.holdfast.sync.journal.SegmentJournal;
import io.holdfast.sync.journal.SyncStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is in the data directory, opened, and the engine that was recovered from it. Made before the engine loop runs
 * anything, then owned by it.
 */
record EngineParts(
        DataDirectory directory,
        DiskRoom room,
        SyncStore store,
        SegmentJournal journal,
        Database database,
        LocalEngine engine,
        StoredValues values,
        Checkpointer checkpointer,
        List<Profile> profiles,
        List<String> notWhole)
        implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(EngineParts.class);
    /** Setting: the version that the upstream last reported. */
    static final String UPSTREAM_VERSION = "upstream-version";

    /**
     * Under load the journal keeps what is written, and a checkpoint would take the second core from clients: it waits ten
     * seconds, or until a million keys are owed.
     */
    static final Checkpointer.Pacing PACING = new Checkpointer.Pacing(1_000, 10_000, 1_000, 1_000_000);

    private static final int SEGMENTS_MIN = 8;
    private static final long SEGMENT_BYTES_MIN = 1 << 20;
    private static final int STRING_BYTES_MAX = 512 * 1024 * 1024;

    /**
     * @param extra commands beyond the engine's own
     * @throws StartupException when what CONFIG REWRITE has kept cannot be used
     * @throws io.holdfast.engine.store.StorageException when the directory is in use, damaged or refused
     */
    static EngineParts open(ProxyConfig config, CommandFamily extra, Executor loop, Timers timers, Platform platform)
            throws StartupException {
        List<Profile> profiles = profiles(config); // before anything is written
        var opening = new Opening();
        try {
            DataDirectory directory = opening.keep(DataDirectory.open(config.dataDir(), platform.random()));
            var room = DiskRoom.of(directory.path());
            SyncStore store = opening.keep(SyncStore.open(directory.syncDatabase()));
            SegmentJournal journal = opening.keep(SegmentJournal.open(
                    directory.journal(),
                    directory.node(),
                    new JournalOptions(
                            segmentBytesMax(config), config.appendFsync(), DiskWatch.retention(config.retentionDays())),
                    room,
                    platform.unixMs(),
                    platform.nanoTime()));
            Database database = opening.keep(Database.open(directory.path()));
            database.derive(ViewSql.of(profiles), ViewSql.MARK);
            LocalEngine engine = engine(config, extra, directory, journal, timers, platform);
            StoredValues values = opening.keep(
                    StoredValues.open(directory.path(), () -> engine.config().encodingLimits(), loop));
            List<String> notWhole = new ArrayList<>(DegradedNote.read(directory.path()));
            journal.passOver(damage -> passedOver(directory, damage, notWhole));
            recover(engine, memoryBytesMax(config, directory), journal, database, values, store, notWhole);
            var checkpointer = new Checkpointer(
                    engine.keyspaces().changes(),
                    journal,
                    database,
                    loop,
                    PACING,
                    platform.unixMs(),
                    platform::monotonicMs,
                    platform.threads().apply("checkpoint"));
            var parts = new EngineParts(
                    directory, room, store, journal, database, engine, values, checkpointer, profiles, notWhole);
            if (config.upstream() != null) {
                store.settings().get(UPSTREAM_VERSION).ifPresent(parts::follow);
                noteOwedEnds(engine.keyspaces(), journal, store.replay().acknowledged());
            }
            opening.done();
            return parts;
        } finally {
            opening.close();
        }
    }

    /** Entries leave the journal a segment at a time: where little is allowed, that must not be most of it. */
    private static long segmentBytesMax(ProxyConfig config) {
        long most = JournalOptions.DEFAULT.segmentBytesMax();
        long allowed = (long) config.maxSizeMb() << 20;
        return allowed == 0 ? most : Math.min(most, Math.max(SEGMENT_BYTES_MIN, allowed / SEGMENTS_MIN));
    }

    private static LocalEngine engine(
            ProxyConfig config,
            CommandFamily extra,
            DataDirectory directory,
            SegmentJournal journal,
            Timers timers,
            Platform platform) {
        List<CommandFamily> families = new ArrayList<>(Families.all());
        families.add(extra);
        var engine = new LocalEngine(
                new EngineConfig(
                        config.databases(),
                        RedisVersion.STANDALONE,
                        STRING_BYTES_MAX,
                        platform.random().nextLong()),
                CommandTable.of(families),
                journal,
                platform.unixMs(),
                timers);
        ScriptSettings scripts = config.scripts();
        engine.scripting()
                .limits(new ScriptLimits(
                        scripts.enabled() ? directory.path().resolve("tmp") : null,
                        scripts.busyAfterMs(),
                        scripts.memoryBytesMax(),
                        () -> {}));
        return engine;
    }

    private static List<Profile> profiles(ProxyConfig config) throws StartupException {
        try {
            return Profiles.load(config.profiles());
        } catch (BadProfileException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }

    /** The configuration file's {@code maxmemory}, or what CONFIG REWRITE has kept: it holds before values are read. */
    private static long memoryBytesMax(ProxyConfig config, DataDirectory directory) throws StartupException {
        String chosen = config.settings().getOrDefault("maxmemory", "0");
        try {
            return new SettingsFile(directory.path()).bytes("maxmemory", Setting.parseBytes(chosen));
        } catch (IllegalArgumentException e) {
            throw new StartupException("settings.maxmemory: " + e.getMessage(), e);
        }
    }

    private static void recover(
            LocalEngine engine,
            long memoryBytesMax,
            SegmentJournal journal,
            Database database,
            StoredValues values,
            SyncStore store,
            List<String> notWhole) {
        long began = System.nanoTime();
        Keyspaces keyspaces = engine.keyspaces();
        keyspaces.values().source(values);
        load(database, engine, keyspaces, memoryBytesMax == 0 ? Long.MAX_VALUE : memoryBytesMax);
        Failpoint.RECOVERY_TABLES_LOADED.pass();
        Requeue.settle(store, journal);
        Failpoint.RECOVERY_LETTERS_SETTLED.pass();
        journal.skipTo(Math.max(database.checkpointedSequence(), store.replay().lastSent()));
        long entries = engine.recover(database.checkpointedSequence(), misfit -> misfits(misfit, notWhole));
        Failpoint.RECOVERY_APPLIED.pass();
        String loss = journal.loss();
        if (loss != null) {
            notWhole.add(loss);
        }
        notWhole.forEach(line -> log.error("The state is degraded: {}", line));
        keyspaces.boundValues(memoryBytesMax); // last: from here on the loop may look after values
        log.info(
                "Recovered {} keys, {} journal entries behind the last checkpoint, in {} ms",
                engine.keyspaces().all().stream().mapToLong(k -> k.size()).sum(),
                entries,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
    }

    /** Of keys that end before the upstream has what the journal has of them, it has to hear: see {@link Keyspaces#endOwed}. */
    private static void noteOwedEnds(Keyspaces keyspaces, SegmentJournal journal, long acknowledged) {
        journal.readRetained(acknowledged, entry -> {
            for (Effect effect : entry.effects()) {
                boolean saysEnd =
                        entry.scope() == Scope.BASE || (entry.scope() == Scope.UPSTREAM && effect.endAt() > 0);
                if (saysEnd && effect.db() < keyspaces.count()) {
                    keyspaces.endOwed(effect.db(), effect.command().get(1));
                }
            }
        });
    }

    /** The start goes on without it, and is not whole. The replay comes past it again, and makes dead letters of its guess. */
    private static void passedOver(DataDirectory directory, Damage damage, List<String> notWhole) {
        String line = Quarantine.keep(directory.path(), damage);
        if (!notWhole.contains(line)) {
            notWhole.add(line);
        }
    }

    /** After a repair, or behind damage, something is missing, and was said to be: the rest is wanted all the same. */
    private static void misfits(String misfit, List<String> notWhole) {
        if (notWhole.isEmpty()) {
            throw new StorageException(misfit + "; restore both from the same backup");
        }
        log.error("{}: left out", misfit);
        notWhole.add(misfit);
    }

    private static void load(Database database, LocalEngine engine, Keyspaces into, long bytesMax) {
        database.load(into, engine.config().encodingLimits(), bytesMax);
        engine.scripting().restore(database.libraries());
    }

    /**
     * Drops what is in memory and reads it again. A checkpoint must have been written at this moment, so that the tables
     * hold everything and nobody writes them.
     *
     * @throws io.holdfast.engine.store.StorageException when they cannot be read; then all is as it was
     */
    void reload() {
        Keyspaces keyspaces = engine.keyspaces();
        var loaded = new Keyspaces(keyspaces.count(), keyspaces.random());
        load(database, engine, loaded, Long.MAX_VALUE);
        keyspaces.replaceBy(loaded);
    }

    /** Lets the engine report and follow the upstream's version; one that is no version is left aside. */
    void follow(String version) {
        try {
            engine.follow(RedisVersion.parse(version));
        } catch (IllegalArgumentException e) {
            log.warn(
                    "The upstream's version is not understood, {} is followed: {}",
                    engine.config().version(),
                    version);
        }
    }

    /**
     * A part of the journal was found damaged while it runs. A checkpoint is made at once: the keys are whole in memory, and the
     * next start must not need that part. On the engine loop.
     *
     * @param line for people
     */
    void isDegraded(String line) {
        if (!notWhole.contains(line)) {
            notWhole.add(line);
            log.error("The state is degraded: {}", line);
        }
        var unused = checkpointer.upToDate().exceptionally(failure -> {
            log.error("No checkpoint could be made behind damage to the journal: {}", failure.getMessage());
            return null;
        });
    }

    /** What is not as it should be with the data; empty when all is well. On the engine loop. */
    String degraded() {
        long lost = engine.keyspaces().values().lost();
        String lostNow = lost == 0 ? "" : lost + " commands could not be given a value from storage.db";
        return String.join("; ", notWhole) + (lost == 0 || notWhole.isEmpty() ? "" : "; ") + lostNow;
    }

    /** The loop must have stopped: writes what is left, durably, and gives the directory free. */
    @Override
    public void close() {
        engine.keyspaces().values().stop();
        checkpointer.close();
        engine.scripting().close(); // behind the last checkpoint, which holds its libraries
        values.close();
        journal.close();
        store.close();
        directory.close();
    }

    /** Closes what was opened, unless all of it was. */
    private static final class Opening {
        private final List<AutoCloseable> opened = new ArrayList<>();
        private boolean complete;

        <T extends AutoCloseable> T keep(T resource) {
            opened.add(0, resource);
            return resource;
        }

        void done() {
            complete = true;
        }

        void close() {
            if (complete) {
                return;
            }
            for (AutoCloseable resource : opened) {
                try {
                    resource.close();
                } catch (Exception e) {
                    log.warn("After a failed start, {} could not be closed: {}", resource, e.getMessage());
                }
            }
        }
    }
}
