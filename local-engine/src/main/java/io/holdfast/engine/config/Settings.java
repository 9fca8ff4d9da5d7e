package io.holdfast.engine.config;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What CONFIG GET and CONFIG SET can see, by redis.conf name; the parts of the server add theirs at start-up. Owned by
 * the engine loop.
 */
public final class Settings {
    /**
     * One parameter.
     *
     * @param write refuses a bad value with an IllegalArgumentException that says what would be right; null when the
     *     parameter cannot be changed while the server runs
     */
    public record Setting(
            String name, Supplier<String> read, @Nullable Consumer<String> write) {}

    private final Map<String, Setting> byName = new TreeMap<>();

    /** Adds a parameter that CONFIG SET refuses to change. */
    public void fixed(String name, String value) {
        byName.put(name, new Setting(name, () -> value, null));
    }

    public void add(String name, Supplier<String> read, Consumer<String> write) {
        byName.put(name, new Setting(name, read, write));
    }

    public Collection<Setting> all() {
        return byName.values();
    }

    public @Nullable Setting find(String name) {
        return byName.get(name.toLowerCase(Locale.ROOT));
    }
}
