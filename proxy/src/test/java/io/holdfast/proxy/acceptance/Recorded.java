package io.holdfast.proxy.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Compares a reply with the recorded one, in the recording's own notation. */
final class Recorded {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private Recorded() {}

    /** The reply as the recording would spell it. */
    static JsonNode spell(Reply reply) {
        if (reply instanceof Reply.Simple simple) {
            return JSON.textNode(simple.text().utf8());
        } else if (reply instanceof Reply.Bulk bulk) {
            return JSON.textNode(bulk.value().utf8());
        } else if (reply instanceof Reply.Verbatim verbatim) {
            return JSON.textNode(verbatim.text().utf8());
        } else if (reply instanceof Reply.Int number) {
            return JSON.numberNode(number.value());
        } else if (reply instanceof Reply.Failure failure) {
            return JSON.objectNode().put("error", failure.text().utf8());
        } else if (reply instanceof Reply.Real real) {
            return JSON.objectNode().put("double", real.text().utf8());
        } else if (reply instanceof Reply.SetOf set) {
            return JSON.objectNode().set("set", array(set.items()));
        } else if (reply instanceof Reply.MapOf map) {
            ArrayNode pairs = JSON.arrayNode();
            for (int i = 0; i < map.keysAndValues().size(); i += 2) {
                pairs.add(array(map.keysAndValues().subList(i, i + 2)));
            }
            return JSON.objectNode().set("map", pairs);
        } else if (reply instanceof Reply.Array array) {
            return array(array.items());
        }
        return JSON.nullNode();
    }

    private static ArrayNode array(List<Reply> items) {
        ArrayNode array = JSON.arrayNode();
        items.forEach(item -> array.add(spell(item)));
        return array;
    }

    /** Equal, numbers compared as numbers; with {@code sorted} the elements' order is free. */
    static boolean same(@Nullable JsonNode expected, JsonNode got, boolean sorted) {
        if (expected == null) {
            return false;
        }
        if (expected.isArray() && got.isArray()) {
            return sameElements(expected, got, sorted);
        }
        if (expected.isObject() && got.isObject() && expected.size() == 1 && got.size() == 1) {
            String kind = expected.fieldNames().next();
            boolean free = sorted || kind.equals("set") || kind.equals("map");
            return got.has(kind) && same(expected.get(kind), got.get(kind), free);
        }
        if (expected.isIntegralNumber() && got.isIntegralNumber()) {
            return expected.longValue() == got.longValue();
        }
        return expected.equals(got) || sameNumber(expected, got);
    }

    private static boolean sameElements(JsonNode expected, JsonNode got, boolean sorted) {
        if (expected.size() != got.size()) {
            return false;
        }
        List<JsonNode> left = elements(expected, sorted);
        List<JsonNode> right = elements(got, sorted);
        for (int i = 0; i < left.size(); i++) {
            if (!same(left.get(i), right.get(i), false)) {
                return false;
            }
        }
        return true;
    }

    private static List<JsonNode> elements(JsonNode array, boolean sorted) {
        List<JsonNode> elements = new ArrayList<>();
        array.forEach(elements::add);
        if (sorted) {
            elements.sort(Comparator.comparing(JsonNode::toString));
        }
        return elements;
    }

    /** A score is printed in two ways (%.17g, and the shortest) that mean the same number. */
    private static boolean sameNumber(JsonNode expected, JsonNode got) {
        if (!expected.isTextual() || !got.isTextual()) {
            return false;
        }
        try {
            return Double.compare(Double.parseDouble(expected.asText()), Double.parseDouble(got.asText())) == 0;
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
