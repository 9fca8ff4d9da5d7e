package io.holdfast.proxy.admin;

import io.holdfast.engine.config.OfflineRules;
import io.holdfast.proxy.Access;
import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.ScriptSettings;
import io.holdfast.proxy.StartupException;
import io.holdfast.proxy.config.Configuration;
import io.holdfast.proxy.config.Key;
import io.holdfast.proxy.config.Keys;
import io.holdfast.proxy.config.Origin;
import io.holdfast.proxy.config.RedisParameters;
import io.holdfast.proxy.tls.TlsFiles;
import io.holdfast.proxy.tls.UpstreamTlsSettings;
import io.holdfast.proxy.upstream.LinkLimits;
import io.holdfast.proxy.upstream.ReturnPace;
import io.holdfast.proxy.upstream.SwitchRules;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.conflict.ConflictRules;
import io.holdfast.sync.mirror.MirrorSettings;
import io.holdfast.sync.replay.ReplaySettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a server is told, made of a configuration: values that belong together are checked together, secrets are read. */
public final class Options {
    private final Configuration configuration;

    public Options(Configuration configuration) {
        this.configuration = configuration;
    }

    /** @throws StartupException when values do not go together, or a secret cannot be read or is not safe */
    public ProxyConfig config() throws StartupException {
        if (!get(Keys.ENABLED)) {
            throw new StartupException(
                    named(Keys.ENABLED) + " is false: without its fallback Holdfast would be a detour;"
                            + " let clients connect to Redis itself, or, where that is meant for another program, say "
                            + Keys.ENABLED.environment() + "=true");
        }
        return new ProxyConfig(
                get(Keys.BIND),
                get(Keys.PORT),
                isStandalone() ? null : upstream(),
                upstreamTls(),
                LinkLimits.DEFAULT.withPinnedMax(get(Keys.PINNED_LINKS_MAX)),
                get(Keys.DATA_DIR),
                get(Keys.TIMEOUT),
                pace(),
                replay(),
                get(Keys.SYNC_ENABLED),
                get(Keys.APPENDFSYNC),
                get(Keys.DATABASES),
                new OfflineRules(get(Keys.OFFLINE_FLUSH), get(Keys.OFFLINE_PUBLISH)),
                new SwitchRules(get(Keys.LOST_REPLIES), get(Keys.BLOCKED_CLIENTS), get(Keys.SUBSCRIBERS)),
                conflicts(),
                new ScriptSettings(get(Keys.LUA_ENABLED), get(Keys.BUSY_REPLY_THRESHOLD), get(Keys.LUA_MEMORY_LIMIT)),
                access(),
                new MirrorSettings(get(Keys.MIRROR), list(Keys.MIRROR_PIN)),
                get(Keys.UNKNOWN_KEY),
                Objects.requireNonNullElse(configuration.value(Keys.OUTAGE_ERRORS), Set.of()),
                list(Keys.PROFILES),
                get(Keys.RETENTION_DAYS),
                get(Keys.MAX_SIZE_MB),
                configuration.value(Keys.HTTP_PORT),
                settings());
    }

    private <T> T get(Key<T> key) {
        return configuration.get(key);
    }

    private List<String> list(Key<List<String>> key) {
        return Objects.requireNonNullElse(configuration.value(key), List.of());
    }

    /** Its path, behind where it was said. */
    private String named(Key<?> key) {
        Origin origin = configuration.origin(key);
        return origin.place() + (origin.source() == Origin.Source.FILE ? ": " + key : " (" + key + ")");
    }

    // ---- the upstream

    /** What was said nearer to this start counts, of standalone and an upstream. */
    private boolean isStandalone() throws StartupException {
        if (!get(Keys.STANDALONE)) {
            return false;
        }
        int order = configuration.origin(Keys.STANDALONE).compareTo(configuration.origin(Keys.URL));
        if (order == 0) {
            throw new StartupException(
                    configuration.origin(Keys.STANDALONE).source() == Origin.Source.FLAG
                            ? "--standalone and --upstream exclude each other"
                            : named(Keys.STANDALONE) + " and " + named(Keys.URL) + " exclude each other");
        }
        return order > 0;
    }

    private UpstreamAddress upstream() throws StartupException {
        UpstreamAddress address = get(Keys.URL);
        if (address.password() != null) {
            requirePrivate(Keys.URL);
        }
        String password = password(Keys.PASSWORD, Keys.PASSWORD_FILE);
        String user = configuration.value(Keys.USER);
        if (password == null && user != null) {
            throw new StartupException(
                    named(Keys.USER) + " needs a password: give " + Keys.PASSWORD_FILE + " or " + Keys.PASSWORD);
        }
        return password == null ? address : address.as(user == null ? address.user() : user, password);
    }

