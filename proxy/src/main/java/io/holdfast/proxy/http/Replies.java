package io.holdfast.proxy.http;

import io.holdfast.resp.Reply;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Replies as JSON has them. */
final class Replies {
    /** Of an operation of the queue; a bulk reply has no numbers with fractions. */
    private static final String SCORE = "redis_score";

    private Replies() {}

    /** The names of a map, which RESP2 spells as an array, with their values. */
    static Map<String, Object> object(Reply reply) {
        if (!(reply instanceof Reply.Array array)) {
            throw new IllegalStateException("not an array: " + reply);
        }
        Map<String, Object> object = new LinkedHashMap<>();
        List<Reply> items = array.items();
        for (int i = 0; i + 1 < items.size(); i += 2) {
            object.put(String.valueOf(value(items.get(i))), items.get(i + 1));
        }
        return object;
    }

    /** A row, by its columns. */
    static Map<String, Object> row(Reply reply) {
        Map<String, Object> row = object(reply);
        row.replaceAll((name, value) -> value instanceof Reply field ? plain(name, field) : value);
        return row;
    }

    private static @Nullable Object plain(String name, Reply reply) {
        Object value = value(reply);
        return name.equals(SCORE) && value instanceof String text ? score(text) : value;
    }

    /** JSON has no infinity. */
    private static Object score(String text) {
        double score = Double.parseDouble(text);
        return Double.isInfinite(score) ? text : score;
    }

    /** Texts and numbers. */
    static @Nullable Object value(Reply reply) {
        if (reply instanceof Reply.Bulk bulk) {
            return bulk.value().utf8();
        } else if (reply instanceof Reply.Simple simple) {
            return simple.text().utf8();
        } else if (reply instanceof Reply.Int number) {
            return number.value();
        } else if (reply instanceof Reply.Null) {
            return null;
        }
        throw new IllegalStateException("neither text nor number: " + reply);
    }
}
