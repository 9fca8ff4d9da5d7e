package io.holdfast.proxy.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The schema takes what the code takes, and refuses of numbers, words and shapes what it refuses. */
class ConfigSchemaTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final List<String> SAMPLES = List.of(
            "0",
            "1",
            "2",
            "16",
            "50",
            "1024",
            "1025",
            "65535",
            "65536",
            "36500",
            "36501",
            "268435456",
            "2147483647",
            "2147483648",
            "-1",
            "0.05",
            "1.5",
            "true",
            "false",
            "null",
            "{}",
            "[]",
            "[\"a park\"]",
            "[1]",
            "[[]]",
            "\"\"",
            "\" \"",
            "\"x\"",
            "\"5\"",
            "\"yes\"",
            "\"no\"",
            "\"on\"",
            "\"2s\"",
            "\"2 MS\"",
            "\"2x\"",
            "\"s\"",
            "\"30d\"",
            "\"2w\"",
            "\"500mb\"",
            "\"2GB\"",
            "\"full\"",
            "\"always\"",
            "\"exponential\"",
            "\"merge\"",
            "\"refuse\"",
            "\"redis://127.0.0.1\"",
            "\"/tmp/x\"",
            "\"-1\"",
            "\"1e3\"");

    private final Path file;

    ConfigSchemaTest(@TempDir Path dir) {
        file = dir.resolve("holdfast.json");
    }

    @Test
    void schemaAndCodeTakeTheSameValues() throws IOException {
        JsonNode sections = JSON.readTree(ConfigDocuments.schema()).path("properties");
        for (Key<?> key : Keys.all()) {
            JsonNode schema = sections.path(key.section()).path("properties").path(key.name());
            assertThat(schema.isObject()).describedAs(key.path()).isTrue();
            for (String sample : SAMPLES) {
                JsonNode value = JSON.readTree(sample);
                boolean bySchema = takes(schema, value);
                boolean byCode = read("{\"" + key.section() + "\": {\"" + key.name() + "\": " + sample + "}}");
                // What stands in a text beyond its pattern is the code's to say, and what redis.conf takes is the
                // engine's.
                boolean onlyTheCodeKnows =
                        value.isTextual() || value.isArray() || key.section().equals(Keys.SETTINGS);
                if (byCode || !onlyTheCodeKnows) {
                    assertThat(bySchema).describedAs("%s: %s", key, sample).isEqualTo(byCode);
                }
            }
        }
    }

    @Test
    void aKeyThatTheCodeDoesNotKnowTheSchemaDoesNotEither() throws IOException {
        JsonNode root = JSON.readTree(ConfigDocuments.schema());

        assertThat(root.path("additionalProperties").isBoolean()).isTrue();
        root.path("properties").properties().forEach(section -> {
            if (!section.getKey().equals("$schema") && !section.getKey().equals(Keys.SETTINGS)) {
                assertThat(section.getValue().path("additionalProperties"))
                        .describedAs(section.getKey())
                        .isEqualTo(JSON.getNodeFactory().booleanNode(false));
            }
        });
    }

    @Test
    void defaultsAreWhatTheSchemaTakes() throws IOException {
        JSON.readTree(ConfigDocuments.schema())
                .path("properties")
                .forEach(section -> section.path("properties").properties().forEach(property -> {
                    JsonNode standard = property.getValue().path("default");
                    assertThat(standard.isMissingNode() || takes(property.getValue(), standard))
                            .describedAs(property.getKey())
                            .isTrue();
                }));
    }

    private boolean read(String content) throws IOException {
        try {
            Configuration.read(new Sources(Map.of(), Map.of(), Files.writeString(file, content)));
            return true;
        } catch (BadConfigurationException refused) {
            return false;
        }
    }

    // ---- as much of JSON Schema as the schema uses

    private static boolean takes(JsonNode schema, JsonNode value) {
        JsonNode words = schema.path("enum");
        if (words.isArray()) {
            return StreamSupport.stream(words.spliterator(), false).anyMatch(value::equals);
        }
        JsonNode types = schema.path("type");
        boolean ofType = types.isArray()
                ? StreamSupport.stream(types.spliterator(), false).anyMatch(type -> is(type.asText(), value))
                : is(types.asText(), value);
        if (!ofType) {
            return false;
        } else if (value.isNumber()) {
            BigDecimal number = value.decimalValue();
            return (!schema.has("minimum")
                            || number.compareTo(schema.path("minimum").decimalValue()) >= 0)
                    && (!schema.has("maximum")
                            || number.compareTo(schema.path("maximum").decimalValue()) <= 0);
        } else if (value.isTextual()) {
            return value.asText().length() >= schema.path("minLength").asInt(0)
                    && Pattern.compile(schema.path("pattern").asText(""))
                            .matcher(value.asText())
                            .find();
        }
        return StreamSupport.stream(value.spliterator(), false).allMatch(item -> takes(schema.path("items"), item));
    }

    private static boolean is(String type, JsonNode value) {
        return switch (type) {
            case "integer" -> value.isIntegralNumber();
            case "number" -> value.isNumber();
            case "string" -> value.isTextual();
            case "array" -> value.isArray();
            default -> throw new IllegalStateException(type);
        };
    }
}
