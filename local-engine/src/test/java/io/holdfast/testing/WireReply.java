package io.holdfast.testing;

import io.holdfast.resp.Bytes;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The exact bytes of a reply, seen as a tree: for comparing replies whose elements may come in any order. Immutable.
 *
 * @param head the first line, without its line end
 * @param body the bytes of a bulk; empty for all else
 * @param items of an aggregate; keys and values of a map in turn
 */
public record WireReply(Bytes head, Bytes body, List<WireReply> items) {
    /**
     * The reply that these bytes are.
     *
     * @throws IllegalArgumentException when they are not exactly one
     */
    public static WireReply of(byte[] wire) {
        var reader = new Reader(wire);
        WireReply reply = reader.next();
        if (reader.at != wire.length) {
            throw new IllegalArgumentException("more than one reply: " + Bytes.wrap(wire));
        }
        return reply;
    }

    /** The replies that these bytes are, one after another. */
    public static List<WireReply> all(byte[] wire) {
        var reader = new Reader(wire);
        var replies = new ArrayList<WireReply>();
        while (reader.at < wire.length) {
            replies.add(reader.next());
        }
        return replies;
    }

    public char type() {
        return (char) head.at(0);
    }

    public boolean isError() {
        return type() == '-';
    }

    /** Nothing, in any of its spellings. */
    public boolean isNull() {
        return type() == '_' || ((type() == '$' || type() == '*') && head.at(1) == '-');
    }

    /** The same for all replies that differ in the order of their elements alone. */
    public Bytes anyOrder() {
        if (items.isEmpty()) {
            return spelled(head, body, List.of());
        }
        int each = type() == '%' ? 2 : 1;
        var groups = new ArrayList<Bytes>();
        for (int i = 0; i < items.size(); i += each) {
            Bytes group = items.get(i).anyOrder();
            groups.add(each == 1 ? group : joined(group, items.get(i + 1).anyOrder()));
        }
        groups.sort(Comparator.naturalOrder());
        return spelled(head, body, groups);
    }

    /** The tree of types and counts, without what they hold. */
    public String shape() {
        if (items.isEmpty()) {
            return isNull() ? "null" : Character.toString(type());
        }
        var text = new StringBuilder(head.latin1()).append('(');
        items.forEach(item -> text.append(item.shape()));
        return text.append(')').toString();
    }

    /** What a simple value says: the text of a bulk, or of the line behind the type. */
    public Bytes text() {
        return type() == '$' || type() == '=' ? body : head.slice(1, head.length());
    }

    private static Bytes spelled(Bytes head, Bytes body, List<Bytes> items) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(head.array());
        out.writeBytes(CRLF);
        if (!body.isEmpty()) {
            out.writeBytes(body.array());
            out.writeBytes(CRLF);
        }
        items.forEach(item -> out.writeBytes(item.array()));
        return Bytes.wrap(out.toByteArray());
    }

    private static Bytes joined(Bytes first, Bytes second) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(first.array());
        out.writeBytes(second.array());
        return Bytes.wrap(out.toByteArray());
    }

    private static final byte[] CRLF = {'\r', '\n'};

    private static final class Reader {
        private final byte[] wire;
        private int at;

        Reader(byte[] wire) {
            this.wire = wire;
        }

        WireReply next() {
            Bytes head = line();
            if (head.isEmpty()) {
                throw new IllegalArgumentException("an empty line where a reply should begin: " + Bytes.wrap(wire));
            }
            return switch (head.at(0)) {
                case '$', '=', '!' -> new WireReply(head, body(count(head)), List.of());
                case '*', '~', '>' -> new WireReply(head, Bytes.EMPTY, items(count(head)));
                case '%' -> new WireReply(head, Bytes.EMPTY, items(2 * count(head)));
                default -> new WireReply(head, Bytes.EMPTY, List.of());
            };
        }

        private Bytes line() {
            int from = at;
            while (at + 1 < wire.length) {
                if (wire[at] == '\r' && wire[at + 1] == '\n') {
                    at += 2;
                    return Bytes.copyOf(wire, from, at - 2 - from);
                }
                at++;
            }
            throw new IllegalArgumentException("cut short: " + Bytes.wrap(wire));
        }

        private static int count(Bytes head) {
            return Integer.parseInt(head.slice(1, head.length()).latin1());
        }

        private Bytes body(int length) {
            if (length < 0) {
                return Bytes.EMPTY;
            }
            if (at + length + 2 > wire.length) {
                throw new IllegalArgumentException("cut short: " + Bytes.wrap(wire));
            }
            at += length + 2;
            return Bytes.copyOf(wire, at - length - 2, length);
        }

        private List<WireReply> items(int count) {
            var items = new ArrayList<WireReply>();
            for (int i = 0; i < count; i++) {
                items.add(next());
            }
            return items;
        }
    }
}
