package io.holdfast.resp;

/**
 * Bounds on what a peer may announce or send; each is checked before anything is allocated for it.
 *
 * @param bulkBytesMax longest bulk string, bytes (Redis: proto-max-bulk-len, 512 MB)
 * @param argumentsMax most arguments of one request (Redis: 1,048,576)
 * @param inlineBytesMax longest inline request or length line, bytes (Redis: 64 kB)
 * @param queryBufferBytesMax longest request as a whole, bytes (Redis: client-query-buffer-limit, 1 GB)
 * @param replyDepthMax deepest nesting of a reply from upstream
 */
public record RespLimits(
        int bulkBytesMax, int argumentsMax, int inlineBytesMax, int queryBufferBytesMax, int replyDepthMax) {
    public static final RespLimits DEFAULT =
            new RespLimits(512 * 1024 * 1024, 1024 * 1024, 64 * 1024, 1024 * 1024 * 1024, 128);
}
