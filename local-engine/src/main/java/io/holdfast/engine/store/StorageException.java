package io.holdfast.engine.store;

/** The environment failed us: a disk, a file, a database. The message says what, where and what to do. */
public class StorageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StorageException(String message, Throwable cause) {
        super(message, cause);
    }

    public StorageException(String message) {
        super(message);
    }
}
