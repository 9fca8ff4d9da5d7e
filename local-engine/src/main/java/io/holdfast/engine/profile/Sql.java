package io.holdfast.engine.profile;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** How names, texts and bytes are spelled in SQL, so that nothing in a profile can end its quotes. Stateless. */
final class Sql {
    private static final HexFormat HEX = HexFormat.of();

    private Sql() {}

    static String name(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    static String text(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /** A text's bytes, as keys and fields are kept. */
    static String blob(String text) {
        return blob(text.getBytes(StandardCharsets.UTF_8));
    }

    static String blob(byte[] bytes) {
        return "x'" + HEX.formatHex(bytes) + "'";
    }
}
