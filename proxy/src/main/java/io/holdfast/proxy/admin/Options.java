package io.holdfast.proxy.admin;

import io.holdfast.proxy.Access;
import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.ScriptSettings;
import io.holdfast.proxy.StartupException;
import io.holdfast.proxy.tls.TlsFiles;
import io.holdfast.proxy.tls.UpstreamTls;
import io.holdfast.proxy.tls.UpstreamTlsSettings;
import io.holdfast.proxy.upstream.LinkLimits;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.conflict.ConflictPolicy;
import io.holdfast.sync.conflict.ConflictRules;
import io.holdfast.sync.journal.AppendFsync;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What flags, environment, file and defaults say together: a flag goes before the environment, that before the file, the
 * file before the default.
 */
public final class Options {
    private static final Logger log = LoggerFactory.getLogger(Options.class);

    /** Below this there is hardly room for Lua's libraries. */
    private static final int LUA_BYTES_MIN = 4 << 20;

    /** A century: more is a mistake. */
    private static final int RETENTION_DAYS_MAX = 36_500;

    private static final String REQUIREPASS = "HOLDFAST_REQUIREPASS";
    private static final String UPSTREAM_PASSWORD = "HOLDFAST_UPSTREAM_PASSWORD";
    private static final String FILE = "_FILE";

    private final Flags flags;
    private final Map<String, String> environment;
    private final ConfigFile file;

    public Options(Flags flags, Map<String, String> environment, ConfigFile file) {
        this.flags = flags;
        this.environment = environment;
        this.file = file;
    }

