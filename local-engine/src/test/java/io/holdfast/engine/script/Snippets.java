package io.holdfast.engine.script;

import io.holdfast.resp.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Scripts in a text file: a line each, or what stands between two lines of dashes. What follows {@code -->} in a script's
 * first line are its keys' number, keys and arguments; {@code #} in the first column makes a comment.
 */
final class Snippets {
    private static final String FENCE = "----";
    private static final String ARGUMENTS = "-->";

    private Snippets() {}

    /** The EVAL commands of a resource. */
    static List<Bytes[]> read(String resource) throws IOException {
        try (InputStream in = Snippets.class.getResourceAsStream("/scripts/" + resource)) {
            String text = new String(Objects.requireNonNull(in, resource).readAllBytes(), StandardCharsets.UTF_8);
            List<Bytes[]> commands = new ArrayList<>();
            StringBuilder block = null;
            for (String line : text.split("\n", -1)) {
                if (line.equals(FENCE)) {
                    if (block != null) {
                        commands.add(command(block.toString()));
                    }
                    block = block == null ? new StringBuilder() : null;
                } else if (block != null) {
                    block.append(line).append('\n');
                } else if (!line.isBlank() && !line.startsWith("#")) {
                    commands.add(command(line));
                }
            }
            if (block != null) {
                throw new IllegalStateException(resource + " ends within a script");
            }
            return commands;
        }
    }

    private static Bytes[] command(String script) {
        int arguments = script.startsWith(ARGUMENTS) ? script.indexOf('\n') : -1;
        List<Bytes> words = new ArrayList<>();
        words.add(Bytes.of("EVAL"));
        if (arguments < 0) {
            words.add(Bytes.of(script));
            words.add(Bytes.of("0"));
        } else {
            words.add(Bytes.of(script.substring(arguments + 1)));
            for (String word :
                    script.substring(ARGUMENTS.length(), arguments).trim().split(" ", -1)) {
                words.add(Bytes.of(word));
            }
        }
        return words.toArray(Bytes[]::new);
    }
}
