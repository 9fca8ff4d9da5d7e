package io.holdfast.sync.journal;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.ReplyParser;
import io.holdfast.resp.RequestEncoder;
import io.holdfast.resp.RespLimits;
import io.holdfast.resp.RespProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** A command as tables hold it, a RESP request: {@code *2 $3 DEL $1 k}. Stateless; any thread. */
final class StoredCommand {
    /** What was written here is not a peer's word: only the bytes there are bound it. */
    private static final ReplyParser PARSER = new ReplyParser(
            new RespLimits(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE, 1));

    private StoredCommand() {}

    static byte[] encode(List<Bytes> command) {
        var request = new byte[RequestEncoder.encodedLength(command)];
        RequestEncoder.encode(Unpooled.wrappedBuffer(request).clear(), command);
        return request;
    }

    /**
     * The reverse of {@link #encode}.
     *
     * @throws SQLException when it did not write this: a fault of ours or of the disk
     */
    static List<Bytes> decode(byte[] request) throws SQLException {
        ByteBuf in = Unpooled.wrappedBuffer(request);
        try {
            // A request is spelled as an array of bulks is.
            if (PARSER.parse(in) instanceof Reply.Array array && !in.isReadable()) {
                List<Bytes> command = new ArrayList<>(array.items().size());
                for (Reply item : array.items()) {
                    command.add(word(item));
                }
                return command;
            }
        } catch (RespProtocolException e) {
            throw new SQLException("a stored command is damaged", e);
        }
        throw new SQLException("a stored command is damaged");
    }

    private static Bytes word(Reply item) throws SQLException {
        if (item instanceof Reply.Bulk bulk) {
            return bulk.value();
        }
        throw new SQLException("a stored command is damaged: not all of it are words");
    }
}
