package io.holdfast.proxy;

import io.holdfast.engine.config.OfflineRules;
import io.holdfast.engine.config.Setting;
import io.holdfast.engine.config.Settings;
import io.holdfast.proxy.tls.UpstreamTlsSettings;
import io.holdfast.proxy.upstream.LinkLimits;
import io.holdfast.proxy.upstream.OutageError;
import io.holdfast.proxy.upstream.ReturnPace;
import io.holdfast.proxy.upstream.SwitchRules;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.sync.conflict.ConflictRules;
import io.holdfast.sync.journal.AppendFsync;
import io.holdfast.sync.mirror.MirrorSettings;
import io.holdfast.sync.replay.ReplaySettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Everything a server is told at its start.
 *
 * @param bind addresses to listen on, as {@link BindAddress} reads them
 * @param port to listen on; 0: any free one, or none where there is a TLS port or a Unix socket
 * @param upstream null: standalone
 * @param upstreamTls for an upstream that speaks TLS
 * @param links how many of those that one client has for itself
 * @param timeoutMs how long the upstream may take for a reply before it counts as away ({@code redis.timeout})
 * @param pace how often it is asked how it is, and how soon it is tried again
 * @param replay how hard the replay works
 * @param syncEnabled whether the journal is replayed
 * @param databases how many SELECT can choose from
 * @param offline what clients may do while the upstream is away
 * @param switches what becomes of clients as it goes and comes
 * @param conflicts who wins where others have changed upstream what was written here
 * @param scripts whether the local engine runs scripts, and what they may take
 * @param access who may connect, and what each may do
 * @param mirror what is copied while the upstream answers
 * @param refuseUnknownReads whether an outage answers reads of keys that are not known with an error
 * @param outageErrors refusals of writes that count as an outage
 * @param profiles how keys are shown as tables: names of shipped profiles, or files
 * @param retentionDays how long what is not needed any more is kept, days ({@code fallback.retention_days})
 * @param maxSizeMb what the data directory may take, MiB; 0: no bound ({@code fallback.max_size_mb})
 * @param httpPort to answer HTTP on; null: none; 0: any free one
 * @param settings parameters of redis.conf that differ from their defaults, by name
 */
