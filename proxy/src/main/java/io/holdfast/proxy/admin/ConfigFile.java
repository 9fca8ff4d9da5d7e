package io.holdfast.proxy.admin;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.holdfast.proxy.Access;
import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.ScriptSettings;
import io.holdfast.proxy.StartupException;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.AppendFsync;
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
 * A JSON file of settings in sections. A flag on the command line goes before the file, the file before the default.
 * A key that nobody knows is an error that names the nearest one.
 */
public final class ConfigFile {
    private static final Logger log = LoggerFactory.getLogger(ConfigFile.class);

    /** No file was given. */
    public static final ConfigFile EMPTY = new ConfigFile("", Map.of());

    /** The section whose keys are the parameters of redis.conf, checked by who knows them. */
    private static final String SETTINGS = "settings";

    /** The one key that takes a list. */
    private static final String USERS = "server.users";

    private static final Set<String> KNOWN = new TreeSet<>(Set.of(
            "server.bind",
            "server.port",
            "server.databases",
            "server.appendfsync",
            "server.requirepass",
            "server.requirepass-file",
            "server.aclfile",
            USERS,
            "fallback.storage_dir",
            "redis.url",
            "redis.connection_timeout",
            "offline.flush",
            "scripts.lua-enabled",
            "scripts.busy-reply-threshold",
            "scripts.lua-memory-limit"));

    /** Below this there is hardly room for the libraries. */
    private static final int LUA_BYTES_MIN = 4 << 20;

    /** Keys of the observability system's own file that mean nothing to this version. */
    private static final Set<String> ACCEPTED = new TreeSet<>(Set.of(
            "fallback.enabled",
            "fallback.retention_days",
            "fallback.max_size_mb",
            "redis.retry_interval",
            "redis.max_retries",
            "sync.enabled",
            "sync.batch_size",
            "sync.sync_interval",
            "sync.max_retries",
            "sync.backoff_strategy"));

    /** What was given on the command line; null: not given. */
    public record Flags(
            @Nullable Integer port,
            @Nullable String bind,
            @Nullable String upstream,
            boolean standalone,
            @Nullable Path dataDir,
            @Nullable Path requirepassFile,
            @Nullable Path aclFile) {}

