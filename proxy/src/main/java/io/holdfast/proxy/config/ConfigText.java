package io.holdfast.proxy.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The text of a configuration file in which single values are put in place; everything else, comments and line breaks too,
 * stays as somebody wrote it. Immutable.
 */
public final class ConfigText {
    private static final Pattern NUMBER = Pattern.compile("0|-?[1-9][0-9]{0,17}");

    private final String text;

    public ConfigText(String text) {
        this.text = text;
    }

    /** Where something stands, in chars: {@code from} is its first, {@code to} behind its last. */
    private record Span(int from, int to) {}

    /** Where things stand: the values by {@code section.key}, and the sections' and the whole's braces. */
    private record Places(Map<String, Span> values, Map<String, Integer> sections, int top) {}

    /**
     * The same with {@code value} for a key, in its place if it is there.
     *
     * @param section a name without anything to be escaped, as {@code key}
     * @throws IOException when the text is no configuration file
     */
    public ConfigText with(String section, String key, String value) throws IOException {
        String json = NUMBER.matcher(value).matches()
                ? value
                : "\"" + new String(JsonStringEncoder.getInstance().quoteAsString(value)) + "\"";
        Places places = places();
        Span there = places.values.get(section + "." + key);
        if (there != null) {
            return new ConfigText(text.substring(0, there.from) + json + text.substring(there.to));
        }
        String member = "\"" + key + "\": " + json;
        Integer brace = places.sections.get(section);
        return brace != null
                ? inserted(brace, "    " + member)
                : inserted(places.top, "  \"" + section + "\": {\n    " + member + "\n  }");
    }

    /** As the first of the members behind the brace at {@code brace}. */
    private ConfigText inserted(int brace, String member) throws IOException {
        boolean alone = nextTokenEnds(brace);
        return new ConfigText(
                text.substring(0, brace + 1) + "\n" + member + (alone ? "\n" : ",") + text.substring(brace + 1));
    }

    private boolean nextTokenEnds(int brace) throws IOException {
        try (JsonParser parser = parser(text)) {
            while (parser.nextToken() != null) {
                if (at(parser) == brace) {
                    return parser.nextToken() == JsonToken.END_OBJECT;
                }
            }
        }
        throw new IOException("no brace at " + brace);
    }

    /** The names of a section's keys as they stand there. */
    public Iterable<String> keys(String section) throws IOException {
        Map<String, String> keys = new LinkedHashMap<>();
        places().values.keySet().stream()
                .filter(path -> path.startsWith(section + "."))
                .map(path -> path.substring(section.length() + 1))
                .forEach(key -> keys.put(key, key));
        return keys.keySet();
    }

    private Places places() throws IOException {
        Map<String, Span> values = new LinkedHashMap<>();
        Map<String, Integer> sections = new LinkedHashMap<>();
        try (JsonParser parser = parser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("it is no JSON object");
            }
            int top = at(parser);
            String section = null;
            while (parser.nextToken() != null) {
                if (parser.currentToken() == JsonToken.FIELD_NAME) {
                    section = member(parser, section, values, sections);
                } else if (parser.currentToken() == JsonToken.END_OBJECT) {
                    section = null;
                }
            }
            return new Places(values, sections, top);
        }
    }

    /** Reads the value behind a name; gives the section that is open then. */
    private static @Nullable String member(
            JsonParser parser, @Nullable String section, Map<String, Span> values, Map<String, Integer> sections)
            throws IOException {
        String name = parser.currentName();
        boolean opens = parser.nextToken() == JsonToken.START_OBJECT;
        int from = at(parser);
        if (section == null) {
            if (opens) {
                sections.put(name, from);
                return name;
            }
            parser.skipChildren();
            return null;
        }
        parser.skipChildren();
        parser.finishToken();
        values.put(section + "." + name, new Span(from, (int)
                parser.currentLocation().getCharOffset()));
        return section;
    }

    private static int at(JsonParser parser) {
        return (int) parser.currentTokenLocation().getCharOffset();
    }

    private static JsonParser parser(String text) throws IOException {
        return JsonFactory.builder()
                .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
                .enable(JsonReadFeature.ALLOW_TRAILING_COMMA)
                .build()
                .createParser(text);
    }

    @Override
    public String toString() {
        return text;
    }
}
