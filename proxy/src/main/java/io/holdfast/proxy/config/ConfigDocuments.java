package io.holdfast.proxy.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The table of settings as people and editors read it: an example file, a JSON schema, a table for the operators' document. */
public final class ConfigDocuments {
    private static final Pattern BARE = Pattern.compile("[0-9]+(\\.[0-9]+)?|true|false");

    private ConfigDocuments() {}

    private static Map<String, List<Key<?>>> sections() {
        return Keys.all().stream()
                .collect(Collectors.groupingBy(Key::section, LinkedHashMap::new, Collectors.toList()));
    }

    private static String json(Key<?> key, String value) {
        String scalar = BARE.matcher(value).matches() ? value : quoted(value);
        return key.kind().accepts(Written.Shape.LIST) ? "[" + quoted(value) + "]" : scalar;
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    // ---- the example

    /** A file that says what is so anyway, with every key explained; what has no default is in comments. */
    public static String example() {
        var text = new StringBuilder("""
                // Every setting of Holdfast with its default; what stands behind // has none. Comments and a last comma may stand
                // in this file. A flag goes before the environment, that before this file, and this file before the defaults.
                // What is marked "at once" changes at a signal HUP or HOLDFAST CONFIG RELOAD, the rest at the next start.
                {
                """);
        sections().forEach((section, keys) -> {
            text.append("  ").append(quoted(section)).append(": {\n");
            if (section.equals(Keys.SETTINGS)) {
                text.append("    // Every parameter that CONFIG SET takes, in the words of redis.conf.\n");
                text.append("    // \"maxmemory\": \"512mb\",\n");
            }
            keys.forEach(key -> explain(key, text));
            text.append("  },\n");
        });
        return text.append("}\n").toString();
    }

    private static void explain(Key<?> key, StringBuilder text) {
        text.append("    // ").append(key.says()).append('\n');
        text.append("    // ").append(key.takes()).append(" · ").append(String.join(", ", key.environments()));
        if (key.flag() != null) {
            text.append(" · ").append(key.flag()).append(key.label().isEmpty() ? "" : " " + key.label());
        }
        text.append(key.isLive() ? " · at once\n" : "\n");
        text.append(key.written().isEmpty() ? "    // " : "    ")
                .append(quoted(key.name()))
                .append(": ")
                .append(json(key, key.example()))
                .append(",\n");
    }

    // ---- the schema

    /** In the words of JSON Schema 2020-12. */
    public static String schema() {
        String sections = sections().entrySet().stream()
                .map(section -> section(section.getKey(), section.getValue()))
                .collect(Collectors.joining(",\n"));
        return """
                {
                  "$schema": "https://json-schema.org/draft/2020-12/schema",
                  "title": "Holdfast's configuration file",
                  "type": "object",
                  "additionalProperties": false,
                  "properties": {
                    "$schema": {"type": "string"},
                %s
                  }
                }
                """.formatted(sections);
    }

    private static String section(String name, List<Key<?>> keys) {
        String others = name.equals(Keys.SETTINGS) ? "{\"type\": [\"string\", \"number\"]}" : "false";
        return keys.stream()
                .map(ConfigDocuments::property)
                .collect(Collectors.joining(
                        ",\n",
                        "    " + quoted(name) + ": {\n      \"type\": \"object\",\n      \"additionalProperties\": "
                                + others + ",\n      \"properties\": {\n",
                        "\n      }\n    }"));
    }

    private static String property(Key<?> key) {
        String standard = key.written().isEmpty() ? "" : ", \"default\": " + json(key, key.written());
        return "        " + quoted(key.name()) + ": {\"description\": " + quoted(key.says()) + ", "
                + key.kind().schema() + standard + "}";
    }

    // ---- the table

    /** In Markdown, a row a key. */
    public static String table() {
        var text = new StringBuilder(
                "| key | default | environment, flag | changes | what it does |\n|---|---|---|---|---|\n");
        for (Key<?> key : Keys.all()) {
            var names =
                    key.environments().stream().map(name -> "`" + name + "`").collect(Collectors.joining(", "));
            text.append("| `")
                    .append(key.path())
                    .append("` | ")
                    .append(key.written().isEmpty() ? "" : "`" + key.written() + "`")
                    .append(" | ")
                    .append(names)
                    .append(key.flag() == null ? "" : ", `" + key.flag() + "`")
                    .append(" | ")
                    .append(key.isLive() ? "at once" : "at a start")
                    .append(" | ")
                    .append(key.says())
                    .append(" Takes ")
                    .append(key.takes().replace("|", "\\|"))
                    .append(". |\n");
        }
        return text.toString();
    }

    /** Every name in the environment that has a meaning. */
    public static List<String> environment() {
        return List.copyOf(new TreeSet<>(Keys.byEnvironment().keySet()));
    }
}