    private static final String PASSWORD_IN_ENVIRONMENT = "HOLDFAST_REQUIREPASS";
    private static final String PASSWORD_FILE_IN_ENVIRONMENT = "HOLDFAST_REQUIREPASS_FILE";

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
                if (key.equals(USERS) != value.getValue().isArray()
                        || value.getValue().isObject()) {
                    throw new StartupException(file + ": " + key + " takes "
                            + (key.equals(USERS) ? "a list" : "one value") + ", not " + value.getValue());
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
                    file + ": unknown key '" + key + "'; the nearest is '" + nearest(key, KNOWN) + "'");
        }
    }

    /** An empty section has no key that could be looked at. */
    private static void checkSection(Path file, String section) throws StartupException {
        Set<String> sections = new TreeSet<>(Set.of(SETTINGS));
        KNOWN.forEach(key -> sections.add(key.substring(0, key.indexOf('.'))));
        ACCEPTED.forEach(key -> sections.add(key.substring(0, key.indexOf('.'))));
        if (!sections.contains(section)) {
            throw new StartupException(
                    file + ": unknown section '" + section + "'; the nearest is '" + nearest(section, sections) + "'");
        }
    }

    private static String nearest(String key, Set<String> among) {
        String best = "";
        int least = Integer.MAX_VALUE;
        for (String known : among) {
            int distance = distance(key, known);
            if (distance < least) {
                least = distance;
                best = known;
            }
        }
        return best;
    }

    /** Levenshtein's: how many letters must change to make one word of the other. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, Math.min(row[j - 1], above) + 1);
                diagonal = above;
            }
        }
        return row[b.length()];
    }

    /**
     * What flags, environment, file and defaults say together.
     *
     * @throws StartupException when a value is not what its key takes
     */
    public ProxyConfig toConfig(Flags flags, Map<String, String> environment) throws StartupException {
        String bind = flags.bind() != null ? flags.bind() : text("server.bind", "127.0.0.1");
        int port = flags.port() != null ? flags.port() : number("server.port", ProxyConfig.PORT, 0, 65535);
        if (port < 0 || port > 65535) {
            throw new StartupException("--port takes a number from 0 to 65535, not " + port);
        }
        if (bind.isBlank()) {
            throw new StartupException("--bind takes an address, such as 127.0.0.1");
        }
        if (flags.standalone() && flags.upstream() != null) {
            throw new StartupException("--standalone and --upstream exclude each other");
        }
        String url = flags.upstream() != null ? flags.upstream() : text("redis.url", "redis://127.0.0.1:6379");
        Path home = Path.of(System.getProperty("user.home"), ".holdfast");
        Path dataDir =
                flags.dataDir() != null ? flags.dataDir() : expand(text("fallback.storage_dir", home.toString()));
        if (dataDir.toString().isBlank()) {
            throw new StartupException("--data-dir takes a directory, such as " + home);
        }
        try {
            return new ProxyConfig(
                    bind,
                    port,
                    flags.standalone() ? null : UpstreamAddress.parse(url),
                    dataDir,
                    timeoutMs(),
                    appendFsync(),
                    number("server.databases", ProxyConfig.DATABASES, 1, 1024),
                    flushOffline(),
                    scripts(),
                    access(flags, environment),
                    settings());
        } catch (IllegalArgumentException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }

    private Map<String, String> settings() throws StartupException {
        if (values.containsKey(SETTINGS + ".requirepass")) {
            throw new StartupException(name + ": the password is server.requirepass or server.requirepass-file");
        }
        Map<String, String> settings = new LinkedHashMap<>();
        values.forEach((key, value) -> {
            if (key.startsWith(SETTINGS + ".")) {
                settings.put(key.substring(SETTINGS.length() + 1).toLowerCase(Locale.ROOT), value.asText());
            }
        });
        return settings;
    }

    private Access access(Flags flags, Map<String, String> environment) throws StartupException {
        List<String> users = new ArrayList<>();
        JsonNode configured = values.get(USERS);
        if (configured != null) {
            for (JsonNode user : configured) {
                users.add(Bytes.of(user.asText()).latin1());
            }
            if (users.stream().anyMatch(user -> user.contains(" >"))) {
                requirePrivate(USERS);
            }
        }
        return new Access(password(flags, environment), users, path(flags.aclFile(), "server.aclfile"));
    }

    /** Never from the command line, which everybody on this machine can read. */
    private @Nullable String password(Flags flags, Map<String, String> environment) throws StartupException {
        Path file = flags.requirepassFile();
        String inEnvironment = environment.get(PASSWORD_IN_ENVIRONMENT);
        if (file == null && inEnvironment != null) {
            return inEnvironment.isEmpty() ? null : inEnvironment;
        }
        String fileInEnvironment = environment.get(PASSWORD_FILE_IN_ENVIRONMENT);
        if (file == null) {
            file = fileInEnvironment != null ? Path.of(fileInEnvironment) : path(null, "server.requirepass-file");
        }
        if (file != null) {
            try {
                return new SecretFile(file).readPassword();
            } catch (IOException e) {
                throw new StartupException("requirepass-file " + file + " cannot be used: " + e.getMessage(), e);
            }
        }
        String written = text("server.requirepass", "");
        if (written.isEmpty()) {
            return null;
        }
        requirePrivate("server.requirepass");
        return written;
    }

    /** This file holds a secret, so it must be its owner's alone. */
    private void requirePrivate(String key) throws StartupException {
        try {
            new SecretFile(Path.of(name)).requirePrivate();
        } catch (IOException e) {
            throw new StartupException(name + " has a password in " + key + ", and " + e.getMessage(), e);
        }
    }

    private @Nullable Path path(@Nullable Path flag, String key) {
        return flag != null ? flag : values.containsKey(key) ? expand(text(key, "")) : null;
    }

    private ScriptSettings scripts() throws StartupException {
        String enabled = text("scripts.lua-enabled", "yes");
        if (!enabled.equals("yes") && !enabled.equals("no")) {
            throw new StartupException(name + ": scripts.lua-enabled takes yes or no, not '" + enabled + "'");
        }
        return new ScriptSettings(
                enabled.equals("yes"),
                number(
                        "scripts.busy-reply-threshold",
                        (int) ScriptSettings.DEFAULT.busyAfterMs(),
                        0,
                        Integer.MAX_VALUE),
                number(
                        "scripts.lua-memory-limit",
                        (int) ScriptSettings.DEFAULT.memoryBytesMax(),
                        LUA_BYTES_MIN,
                        Integer.MAX_VALUE));
    }

    private static Path expand(String path) {
        return path.startsWith("~/") ? Path.of(System.getProperty("user.home"), path.substring(2)) : Path.of(path);
    }

    private AppendFsync appendFsync() throws StartupException {
        String value = text("server.appendfsync", "everysec");
        try {
            return AppendFsync.valueOf(value.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new StartupException(
                    name + ": server.appendfsync takes always, everysec or no, not '" + value + "'", e);
        }
    }

    private boolean flushOffline() throws StartupException {
        String value = text("offline.flush", "refuse");
        if (!value.equals("refuse") && !value.equals("allow")) {
            throw new StartupException(name + ": offline.flush takes refuse or allow, not '" + value + "'");
        }
        return value.equals("allow");
    }

    /** The file's unit is seconds; {@code 2s} and {@code 2000ms} say theirs. */
    private int timeoutMs() throws StartupException {
        String value = text("redis.connection_timeout", ProxyConfig.TIMEOUT_MS + "ms");
        String digits = value.replaceAll("m?s$", "");
        try {
            double amount = Double.parseDouble(digits);
            double ms = value.endsWith("ms") ? amount : amount * 1000;
            if (ms >= 10 && ms <= 600_000) {
                return (int) ms;
            }
        } catch (NumberFormatException e) {
            throw badTimeout(value);
        }
        throw badTimeout(value);
    }

    private StartupException badTimeout(String value) {
        return new StartupException(
                name + ": redis.connection_timeout takes 10ms to 600s, like 2, 2s or 2000ms, not '" + value + "'");
    }

    private String text(String key, String otherwise) {
        JsonNode value = values.get(key);
        return value == null ? otherwise : value.asText();
    }

    private int number(String key, int otherwise, int min, int max) throws StartupException {
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
