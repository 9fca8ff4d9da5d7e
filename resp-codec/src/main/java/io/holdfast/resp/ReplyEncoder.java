package io.holdfast.resp;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes a {@link Reply} in a client's protocol version. Stateless; any thread. */
public final class ReplyEncoder {
    // alike in both versions; the integers 0 and 1 are one write without help
    private static final byte[] OK = "+OK\r\n".getBytes(StandardCharsets.ISO_8859_1);
    private static final byte[] PONG = "+PONG\r\n".getBytes(StandardCharsets.ISO_8859_1);
    private static final byte[] QUEUED = "+QUEUED\r\n".getBytes(StandardCharsets.ISO_8859_1);

    private static final Bytes TOO_LARGE =
            Bytes.of("ERR the reply does not fit into 2147483647 bytes; ask for less at a time");

    /** So much room is made at once; less comes by itself. */
    private static final int LARGE_BYTES = 64 * 1024;

    private ReplyEncoder() {}

    /**
     * Appends {@code reply} to {@code out} as {@code version} spells it, or an error if there is not as much room in any buffer.
     * A large one makes the buffer grow once: by and by, all of it would be copied for each 4 MB.
     */
    public static void encode(Reply reply, RespVersion version, ByteBuf out) {
        if (reply == Reply.OK) {
            out.writeBytes(OK);
        } else if (reply == Reply.PONG) {
            out.writeBytes(PONG);
        } else if (reply == Reply.QUEUED) {
            out.writeBytes(QUEUED);
        } else if (reply instanceof Reply.Int || reply instanceof Reply.Null || hasRoom(reply, out)) {
            write(reply, RespWriter.of(version), out);
        } else {
            RespWriter.of(version).failure(out, TOO_LARGE);
        }
    }

    private static boolean hasRoom(Reply reply, ByteBuf out) {
        long bytes = ReplySize.atMost(reply);
        if (bytes >= LARGE_BYTES) {
            if (bytes > out.maxWritableBytes()) {
                return false;
            }
            out.ensureWritable((int) bytes);
        }
        return true;
    }

    private static void write(Reply reply, RespWriter writer, ByteBuf out) {
        if (reply instanceof Reply.Bulk bulk) { // the frequent ones first
            writer.bulk(out, bulk.value());
        } else if (reply instanceof Reply.Int integer) {
            writer.integer(out, integer.value());
        } else if (reply == Reply.Null.BULK) {
            writer.nullBulk(out);
        } else if (reply instanceof Reply.Array array) {
            writer.array(out, array.items().size());
            writeAll(array.items(), writer, out);
        } else if (reply instanceof Reply.Simple simple) {
            writer.simple(out, simple.text());
        } else if (reply instanceof Reply.Failure failure) {
            writer.failure(out, failure.text());
        } else if (reply == Reply.Null.ARRAY) {
            writer.nullArray(out);
        } else if (reply instanceof Reply.MapOf map) {
            writeMap(map.keysAndValues(), writer, out);
        } else if (reply instanceof Reply.SetOf set) {
            writer.set(out, set.items().size());
            writeAll(set.items(), writer, out);
        } else if (reply instanceof Reply.Real real) {
            writer.real(out, real.text());
        } else if (reply instanceof Reply.Push push) {
            writer.push(out, push.items().size());
            writeAll(push.items(), writer, out);
        } else if (reply instanceof Reply.Bool bool) {
            writer.bool(out, bool.value());
        } else if (reply instanceof Reply.Verbatim verbatim) {
            writer.verbatim(out, verbatim.format(), verbatim.text());
        } else if (reply instanceof Reply.BigNumber number) {
            writer.bigNumber(out, number.digits());
        } else if (reply instanceof Reply.Sequence sequence) {
            writeAll(sequence.replies(), writer, out);
        } else if (reply instanceof Reply.Attributed attributed) {
            if (writer.attributes(out, attributed.keysAndValues().size() / 2)) {
                writeAll(attributed.keysAndValues(), writer, out);
            }
            write(attributed.reply(), writer, out);
        } else {
            throw new IllegalStateException("no spelling for " + reply);
        }
    }

    private static void writeMap(List<Reply> keysAndValues, RespWriter writer, ByteBuf out) {
        if (keysAndValues.size() % 2 != 0) {
            throw new IllegalArgumentException("a map's last key has no value");
        }
        writer.map(out, keysAndValues.size() / 2);
        writeAll(keysAndValues, writer, out);
    }

    private static void writeAll(List<Reply> replies, RespWriter writer, ByteBuf out) {
        for (int i = 0; i < replies.size(); i++) {
            write(replies.get(i), writer, out);
        }
    }
}