public record ProxyConfig(
        String bind,
        int port,
        @Nullable UpstreamAddress upstream,
        UpstreamTlsSettings upstreamTls,
        LinkLimits links,
        Path dataDir,
        int timeoutMs,
        ReturnPace pace,
        ReplaySettings replay,
        boolean syncEnabled,
        AppendFsync appendFsync,
        int databases,
        OfflineRules offline,
        SwitchRules switches,
        ConflictRules conflicts,
        ScriptSettings scripts,
        Access access,
        MirrorSettings mirror,
        boolean refuseUnknownReads,
        Set<OutageError> outageErrors,
        List<String> profiles,
        int retentionDays,
        int maxSizeMb,
        @Nullable Integer httpPort,
        Map<String, String> settings) {
    public static final int PORT = 6380;
    public static final int TIMEOUT_MS = 2000;
    public static final int DATABASES = 16;
    public static final int RETENTION_DAYS = 30;
    /** A bound that nobody asked for could refuse writes that the disk has room for. */
    public static final int MAX_SIZE_MB = 0;

    /** The defaults, on any free port of 127.0.0.1. */
    public static ProxyConfig of(Path dataDir, @Nullable UpstreamAddress upstream) {
        return new ProxyConfig(
                "127.0.0.1",
                0,
                upstream,
                UpstreamTlsSettings.DEFAULT,
                LinkLimits.DEFAULT,
                dataDir,
                TIMEOUT_MS,
                ReturnPace.DEFAULT,
                ReplaySettings.DEFAULT,
                true,
                AppendFsync.EVERYSEC,
                DATABASES,
                OfflineRules.DEFAULT,
                SwitchRules.DEFAULT,
                ConflictRules.DEFAULT,
                ScriptSettings.DEFAULT,
                Access.OPEN,
                MirrorSettings.DEFAULT,
                false,
                Set.of(),
                List.of(),
                RETENTION_DAYS,
                MAX_SIZE_MB,
                null,
                Map.of());
    }

    /**
     * Gives {@code all} the values that {@link #settings} has.
     *
     * @throws StartupException when one is no parameter of redis.conf, or its value is refused
     */
    void choose(Settings all) throws StartupException {
        for (Map.Entry<String, String> chosen : settings.entrySet()) {
            String name = chosen.getKey();
            Setting setting = all.find(name);
            if (setting == null) {
                throw new StartupException("settings." + name + " is no parameter of redis.conf");
            }
            try {
                all.choose(setting, chosen.getValue());
            } catch (IllegalArgumentException e) {
                throw new StartupException("settings." + name + ": " + e.getMessage(), e);
            }
        }
    }

    public ProxyConfig withPort(int other) {
        return with(config -> config.port = other);
    }

    public ProxyConfig withTimeoutMs(int other) {
        return with(config -> config.timeoutMs = other);
    }

    public ProxyConfig withUpstream(@Nullable UpstreamAddress other) {
        return with(config -> config.upstream = other);
    }

    public ProxyConfig withOffline(OfflineRules other) {
        return with(config -> config.offline = other);
    }

    public ProxyConfig withSwitches(SwitchRules other) {
        return with(config -> config.switches = other);
    }

    public ProxyConfig withPace(ReturnPace other) {
        return with(config -> config.pace = other);
    }

    public ProxyConfig withReplay(ReplaySettings other) {
        return with(config -> config.replay = other);
    }

    public ProxyConfig withSyncEnabled(boolean other) {
        return with(config -> config.syncEnabled = other);
    }

    public ProxyConfig withAppendFsync(AppendFsync other) {
        return with(config -> config.appendFsync = other);
    }

    public ProxyConfig withConflicts(ConflictRules other) {
        return with(config -> config.conflicts = other);
    }

    public ProxyConfig withScripts(ScriptSettings other) {
        return with(config -> config.scripts = other);
    }

    public ProxyConfig withAccess(Access other) {
        return with(config -> config.access = other);
    }

    public ProxyConfig withMirror(MirrorSettings other) {
        return with(config -> config.mirror = other);
    }

    public ProxyConfig withRefuseUnknownReads(boolean other) {
        return with(config -> config.refuseUnknownReads = other);
    }

    public ProxyConfig withOutageErrors(Set<OutageError> other) {
        return with(config -> config.outageErrors = other);
    }

    public ProxyConfig withBind(String other) {
        return with(config -> config.bind = other);
    }

    public ProxyConfig withUpstreamTls(UpstreamTlsSettings other) {
        return with(config -> config.upstreamTls = other);
    }

    public ProxyConfig withLinks(LinkLimits other) {
        return with(config -> config.links = other);
    }

    public ProxyConfig withProfiles(List<String> other) {
        return with(config -> config.profiles = other);
    }

    public ProxyConfig withRetentionDays(int other) {
        return with(config -> config.retentionDays = other);
    }

    public ProxyConfig withMaxSizeMb(int other) {
        return with(config -> config.maxSizeMb = other);
    }

    public ProxyConfig withHttpPort(int other) {
        return with(config -> config.httpPort = other);
    }

    public ProxyConfig withSettings(Map<String, String> other) {
        return with(config -> config.settings = other);
    }

    private ProxyConfig with(Consumer<Changing> change) {
        var config = new Changing(this);
        change.accept(config);
        return config.done();
    }

    /** A configuration of which single values can be changed. */
    private static final class Changing {
        private @Nullable UpstreamAddress upstream;
        private final Path dataDir;
        private final int databases;
        private OfflineRules offline;
        private SwitchRules switches;
        private String bind;
        private int port;
        private UpstreamTlsSettings upstreamTls;
        private LinkLimits links;
        private int timeoutMs;
        private ReturnPace pace;
        private ReplaySettings replay;
        private boolean syncEnabled;
        private AppendFsync appendFsync;
        private ConflictRules conflicts;
        private ScriptSettings scripts;
        private Access access;
        private MirrorSettings mirror;
        private boolean refuseUnknownReads;
        private Set<OutageError> outageErrors;
        private List<String> profiles;
        private int retentionDays;
        private int maxSizeMb;
        private @Nullable Integer httpPort;
        private Map<String, String> settings;

        Changing(ProxyConfig from) {
            bind = from.bind;
            port = from.port;
            upstream = from.upstream;
            upstreamTls = from.upstreamTls;
            links = from.links;
            dataDir = from.dataDir;
            timeoutMs = from.timeoutMs;
            pace = from.pace;
            replay = from.replay;
            syncEnabled = from.syncEnabled;
            appendFsync = from.appendFsync;
            databases = from.databases;
            offline = from.offline;
            switches = from.switches;
            conflicts = from.conflicts;
            scripts = from.scripts;
            access = from.access;
            mirror = from.mirror;
            refuseUnknownReads = from.refuseUnknownReads;
            outageErrors = from.outageErrors;
            profiles = from.profiles;
            retentionDays = from.retentionDays;
            maxSizeMb = from.maxSizeMb;
            httpPort = from.httpPort;
            settings = from.settings;
        }

        ProxyConfig done() {
            return new ProxyConfig(
                    bind,
                    port,
                    upstream,
                    upstreamTls,
                    links,
                    dataDir,
                    timeoutMs,
                    pace,
                    replay,
                    syncEnabled,
                    appendFsync,
                    databases,
                    offline,
                    switches,
                    conflicts,
                    scripts,
                    access,
                    mirror,
                    refuseUnknownReads,
                    outageErrors,
                    profiles,
                    retentionDays,
                    maxSizeMb,
                    httpPort,
                    settings);
        }
    }
}
