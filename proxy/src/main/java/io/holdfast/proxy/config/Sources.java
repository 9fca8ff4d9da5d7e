package io.holdfast.proxy.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a configuration is read from, and can be read again from. Immutable.
 *
 * @param flags of the command line, by their names ({@code --port})
 * @param environment all of the process's variables
 * @param config the file that the command line names; null: it names none
 */
public record Sources(
        Map<String, String> flags,
        Map<String, String> environment,
        @Nullable Path config) {
    /** Nothing is said anywhere. */
    public static final Sources NONE = new Sources(Map.of(), Map.of(), null);

    /** The file that is read; null: none. */
    public @Nullable Path file() {
        String named = environment.getOrDefault(Environment.CONFIG, "");
        return config != null ? config : named.isEmpty() ? null : Path.of(named);
    }

    /** By path, of those that have a flag. */
    List<Written> flagged(Key<?> key) {
        String flag = key.flag();
        String value = flag == null ? null : flags.get(flag);
        return flag == null || value == null
                ? List.of()
                : List.of(Written.word(value, new Origin(Origin.Source.FLAG, flag)));
    }
}
