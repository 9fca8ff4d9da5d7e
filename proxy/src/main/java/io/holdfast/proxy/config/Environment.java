package io.holdfast.proxy.config;

import io.holdfast.engine.rule.NearestName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The settings among a process's environment variables. Stateless. */
final class Environment {
    /** Names the configuration file. */
    static final String CONFIG = "HOLDFAST_CONFIG";

    private static final String OWN = "HOLDFAST_";
    private static final String SETTINGS = "HOLDFAST_SETTINGS_";
    /** Whose names are looked at: one that nobody knows is a mistake. */
    private static final List<String> PREFIXES = List.of(OWN, "CLAUDE_FALLBACK_", "CLAUDE_SYNC_");
    /** What the launcher and the log read. */
    private static final Set<String> OTHERS =
            Set.of(CONFIG, "HOLDFAST_JAVA_OPTS", "HOLDFAST_LOG_LEVEL", "HOLDFAST_BUILD");
    /** What Kubernetes gives to every container of a namespace that has a service of the name holdfast. */
    private static final Pattern OF_A_SERVICE =
            Pattern.compile("HOLDFAST_(SERVICE_(HOST|PORT.*)|PORT_[0-9]+_(TCP|UDP).*)");

    private Environment() {}

    /** Their values, by path; what is wrong is added to {@code mistakes}. */
    static Map<String, List<Written>> read(Map<String, String> variables, List<String> mistakes) {
        Map<String, Key<?>> known = Keys.byEnvironment();
        Map<String, List<Written>> values = new LinkedHashMap<>();
        new TreeMap<>(variables).forEach((name, value) -> {
            Key<?> key = known.get(name);
            if (key != null) {
                if (!isUnset(key, value)) {
                    values.computeIfAbsent(key.path(), unused -> new ArrayList<>())
                            .add(Written.word(value, origin(name)));
                }
            } else if (name.startsWith(SETTINGS)) {
                setting(name, value, values, mistakes);
            } else if (!OTHERS.contains(name)
                    && PREFIXES.stream().anyMatch(name::startsWith)
                    && !OF_A_SERVICE.matcher(name).matches()) {
                mistakes.add("unknown environment variable " + name + "; the nearest is " + nearest(name, known));
            }
        });
        return values;
    }

    /** An empty variable says nothing, but that there is no password. */
    private static boolean isUnset(Key<?> key, String value) {
        return (value.isEmpty() && !key.isSecret()) || (key == Keys.PORT && value.startsWith("tcp://"));
    }

    private static Origin origin(String name) {
        return new Origin(name.startsWith(OWN) ? Origin.Source.ENVIRONMENT : Origin.Source.SHARED_ENVIRONMENT, name);
    }

    private static void setting(String name, String value, Map<String, List<Written>> values, List<String> mistakes) {
        new RedisParameters()
                .spelled(name.substring(SETTINGS.length()))
                .ifPresentOrElse(
                        parameter -> values.computeIfAbsent(
                                        Keys.SETTINGS + "." + parameter, unused -> new ArrayList<>())
                                .add(Written.word(value, origin(name))),
                        () -> mistakes.add(
                                "unknown environment variable " + name + ": redis.conf has no such parameter"));
    }

    private static String nearest(String name, Map<String, Key<?>> known) {
        boolean isParameter = name.startsWith(OWN)
                && new RedisParameters().spelled(name.substring(OWN.length())).isPresent();
        return isParameter ? SETTINGS + name.substring(OWN.length()) : NearestName.of(name, all(known));
    }

    private static Set<String> all(Map<String, Key<?>> known) {
        var all = new TreeSet<>(known.keySet());
        all.addAll(OTHERS);
        return all;
    }
}
