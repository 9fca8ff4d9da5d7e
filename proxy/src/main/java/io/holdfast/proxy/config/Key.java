package io.holdfast.proxy.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One row of the table of settings: what it is called everywhere, what it takes, and what it does. Immutable. */
public final class Key<T> {
    private static final String ENVIRONMENT = "HOLDFAST_";

    private final String path;
    private final Kind<T> kind;
    private final String written;
    private final String says;
    private final Names names;
    private final Traits traits;

    /**
     * @param flag of the command line; null: none
     * @param label what the flag takes; empty: nothing
     * @param environment the name for Holdfast alone; null: made from the flag or the path
     * @param shared names that other programs read too
     * @param redis as redis.conf calls it; null: it does not
     */
    private record Names(
            @Nullable String flag,
            String label,
            @Nullable String environment,
            List<String> shared,
            @Nullable String redis) {}

    /**
     * @param live whether it can change while the server runs
     * @param secret whether nobody may see its value
     * @param without why it has no effect here; null: it has one
     * @param example a value for documents, where it has no default
     */
    private record Traits(
            boolean live, boolean secret, @Nullable String without, String example) {}

    private Key(String path, Kind<T> kind, String written, String says, Names names, Traits traits) {
        this.path = path;
        this.kind = kind;
        this.written = written;
        this.says = says;
        this.names = names;
        this.traits = traits;
    }

    /** @param written its default, as a file would have it; empty: none */
    static <T> Key<T> of(String path, Kind<T> kind, String written, String says) {
        return new Key<>(
                path,
                kind,
                written,
                says,
                new Names(null, "", null, List.of(), null),
                new Traits(false, false, null, ""));
    }

    Key<T> flag(String flag, String label) {
        return with(new Names(flag, label, names.environment, names.shared, names.redis));
    }

    Key<T> environment(String name) {
        return with(new Names(names.flag, names.label, name, names.shared, names.redis));
    }

    Key<T> shared(String... others) {
        return with(new Names(names.flag, names.label, names.environment, List.of(others), names.redis));
    }

    Key<T> redis(String name) {
        return with(new Names(names.flag, names.label, names.environment, names.shared, name));
    }

    Key<T> live() {
        return with(new Traits(true, traits.secret, traits.without, traits.example));
    }

    Key<T> hidden() {
        return with(new Traits(traits.live, true, traits.without, traits.example));
    }

    Key<T> withoutEffect(String why) {
        return with(new Traits(traits.live, traits.secret, why, traits.example));
    }

    Key<T> example(String value) {
        return with(new Traits(traits.live, traits.secret, traits.without, value));
    }

    private Key<T> with(Names others) {
        return new Key<>(path, kind, written, says, others, traits);
    }

    private Key<T> with(Traits others) {
        return new Key<>(path, kind, written, says, names, others);
    }

    // ---- its names

    /** {@code section.name}, as the file has it. */
    public String path() {
        return path;
    }

    public String section() {
        return path.substring(0, path.indexOf('.'));
    }

    /** Without the section. */
    public String name() {
        return path.substring(path.indexOf('.') + 1);
    }

    /** Such as {@code --port}; null: it has none. */
    public @Nullable String flag() {
        return names.flag;
    }

    /** What stands behind the flag; empty: nothing does, the flag says it all. */
    public String label() {
        return names.label;
    }

    /**
     * The environment's name for it: of its flag, if it has one, else of its path, where what concerns the server itself
     * needs no section.
     */
    public String environment() {
        if (names.environment != null) {
            return names.environment;
        }
        String flag = names.flag;
        String name = flag != null ? flag.substring(2) : section().equals("server") ? name() : path;
        return ENVIRONMENT + name.toUpperCase(Locale.ROOT).replace('-', '_').replace('.', '_');
    }

    /** Other names in the environment, which other programs read too. */
    public List<String> shared() {
        return names.shared;
    }

    public List<String> environments() {
        var all = new ArrayList<String>();
        all.add(environment());
        all.addAll(names.shared);
        return all;
    }

    /** As CONFIG GET calls it; null: it does not know it. */
    public @Nullable String redis() {
        return names.redis;
    }

    // ---- what it is

    Kind<T> kind() {
        return kind;
    }

    /** The default as a file would have it; empty: none. */
    public String written() {
        return written;
    }

    /** One sentence. */
    public String says() {
        return says;
    }

    /** Whether it can change while the server runs. */
    public boolean isLive() {
        return traits.live;
    }

    /** Whether nobody may see its value. */
    public boolean isSecret() {
        return traits.secret;
    }

    /** Why it has no effect here; null: it has one. */
    public @Nullable String withoutEffect() {
        return traits.without;
    }

    /** A value for documents: the default, or another where there is none. */
    public String example() {
        return written.isEmpty() ? traits.example : written;
    }

    public String takes() {
        return kind.takes();
    }

    /** Of a bare number; empty: it has none. */
    public String unit() {
        return kind.unit();
    }

    @Override
    public String toString() {
        return path;
    }
}
