package io.holdfast.engine.family;

import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Scripting;
import io.holdfast.engine.rule.Crc64;
import io.holdfast.engine.rule.Lzf;
import io.holdfast.resp.Bytes;
import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * All libraries as one string that FUNCTION RESTORE of a real Redis takes too. Stateless.
 *
 * <pre>
 *   f5 │ length, code │ f5 │ length, code │ … │ version 2, little endian │ CRC-64 of all before, little endian
 *        0llllll · 01llllll llllllll · 80 and 4 bytes · c3 and two lengths: compressed
 * </pre>
 */
final class FunctionDump {
    private static final int FUNCTION = 0xf5;
    /** That of Redis 7.0, which every later one reads. */
    private static final int VERSION = 10;
    /** The newest whose dumps are like this. */
    private static final int VERSION_MAX = 12;

    private static final int FOOTER_BYTES = 10;
    private static final int LENGTH_6 = 0;
    private static final int LENGTH_14 = 1;
    private static final int LENGTH_32 = 0x80;
    private static final int COMPRESSED = 0xc3;

    private FunctionDump() {}

    static Bytes of(Collection<Scripting.LibraryInfo> libraries) {
        var out = new ByteArrayOutputStream();
        for (Scripting.LibraryInfo library : libraries) {
            out.write(FUNCTION);
            byte[] code = library.code().array();
            out.write(LENGTH_32);
            out.writeBytes(ByteBuffer.allocate(4).putInt(code.length).array());
            out.writeBytes(code);
        }
        out.writeBytes(new byte[] {VERSION, 0});
        byte[] summed = out.toByteArray();
        out.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(Crc64.of(summed, summed.length))
                .array());
        return Bytes.wrap(out.toByteArray());
    }

    /** The code of each library. @throws RedisError when it is not such a string, or damaged */
    static List<Bytes> read(Bytes dump) {
        byte[] bytes = dump.array();
        if (bytes.length < FOOTER_BYTES) {
            throw RedisError.badDump();
        }
        ByteBuffer footer = ByteBuffer.wrap(bytes, bytes.length - FOOTER_BYTES, FOOTER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        int version = footer.getShort() & 0xffff;
        if (version > VERSION_MAX || footer.getLong() != Crc64.of(bytes, bytes.length - 8)) {
            throw RedisError.badDump();
        }
        ByteBuffer content = ByteBuffer.wrap(bytes, 0, bytes.length - FOOTER_BYTES);
        List<Bytes> codes = new ArrayList<>();
        try {
            while (content.hasRemaining()) {
                if ((content.get() & 0xff) != FUNCTION) {
                    throw RedisError.of("ERR given type is not a function");
                }
                codes.add(string(content));
            }
        } catch (BufferUnderflowException e) {
            throw RedisError.of("ERR Failed loading library data");
        }
        return codes;
    }

    private static Bytes string(ByteBuffer from) {
        int first = from.get() & 0xff;
        if (first != COMPRESSED) {
            return Bytes.wrap(take(from, length(first, from)));
        }
        int compressed = length(from.get() & 0xff, from);
        int length = length(from.get() & 0xff, from);
        byte[] code = Lzf.decompress(take(from, compressed), length);
        if (code == null) {
            throw RedisError.of("ERR Failed loading library data");
        }
        return Bytes.wrap(code);
    }

    private static int length(int first, ByteBuffer from) {
        if (first >> 6 == LENGTH_6) {
            return first;
        }
        if (first >> 6 == LENGTH_14) {
            return (first & 0x3f) << 8 | (from.get() & 0xff);
        }
        if (first != LENGTH_32) {
            throw RedisError.of("ERR Failed loading library data");
        }
        return from.getInt();
    }

    private static byte[] take(ByteBuffer from, int length) {
        if (length < 0 || length > from.remaining()) {
            throw new BufferUnderflowException();
        }
        var bytes = new byte[length];
        from.get(bytes);
        return bytes;
    }
}
