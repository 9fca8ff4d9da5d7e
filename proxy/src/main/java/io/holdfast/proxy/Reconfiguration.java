package io.holdfast.proxy;

import io.holdfast.engine.config.Setting;
import io.holdfast.engine.config.Settings;
import io.holdfast.proxy.admin.ConfigChanges;
import io.holdfast.proxy.admin.Options;
import io.holdfast.proxy.admin.Rewriting;
import io.holdfast.proxy.admin.SettingsFile;
import io.holdfast.proxy.config.BadConfigurationException;
import io.holdfast.proxy.config.Configuration;
import io.holdfast.proxy.config.Key;
import io.holdfast.proxy.config.Keys;
import io.holdfast.proxy.config.RedisParameters;
import io.holdfast.proxy.config.Sources;
import io.holdfast.proxy.routing.Router;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.sync.mirror.Mirror;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Changes of a running server what can change: by its configuration, read again, or by what somebody asks for. One change at
 * a time, on the desk's thread; what the engine loop owns is changed there. What holds may be asked on any thread.
 */
final class Reconfiguration {
    private static final String SETTINGS = Keys.SETTINGS + ".";

    /**
     * How a change of some keys takes effect.
     *
     * @param merge from the running configuration and the next one, the running one with these changes
     */
    private record Action(BinaryOperator<ProxyConfig> merge, Effect effect) {}

    private interface Effect {
        /** On the engine loop. */
        void apply(Reconfiguration server, ProxyConfig merged);
    }

    private static final Map<Key<?>, Action> ACTIONS = new LinkedHashMap<>();

    static {
        var pace = new Action(
                (running, next) -> running.withPace(next.pace()),
                (server, config) -> server.onUpstream(parts -> parts.handOver().pace(config.pace())));
        for (Key<?> key :
                List.of(Keys.RETRY_INTERVAL, Keys.PROBE_INTERVAL, Keys.SYNC_INTERVAL, Keys.BACKOFF_STRATEGY)) {
            ACTIONS.put(key, pace);
        }
        Effect talkingUpstream = (server, config) -> server.onUpstream(parts -> parts.change(config));
        var login = new Action(Reconfiguration::loginOf, talkingUpstream);
        for (Key<?> key : List.of(Keys.USER, Keys.PASSWORD, Keys.PASSWORD_FILE)) {
            ACTIONS.put(key, login);
        }
        ACTIONS.put(
                Keys.TIMEOUT, new Action((running, next) -> running.withTimeoutMs(next.timeoutMs()), talkingUpstream));
        var replay = new Action(
                (running, next) -> running.withReplay(next.replay()).withConflicts(next.conflicts()), talkingUpstream);
        for (Key<?> key : List.of(
                Keys.BATCH_SIZE,
                Keys.SYNC_RATE,
                Keys.WAIT_REPLICAS,
                Keys.WAIT_TIMEOUT,
                Keys.MAX_LAG,
                Keys.UPSTREAM_LOST,
                Keys.COMPACTION,
                Keys.STAMPS,
                Keys.CONFLICT_POLICY,
                Keys.CONFLICT_RULES)) {
            ACTIONS.put(key, replay);
        }
        ACTIONS.put(
                Keys.SYNC_ENABLED,
                new Action(
                        (running, next) -> running.withSyncEnabled(next.syncEnabled()),
                        (server, config) ->
                                server.onUpstream(parts -> parts.handOver().syncEnabled(config.syncEnabled()))));
        var offline = new Action(
                (running, next) -> running.withOffline(next.offline()),
                (server, config) ->
                        server.onUpstream(parts -> server.parts.engine().journalForUpstream(config.offline())));
        ACTIONS.put(Keys.OFFLINE_FLUSH, offline);
        ACTIONS.put(Keys.OFFLINE_PUBLISH, offline);
        var switches = new Action(
                (running, next) -> running.withSwitches(next.switches()),
                (server, config) -> server.router.switchRules(config.switches()));
        for (Key<?> key : List.of(Keys.LOST_REPLIES, Keys.BLOCKED_CLIENTS, Keys.SUBSCRIBERS)) {
            ACTIONS.put(key, switches);
        }
        var mirror = new Action((running, next) -> running.withMirror(next.mirror()), (server, config) -> {
            server.mirror.settings(config.mirror());
            server.router.renewPins();
        });
        ACTIONS.put(Keys.MIRROR, mirror);
        ACTIONS.put(Keys.MIRROR_PIN, mirror);
        ACTIONS.put(
                Keys.OUTAGE_ERRORS,
                new Action(
                        (running, next) -> running.withOutageErrors(next.outageErrors()),
                        (server, config) -> server.onUpstream(parts -> {
                            server.router.outageErrors(config.outageErrors());
                            parts.probe().outageErrors(config.outageErrors());
                        })));
        ACTIONS.put(
                Keys.UNKNOWN_KEY,
                new Action(
                        (running, next) -> running.withRefuseUnknownReads(next.refuseUnknownReads()),
                        (server, config) -> server.mirror.refuseUnknownReads(config.refuseUnknownReads())));
        ACTIONS.put(
                Keys.APPENDFSYNC,
                new Action(
                        (running, next) -> running.withAppendFsync(next.appendFsync()),
                        (server, config) -> server.choose(
                                "appendfsync", config.appendFsync().configName())));
        ACTIONS.put(
                Keys.BUSY_REPLY_THRESHOLD,
                new Action(
                        (running, next) -> running.withScripts(next.scripts()),
                        (server, config) -> server.choose(
                                "busy-reply-threshold",
                                Long.toString(config.scripts().busyAfterMs()))));
        var room = new Action(
                (running, next) ->
                        running.withRetentionDays(next.retentionDays()).withMaxSizeMb(next.maxSizeMb()),
                (server, config) -> server.disk.change(config.retentionDays(), config.maxSizeMb()));
        ACTIONS.put(Keys.RETENTION_DAYS, room);
        ACTIONS.put(Keys.MAX_SIZE_MB, room);
        var password = new Action(
                (running, next) -> running.withAccess(
                        running.access().withPassword(next.access().password())),
                (server, config) -> server.choose(
                        "requirepass",
                        Objects.requireNonNullElse(config.access().password(), "")));
        ACTIONS.put(Keys.REQUIREPASS, password);
        ACTIONS.put(Keys.REQUIREPASS_FILE, password);
    }

