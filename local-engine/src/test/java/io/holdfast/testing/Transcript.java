package io.holdfast.testing;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.RespVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A text file of commands and the replies they must get: test, specification and example in one.
 *
 * <pre>
 *   # a comment
 *   > SET key "two words\n"     a command, quoted as in redis-cli
 *   &lt; +OK                       what it brings, as it is on the wire, line by line
 *   ? sorted                    the elements of the next reply may come in any order
 *   > SMEMBERS set
 *   &lt; *1
 *   &lt; $1
 *   &lt; a
 *   &#64;3                      from here on in RESP3; &#64;2 goes back
 * </pre>
 *
 * <p>Bytes beyond printable ASCII stand in a reply as they are in the file, or as {@code \xNN}. Immutable.
 */
public record Transcript(String name, List<Exchange> exchanges) {
    /**
     * One command and its reply.
     *
     * @param line where it stands in the file, from 1
     * @param reply its lines, each without its line end
     */
    public record Exchange(int line, RespVersion version, boolean anyOrder, List<Bytes> command, List<String> reply) {
        /** Runs the command and gives as many replies as the file asks for: a push may come with one, or replies follow. */
        public byte[] runOn(RespPeer peer) {
            var out = new ByteArrayOutputStream();
            out.writeBytes(peer.raw(command.toArray(Bytes[]::new)));
            for (int more = WireReply.all(wire(reply)).size() - 1; more > 0; more--) {
                out.writeBytes(peer.readRaw());
            }
            return out.toByteArray();
        }

        /** True when {@code wire} is the reply that the file asks for. */
        public boolean accepts(byte[] wire) {
            List<String> got = lines(wire);
            return got.equals(reply)
                    || (anyOrder
                            && WireReply.of(wire)
                                    .anyOrder()
                                    .equals(WireReply.of(wire(reply)).anyOrder()));
        }

        private static byte[] wire(List<String> lines) {
            var out = new ByteArrayOutputStream();
            for (String line : lines) {
                out.writeBytes((unescaped(line) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            }
            return out.toByteArray();
        }
    }

    public static Transcript read(Path file) throws IOException {
        List<String> lines = List.of(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).split("\n", -1));
        return parse(file.getFileName().toString(), lines);
    }

    /**
     * The transcript that these lines are.
     *
     * @throws IllegalArgumentException when a line is none of those above, naming it
     */
    public static Transcript parse(String name, List<String> lines) {
        var exchanges = new ArrayList<Exchange>();
        var version = RespVersion.RESP2;
        boolean anyOrder = false;
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.startsWith("> ")) {
                List<Bytes> command = CommandLine.parse(line.substring(2));
                exchanges.add(new Exchange(i + 1, version, anyOrder, command, new ArrayList<>()));
                anyOrder = false;
            } else if (line.startsWith("< ") || line.equals("<")) {
                if (exchanges.isEmpty()) {
                    throw new IllegalArgumentException(name + ":" + (i + 1) + ": a reply to nothing");
                }
                exchanges.get(exchanges.size() - 1).reply().add(escaped(line.substring(Math.min(2, line.length()))));
            } else if (line.equals("@2") || line.equals("@3")) {
                version = line.equals("@2") ? RespVersion.RESP2 : RespVersion.RESP3;
            } else if (line.equals("? sorted")) {
                anyOrder = true;
            } else if (!line.isBlank() && !line.startsWith("#")) {
                throw new IllegalArgumentException(name + ":" + (i + 1) + ": not a line of a transcript: " + line);
            }
        }
        return new Transcript(name, exchanges);
    }

    /** A reply as the lines of a transcript show it. */
    public static List<String> lines(byte[] wire) {
        String text = new String(wire, StandardCharsets.ISO_8859_1);
        var lines = new ArrayList<String>();
        int from = 0;
        for (int end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n", from)) {
            lines.add(escaped(text.substring(from, end)));
            from = end + 2;
        }
        return lines;
    }

    private static String escaped(String latin1) {
        var text = new StringBuilder();
        for (int i = 0; i < latin1.length(); i++) {
            char c = latin1.charAt(i);
            text.append(c >= 0x20 && c < 0x7f ? Character.toString(c) : String.format("\\x%02x", (int) c));
        }
        return text.toString();
    }

    private static String unescaped(String line) {
        var text = new StringBuilder();
        for (int i = 0; i < line.length(); i++) {
            if (line.startsWith("\\x", i) && i + 4 <= line.length()) {
                text.append((char) Integer.parseInt(line, i + 2, i + 4, 16));
                i += 3;
            } else {
                text.append(line.charAt(i));
            }
        }
        return text.toString();
    }
}
