package io.holdfast.sync.replay;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.journal.ReplayState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far the upstream says it has this node's entries, and who wrote that. It lies beside the data and rolls back with it.
 *
 * <pre>
 *   holdfast:{0123456789abcdef0123456789abcdef}    hash, database 0, no expiry
 *     cur     newest entry that was applied
 *     epoch   of the data directory that wrote it
 *     boot    which process of that epoch
 *     t       when, Unix milliseconds; for people
 * </pre>
 *
 * <p>That is the cursor of the one lane there is ({@link ReplayState#ONLY_LANE}). In a cluster each slot that is written to has one, beside its keys.
 *
 * @param sequence null when it is missing
 */
record Cursor(@Nullable Long sequence, long epoch, String boot) {
    private static final Bytes HSET = Bytes.of("HSET");
    private static final Bytes CUR = Bytes.of("cur");
    private static final Bytes EPOCH = Bytes.of("epoch");
    private static final Bytes BOOT = Bytes.of("boot");
    private static final Bytes TIME = Bytes.of("t");

    static Bytes key(String nodeId) {
        return Bytes.of("holdfast:{" + nodeId + "}");
    }

    /** Two commands: from here on an EXEC fails if anybody touches the cursor, and what it says now. */
    static List<List<Bytes>> watchAndRead(Bytes key) {
        return List.of(List.of(Bytes.of("WATCH"), key), read(key));
    }

    /** What it says now. */
    static List<Bytes> read(Bytes key) {
        return List.of(Bytes.of("HMGET"), key, CUR, EPOCH, BOOT);
    }

    /**
     * All of it, always: an effect before it in the same transaction may have been a FLUSHALL.
     *
     * @param atMs Unix milliseconds
     */
    List<Bytes> write(Bytes key, long atMs) {
        if (sequence == null) {
            throw new IllegalStateException("a cursor without a sequence is never written");
        }
        return List.of(
                HSET, key, CUR, Bytes.of(sequence), EPOCH, Bytes.of(epoch), BOOT, Bytes.of(boot), TIME, Bytes.of(atMs));
    }

    /**
     * What HMGET answered.
     *
     * @throws FencedException when it is not what this code writes
     */
    static Cursor of(Reply reply) throws FencedException {
        if (reply instanceof Reply.Array fields && fields.items().size() == 3) {
            Long sequence = number(fields.items().get(0));
            Long epoch = number(fields.items().get(1));
            String boot = fields.items().get(2) instanceof Reply.Bulk text
                    ? text.value().utf8()
                    : "";
            return new Cursor(sequence, epoch == null ? 0 : epoch, boot);
        }
        throw new FencedException("the cursor in the upstream is not one of ours");
    }

    private static @Nullable Long number(Reply field) throws FencedException {
        if (!(field instanceof Reply.Bulk text)) {
            return null;
        }
        try {
            return Long.parseLong(text.value().latin1());
        } catch (NumberFormatException e) {
            throw new FencedException("the cursor in the upstream is not one of ours");
        }
    }
}
