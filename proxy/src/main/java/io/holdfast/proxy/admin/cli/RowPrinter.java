package io.holdfast.proxy.admin.cli;

import io.holdfast.engine.store.TableReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Writes rows as they come. */
interface RowPrinter extends TableReader.Sink {
    /** There are no more rows. */
    void end();

    /** A value as people read it: bytes that are UTF-8 as text, others in hexadecimal. */
    static String text(@Nullable Object value) {
        if (value instanceof byte[] bytes) {
            try {
                return StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(bytes))
                        .toString();
            } catch (CharacterCodingException e) {
                return "x'" + HexFormat.of().formatHex(bytes) + "'";
            }
        }
        return value == null ? "" : value.toString();
    }
}
