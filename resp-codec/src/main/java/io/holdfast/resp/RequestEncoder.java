package io.holdfast.resp;

import io.netty.buffer.ByteBuf;
import java.util.List;

/** Writes a command as clients send it, a multibulk of bulk strings. Stateless; any thread. */
public final class RequestEncoder {
    private RequestEncoder() {}

    /** Appends {@code command}, its name first, to {@code out}. */
    public static void encode(ByteBuf out, Bytes... command) {
        RespWriter.line(out, '*', command.length);
        for (var argument : command) {
            RespWriter.bulkString(out, argument);
        }
    }

    /** Appends {@code command}, its name first, to {@code out}. */
    public static void encode(ByteBuf out, List<Bytes> command) {
        RespWriter.line(out, '*', command.size());
        for (int i = 0; i < command.size(); i++) {
            RespWriter.bulkString(out, command.get(i));
        }
    }

    /** How many bytes {@link #encode} writes for {@code command}. */
    public static int encodedLength(List<Bytes> command) {
        int length = RespWriter.lineLength(command.size());
        for (int i = 0; i < command.size(); i++) {
            int argument = command.get(i).length();
            length = Math.addExact(length, RespWriter.lineLength(argument) + argument + 2);
        }
        return length;
    }
}
