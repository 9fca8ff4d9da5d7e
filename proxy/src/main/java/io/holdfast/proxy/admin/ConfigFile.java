package io.holdfast.proxy.admin;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.holdfast.engine.rule.NearestName;
import io.holdfast.proxy.StartupException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A JSON file of settings in sections. A key that nobody knows is an error that names the nearest one.
 */
public final class ConfigFile {
    private static final Logger log = LoggerFactory.getLogger(ConfigFile.class);

    /** No file was given. */
    public static final ConfigFile EMPTY = new ConfigFile("", Map.of());

    /** The section whose keys are the parameters of redis.conf, checked by who knows them. */
    static final String SETTINGS = "settings";

    static final String USERS = "server.users";
    static final String CONFLICT_RULES = "sync.conflict_rules";
    static final String PROFILES = "fallback.profiles";
    static final String HTTP_PORT = "server.http_port";

    /** The keys that take a list. */
    private static final Set<String> LISTS = Set.of(USERS, PROFILES, CONFLICT_RULES);

    private static final Set<String> KNOWN = new TreeSet<>(Set.of(
            "server.bind",
            "server.port",
            "server.databases",
            "server.appendfsync",
            "server.requirepass",
            "server.requirepass-file",
            "server.aclfile",
            USERS,
            PROFILES,
            "fallback.storage_dir",
            "fallback.retention_days",
            "fallback.max_size_mb",
            HTTP_PORT,
            "redis.url",
            "redis.connection_timeout",
            "redis.user",
            "redis.password_file",
            "redis.pinned_links_max",
            "redis.tls_ca_cert_file",
            "redis.tls_cert_file",
            "redis.tls_key_file",
            "redis.tls_verify",
            "sync.conflict_policy",
            CONFLICT_RULES,
            "offline.flush",
            "scripts.lua-enabled",
            "scripts.busy-reply-threshold",
            "scripts.lua-memory-limit"));

    /** Keys of the observability system's own file that mean nothing to this version. */
    private static final Set<String> ACCEPTED = new TreeSet<>(Set.of(
            "fallback.enabled",
            "redis.retry_interval",
            "redis.max_retries",
            "sync.enabled",
            "sync.batch_size",
            "sync.sync_interval",
            "sync.max_retries",
            "sync.backoff_strategy"));

    private final String name;
    private final Map<String, JsonNode> values;

    private ConfigFile(String name, Map<String, JsonNode> values) {
        this.name = name;
        this.values = values;
    }

    /**
     * Reads a file.
     *
     * @throws StartupException when the file cannot be read, is not JSON, or has a key that is not known
     */
    public static ConfigFile read(Path file) throws StartupException {
        JsonNode root;
        try {
            root = Json.STRICT.readTree(Files.readAllBytes(file));
        } catch (JacksonException e) {
            throw new StartupException(file + " is not JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new StartupException("cannot read the configuration file " + file + ": " + reason(e), e);
        }
        if (!root.isObject()) {
            throw new StartupException(file + " must hold one JSON object with sections");
        }
        Map<String, JsonNode> values = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> section : root.properties()) {
            if (!section.getValue().isObject()) {
                throw new StartupException(file + ": '" + section.getKey() + "' must be a section, as in {\""
                        + section.getKey() + "\": {…}}");
            }
            if (section.getValue().isEmpty()) {
                checkSection(file, section.getKey());
            }
            for (Map.Entry<String, JsonNode> value : section.getValue().properties()) {
                String key = section.getKey() + "." + value.getKey();
                if (!section.getKey().equals(SETTINGS)) {
                    check(file, key);
                }
                boolean takesList = LISTS.contains(key);
                if (takesList != value.getValue().isArray() || value.getValue().isObject()) {
                    throw new StartupException(file + ": " + key + " takes " + (takesList ? "a list" : "one value")
                            + ", not " + value.getValue());
                }
                values.put(key, value.getValue());
            }
        }
        return new ConfigFile(file.toString(), values);
    }

    private static String reason(IOException e) {
        return e instanceof NoSuchFileException
                ? "there is no such file"
                : e instanceof AccessDeniedException ? "permission denied" : String.valueOf(e.getMessage());
    }

    private static void check(Path file, String key) throws StartupException {
        if (ACCEPTED.contains(key)) {
            log.warn("{}: '{}' has no effect in this version", file, key);
        } else if (!KNOWN.contains(key)) {
            throw new StartupException(
                    file + ": unknown key '" + key + "'; the nearest is '" + NearestName.of(key, KNOWN) + "'");
        }
    }

    /** An empty section has no key that could be looked at. */
    private static void checkSection(Path file, String section) throws StartupException {
        Set<String> sections = new TreeSet<>(Set.of(SETTINGS));
        KNOWN.forEach(key -> sections.add(key.substring(0, key.indexOf('.'))));
        ACCEPTED.forEach(key -> sections.add(key.substring(0, key.indexOf('.'))));
        if (!sections.contains(section)) {
            throw new StartupException(file + ": unknown section '" + section + "'; the nearest is '"
                    + NearestName.of(section, sections) + "'");
        }
    }

    /** What a message about one of its values begins with. */
    String name() {
        return name;
    }

    boolean has(String key) {
        return values.containsKey(key);
    }

    /** The items of a list; null: it is not there. */
    @Nullable List<String> list(String key) {
        JsonNode value = values.get(key);
        if (value == null) {
            return null;
        }
        List<String> items = new ArrayList<>();
        value.forEach(item -> items.add(item.asText()));
        return items;
    }

    /** All values of a section, by their names in small letters, in order. */
    Map<String, String> section(String section) {
        Map<String, String> found = new LinkedHashMap<>();
        values.forEach((key, value) -> {
            if (key.startsWith(section + ".")) {
                found.put(key.substring(section.length() + 1).toLowerCase(Locale.ROOT), value.asText());
            }
        });
        return found;
    }

    String text(String key, String otherwise) {
        JsonNode value = values.get(key);
        return value == null ? otherwise : value.asText();
    }

    int number(String key, int otherwise, int min, int max) throws StartupException {
        JsonNode value = values.get(key);
        if (value == null) {
            return otherwise;
        }
        if (!value.isInt() || value.intValue() < min || value.intValue() > max) {
            throw new StartupException(
                    name + ": " + key + " takes a number from " + min + " to " + max + ", not " + value);
        }
        return value.intValue();
    }

    /** Made when there is a file to read: it takes a fifth of a start. */
    private static final class Json {
        /** A key given twice, or something behind the object, is a mistake that nobody should have to find later. */
        static final JsonMapper STRICT = JsonMapper.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build();
    }
}
