package io.holdfast.proxy.admin;

import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;

/** The names and values of a map that is answered, in their order. For one thread. */
final class Fields {
    private final List<Reply> fields = new ArrayList<>();

    Fields add(String name, Reply value) {
        fields.add(Reply.bulk(name));
        fields.add(value);
        return this;
    }

    Fields add(String name, long value) {
        return add(name, Reply.of(value));
    }

    Fields add(String name, String value) {
        return add(name, Reply.bulk(value));
    }

    Reply reply() {
        return new Reply.MapOf(List.copyOf(fields));
    }
}
