package io.holdfast.engine.command;

import io.holdfast.resp.Bytes;

/** Tells keys that nobody has from those that an upstream that is away may have. Used on the engine loop. */
public interface UnknownKeys {
    /**
     * A client's command is about to read this key.
     *
     * @param nowMs the command's reading of the clock, Unix milliseconds
     * @throws RedisError when it is not to be answered as if nobody had the key
     */
    void read(int db, Bytes key, long nowMs);
}
