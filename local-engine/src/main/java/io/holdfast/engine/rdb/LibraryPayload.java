package io.holdfast.engine.rdb;

import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * What FUNCTION DUMP gives and FUNCTION RESTORE takes: the code of each library, as a string of RDB format.
 *
 * <pre>
 *   f5 | code | f5 | code | … | footer as of {@link DumpPayload}
 * </pre>
 */
public final class LibraryPayload {
    private static final int FUNCTION = 0xf5;

    private LibraryPayload() {}

    /**
     * @param rdbVersion which the reader must know at least
     * @param packing whether long code is compressed (rdbcompression)
     */
    public static Bytes of(Collection<Bytes> codes, int rdbVersion, boolean packing) {
        var out = new RdbOutput(packing ? new LzfPacker() : null);
        for (Bytes code : codes) {
            out.u8(FUNCTION);
            out.string(code);
        }
        return DumpPayload.closed(out, rdbVersion);
    }

    /**
     * The code of each library in an intact payload.
     *
     * @param unpackedMax bytes that compressed code may come to together
     * @throws CorruptDataException when there is something else; it says it in Redis's words
     */
    public static List<Bytes> read(Bytes payload, int unpackedMax) throws CorruptDataException {
        RdbInput in = DumpPayload.content(payload, unpackedMax);
        List<Bytes> codes = new ArrayList<>();
        while (in.hasMore()) {
            if (in.u8() != FUNCTION) {
                throw new CorruptDataException("given type is not a function");
            }
            try {
                codes.add(in.string());
            } catch (CorruptDataException e) {
                throw new CorruptDataException("Failed loading library data");
            }
        }
        return codes;
    }
}