    private final LoopCalls loop;
    private final EngineParts parts;
    private final @Nullable UpstreamParts upstream;
    private final DiskWatch disk;
    private final Mirror mirror;
    private final Router router;
    private volatile ProxyConfig config;
    /** What the sources say, as they were read last. */
    private Configuration read;
    /** What holds: with what was changed while it runs, and without what needs a restart. */
    private volatile Configuration running;

    Reconfiguration(
            ProxyConfig config,
            LoopCalls loop,
            EngineParts parts,
            @Nullable UpstreamParts upstream,
            DiskWatch disk,
            Mirror mirror,
            Router router) {
        this.config = config;
        this.loop = loop;
        this.parts = parts;
        this.upstream = upstream;
        this.disk = disk;
        this.mirror = mirror;
        this.router = router;
        read = nothing();
        running = read;
    }

    private static Configuration nothing() {
        try {
            return Configuration.read(Sources.NONE);
        } catch (BadConfigurationException e) {
            throw new IllegalStateException("the defaults are wrong: " + e.getMessage(), e);
        }
    }

    /** What the server was started by, to be read again; where there is a file, CONFIG REWRITE writes into it. */
    synchronized void startedBy(Configuration configuration) {
        read = configuration;
        running = configuration;
        Path file = configuration.sources().file();
        if (file != null) {
            var rewriting =
                    new Rewriting(file, new SettingsFile(parts.directory().path()), parts.engine());
            loop.run(() -> parts.engine().settings().rewriter(rewriting));
        }
    }

    /** The keys that can change while it runs; of parameters of redis.conf the engine knows. */
    static Set<Key<?>> changeable() {
        return ACTIONS.keySet();
    }

    /** What holds now, for those who do as it says. */
    ProxyConfig config() {
        return config;
    }

    /** What holds now, for people. */
    Configuration running() {
        return running;
    }

    // ---- what would change

    /** A change that has been checked and not been made. */
    final class Plan {
        private final Configuration next;
        private final ProxyConfig nextConfig;
        private final List<String> live = new ArrayList<>();
        private final List<String> restart = new ArrayList<>();
        private final @Nullable Configuration readNow;

        private Plan(Configuration next, @Nullable Configuration readNow)
                throws StartupException, BadConfigurationException {
            this.next = next;
            this.readNow = readNow;
            nextConfig = new Options(next).config();
            List<String> paths = new ArrayList<>(running.differing(next));
            secretsThatDiffer().stream().filter(path -> !paths.contains(path)).forEach(paths::add);
            for (String path : paths) {
                (isChangeable(path) ? live : restart).add(path);
            }
            live.removeIf(path -> path.startsWith(SETTINGS) && holdsAlready(path));
            Access access = merged().access();
            if (access.password() == null && config.access().password() != null) {
                StartupRefusals.wideBind(config, !access.equals(Access.OPEN));
            }
        }

        /** A file of a password has another content, though its name is the same. */
        private List<String> secretsThatDiffer() {
            var paths = new ArrayList<String>();
            if (readNow != null
                    && !Objects.equals(
                            config.access().password(), nextConfig.access().password())) {
                paths.add(Keys.REQUIREPASS_FILE.path());
            }
            UpstreamAddress before = config.upstream();
            UpstreamAddress after = nextConfig.upstream();
            if (readNow != null
                    && before != null
                    && after != null
                    && !Objects.equals(before.password(), after.password())) {
                paths.add(Keys.PASSWORD_FILE.path());
            }
            return paths;
        }