    /** @throws StartupException when a value is not what its key takes */
    public ProxyConfig config() throws StartupException {
        String bind = flags.bind() != null ? flags.bind() : file.text("server.bind", "127.0.0.1");
        Integer flag = flags.port();
        int port = flag != null ? flag : file.number("server.port", ProxyConfig.PORT, 0, 65535);
        if (port < 0 || port > 65535) {
            throw new StartupException("--port takes a number from 0 to 65535, not " + port);
        }
        if (bind.isBlank()) {
            throw new StartupException("--bind takes an address, such as 127.0.0.1");
        }
        if (flags.standalone() && flags.upstream() != null) {
            throw new StartupException("--standalone and --upstream exclude each other");
        }
        Path home = Path.of(System.getProperty("user.home"), ".holdfast");
        Path dataDir =
                flags.dataDir() != null ? flags.dataDir() : expand(file.text("fallback.storage_dir", home.toString()));
        if (dataDir.toString().isBlank()) {
            throw new StartupException("--data-dir takes a directory, such as " + home);
        }
        try {
            return new ProxyConfig(
                    bind,
                    port,
                    flags.standalone() ? null : upstream(),
                    upstreamTls(),
                    LinkLimits.DEFAULT.withPinnedMax(file.number(
                            "redis.pinned_links_max", LinkLimits.DEFAULT.pinnedMax(), 1, Integer.MAX_VALUE)),
                    dataDir,
                    timeoutMs(),
                    appendFsync(),
                    file.number("server.databases", ProxyConfig.DATABASES, 1, 1024),
                    flushOffline(),
                    conflicts(),
                    scripts(),
                    access(),
                    profiles(),
                    file.number("fallback.retention_days", ProxyConfig.RETENTION_DAYS, 0, RETENTION_DAYS_MAX),
                    file.number("fallback.max_size_mb", ProxyConfig.MAX_SIZE_MB, 0, Integer.MAX_VALUE),
                    httpPort(),
                    settings());
        } catch (IllegalArgumentException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }

    // ---- the upstream

    private UpstreamAddress upstream() throws StartupException {
        String flag = flags.upstream();
        UpstreamAddress address =
                UpstreamAddress.parse(flag != null ? flag : file.text("redis.url", "redis://127.0.0.1:6379"));
        if (address.password() != null && flag != null) {
            log.warn(
                    "The password in --upstream can be read by everybody on this machine who lists processes: give it by"
                            + " --upstream-password-file or in the environment as " + UPSTREAM_PASSWORD);
        } else if (address.password() != null) {
            requirePrivate("redis.url");
        }
        String password = password(flags.upstreamPasswordFile(), UPSTREAM_PASSWORD, "redis.password_file");
        String user = file.text("redis.user", "");
        if (password == null && !user.isEmpty()) {
            throw new StartupException(file.name() + ": redis.user needs a password: give redis.password_file");
        }
        if (password == null) {
            return address;
        }
        return address.as(user.isEmpty() ? address.user() : user, password);
    }

    private UpstreamTlsSettings upstreamTls() throws StartupException {
        var files = new TlsFiles(
                path(null, "redis.tls_cert_file"),
                path(null, "redis.tls_key_file"),
                null,
                path(null, "redis.tls_ca_cert_file"),
                null);
        if ((files.certificate() == null) != (files.key() == null)) {
            throw new StartupException(file.name() + ": redis.tls_cert_file and redis.tls_key_file go together");
        }
        String verify = file.text("redis.tls_verify", "full");
        try {
            return new UpstreamTlsSettings(files, UpstreamTls.Verification.valueOf(verify.toUpperCase(Locale.ROOT)));
        } catch (IllegalArgumentException e) {
            throw new StartupException(
                    file.name() + ": redis.tls_verify takes full, ca or none, not '" + verify + "'", e);
        }
    }

    private ConflictRules conflicts() throws StartupException {
        Map<String, ConflictPolicy> byPattern = new LinkedHashMap<>();
        List<String> rules = file.list(ConfigFile.CONFLICT_RULES);
        for (String rule : rules == null ? List.<String>of() : rules) {
            int space = rule.trim().lastIndexOf(' ');
            if (space < 0) {
                throw new StartupException(file.name() + ": " + ConfigFile.CONFLICT_RULES
                        + " takes patterns with policies, such as \"session:* local-wins\", not \"" + rule + "\"");
            }
            byPattern.putIfAbsent(
                    rule.trim().substring(0, space).trim(),
                    policy(ConfigFile.CONFLICT_RULES, rule.trim().substring(space + 1)));
        }
        return new ConflictRules(policy("sync.conflict_policy", file.text("sync.conflict_policy", "merge")), byPattern);
    }

    private ConflictPolicy policy(String key, String name) throws StartupException {
        try {
            return ConflictPolicy.parse(name);
        } catch (IllegalArgumentException e) {
            throw new StartupException(file.name() + ": " + key + ": " + e.getMessage(), e);
        }
    }

    private List<String> profiles() {
        List<String> configured = file.list(ConfigFile.PROFILES);
        return !flags.profiles().isEmpty() || configured == null ? flags.profiles() : configured;
    }

    private @Nullable Integer httpPort() throws StartupException {
        Integer flag = flags.httpPort();
        if (flag != null && (flag < 1 || flag > 65535)) {
            throw new StartupException("--http-port takes a number from 1 to 65535, not " + flag);
        }
        return flag != null || !file.has(ConfigFile.HTTP_PORT)
                ? flag
                : Integer.valueOf(file.number(ConfigFile.HTTP_PORT, 1, 1, 65535));
    }

    private Map<String, String> settings() throws StartupException {
        if (file.has(ConfigFile.SETTINGS + ".requirepass")) {
            throw new StartupException(file.name() + ": the password is server.requirepass or server.requirepass-file");
        }
        var settings = new LinkedHashMap<>(file.section(ConfigFile.SETTINGS));
        if (!settings.getOrDefault("tls-key-file-pass", "").isEmpty()) {
            requirePrivate(ConfigFile.SETTINGS + ".tls-key-file-pass");
        }
        settings.putAll(flags.settings());
        return settings;
    }

    // ---- who may connect

    private Access access() throws StartupException {
        List<String> users = new ArrayList<>();
        List<String> configured = file.list(ConfigFile.USERS);
        if (configured != null) {
            configured.forEach(user -> users.add(Bytes.of(user).latin1()));
            if (users.stream().anyMatch(user -> user.contains(" >"))) {
                requirePrivate(ConfigFile.USERS);
            }
        }
        return new Access(requirepass(), users, path(flags.aclFile(), "server.aclfile"));
    }

    private @Nullable String requirepass() throws StartupException {
        String password = password(flags.requirepassFile(), REQUIREPASS, "server.requirepass-file");
        if (password != null) {
            return password.isEmpty() ? null : password;
        }
        String written = file.text("server.requirepass", "");
        if (written.isEmpty()) {
            return null;
        }
        requirePrivate("server.requirepass");
        return written;
    }

    /**
     * Of a file or the environment; never from the command line, which everybody on this machine can read. Null: nothing
     * says one.
     *
     * @param variable of the environment, with {@code _FILE} behind it that of a file's name
     */
    private @Nullable String password(@Nullable Path flag, String variable, String key) throws StartupException {
        String written = environment.get(variable);
        if (flag == null && written != null) {
            return written;
        }
        String named = environment.get(variable + FILE);
        Path secret = flag != null ? flag : named != null ? Path.of(named) : path(null, key);
        if (secret == null) {
            return null;
        }
        try {
            return new SecretFile(secret).readPassword();
        } catch (IOException e) {
            throw new StartupException(
                    key.substring(key.indexOf('.') + 1) + " " + secret + " cannot be used: " + e.getMessage(), e);
        }
    }

    /** The configuration file holds a secret, so it must be its owner's alone. */
    private void requirePrivate(String key) throws StartupException {
        try {
            new SecretFile(Path.of(file.name())).requirePrivate();
        } catch (IOException e) {
            throw new StartupException(file.name() + " has a password in " + key + ", and " + e.getMessage(), e);
        }
    }

    private @Nullable Path path(@Nullable Path flag, String key) {
        return flag != null ? flag : file.has(key) ? expand(file.text(key, "")) : null;
    }

    // ---- single values

    private ScriptSettings scripts() throws StartupException {
        String enabled = file.text("scripts.lua-enabled", "yes");
        if (!enabled.equals("yes") && !enabled.equals("no")) {
            throw new StartupException(file.name() + ": scripts.lua-enabled takes yes or no, not '" + enabled + "'");
        }
        return new ScriptSettings(
                enabled.equals("yes"),
                file.number(
                        "scripts.busy-reply-threshold",
                        (int) ScriptSettings.DEFAULT.busyAfterMs(),
                        0,
                        Integer.MAX_VALUE),
                file.number(
                        "scripts.lua-memory-limit",
                        (int) ScriptSettings.DEFAULT.memoryBytesMax(),
                        LUA_BYTES_MIN,
                        Integer.MAX_VALUE));
    }

    private static Path expand(String path) {
        return path.startsWith("~/") ? Path.of(System.getProperty("user.home"), path.substring(2)) : Path.of(path);
    }

    private AppendFsync appendFsync() throws StartupException {
        String value = file.text("server.appendfsync", "everysec");
        try {
            return AppendFsync.valueOf(value.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new StartupException(
                    file.name() + ": server.appendfsync takes always, everysec or no, not '" + value + "'", e);
        }
    }

    private boolean flushOffline() throws StartupException {
        String value = file.text("offline.flush", "refuse");
        if (!value.equals("refuse") && !value.equals("allow")) {
            throw new StartupException(file.name() + ": offline.flush takes refuse or allow, not '" + value + "'");
        }
        return value.equals("allow");
    }

    /** The file's unit is seconds; {@code 2s} and {@code 2000ms} say theirs. */
    private int timeoutMs() throws StartupException {
        String value = file.text("redis.connection_timeout", ProxyConfig.TIMEOUT_MS + "ms");
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
        return new StartupException(file.name()
                + ": redis.connection_timeout takes 10ms to 600s, like 2, 2s or 2000ms, not '" + value + "'");
    }
}
