package io.holdfast.sync.journal;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Remembers, in {@code sync.db}, what replay must still know after a crash: which upstream connections to fence, how far it
 * got, what the upstream refused, what an operator ordered. Everything is durable when its call returns, unless it says
 * otherwise. Any thread; calls run one at a time, none on the hot path.
 */
public final class SyncStore implements AutoCloseable {
    /** Its name in the data directory. */
    public static final String FILE_NAME = "sync.db";

    static final int APPLICATION_ID = 0x48465359; // "HFSY"
    static final int VERSION = 7;

    /** What brings a file of each earlier format to the next one. */
    private static final Map<Integer, List<String>> UPGRADES =
            Map.of(4, ReplayState.UPGRADE, 5, Conflicts.TO_6, 6, Conflicts.TO_7);

    private final SqliteFile file;
    private final UpstreamConnections connections;
    private final ReplayState replay;
    private final DeadLetters deadLetters;
    private final Conflicts conflicts;
    private final Settings settings;
    private final AuditTrail audit;

    private SyncStore(SqliteFile file) {
        this.file = file;
        connections = new UpstreamConnections(file);
        replay = new ReplayState(file, ReplayState.ONLY_LANE);
        deadLetters = new DeadLetters(file);
        conflicts = new Conflicts(file);
        settings = new Settings(file);
        audit = new AuditTrail(file);
    }

    /**
     * Opens {@code file}, made if it is missing, and brought to the present format if it is of an earlier one.
     *
     * @throws io.holdfast.engine.store.StorageException when it is not ours, of a newer format, or cannot be opened
     */
    public static SyncStore open(Path file) {
        var schema = List.of(
                UpstreamConnections.TABLE,
                ReplayState.TABLE,
                ReplayState.ROW,
                DeadLetters.TABLE,
                Settings.TABLE,
                Conflicts.TABLE,
                Conflicts.INDEX,
                Conflicts.DIVERGENCES,
                AuditTrail.TABLE,
                AuditTrail.HEAD_TABLE);
        return new SyncStore(SqliteFile.open(file, APPLICATION_ID, VERSION, schema, UPGRADES));
    }

    /** The connections on which this node ever wrote, and which are not known to be dead. */
    public UpstreamConnections connections() {
        return connections;
    }

    /** How far replay got. */
    public ReplayState replay() {
        return replay;
    }

    /** The effects that the upstream refused. */
    public DeadLetters deadLetters() {
        return deadLetters;
    }

    /** What was decided where others had changed what was written here. */
    public Conflicts conflicts() {
        return conflicts;
    }

    /** Small flags that outlive the process. */
    public Settings settings() {
        return settings;
    }

    /** What operators ordered. */
    public AuditTrail audit() {
        return audit;
    }

    /** Writes what is kept lazily, and closes the file. */
    @Override
    public void close() {
        try {
            replay.flush();
        } finally {
            file.close();
        }
    }
}
