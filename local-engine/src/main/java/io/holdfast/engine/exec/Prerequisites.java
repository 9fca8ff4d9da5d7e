package io.holdfast.engine.exec;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Server;
import io.holdfast.engine.command.Session;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Keyspace;
import io.holdfast.engine.keyspace.Keyspaces;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Knows what a command has to wait for while values are bounded: for those of its keys that are not in memory, or for room
 * to write. Owned by the engine loop.
 */
public final class Prerequisites {
    private final Server server;

    public Prerequisites(Server server) {
        this.server = server;
    }

    /**
     * Sees to it that a command of a client can run without waiting.
     *
     * @param spec null when the table has to be asked
     * @param ready is run on the engine loop once the command can run
     * @return false when it can run at once, and {@code ready} will not be run
     */
    public boolean await(Session session, @Nullable CommandSpec spec, Bytes[] args, long nowMs, Runnable ready) {
        Keyspaces keyspaces = server.keyspaces();
        List<KeyRecord> wanted = new ArrayList<>();
        boolean needsRoom = false;
        for (Session.Queued command : about(session, spec, args)) {
            CommandSpec known = command.spec();
            if (known != null) {
                Keyspace keyspace = keyspaces.get(session.db());
                known.forEachKeyWithValue(
                        command.args(), i -> addMissing(wanted, keyspace.find(command.args()[i], nowMs)));
                needsRoom |= known.is(Flag.DENYOOM);
            }
        }
        return (needsRoom && keyspaces.values().awaitRoom(ready))
                || keyspaces.values().bring(wanted, ready);
    }

    private static void addMissing(List<KeyRecord> wanted, @Nullable KeyRecord record) {
        if (record != null && !record.isResident()) {
            wanted.add(record);
        }
    }

    /** What is about to run: at EXEC all that was queued; nothing when the command is only being queued. */
    private List<Session.Queued> about(Session session, @Nullable CommandSpec spec, Bytes[] args) {
        CommandSpec known = spec == null ? resolve(args) : spec;
        if (known == null || (session.inMulti() && !known.isRunInMulti())) {
            return List.of();
        }
        return known.isEndOfTransaction() ? session.queued() : List.of(new Session.Queued(known, args));
    }

    private @Nullable CommandSpec resolve(Bytes[] args) {
        try {
            return server.commands().resolve(args);
        } catch (RedisError unknown) {
            return null; // it is refused when it runs
        }
    }
}
