package io.holdfast.engine.command;

import org.jspecify.annotations.Nullable;

/** What a command may ask of the process that the engine runs in. Used on the engine loop. */
public interface Host {
    /** An engine in memory alone: there is nothing to write, and nobody to end. */
    Host NONE = new Host() {
        @Override
        public void sync() {}

        @Override
        public boolean beginCheckpoint() {
            return true;
        }

        @Override
        public void checkpoint() {}

        @Override
        public void reload() {}

        @Override
        public boolean isCheckpointing() {
            return false;
        }

        @Override
        public long checkpointedAtMs() {
            return 0;
        }

        @Override
        public @Nullable String whyNoShutdown() {
            return "nothing runs here that could be ended";
        }

        @Override
        public void shutdown() {
            throw new IllegalStateException("asked to end although it may not");
        }
    };

    /** Everything answered before is on disk when this returns, whatever appendfsync says. */
    void sync();

    /** Begins to bring the tables up to date in the background; false when that is already under way. */
    boolean beginCheckpoint();

    /** Brings the tables up to date; clients wait meanwhile. */
    void checkpoint();

    /**
     * As {@link #checkpoint}, then drops what is in memory and reads it again from the tables.
     *
     * @throws RedisError when they cannot be read; then what is in memory stays
     */
    void reload();

    boolean isCheckpointing();

    /** When the tables were last brought up to date, Unix milliseconds; 0: not since the start. */
    long checkpointedAtMs();

    /** Why a client may not end this process; null when it may. */
    @Nullable String whyNoShutdown();

    /** Ends this process in good order, soon. */
    void shutdown();
}
