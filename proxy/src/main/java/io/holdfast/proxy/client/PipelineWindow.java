package io.holdfast.proxy.client;

/**
 * How many of one client's requests may be upstream without a reply: many while replies are small, few while they are large, for
 * each of them is memory there and here, and others wait while the upstream makes it. How large the next reply is nobody
 * knows, so a new client begins with few. Lives on the engine loop.
 */
final class PipelineWindow {
    /** Whatever the size. */
    private static final int REQUESTS_MAX = 10_000;
    /** Of a client that has had no reply yet. Each reply allows one more: twice as many with every round trip. */
    private static final int REQUESTS_AT_FIRST = 64;
    /** One is made while the one before it is on its way. */
    private static final int REQUESTS_MIN = 2;
    /** Replies that may be under way together if all are as large as the largest lately. */
    private static final int BYTES_MAX = 16 * 1024 * 1024;

    /** Up to this size replies never come to that many bytes. */
    private static final int SMALL_BYTES = BYTES_MAX / REQUESTS_MAX;

    private int earned = REQUESTS_AT_FIRST;
    private int requests = REQUESTS_AT_FIRST;
    /** A large reply is forgotten by an eighth with every smaller one behind it. */
    private int largestLately;

    /** A reply of so many bytes has come. */
    void replied(int bytes) {
        largestLately = bytes >= largestLately ? bytes : largestLately - (largestLately - bytes) / 8;
        if (earned < REQUESTS_MAX) {
            earned++;
        }
        requests = largestLately <= SMALL_BYTES
                ? earned
                : Math.max(REQUESTS_MIN, Math.min(earned, BYTES_MAX / largestLately));
    }

    int requests() {
        return requests;
    }
}
