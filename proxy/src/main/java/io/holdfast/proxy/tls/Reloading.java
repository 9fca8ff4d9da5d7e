package io.holdfast.proxy.tls;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Something made of TLS files, made anew when the files were written again. While what is there cannot be used, what was made
 * before stays. Safe on every thread.
 */
final class Reloading<T> {
    private static final Logger log = LoggerFactory.getLogger(Reloading.class);

    /** Makes it. */
    @FunctionalInterface
    interface Making<T> {
        /** @throws IOException when the files cannot be used; the message says which and why */
        T of(TlsFiles files) throws IOException;
    }

    private final Making<T> making;
    private final String what;
    private volatile T current;
    private TlsFiles files;
    private Map<Path, FileTime> written;

    /** @throws IOException when the files cannot be used */
    Reloading(String what, TlsFiles files, Making<T> making) throws IOException {
        this.what = what;
        this.making = making;
        this.files = files;
        written = files.written(); // before they are read: what changes in between is read again
        current = making.of(files);
    }

    T current() {
        return current;
    }

    /**
     * Takes these files at once.
     *
     * @throws IOException when they cannot be used; then all stays as it was
     */
    synchronized void adopt(TlsFiles others) throws IOException {
        Map<Path, FileTime> now = others.written();
        current = making.of(others);
        files = others;
        written = now;
        log.info("TLS {} has other files: {}", what, others);
    }

    /** To be called now and then, where files may be read. */
    synchronized void refresh() {
        try {
            Map<Path, FileTime> now = files.written();
            if (now.equals(written)) {
                return;
            }
            written = now;
            current = making.of(files);
            log.info("TLS {} has read its files again: {}", what, files);
        } catch (IOException e) {
            log.warn(
                    "TLS {} stays with what it had, for {}; mend the files, they are looked at again when they change",
                    what,
                    e.getMessage());
        }
    }
}
