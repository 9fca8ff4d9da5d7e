package io.holdfast.engine.command;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How long each address has to wait for being told that its password was wrong: longer with each failure in a row, so
 * that guessing gets slow and who mistypes notices little. Owned by the engine loop.
 */
final class FailedLogins {
    private static final long FIRST_MS = 100;
    private static final long LONGEST_MS = 1_600;
    /** A minute after its last failure an address begins anew. */
    private static final long FORGET_AFTER_MS = 60_000;
    /** Addresses remembered; of more, the one that has not failed for longest is forgotten. */
    private static final int SOURCES_MAX = 1_024;

    private record Failures(long nextMs, long atMs) {}

    private final Map<String, Failures> bySource = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Failures> eldest) {
            return size() > SOURCES_MAX;
        }
    };

    /** It has failed again. @return how long it waits, milliseconds */
    long failed(String address, long nowMs) {
        String source = source(address);
        Failures before = bySource.get(source);
        long waitMs = before == null || nowMs - before.atMs() > FORGET_AFTER_MS ? FIRST_MS : before.nextMs();
        bySource.put(source, new Failures(Math.min(2 * waitMs, LONGEST_MS), nowMs));
        return waitMs;
    }

    /** Somebody there knows a password. */
    void succeeded(String address) {
        bySource.remove(source(address));
    }

    /** Without the port, which is another one for each connection. */
    private static String source(String address) {
        int colon = address.lastIndexOf(':');
        return colon < 0 ? address : address.substring(0, colon);
    }
}
