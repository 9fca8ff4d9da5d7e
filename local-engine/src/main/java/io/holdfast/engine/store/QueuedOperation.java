package io.holdfast.engine.store;

import org.jspecify.annotations.Nullable;

/**
 * One change that waits for the upstream, or was refused there, as a row for people.
 *
 * @param id rises with the order of the changes
 * @param operation the command, in small letters
 * @param key what it changes
 * @param value what it writes, adds or takes away; null: nothing of that kind
 * @param score in a sorted set; null: none
 * @param field of a hash; null: none
 * @param ttlSeconds after which the key is to expire, from {@code createdAt} on; null: never
 * @param createdAt Unix seconds
 * @param status {@code pending} or {@code failed}
 * @param attempts how often the upstream has refused it
 * @param lastAttempt when it last did, Unix seconds; null: never
 */
public record QueuedOperation(
        long id,
        String operation,
        String key,
        @Nullable String value,
        @Nullable Double score,
        @Nullable String field,
        @Nullable Long ttlSeconds,
        long createdAt,
        String status,
        int attempts,
        @Nullable Long lastAttempt) {}
