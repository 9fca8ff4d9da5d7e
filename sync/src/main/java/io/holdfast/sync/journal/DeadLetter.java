package io.holdfast.sync.journal;

import io.holdfast.resp.Bytes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An effect that the upstream refused while the rest of its entry went on.
 *
 * @param sequence of its entry
 * @param effectIndex its place in the entry, from 0
 * @param atMs when it was refused, Unix milliseconds
 * @param db the database it was meant for
 * @param command name and arguments
 * @param key the first key it changes; null when it has none
 * @param error what the upstream said
 */
public record DeadLetter(
        long sequence,
        int effectIndex,
        long atMs,
        int db,
        List<Bytes> command,
        @Nullable Bytes key,
        String error) {}
