package io.holdfast.proxy;

/**
 * How replay stands, as the observability system's {@code last_sync.json} has it. Immutable.
 *
 * @param triedMs when it was last tried to bring the upstream up to date: while it is away the last probe, Unix milliseconds; 0: never
 * @param syncedMs when the upstream last took something; 0: never
 * @param pending journal entries that it may lack
 * @param failed effects that it has refused
 * @param answers whether it answers and is used: in charge, or on the way there
 * @param retryMs when it is asked next whether it is back; 0: not at all, because it is, or because an operator keeps it away
 */
record SyncState(long triedMs, long syncedMs, long pending, long failed, boolean answers, long retryMs) {
    /**
     * The file's text; times are Unix seconds.
     *
     * @param operations what waits, counted as operations and not as journal entries
     */
    String json(long operations) {
        return ("{\"last_sync_timestamp\":%s,\"last_successful_sync\":%s,\"pending_operations\":%d,"
                        + "\"failed_operations\":%d,\"redis_status\":\"%s\",\"next_retry\":%s}\n")
                .formatted(
                        seconds(triedMs),
                        seconds(syncedMs),
                        operations,
                        failed,
                        answers ? "online" : "offline",
                        // Rounded up: who waits for that second does not come too early.
                        seconds(retryMs + 999));
    }

    private static String seconds(long ms) {
        return ms < 1000 ? "null" : Long.toString(ms / 1000);
    }
}