        private ProxyConfig merged() {
            ProxyConfig merged = config;
            for (Action action : actions()) {
                merged = action.merge.apply(merged, nextConfig);
            }
            return merged;
        }

        private Set<Action> actions() {
            Set<Action> actions = new LinkedHashSet<>();
            live.forEach(path -> ACTIONS.forEach((key, action) -> {
                if (key.path().equals(path)) {
                    actions.add(action);
                }
            }));
            return actions;
        }

        List<String> needRestart() {
            return restart;
        }

        ConfigChanges changes() {
            return new ConfigChanges(
                    live.stream().map(this::line).toList(),
                    restart.stream().map(this::line).toList(),
                    next.shown().size() - live.size() - restart.size(),
                    new Options(next).warnings());
        }

        private String line(String path) {
            return path + ": " + shown(running, path) + " -> " + shown(next, path) + " (" + next.origin(path) + ")";
        }

        private static String shown(Configuration in, String path) {
            String value = path.startsWith(SETTINGS) && in.shown(path).isEmpty()
                    ? wanted(in, path.substring(SETTINGS.length()))
                    : in.shown(path);
            return value.isEmpty() ? "none" : value;
        }

        /** Makes it. @throws IllegalArgumentException when a parameter is refused; then nothing has changed */
        void carryOut() {
            ProxyConfig merged = merged();
            loop.run(() -> {
                chooseSettings();
                actions().forEach(action -> action.effect.apply(Reconfiguration.this, merged));
            });
            made(merged, next, live, readNow);
        }

        private void chooseSettings() {
            Deque<Runnable> undo = new ArrayDeque<>();
            List<String> names = new ArrayList<>();
            for (String path : live) {
                if (path.startsWith(SETTINGS)) {
                    String name = path.substring(SETTINGS.length());
                    String before = parts.engine().settings().value(name);
                    try {
                        choose(name, wanted(next, name));
                    } catch (IllegalArgumentException e) {
                        undo.forEach(Runnable::run);
                        throw new IllegalArgumentException(path + ": " + e.getMessage(), e);
                    }
                    undo.push(() -> choose(name, before));
                    names.add(name);
                }
            }
            Settings.Disagreement wrong = parts.engine().settings().disagreement(names);
            if (wrong != null) {
                undo.forEach(Runnable::run);
                throw new IllegalArgumentException(SETTINGS + wrong.name() + ": " + wrong.why());
            }
        }

        private boolean holdsAlready(String path) {
            String name = path.substring(SETTINGS.length());
            String wanted = new RedisParameters().normal(name, wanted(next, name));
            return loop.call(() -> parts.engine().settings().value(name)).equals(wanted);
        }
    }

    private synchronized void made(
            ProxyConfig merged, Configuration next, List<String> changed, @Nullable Configuration readNow) {
        config = merged;
        running = running.adopting(next, changed);
        if (readNow != null) {
            read = readNow;
        }
    }

    /** A parameter that is not named any more is what it is by default. */
    private static String wanted(Configuration next, String name) {
        String value = next.settings().get(name);
        return value == null ? RedisParameters.standard(name) : value;
    }

    private boolean isChangeable(String path) {
        if (path.startsWith(SETTINGS)) {
            Setting setting = parts.engine().settings().find(path.substring(SETTINGS.length()));
            return setting != null && setting.changeable();
        }
        return ACTIONS.keySet().stream().anyMatch(key -> key.path().equals(path));
    }

    /** What the sources say now. */
    synchronized Plan reload() throws BadConfigurationException, StartupException {
        Configuration now = Configuration.read(read.sources());
        return new Plan(now.withRunning(running, read.differing(now)), now);
    }

    /** What somebody wants, until a restart or until the sources say something new. */
    synchronized Plan change(Map<String, List<String>> wanted, String who)
            throws BadConfigurationException, StartupException {
        return new Plan(running.with(wanted, who), null);
    }

    // ---- how it takes effect; on the engine loop

    private interface OnUpstream {
        void apply(UpstreamParts to);
    }

    /** Standalone there is nothing that it would concern. */
    private void onUpstream(OnUpstream effect) {
        if (upstream != null) {
            effect.apply(upstream);
        }
    }

    private void choose(String name, String value) {
        Settings settings = parts.engine().settings();
        Setting setting = settings.find(name);
        if (setting == null) {
            throw new IllegalStateException("no setting " + name);
        }
        settings.choose(setting, value);
    }

    private static ProxyConfig loginOf(ProxyConfig running, ProxyConfig next) {
        UpstreamAddress to = running.upstream();
        UpstreamAddress as = next.upstream();
        return to == null || as == null ? running : running.withUpstream(to.as(as.user(), as.password()));
    }
}
