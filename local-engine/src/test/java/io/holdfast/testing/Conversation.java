package io.holdfast.testing;

import io.holdfast.resp.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A text file of what several connections say and hear, each named by a letter: a {@link Transcript} of more than one.
 *
 * <pre>
 *   # a comment
 *   a> BLPOP list 0     connection a sends a command, quoted as in redis-cli
 *   a waits             and gets no reply: it waits in it
 *   b> RPUSH list x
 *   b&lt; :1               the next that comes to b, as it is on the wire, line by line
 *   a&lt; *2
 *   ...
 *   a hears nothing     nothing comes to a
 *   a speaks RESP3      from here on; RESP2 before
 *   b is closed         the server has closed the connection
 *   = time passes       long enough for every timeout that there is
 * </pre>
 *
 * <p>What is not read after a command is read later. The id of connection a stands in a command, or a reply, as {@code {a}}. Immutable.
 */
public record Conversation(String name, List<Line> lines) {
    /** One line, or several of a reply. */
    public sealed interface Line {
        /** Where it stands in the file, from 1. */
        int number();
    }

    public record Says(int number, char who, List<Bytes> command) implements Line {}

    /** @param reply lines, each without its line end */
    public record Hears(int number, char who, List<String> reply) implements Line {}

    public record Waits(int number, char who) implements Line {}

    public record HearsNothing(int number, char who) implements Line {}

    public record SpeaksResp3(int number, char who) implements Line {}

    public record IsClosed(int number, char who) implements Line {}

    public record TimePasses(int number) implements Line {}

    public static Conversation read(Path file) throws IOException {
        List<String> lines = List.of(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).split("\n", -1));
        return parse(file.getFileName().toString(), lines);
    }

    /** @throws IllegalArgumentException when a line is none of those above, naming it */
    public static Conversation parse(String name, List<String> text) {
        var lines = new ArrayList<Line>();
        for (int i = 0; i < text.size(); i++) {
            String line = text.get(i);
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            char who = line.charAt(0);
            String rest = line.substring(1);
            if (line.equals("= time passes")) {
                lines.add(new TimePasses(i + 1));
            } else if (rest.equals(" waits")) {
                lines.add(new Waits(i + 1, who));
            } else if (rest.equals(" hears nothing")) {
                lines.add(new HearsNothing(i + 1, who));
            } else if (rest.equals(" speaks RESP3")) {
                lines.add(new SpeaksResp3(i + 1, who));
            } else if (rest.equals(" is closed")) {
                lines.add(new IsClosed(i + 1, who));
            } else if (rest.startsWith("> ")) {
                lines.add(new Says(i + 1, who, CommandLine.parse(rest.substring(2))));
            } else if (rest.startsWith("< ") || rest.equals("<")) {
                hears(lines, i + 1, who, rest.substring(Math.min(2, rest.length())));
            } else {
                throw new IllegalArgumentException(name + ":" + (i + 1) + ": not a line of a conversation: " + line);
            }
        }
        return new Conversation(name, List.copyOf(lines));
    }

    private static void hears(List<Line> lines, int number, char who, String reply) {
        if (!lines.isEmpty()
                && lines.get(lines.size() - 1) instanceof Hears before
                && before.who() == who
                && before.number() + before.reply().size() == number) {
            before.reply().add(reply);
        } else {
            lines.add(new Hears(number, who, new ArrayList<>(List.of(reply))));
        }
    }
}
