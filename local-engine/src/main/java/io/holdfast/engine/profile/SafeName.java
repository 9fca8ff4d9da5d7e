package io.holdfast.engine.profile;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A part of a file's name out of any text: different texts stay different, and none leads to another directory. Stateless. */
final class SafeName {
    /** Of the 255 that file systems take for a whole name. */
    private static final int BYTES_MAX = 100;

    private static final String PLAIN = "_-:=@+,";

    private SafeName() {}

    /** Letters and digits stay, and a dot behind anything but a dot; other bytes become {@code %2f}. What is too long ends in a number. */
    static String of(String text) {
        var name = new StringBuilder();
        text.codePoints().forEach(c -> {
            boolean plain = Character.isLetterOrDigit(c)
                    || PLAIN.indexOf(c) >= 0
                    || (c == '.' && !name.isEmpty() && name.charAt(name.length() - 1) != '.');
            if (plain) {
                name.appendCodePoint(c);
            } else {
                for (byte b : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
                    name.append("%%%02x".formatted(b & 0xff));
                }
            }
        });
        if (name.isEmpty()) {
            return "%";
        }
        if (name.toString().getBytes(StandardCharsets.UTF_8).length <= BYTES_MAX) {
            return name.toString();
        }
        String rest = "%" + Integer.toHexString(text.hashCode()) + "%" + Integer.toHexString(text.length());
        while (name.toString().getBytes(StandardCharsets.UTF_8).length > BYTES_MAX - rest.length()) {
            name.setLength(name.offsetByCodePoints(name.length(), -1));
        }
        return name.append(rest.toLowerCase(Locale.ROOT)).toString();
    }
}
