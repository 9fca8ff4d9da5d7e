package io.holdfast.testing;

import io.holdfast.resp.Bytes;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Splits a line into arguments as redis-cli does: blanks part them, {@code "…"} knows {@code \n \r \t \b \a \xNN \" \\},
 * {@code '…'} knows {@code \'}. Chars are bytes.
 */
public final class CommandLine {
    private final String line;
    private int at;

    private CommandLine(String line) {
        this.line = line;
    }

    /** @throws IllegalArgumentException when a quote is not closed, or followed by anything but a blank */
    public static List<Bytes> parse(String latin1) {
        var parser = new CommandLine(latin1);
        var arguments = new ArrayList<Bytes>();
        while (parser.skipBlanks()) {
            arguments.add(parser.argument());
        }
        return arguments;
    }

    private boolean skipBlanks() {
        while (at < line.length() && line.charAt(at) == ' ') {
            at++;
        }
        return at < line.length();
    }

    private Bytes argument() {
        var bytes = new ByteArrayOutputStream();
        char first = line.charAt(at);
        if (first == '"' || first == '\'') {
            at++;
            quoted(first, bytes);
        } else {
            while (at < line.length() && line.charAt(at) != ' ') {
                bytes.write(line.charAt(at++));
            }
        }
        return Bytes.wrap(bytes.toByteArray());
    }

    private void quoted(char quote, ByteArrayOutputStream bytes) {
        while (at < line.length()) {
            char c = line.charAt(at++);
            if (c == quote) {
                if (at < line.length() && line.charAt(at) != ' ') {
                    throw new IllegalArgumentException("no blank behind a closing quote: " + line);
                }
                return;
            }
            if (c == '\\' && at < line.length() && (quote == '"' || line.charAt(at) == '\'')) {
                bytes.write(escape(line.charAt(at++)));
            } else {
                bytes.write(c);
            }
        }
        throw new IllegalArgumentException("a quote is not closed: " + line);
    }

    private int escape(char c) {
        return switch (c) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> 7;
            case 'x' -> {
                at += 2;
                yield Integer.parseInt(line, at - 2, at, 16);
            }
            default -> c;
        };
    }
}
