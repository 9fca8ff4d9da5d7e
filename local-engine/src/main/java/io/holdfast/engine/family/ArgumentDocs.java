package io.holdfast.engine.family;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What may stand behind a command's name, as COMMAND DOCS tells it: the facts that command-line tools make their hints of.
 * Read from a file of one line a command when first asked for. Immutable; any thread.
 *
 * <pre>
 *   getset /deprecated@6.2.0 key:key#0 value:string
 *   zadd key:key#0 condition:oneof?@3.0.2(nx:pure-token!NX xx:pure-token!XX) … score_member:block*(score:double …)
 *
 *   /flag[@since]                                              of the command
 *   name:type[#key specification][?][*][+][@since][~deprecated since][!token][(parts)]
 *             ? optional, * may be repeated, + with its token
 * </pre>
 */
final class ArgumentDocs {
    private static final String FILE = "arguments.txt";
    private static final ArgumentDocs NONE = new ArgumentDocs("", "", List.of());

    private final String docFlag;
    private final String deprecatedSince;
    private final List<Argument> arguments;

    private ArgumentDocs(String docFlag, String deprecatedSince, List<Argument> arguments) {
        this.docFlag = docFlag;
        this.deprecatedSince = deprecatedSince;
        this.arguments = arguments;
    }

    /** Of a command, or of a subcommand as {@code client|id}; one that takes nothing has none. */
    static ArgumentDocs of(String fullName) {
        return Lines.ALL.getOrDefault(fullName, NONE);
    }

    /** What is said of the command as a whole ({@code deprecated}, {@code syscmd}); mostly nothing. */
    String docFlag() {
        return docFlag;
    }

    /** Empty where it is not. */
    String deprecatedSince() {
        return deprecatedSince;
    }

    boolean isEmpty() {
        return arguments.isEmpty();
    }

    /** An array of maps: those that Redis of {@code version} knows. */
    Reply reply(RedisVersion version) {
        return reply(arguments, version);
    }

    private static Reply reply(List<Argument> arguments, RedisVersion version) {
        return new Reply.Array(arguments.stream()
                .filter(argument -> argument.isIn(version))
                .map(argument -> argument.reply(version))
                .toList());
    }

    /** Gives each argument that was not there from the beginning: its version, and a word by which it is known. */
    void forEachAddition(RedisVersion version, BiConsumer<String, String> visitor) {
        arguments.forEach(argument -> argument.visitAdditions(version, visitor));
    }

    /** One argument, or several that belong together ({@code block}) or exclude each other ({@code oneof}). */
    private record Argument(
            String name,
            String type,
            int keySpec,
            @Nullable String token,
            String since,
            String deprecatedSince,
            List<String> flags,
            List<Argument> parts) {
        boolean isIn(RedisVersion version) {
            return since.isEmpty() || version.compareTo(RedisVersion.parse(since)) >= 0;
        }

        Reply reply(RedisVersion version) {
            List<Reply> map = new ArrayList<>();
            add(map, "name", Reply.bulk(name));
            add(map, "type", Reply.bulk(type));
            if (version.atLeast(7, 2) && parts.isEmpty()) {
                add(map, "display_text", Reply.bulk(name));
            }
            if (keySpec >= 0) {
                add(map, "key_spec_index", Reply.of(keySpec));
            }
            if (token != null) {
                add(map, "token", Reply.bulk(token));
            }
            if (!since.isEmpty()) {
                add(map, "since", Reply.bulk(since));
            }
            if (!deprecatedSince.isEmpty()) {
                add(map, "deprecated_since", Reply.bulk(deprecatedSince));
            }
            if (!flags.isEmpty()) {
                add(
                        map,
                        "flags",
                        new Reply.SetOf(flags.stream().map(Reply::simple).toList()));
            }
            if (!parts.isEmpty()) {
                add(map, "arguments", ArgumentDocs.reply(parts, version));
            }
            return new Reply.MapOf(map);
        }

        private static void add(List<Reply> map, String field, Reply value) {
            map.add(Reply.bulk(field));
            map.add(value);
        }

        void visitAdditions(RedisVersion version, BiConsumer<String, String> visitor) {
            if (isIn(version)) {
                if (!since.isEmpty()) {
                    words().forEach(word -> visitor.accept(since, word));
                }
                parts.forEach(part -> part.visitAdditions(version, visitor));
            }
        }

        /** By what a reader knows it: its token, its parts' that came with it, or its name. */
        private Stream<String> words() {
            if (token != null && !token.isEmpty()) {
                return Stream.of(token);
            }
            return parts.isEmpty()
                    ? Stream.of(name)
                    : parts.stream().filter(part -> part.since.isEmpty()).flatMap(Argument::words);
        }
    }

    /** The file, which nobody reads who does not ask for it. */
    private static final class Lines {
        static final Map<String, ArgumentDocs> ALL = read();

        private static Map<String, ArgumentDocs> read() {
            Map<String, ArgumentDocs> all = new HashMap<>();
            for (String line : text().split("\n", -1)) {
                if (!line.isEmpty() && !line.startsWith("#")) {
                    var reader = new LineReader(line);
                    String name = reader.until(" ");
                    all.put(name, reader.docs());
                }
            }
            return Map.copyOf(all);
        }

        private static String text() {
            try (InputStream in = ArgumentDocs.class.getResourceAsStream(FILE)) {
                if (in == null) {
                    throw new IllegalStateException(FILE + " is not in the jar");
                }
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Reads one line from left to right. */
    private static final class LineReader {
        private static final String ENDS = " ()";
        private static final String MARKS = ENDS + "#?*+@~!";

        private final String line;
        private int at;

        LineReader(String line) {
            this.line = line;
        }

        ArgumentDocs docs() {
            String flag = "";
            String since = "";
            if (takes(" /")) {
                flag = until(" @");
                since = takes("@") ? until(" ") : "";
            }
            List<Argument> arguments = new ArrayList<>();
            while (takes(" ")) {
                arguments.add(argument());
            }
            if (at != line.length()) {
                throw new IllegalStateException("what stands at " + at + " in: " + line);
            }
            return new ArgumentDocs(flag, since, List.copyOf(arguments));
        }

        private Argument argument() {
            String head = until(MARKS);
            int colon = head.lastIndexOf(':');
            int keySpec = takes("#") ? Integer.parseInt(until(MARKS)) : -1;
            List<String> flags = new ArrayList<>();
            flag("?", "optional", flags);
            flag("*", "multiple", flags);
            flag("+", "multiple_token", flags);
            String since = takes("@") ? until(MARKS) : "";
            String deprecatedSince = takes("~") ? until(MARKS) : "";
            String token = takes("!") ? until(ENDS) : null;
            List<Argument> parts = new ArrayList<>();
            if (takes("(")) {
                do {
                    parts.add(argument());
                } while (takes(" "));
                if (!takes(")")) {
                    throw new IllegalStateException("no ) at " + at + " in: " + line);
                }
            }
            return new Argument(
                    head.substring(0, colon),
                    head.substring(colon + 1),
                    keySpec,
                    token,
                    since,
                    deprecatedSince,
                    List.copyOf(flags),
                    List.copyOf(parts));
        }

        private void flag(String mark, String name, List<String> flags) {
            if (takes(mark)) {
                flags.add(name);
            }
        }

        private boolean takes(String text) {
            boolean there = line.startsWith(text, at);
            at += there ? text.length() : 0;
            return there;
        }

        String until(String ends) {
            int from = at;
            while (at < line.length() && ends.indexOf(line.charAt(at)) < 0) {
                at++;
            }
            return line.substring(from, at);
        }
    }
}
