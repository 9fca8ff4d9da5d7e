package io.holdfast.resp;

import java.util.ArrayList;
import java.util.List;

/**
 * Splits a request typed by hand into arguments, as Redis does: blanks separate; {@code "…"} knows {@code \xHH \n \r \t
 * \b \a} and takes any other escaped byte as it is; {@code '…'} knows {@code \'} only; a closing quote ends its
 * argument. (A NUL, which stalls redis-server's inline parser, is a byte like others.) One object a line.
 */
public final class InlineRequest {
    private final byte[] line;
    private final byte[] word; // an argument is never longer than its line
    private int at;
    private int length;

    private InlineRequest(byte[] line) {
        this.line = line;
        this.word = new byte[line.length];
    }

    /**
     * The arguments on {@code line}, which comes without its end; none when it is blank.
     *
     * @throws RespProtocolException when a quote is not closed, or something stands right behind one that is
     */
    public static List<Bytes> split(byte[] line) throws RespProtocolException {
        return new InlineRequest(line).split();
    }

    private List<Bytes> split() throws RespProtocolException {
        var words = new ArrayList<Bytes>();
        while (true) {
            while (at < line.length && isBlank(line[at])) {
                at++;
            }
            if (at == line.length) {
                return words;
            }
            length = 0;
            word();
            words.add(Bytes.copyOf(word, 0, length));
        }
    }

    private void word() throws RespProtocolException {
        while (at < line.length) {
            byte b = line[at++];
            switch (b) {
                case ' ', '\n', '\r', '\t' -> {
                    return;
                }
                case '"' -> {
                    doubleQuoted();
                    return;
                }
                case '\'' -> {
                    singleQuoted();
                    return;
                }
                default -> word[length++] = b;
            }
        }
    }

    private void doubleQuoted() throws RespProtocolException {
        while (at < line.length) {
            byte b = line[at++];
            if (b == '"') {
                requireBlankOrEnd();
                return;
            }
            word[length++] = b == '\\' && at < line.length ? escaped() : b;
        }
        throw unbalanced();
    }

    private byte escaped() {
        byte b = line[at++];
        if (b == 'x' && at + 1 < line.length) {
            int high = Character.digit(line[at], 16);
            int low = Character.digit(line[at + 1], 16);
            if (high >= 0 && low >= 0) {
                at += 2;
                return (byte) (high << 4 | low);
            }
        }
        return switch (b) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> 7;
            default -> b;
        };
    }

    private void singleQuoted() throws RespProtocolException {
        while (at < line.length) {
            byte b = line[at++];
            if (b == '\'') {
                requireBlankOrEnd();
                return;
            }
            if (b == '\\' && at < line.length && line[at] == '\'') {
                b = line[at++];
            }
            word[length++] = b;
        }
        throw unbalanced();
    }

    private void requireBlankOrEnd() throws RespProtocolException {
        if (at < line.length && !isBlank(line[at])) {
            throw unbalanced();
        }
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || (b >= '\t' && b <= '\r');
    }

    private static RespProtocolException unbalanced() {
        return new RespProtocolException("unbalanced quotes in request");
    }
}
