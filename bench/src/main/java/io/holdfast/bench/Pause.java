package io.holdfast.bench;

import java.util.concurrent.TimeUnit;

/** Waits between two looks at a server, so that looking is not what is measured. */
final class Pause {
    private Pause() {}

    static void ofMs(int ms) {
        try {
            TimeUnit.MILLISECONDS.sleep(ms);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted between two looks", e);
        }
    }
}
