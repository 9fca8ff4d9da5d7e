package io.holdfast.proxy.http;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.engine.rule.NearestName;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A request that has come whole. Immutable.
 *
 * @param method in capitals; HEAD has become GET
 * @param segments of the path, decoded
 * @param query each parameter's last value
 * @param who null: it does not say
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, and nobody writes to it
record Request(
        String method,
        List<String> segments,
        Map<String, String> query,
        byte[] body,
        @Nullable Credentials who) {
    private static final int PARAMETERS_MAX = 16;

    /** @throws Refusal when the query cannot be read */
    static Map<String, String> queryOf(String uri) {
        Map<String, String> query = new LinkedHashMap<>();
        try {
            var decoder = new QueryStringDecoder(uri, java.nio.charset.StandardCharsets.UTF_8, true, PARAMETERS_MAX);
            decoder.parameters().forEach((name, values) -> query.put(name, values.get(values.size() - 1)));
        } catch (IllegalArgumentException e) {
            throw new Refusal(Answer.error(400, "the query string cannot be read: " + e.getMessage()));
        }
        return query;
    }

    /** @throws Refusal when the query has another parameter */
    void requireParameters(String... allowed) {
        for (String name : query.keySet()) {
            if (allowed.length == 0) {
                throw new Refusal(Answer.error(400, "there are no query parameters here, such as '" + name + "'"));
            } else if (!Set.of(allowed).contains(name)) {
                throw new Refusal(Answer.error(
                        400,
                        "unknown query parameter '" + name + "'; the nearest is '"
                                + NearestName.of(name, new TreeSet<>(Set.of(allowed))) + "'"));
            }
        }
    }

    /** @throws Refusal when the parameter is no number from {@code min} to {@code max} */
    int number(String parameter, int otherwise, int min, int max) {
        String written = query.get(parameter);
        if (written == null) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(written);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw notFrom(parameter, min, max, written);
        }
        throw notFrom(parameter, min, max, written);
    }

    private static Refusal notFrom(String parameter, int min, int max, String written) {
        return new Refusal(Answer.error(
                400, parameter + " takes a number from " + min + " to " + max + ", not '" + written + "'"));
    }

    /** @throws Refusal when the body is no JSON object */
    JsonNode object() {
        JsonNode node;
        try {
            node = Json.STRICT.readTree(body);
        } catch (JacksonException e) {
            throw new Refusal(Answer.error(400, "the body is not JSON: " + e.getOriginalMessage()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (!node.isObject()) {
            throw new Refusal(Answer.error(400, "the body must be one JSON object, as {\"handoff_content\": \"…\"}"));
        }
        return node;
    }
}
