package io.holdfast.bench;

import io.holdfast.engine.config.RedisVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol;

/**
 * The file that COMMAND DOCS' arguments are read from, brought up to what a running redis-server says of its own: {@code
 * bench/run CommandArguments local-engine/src/main/resources/io/holdfast/engine/family/arguments.txt 6379}. Only the syntax
 * is taken; what describes it in words is not.
 */
public final class CommandArguments {
    private static final Pattern SINCE = Pattern.compile("@(\\d+\\.\\d+\\.\\d+)");
    private static final Pattern VERSION = Pattern.compile("redis_version:(\\S+)");
    private static final Map<String, String> MARKS = Map.of("optional", "?", "multiple", "*", "multiple_token", "+");
    private static final List<String> ORDER = List.of("optional", "multiple", "multiple_token");

    private CommandArguments() {}

    /** @param args the file to rewrite, and the port of a redis-server on this machine */
    public static void main(String[] args) throws IOException {
        if (args.length != 2) {
            System.err.println("usage: bench/run CommandArguments FILE PORT");
            System.exit(1);
        }
        Path file = Path.of(args[0]);
        try (var redis = new Jedis("127.0.0.1", Integer.parseInt(args[1]))) {
            Matcher version = VERSION.matcher(redis.info("server"));
            if (!version.find()) {
                throw new IllegalStateException("INFO server names no version");
            }
            Object docs = redis.sendCommand(Protocol.Command.COMMAND, "DOCS");
            Files.writeString(file, rewritten(Files.readString(file), docs, RedisVersion.parse(version.group(1))));
        }
    }

    /**
     * The file's new text.
     *
     * @param docs COMMAND DOCS' reply, lists and bytes
     */
    static String rewritten(String old, Object docs, RedisVersion version) {
        Map<String, String> lines = new TreeMap<>();
        collect(docs, lines);
        var head = new StringBuilder();
        for (String line : old.split("\n", -1)) {
            if (line.startsWith("#")) {
                head.append(line).append('\n');
            } else if (!line.isEmpty()) {
                String name = line.substring(0, (line + " ").indexOf(' '));
                if (isNewerThan(version, line)) {
                    lines.put(name, line);
                } else {
                    lines.putIfAbsent(name, line);
                }
            }
        }
        return head + String.join("\n", lines.values()) + "\n";
    }

    private static boolean isNewerThan(RedisVersion version, String line) {
        Matcher since = SINCE.matcher(line);
        while (since.find()) {
            if (RedisVersion.parse(since.group(1)).compareTo(version) > 0) {
                return true;
            }
        }
        return false;
    }

    private static void collect(@Nullable Object commands, Map<String, String> lines) {
        map(commands).forEach((name, docs) -> {
            Map<String, Object> fields = map(docs);
            var line = new ArrayList<String>(List.of(name));
            for (Object flag : list(fields.get("doc_flags"))) {
                String since = fields.containsKey("deprecated_since") ? "@" + text(fields.get("deprecated_since")) : "";
                line.add("/" + text(flag) + since);
            }
            list(fields.get("arguments")).forEach(argument -> line.add(argument(map(argument))));
            if (line.size() > 1) {
                lines.put(name, String.join(" ", line));
            }
            if (fields.containsKey("subcommands")) {
                collect(fields.get("subcommands"), lines);
            }
        });
    }

    private static String argument(Map<String, Object> fields) {
        var line = new StringBuilder(text(fields.get("name"))).append(':').append(text(fields.get("type")));
        if (fields.containsKey("key_spec_index")) {
            line.append('#').append(fields.get("key_spec_index"));
        }
        List<String> flags =
                list(fields.get("flags")).stream().map(CommandArguments::text).toList();
        ORDER.stream().filter(flags::contains).map(MARKS::get).forEach(line::append);
        append(line, '@', fields.get("since"));
        append(line, '~', fields.get("deprecated_since"));
        append(line, '!', fields.get("token"));
        if (fields.containsKey("arguments")) {
            line.append('(')
                    .append(String.join(
                            " ",
                            list(fields.get("arguments")).stream()
                                    .map(part -> argument(map(part)))
                                    .toList()))
                    .append(')');
        }
        return line.toString();
    }

    private static void append(StringBuilder line, char mark, @Nullable Object value) {
        if (value != null) {
            line.append(mark).append(text(value));
        }
    }

    private static String text(@Nullable Object bytes) {
        return new String((byte[]) Objects.requireNonNull(bytes), StandardCharsets.UTF_8);
    }

    private static List<?> list(@Nullable Object reply) {
        return reply == null ? Collections.emptyList() : (List<?>) reply;
    }

    private static Map<String, Object> map(@Nullable Object reply) {
        List<?> items = list(reply);
        Map<String, Object> map = new HashMap<>();
        for (int i = 0; i + 1 < items.size(); i += 2) {
            map.put(text(items.get(i)), items.get(i + 1));
        }
        return map;
    }
}
