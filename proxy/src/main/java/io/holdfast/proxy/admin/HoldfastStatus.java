package io.holdfast.proxy.admin;

import io.holdfast.engine.command.InfoSections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** What Holdfast says of itself: the lines of INFO holdfast and HOLDFAST STATUS. Owned by the engine loop. */
public final class HoldfastStatus {
    private final Map<String, Supplier<Object>> fields = new LinkedHashMap<>();

    /** Adds a line; the value is asked for each time. */
    public HoldfastStatus add(String name, Supplier<Object> value) {
        fields.put(name, value);
        return this;
    }

    /** The section of INFO. */
    public void lines(InfoSections.Lines lines) {
        fields.forEach((name, value) -> lines.line(name, value.get()));
    }

    public Map<String, Object> now() {
        Map<String, Object> values = new LinkedHashMap<>();
        fields.forEach((name, value) -> values.put(name, value.get()));
        return values;
    }
}
