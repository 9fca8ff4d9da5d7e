package io.holdfast.engine.profile;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A JSON value that knows in which line it began. Comments as in Java, and a comma behind the last of a list, may stand in
 * the text. Immutable.
 */
public sealed interface Json {
    int line();

    record Obj(int line, Map<String, Json> members) implements Json {}

    record Arr(int line, List<Json> items) implements Json {}

    record Text(int line, String text) implements Json {}

    record Num(int line, BigDecimal number) implements Json {}

    /** True, false or null: nothing in a profile takes one. */
    record Word(int line, @Nullable Boolean truth) implements Json {}

    /**
     * Reads the one value of a text; a name given twice, and anything behind the value, is a mistake.
     *
     * @param name of the file, for messages
     */
    static Json parse(String name, String text) throws BadProfileException {
        JsonFactory factory = JsonFactory.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
                .enable(JsonReadFeature.ALLOW_TRAILING_COMMA)
                .build();
        try (JsonParser parser = factory.createParser(text)) {
            if (parser.nextToken() == null) {
                throw new BadProfileException(name, 1, "there is nothing in it");
            }
            Json value = value(parser);
            if (parser.nextToken() != null) {
                throw new BadProfileException(name, line(parser), "something follows the end");
            }
            return value;
        } catch (JacksonException e) {
            int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
            throw new BadProfileException(name, line, "this is not JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new BadProfileException(name, 0, "it cannot be read: " + e.getMessage());
        }
    }

    private static Json value(JsonParser parser) throws IOException {
        int line = line(parser);
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                Map<String, Json> members = new LinkedHashMap<>();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String member = parser.currentName();
                    parser.nextToken();
                    members.put(member, value(parser));
                }
                yield new Obj(line, members);
            }
            case START_ARRAY -> {
                List<Json> items = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    items.add(value(parser));
                }
                yield new Arr(line, items);
            }
            case VALUE_STRING -> new Text(line, parser.getText());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Num(line, parser.getDecimalValue());
            case VALUE_TRUE -> new Word(line, true);
            case VALUE_FALSE -> new Word(line, false);
            case VALUE_NULL -> new Word(line, null);
            case NOT_AVAILABLE, END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT ->
                throw new IllegalStateException("no value begins with " + parser.currentToken());
        };
    }

    private static int line(JsonParser parser) {
        return parser.currentTokenLocation().getLineNr();
    }
}
