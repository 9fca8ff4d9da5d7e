package io.holdfast.proxy.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What flags, environment, file and defaults say together: a flag goes before the environment, that before the file, the
 * file before the default. Every value can be used, and knows where it comes from. Immutable.
 */
public final class Configuration {
    private final Sources sources;
    /** What counts, by path; a key that nobody has said and that has no default is not there. */
    private final Map<String, Written> chosen;

    private final List<String> warnings;

    private Configuration(Sources sources, Map<String, Written> chosen, List<String> warnings) {
        this.sources = sources;
        this.chosen = chosen;
        this.warnings = List.copyOf(warnings);
    }

    /** @throws BadConfigurationException naming everything that is wrong */
    public static Configuration read(Sources sources) throws BadConfigurationException {
        var mistakes = new ArrayList<String>();
        Map<String, List<Written>> given = new LinkedHashMap<>();
        Keys.all().forEach(key -> add(given, key.path(), sources.flagged(key)));
        Environment.read(sources.environment(), mistakes).forEach((path, written) -> add(given, path, written));
        Path file = sources.file();
        if (file != null) {
            ConfigFile.read(file, mistakes).forEach((path, written) -> add(given, path, List.of(written)));
        }
        return chosen(sources, given, mistakes);
    }

    private static void add(Map<String, List<Written>> given, String path, List<Written> written) {
        if (!written.isEmpty()) {
            given.computeIfAbsent(path, unused -> new ArrayList<>()).addAll(written);
        }
    }

    private static Configuration chosen(Sources sources, Map<String, List<Written>> given, List<String> mistakes)
            throws BadConfigurationException {
        Map<String, Written> chosen = new LinkedHashMap<>();
        var warnings = new ArrayList<String>();
        for (Key<?> key : Keys.all()) {
            if (!key.written().isEmpty()) {
                chosen.put(key.path(), Written.word(key.written(), Origin.DEFAULT));
            }
        }
        var parameters = given.keySet().stream().anyMatch(Configuration::isSetting) ? new RedisParameters() : null;
        given.forEach((path, all) -> {
            Written strongest =
                    all.stream().max(Comparator.comparing(Written::origin)).orElseThrow();
            for (Written written : all) {
                // What is weaker than another need not fit us: a name may be there for other programs. The file is
                // ours.
                if (written.equals(strongest) || written.origin().source() == Origin.Source.FILE) {
                    mistake(path, written, parameters).ifPresent(mistakes::add);
                }
            }
            Key<?> key = Keys.find(path);
            if (key != null && mistakes.isEmpty()) {
                warnings.addAll(doubts(key, strongest));
            }
            chosen.put(path, strongest);
        });
        if (!mistakes.isEmpty()) {
            throw new BadConfigurationException(mistakes);
        }
        return new Configuration(sources, chosen, warnings);
    }

    private static boolean isSetting(String path) {
        return path.startsWith(Keys.SETTINGS + ".");
    }

    private static Optional<String> mistake(String path, Written written, @Nullable RedisParameters parameters) {
        if (parameters != null && isSetting(path)) {
            String name = path.substring(Keys.SETTINGS.length() + 1);
            if (written.shape() == Written.Shape.TRUTH) {
                return Optional.of(written.origin().of(path) + " takes a text or a number, not " + written.quoted());
            }
            return parameters
                    .mistakeInName(name)
                    .map(wrong -> written.origin().of(path) + " " + wrong)
                    .or(() -> parameters
                            .mistakeInValue(name, written.text())
                            .map(wrong -> written.origin().of(path) + ": " + wrong));
        }
        Key<?> key = Objects.requireNonNull(Keys.find(path));
        String why = "";
        if (key.kind().accepts(written.shape())) {
            try {
                key.kind().check(written);
                return Optional.empty();
            } catch (IllegalArgumentException e) {
                why = String.valueOf(e.getMessage());
            }
        }
        // What is a secret, or may hold one, is never repeated.
        boolean shown = !key.isSecret() && key != Keys.URL;
        return Optional.of(written.origin().of(path) + " takes " + key.takes()
                + (shown ? ", not " + written.quoted() : "") + (why.isEmpty() ? "" : ": " + why));
    }

    private static List<String> doubts(Key<?> key, Written written) {
        String doubt = key.kind().doubt().apply(written);
        String without = key.withoutEffect();
        var doubts = new ArrayList<String>();
        if (!doubt.isEmpty()) {
            doubts.add(written.origin().of(key.path()) + ": " + doubt);
        }
        if (without != null) {
            doubts.add(written.origin().of(key.path()) + " has no effect: " + without);
        }
        return doubts;
    }

