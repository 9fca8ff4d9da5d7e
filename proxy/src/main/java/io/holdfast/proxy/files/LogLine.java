package io.holdfast.proxy.files;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.holdfast.engine.store.EntryFields;
import io.holdfast.resp.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One element of a key as a line of JSON. Stateless.
 *
 * <pre>
 *   list     what is a JSON object       {"agent_id":"a", …}            itself
 *            any other text              {"value":"text"}
 *   stream   an entry                    {"id":"1706789400000-0","time":"2024-02-01T12:10:00.000Z","fields":{"f":"v"}}
 *            a field that stands twice   … "fields":{"f":["v","w"]}
 *   both     bytes that are no UTF-8     {"base64":"/w=="} instead of the text
 *            too long                    {"truncated":true,"bytes":2000000, …}
 * </pre>
 */
final class LogLine {
    /** A longer element is not written whole. */
    static final int BYTES_MAX = 1 << 20;

    /** Of what is not written whole. */
    private static final int BEGINNING_CHARS_MAX = 1_000;

    private static final JsonFactory JSON = new JsonFactory();
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final long LAST_YEAR_ENDS_MS =
            253_402_300_799_999L; // 9999-12-31, behind which names of files do not sort

    private LogLine() {}

    /**
     * An element of a list.
     *
     * @param value null: too long
     * @param length bytes of the whole
     * @param beginning of the element
     */
    static byte[] element(byte @Nullable [] value, long length, byte[] beginning) {
        if (value == null) {
            return object(json -> {
                writeTruncated(json, length);
                String text = new String(beginning, StandardCharsets.UTF_8);
                json.writeStringField("value", text.substring(0, Math.min(text.length(), BEGINNING_CHARS_MAX)));
            });
        }
        String text = text(value);
        if (text != null && isObject(text)) {
            // A line's end stands between tokens alone: within a text JSON spells it otherwise.
            return (text.strip().replace('\n', ' ').replace('\r', ' ') + "\n").getBytes(StandardCharsets.UTF_8);
        }
        return object(json -> {
            json.writeFieldName("value");
            writeText(json, value);
        });
    }

    /**
     * An entry of a stream.
     *
     * @param fields as storage has them; null: too long
     * @param length bytes of the fields
     */
    static byte[] entry(long ms, long seq, byte @Nullable [] fields, long length) {
        List<Bytes> strings = fields == null ? List.of() : EntryFields.decode(Bytes.wrap(fields));
        return object(json -> {
            json.writeStringField("id", Long.toUnsignedString(ms) + "-" + Long.toUnsignedString(seq));
            if (ms >= 0 && ms <= LAST_YEAR_ENDS_MS) {
                json.writeStringField("time", TIME.format(Instant.ofEpochMilli(ms)));
            }
            if (fields == null) {
                writeTruncated(json, length);
            } else {
                json.writeFieldName("fields");
                writeFields(json, strings);
            }
        });
    }

    /** The day of an entry, as it stands in a file's name. */
    static String day(long ms) {
        return TIME.format(Instant.ofEpochMilli(ms < 0 ? LAST_YEAR_ENDS_MS : Math.min(ms, LAST_YEAR_ENDS_MS)))
                .substring(0, 10);
    }

    private static void writeTruncated(JsonGenerator json, long length) throws IOException {
        json.writeBooleanField("truncated", true);
        json.writeNumberField("bytes", length);
    }

    private static void writeFields(JsonGenerator json, List<Bytes> strings) throws IOException {
        Map<String, ArrayList<Bytes>> fields = new LinkedHashMap<>();
        for (int i = 0; i + 1 < strings.size(); i += 2) {
            fields.computeIfAbsent(strings.get(i).utf8(), name -> new ArrayList<>())
                    .add(strings.get(i + 1));
        }
        json.writeStartObject();
        for (Map.Entry<String, ArrayList<Bytes>> field : fields.entrySet()) {
            json.writeFieldName(field.getKey());
            if (field.getValue().size() == 1) {
                writeText(json, field.getValue().get(0).array());
            } else {
                json.writeStartArray();
                for (Bytes value : field.getValue()) {
                    writeText(json, value.array());
                }
                json.writeEndArray();
            }
        }
        json.writeEndObject();
    }

    private static void writeText(JsonGenerator json, byte[] value) throws IOException {
        String text = text(value);
        if (text != null) {
            json.writeString(text);
        } else {
            json.writeStartObject();
            json.writeStringField("base64", Base64.getEncoder().encodeToString(value));
            json.writeEndObject();
        }
    }

    private static @Nullable String text(byte[] value) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(value))
                    .toString();
        } catch (CharacterCodingException e) {
            return null; // which is an answer: these bytes are no text
        }
    }

    private static boolean isObject(String text) {
        if (!text.stripLeading().startsWith("{")) {
            return false;
        }
        try (JsonParser parser = JSON.createParser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return false;
            }
            parser.skipChildren();
            return parser.currentToken() == JsonToken.END_OBJECT && parser.nextToken() == null;
        } catch (JacksonException e) {
            return false; // which is an answer, too
        } catch (IOException e) {
            throw new UncheckedIOException("a text cannot be read from memory", e);
        }
    }

    /** Writes the members of an object. */
    private interface Members {
        void write(JsonGenerator json) throws IOException;
    }

    private static byte[] object(Members members) {
        var out = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            members.write(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("a line cannot be written to memory", e);
        }
        out.write('\n');
        return out.toByteArray();
    }
}
