package io.holdfast.sync.journal;

import io.holdfast.engine.store.StorageException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the first failure of a journal's write or sync; from then on everything is refused. A sync that failed is
 * never tried again: the kernel may have dropped the pages and would report success. Any thread.
 */
final class JournalFailure {
    private final AtomicReference<@Nullable StorageException> first = new AtomicReference<>();

    /** Records {@code failure} if it is the first, and returns it to be thrown. */
    StorageException report(StorageException failure) {
        first.compareAndSet(null, failure);
        return failure;
    }

    boolean happened() {
        return first.get() != null;
    }

    @Nullable String message() {
        StorageException failure = first.get();
        return failure == null ? null : failure.getMessage();
    }

    void refuse() {
        StorageException failure = first.get();
        if (failure != null) {
            throw new StorageException("the journal refuses writes: " + failure.getMessage(), failure);
        }
    }
}