    private UpstreamTlsSettings upstreamTls() throws StartupException {
        var files = new TlsFiles(
                configuration.value(Keys.UPSTREAM_CERT),
                configuration.value(Keys.UPSTREAM_CERT_KEY),
                null,
                configuration.value(Keys.UPSTREAM_CA),
                null);
        if ((files.certificate() == null) != (files.key() == null)) {
            Key<?> given = files.certificate() == null ? Keys.UPSTREAM_CERT_KEY : Keys.UPSTREAM_CERT;
            throw new StartupException(
                    named(given) + ": " + Keys.UPSTREAM_CERT + " and " + Keys.UPSTREAM_CERT_KEY + " go together");
        }
        return new UpstreamTlsSettings(files, get(Keys.TLS_VERIFY));
    }

    private ReturnPace pace() {
        return new ReturnPace(
                get(Keys.PROBE_INTERVAL),
                get(Keys.RETRY_INTERVAL),
                get(Keys.SYNC_INTERVAL),
                get(Keys.BACKOFF_STRATEGY));
    }

    private ReplaySettings replay() {
        return new ReplaySettings(
                get(Keys.BATCH_SIZE),
                get(Keys.SYNC_RATE),
                get(Keys.WAIT_REPLICAS),
                get(Keys.WAIT_TIMEOUT),
                get(Keys.MAX_LAG),
                get(Keys.UPSTREAM_LOST),
                get(Keys.COMPACTION),
                get(Keys.STAMPS));
    }

    /** Whether this process ends where another has replayed under its identity. */
    public boolean exitsWhenFenced() {
        return get(Keys.EXIT_WHEN_FENCED);
    }

    private ConflictRules conflicts() {
        return new ConflictRules(
                get(Keys.CONFLICT_POLICY),
                Objects.requireNonNullElse(configuration.value(Keys.CONFLICT_RULES), Map.of()));
    }

    private Map<String, String> settings() throws StartupException {
        Map<String, String> settings = configuration.settings();
        for (Map.Entry<String, String> setting : settings.entrySet()) {
            if (RedisParameters.isSecret(setting.getKey())
                    && !setting.getValue().isEmpty()) {
                requirePrivate(Keys.SETTINGS + "." + setting.getKey(), configuration.settingOrigin(setting.getKey()));
            }
        }
        return settings;
    }

    // ---- who may connect

    private Access access() throws StartupException {
        List<String> users =
                list(Keys.USERS).stream().map(user -> Bytes.of(user).latin1()).toList();
        if (users.stream().anyMatch(user -> user.contains(" >"))) {
            requirePrivate(Keys.USERS);
        }
        return new Access(password(Keys.REQUIREPASS, Keys.REQUIREPASS_FILE), users, configuration.value(Keys.ACLFILE));
    }

    /**
     * Of a file or the environment; never from the command line, which everybody on this machine can read. Null: nothing
     * says one, or that there is none.
     */
    private @Nullable String password(Key<String> written, Key<Path> file) throws StartupException {
        String password = configuration.value(written);
        Path secret = configuration.value(file);
        int order = configuration.origin(written).compareTo(configuration.origin(file));
        // Said in one place both ways, a variable itself goes before the file that another names; in a file the
        // reverse.
        boolean fileFirst =
                order < 0 || (order == 0 && configuration.origin(file).source() == Origin.Source.FILE);
        if (secret != null && (password == null || fileFirst)) {
            return read(file, secret);
        }
        if (password == null || password.isEmpty()) {
            return null;
        }
        requirePrivate(written);
        return password;
    }

    private String read(Key<Path> key, Path secret) throws StartupException {
        try {
            return new SecretFile(secret).readPassword();
        } catch (IOException e) {
            throw new StartupException(named(key) + ": " + secret + " cannot be used: " + e.getMessage(), e);
        }
    }

    /** Where the configuration file holds a secret, it must be its owner's alone. */
    private void requirePrivate(Key<?> key) throws StartupException {
        requirePrivate(key.path(), configuration.origin(key));
    }

    private void requirePrivate(String path, Origin origin) throws StartupException {
        Path file = configuration.sources().file();
        if (file == null || origin.source() != Origin.Source.FILE) {
            return;
        }
        try {
            new SecretFile(file).requirePrivate();
        } catch (IOException e) {
            throw new StartupException(origin + ": there is a password in " + path + ", and " + e.getMessage(), e);
        }
    }

    // ---- warnings

    /** What is odd about it and can be used all the same, a line each. */
    public List<String> warnings() {
        var warnings = new ArrayList<>(configuration.warnings());
        Origin url = configuration.origin(Keys.URL);
        if (url.source() == Origin.Source.FLAG && get(Keys.URL).password() != null) {
            warnings.add(
                    "The password in --upstream can be read by everybody on this machine who lists processes: give it by "
                            + Keys.PASSWORD_FILE.flag() + " or in the environment as " + Keys.PASSWORD.environment());
        }
        Origin sync = configuration.origin(Keys.SYNC_ENABLED);
        if (!get(Keys.SYNC_ENABLED)) {
            warnings.add(named(Keys.SYNC_ENABLED)
                    + " is false: nothing is replayed, and what waits keeps clients on the local engine"
                    + (sync.source() == Origin.Source.SHARED_ENVIRONMENT
                            ? "; where that is meant for another program, say " + Keys.SYNC_ENABLED.environment()
                                    + "=true"
                            : ""));
        }
        return warnings;
    }
}