    /**
     * The same, with other values for some keys.
     *
     * @param wanted by path
     * @param place who wants it, for messages
     * @throws BadConfigurationException when a name or a value is refused
     */
    public Configuration with(Map<String, List<String>> wanted, String place) throws BadConfigurationException {
        var mistakes = new ArrayList<String>();
        Map<String, List<Written>> given = new LinkedHashMap<>();
        chosen.forEach((path, written) -> {
            if (written.origin().source() != Origin.Source.DEFAULT) {
                add(given, path, List.of(written));
            }
        });
        var origin = new Origin(Origin.Source.RUNNING, place);
        wanted.forEach((path, values) -> {
            Key<?> key = Keys.find(path);
            if (key == null) {
                mistakes.add(place + ": unknown key '" + path + "'; the nearest is '" + Keys.nearest(path) + "'");
                return;
            }
            // One text is cut into items as one from the environment is: it would else be an item of a strange name.
            boolean isList = key.kind().accepts(Written.Shape.LIST) && values.size() > 1;
            given.remove(path);
            add(
                    given,
                    path,
                    List.of(isList ? Written.list(values, origin) : Written.word(String.join(",", values), origin)));
        });
        return chosen(sources, given, mistakes);
    }

    /** What of {@code other} was changed while it ran, kept here too, but for {@code without}. */
    public Configuration withRunning(Configuration other, List<String> without) {
        Map<String, Written> merged = new LinkedHashMap<>(chosen);
        other.chosen.forEach((path, written) -> {
            if (written.origin().source() == Origin.Source.RUNNING && !without.contains(path)) {
                merged.put(path, written);
            }
        });
        return new Configuration(sources, merged, warnings);
    }

    /** The same, with what {@code next} has for {@code paths}. */
    public Configuration adopting(Configuration next, List<String> paths) {
        Map<String, Written> merged = new LinkedHashMap<>(chosen);
        for (String path : paths) {
            Written written = next.chosen.get(path);
            if (written == null) {
                merged.remove(path);
            } else {
                merged.put(path, written);
            }
        }
        return new Configuration(sources, merged, next.warnings);
    }

    // ---- asking

    public Sources sources() {
        return sources;
    }

    /** What is odd and can be used all the same, a line each. */
    public List<String> warnings() {
        return warnings;
    }

    /** Null: nobody has said it, and it has no default. */
    public <T> @Nullable T value(Key<T> key) {
        Written written = chosen.get(key.path());
        return written == null ? null : key.kind().read().apply(written);
    }

    /** Of a key that has a default. */
    public <T> T get(Key<T> key) {
        return Objects.requireNonNull(value(key), key.path());
    }

    public Origin origin(Key<?> key) {
        return origin(key.path());
    }

    /** Of a parameter of redis.conf. */
    public Origin settingOrigin(String name) {
        return origin(Keys.SETTINGS + "." + name);
    }

    public Origin origin(String path) {
        Written written = chosen.get(path);
        return written == null ? Origin.DEFAULT : written.origin();
    }

    /** Parameters of redis.conf that were given, by their names. */
    public Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        chosen.forEach((path, written) -> {
            if (isSetting(path)) {
                settings.put(path.substring(Keys.SETTINGS.length() + 1), written.text());
            }
        });
        return settings;
    }

    /** A value as people see it, by its path. */
    public record Shown(String path, String value, String unit, Origin origin, boolean isLive) {}

    /** All keys, and the parameters of redis.conf that were given; no secret. */
    public List<Shown> shown() {
        var all = new ArrayList<Shown>();
        for (Key<?> key : Keys.all()) {
            all.add(new Shown(key.path(), shown(key), key.unit(), origin(key), key.isLive()));
        }
        new TreeMap<>(settings()).keySet().forEach(name -> {
            String path = Keys.SETTINGS + "." + name;
            if (Keys.find(path) == null) {
                all.add(new Shown(path, shown(path), "", origin(path), true));
            }
        });
        return all;
    }

    /** The value of a key or of a parameter of redis.conf, as people see it; empty: there is none. */
    public String shown(String path) {
        Key<?> key = Keys.find(path);
        if (key != null) {
            return shown(key);
        }
        Written written = chosen.get(path);
        return written == null ? "" : RedisParameters.isSecret(path) ? "(secret)" : written.text();
    }

    private <T> String shown(Key<T> key) {
        T value = value(key);
        return value == null ? "" : key.kind().show().apply(value);
    }

    /** Paths whose value is not the same in {@code next}. */
    public List<String> differing(Configuration next) {
        var paths = new ArrayList<String>();
        for (Key<?> key : Keys.all()) {
            if (!isSetting(key.path()) && !Objects.equals(value(key), next.value(key))) {
                paths.add(key.path());
            }
        }
        var names = new TreeMap<>(settings());
        names.putAll(next.settings());
        names.keySet().stream()
                .filter(name ->
                        !Objects.equals(settings().get(name), next.settings().get(name)))
                .map(name -> Keys.SETTINGS + "." + name)
                .forEach(paths::add);
        return paths;
    }
}
