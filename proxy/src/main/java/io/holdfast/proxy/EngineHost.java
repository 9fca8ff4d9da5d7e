package io.holdfast.proxy;

import io.holdfast.engine.command.Host;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.store.Checkpointer;
import io.holdfast.engine.store.StorageException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** This process, as the engine's commands know it. Lives on the engine loop. */
final class EngineHost implements Host {
    private static final Logger log = LoggerFactory.getLogger(EngineHost.class);

    private final EngineParts parts;
    private final boolean hasUpstream;
    private @Nullable Runnable end;

    EngineHost(EngineParts parts, boolean hasUpstream) {
        this.parts = parts;
        this.hasUpstream = hasUpstream;
    }

    /** How this process ends in good order; where nobody says it, no client can end it. */
    void endsBy(Runnable how) {
        end = how;
    }

    @Override
    public void sync() {
        parts.engine().commit();
        parts.journal().sync();
    }

    @Override
    public boolean beginCheckpoint() {
        return parts.checkpointer().beginSoon();
    }

    @Override
    public void checkpoint() {
        parts.engine().commit();
        parts.checkpointer().checkpointNow();
    }

    @Override
    public void reload() {
        try {
            checkpoint();
            parts.reload();
        } catch (StorageException e) {
            log.warn("The tables could not be read again, what is in memory stays", e);
            throw RedisError.notReloaded();
        }
    }

    @Override
    public boolean isCheckpointing() {
        return switch (parts.checkpointer().status().state()) {
            case COLLECTING, WRITING -> true;
            case IDLE, FAILED -> false;
        };
    }

    @Override
    public long checkpointedAtMs() {
        Checkpointer.Status status = parts.checkpointer().status();
        return status.endedAtMs();
    }

    @Override
    public @Nullable String whyNoShutdown() {
        if (hasUpstream) {
            return "Holdfast stands before an upstream; who runs it stops it by SIGTERM";
        }
        return end == null ? "this process serves others, too" : null;
    }

    @Override
    public void shutdown() {
        Runnable how = end;
        if (how == null) {
            throw new IllegalStateException("nobody has said how this process ends");
        }
        how.run();
    }
}
