package io.holdfast.sync.journal;

import io.holdfast.engine.store.StorageException;

/** What stands in a journal segment is not what was written there: see {@link JournalReader#skipDamage}. */
public final class DamagedRecordException extends StorageException {
    private static final long serialVersionUID = 1L;

    DamagedRecordException(String what) {
        super(what);
    }
}
