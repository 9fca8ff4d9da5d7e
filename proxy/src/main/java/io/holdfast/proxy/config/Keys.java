package io.holdfast.proxy.config;

import io.holdfast.engine.rule.NearestName;
import io.holdfast.proxy.tls.UpstreamTls.Verification;
import io.holdfast.proxy.upstream.LinkLimits;
import io.holdfast.proxy.upstream.LostReplyPolicy;
import io.holdfast.proxy.upstream.OutageError;
import io.holdfast.proxy.upstream.ReturnPace;
import io.holdfast.proxy.upstream.ReturnPace.Strategy;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.sync.conflict.ConflictPolicy;
import io.holdfast.sync.journal.AppendFsync;
import io.holdfast.sync.mirror.MirrorMode;
import io.holdfast.sync.replay.ReplaySettings;
import io.holdfast.sync.replay.UpstreamLoss;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The table of settings. From it follow the flags, the names in the environment, the keys of the file, what is refused and
 * how, {@code config show}, the JSON schema, the example and the operators' table.
 */
public final class Keys {
    /** The section of the file that takes every parameter of redis.conf beside those that stand here. */
    public static final String SETTINGS = "settings";

    private static final List<Key<?>> ALL = new ArrayList<>();

    private static final int CENTURY_DAYS = 36_500;
    /** Below this there is hardly room for Lua's libraries. */
    private static final int LUA_BYTES_MIN = 4 << 20;

    // ---- the server itself

    public static final Key<Integer> PORT = row(Key.of(
                    "server.port",
                    Kind.number(0, 65_535),
                    "6380",
                    "Port to listen on; 0: any free one, or none where there is a Unix socket or a TLS port.")
            .flag("--port", "PORT"));
    public static final Key<String> BIND = row(Key.of(
                    "server.bind",
                    Kind.text("an address, such as 127.0.0.1"),
                    "127.0.0.1",
                    "Address to listen on, or several (127.0.0.1,::1); beyond this machine only where clients have to give a password.")
            .flag("--bind", "ADDRESS"));
    public static final Key<Boolean> STANDALONE =
            row(Key.of("server.standalone", Kind.trueFalse(), "false", "No upstream: a durable Redis of its own.")
                    .flag("--standalone", ""));
    public static final Key<Integer> HTTP_PORT = row(Key.of(
                    "server.http_port",
                    Kind.number(1, 65_535),
                    "",
                    "Port to answer HTTP on: status and operation, at the addresses of bind.")
            .flag("--http-port", "PORT")
            .example("8080"));
    public static final Key<Integer> DATABASES =
            row(Key.of("server.databases", Kind.number(1, 1024), "16", "How many databases SELECT can choose from."));
    public static final Key<AppendFsync> APPENDFSYNC = row(Key.of(
                    "server.appendfsync",
                    Kind.word(words(AppendFsync.values(), AppendFsync::configName)),
                    "everysec",
                    "When what was written is synced to the disk: before each answer, each second, or when the system likes.")
            .redis("appendfsync")
            .live());
    public static final Key<String> REQUIREPASS = row(Key.of(
                    "server.requirepass",
                    Kind.secret(),
                    "",
                    "The password that clients must give; the file must be 0600 then.")
            .redis("requirepass")
            .hidden()
            .live());
    public static final Key<Path> REQUIREPASS_FILE = row(Key.of(
                    "server.requirepass-file",
                    Kind.path("a file"),
                    "",
                    "A file whose first line is the password that clients must give; mode 0600.")
            .flag("--requirepass-file", "FILE")
            .example("/etc/holdfast/password")
            .live());
    public static final Key<Path> ACLFILE =
            row(Key.of("server.aclfile", Kind.path("a file"), "", "Users and what each may do, as Redis's aclfile.")
                    .flag("--aclfile", "FILE")
                    .example("/etc/holdfast/users.acl"));
    public static final Key<List<String>> USERS = row(Key.of(
                    "server.users",
                    Kind.list("a list of users", "\n", items -> items, users -> users.size() + " users"),
                    "",
                    "Users, each a line of an aclfile; not together with one. With a password behind > the file must be 0600.")
            .hidden()
            .example("user default on nopass ~* &* +@all"));

    // ---- the upstream

    public static final Key<UpstreamAddress> URL = row(Key.of(
                    "redis.url",
                    Kind.parsed("a URL like redis://127.0.0.1:6379", UpstreamAddress::parse, UpstreamAddress::toString),
                    "redis://127.0.0.1:6379",
                    "The Redis to stand in for: redis://[[user]:password@]host[:port], rediss:// for TLS, unix:// for a socket.")
            .flag("--upstream", "URL")
            .shared("REDIS_URL"));
    public static final Key<String> USER = row(Key.of(
                    "redis.user",
                    Kind.text("a user's name"),
                    "",
                    "Who Holdfast is at the upstream; it needs a password.")
            .example("holdfast")
            .live());
    public static final Key<String> PASSWORD =
            row(Key.of("redis.password", Kind.secret(), "", "The password at the upstream; the file must be 0600 then.")
                    .environment("HOLDFAST_UPSTREAM_PASSWORD")
                    .hidden()
                    .live());
    public static final Key<Path> PASSWORD_FILE = row(Key.of(
                    "redis.password_file",
                    Kind.path("a file"),
                    "",
                    "A file whose first line is the password at the upstream; mode 0600.")
            .flag("--upstream-password-file", "FILE")
            .example("/etc/holdfast/upstream-password")
            .live());
    public static final Key<Integer> TIMEOUT = row(Key.of(
                    "redis.connection_timeout",
                    Kind.amount("a time", 10, 600_000, Units.seconds(60)),
                    "2s",
                    "How long the upstream may take to answer before it counts as away.")
            .shared("CLAUDE_REDIS_TIMEOUT")
            .live());
    public static final Key<Integer> RETRY_INTERVAL = row(Key.of(
                    "redis.retry_interval",
                    Kind.amount("a time", ReturnPace.PAUSE_MS_MIN, 3_600_000, Units.seconds(600)),
                    "5s",
                    "The longest pause between two attempts to reach an upstream that is away; the first ones follow sooner.")
            .live());
    public static final Key<Integer> PROBE_INTERVAL = row(Key.of(
                    "redis.probe_interval",
                    Kind.amount("a time", 50, 60_000, Units.seconds(60)),
                    "250ms",
                    "How often the upstream is asked how it is while it is in charge; each command is a test besides.")
            .live());
    public static final Key<Integer> MAX_RETRIES = row(Key.of(
                    "redis.max_retries",
                    Kind.number(0, Integer.MAX_VALUE),
                    "",
                    "Accepted without effect: Holdfast never gives up an upstream, since what waits for it would be lost.")
            .withoutEffect("Holdfast never gives up an upstream, since what waits for it would be lost")
            .example("3"));
    public static final Key<Integer> PINNED_LINKS_MAX = row(
            Key.of(
                    "redis.pinned_links_max",
                    Kind.number(1, Integer.MAX_VALUE),
                    "" + LinkLimits.DEFAULT.pinnedMax(),
                    "Most connections to the upstream that single clients have for themselves, because they block, watch, subscribe, or have large requests or replies."));
    public static final Key<Path> UPSTREAM_CA = row(Key.of(
                    "redis.tls_ca_cert_file",
                    Kind.path("a file"),
                    "",
                    "Who signs the upstream's certificate, PEM; without it who the JDK believes.")
            .example("/etc/holdfast/ca.pem"));
    public static final Key<Path> UPSTREAM_CERT =
            row(Key.of("redis.tls_cert_file", Kind.path("a file"), "", "Our certificate at the upstream, PEM.")
                    .example("/etc/holdfast/client.pem"));
    public static final Key<Path> UPSTREAM_CERT_KEY =
            row(Key.of("redis.tls_key_file", Kind.path("a file"), "", "Its private key, PEM, PKCS#8.")
                    .example("/etc/holdfast/client.key"));
    public static final Key<Verification> TLS_VERIFY = row(
            Key.of(
                    "redis.tls_verify",
                    Kind.word(words(Verification.values(), Keys::lower)),
                    "full",
                    "What the upstream's certificate must prove: full, ca (any host) or none (whoever is in between reads all)."));

    // ---- the fallback

    public static final Key<Boolean> ENABLED = row(Key.of(
                    "fallback.enabled",
                    Kind.trueFalse(),
                    "true",
                    "Must be true: without its fallback Holdfast would be a detour, and clients can connect to Redis itself.")
            .shared("CLAUDE_FALLBACK_ENABLED"));
    public static final Key<Path> DATA_DIR = row(Key.of(
                    "fallback.storage_dir",
                    Kind.path("a directory, such as ~/.holdfast"),
                    "~/.holdfast",
                    "Where everything is kept; one Holdfast's own.")
            .flag("--data-dir", "DIR")
            .shared("CLAUDE_FALLBACK_DIR"));
    public static final Key<Integer> RETENTION_DAYS = row(Key.of(
                    "fallback.retention_days",
                    Kind.amount("a number of days", 0, CENTURY_DAYS, Units.days()),
                    "30d",
                    "How long what is not needed any more is kept.")
            .shared("CLAUDE_FALLBACK_RETENTION_DAYS")
            .live());
    public static final Key<Integer> MAX_SIZE_MB = row(Key.of(
                    "fallback.max_size_mb",
                    Kind.amount("a size", 0, Integer.MAX_VALUE, Units.megabytes()),
                    "0",
                    "What the data directory may take; 0: no bound.")
            .shared("CLAUDE_FALLBACK_MAX_SIZE_MB")
            .live());
    public static final Key<List<String>> PROFILES = row(Key.of(
                    "fallback.profiles",
                    Kind.list("a list of profiles", ",", items -> items, items -> String.join(",", items)),
                    "",
                    "How keys are shown as tables and files: agent-observability, web-shop or files of your own.")
            .flag("--profiles", "LIST")
            .example("agent-observability"));
    public static final Key<MirrorMode> MIRROR = row(Key.of(
                    "fallback.mirror",
                    Kind.word(words(MirrorMode.values(), Keys::lower)),
                    "touched",
                    "Which keys are copied while the upstream answers: those that clients touch and those of fallback.mirror_pin, only the latter, or none.")
            .live());
    public static final Key<List<String>> MIRROR_PIN = row(Key.of(
                    "fallback.mirror_pin",
                    Kind.list("a list of patterns of keys", ",", items -> items, items -> String.join(",", items)),
                    "",
                    "Keys of database 0 that are copied before anybody touches them.")
            .example("session:*")
            .live());
    public static final Key<Set<OutageError>> OUTAGE_ERRORS = row(Key.of(
                    "fallback.outage_errors",
                    Kind.list(
                            "a list out of OOM, MISCONF, NOREPLICAS and BUSY",
                            ",",
                            Keys::outageErrors,
                            errors -> errors.stream().map(OutageError::name).collect(Collectors.joining(","))),
                    "",
                    "Errors by which the upstream refuses writes for its own state that count as an outage; otherwise they are the client's answer.")
            .example("OOM")
            .live());
    public static final Key<Boolean> UNKNOWN_KEY = row(Key.of(
                    "fallback.unknown_key",
                    Kind.word(two("nil", "error")),
                    "nil",
                    "What an outage answers to reads of keys that are not here and may be upstream: as if they were not there, or -UNKNOWN.")
            .live());

    public static final Key<LostReplyPolicy> LOST_REPLIES = row(Key.of(
                    "fallback.lost_replies",
                    Kind.word(words(LostReplyPolicy.values(), Keys::lower)),
                    "settle",
                    "What clients get for writes whose reply is lost as the upstream goes: what sets a state runs here, -UNCERTAIN for the rest (settle); all run here, some perhaps twice (retry); -UNCERTAIN for all (uncertain); or as settle, with the connection closed in place of an error (close).")
            .live());
    public static final Key<Boolean> BLOCKED_CLIENTS = row(Key.of(
                    "fallback.blocked_clients",
                    Kind.word(two("unblock", "migrate")),
                    "unblock",
                    "What becomes of commands that wait upstream as it goes, such as BLPOP: -UNBLOCKED, or they go on waiting here.")
            .live());
    public static final Key<Boolean> SUBSCRIBERS = row(Key.of(
                    "fallback.subscribers",
                    Kind.word(two("keep", "close")),
                    "keep",
                    "Whether subscribers stay connected as the upstream goes and comes, or are cut off each time, so that they notice.")
            .live());

    // ---- the replay

    public static final Key<Boolean> SYNC_ENABLED = row(Key.of(
                    "sync.enabled",
                    Kind.trueFalse(),
                    "true",
                    "Whether the journal is replayed upstream; false: it is kept, and what waits keeps clients on the local engine.")
            .shared("CLAUDE_SYNC_ENABLED")
            .live());
    public static final Key<Integer> BATCH_SIZE = row(Key.of(
                    "sync.batch_size",
                    Kind.number(1, 10_000),
                    "" + ReplaySettings.BATCH_ENTRIES_MAX,
                    "Most commands in one transaction of the replay; fewer where they would keep the upstream busy for over a millisecond.")
            .shared("CLAUDE_SYNC_BATCH_SIZE")
            .live());
    public static final Key<Integer> SYNC_RATE = row(Key.of(
                    "sync.rate",
                    Kind.number(0, 100_000_000),
                    "0",
                    "Most journal entries a second that are replayed; 0: as many as go.")
            .live());
    public static final Key<Integer> WAIT_REPLICAS = row(Key.of(
                    "sync.wait_replicas",
                    Kind.number(0, 100),
                    "0",
                    "How many replicas of the upstream must have what was replayed before it counts as confirmed; 0: none.")
            .live());
    public static final Key<Integer> WAIT_TIMEOUT = row(Key.of(
                    "sync.wait_timeout",
                    Kind.amount("a time", 10, 600_000, Units.seconds(600)),
                    "1s",
                    "How long they may take before it is warned of; they are waited for all the same.")
            .live());
    public static final Key<Integer> SYNC_INTERVAL = row(Key.of(
                    "sync.sync_interval",
                    Kind.amount("a time", ReturnPace.PAUSE_MS_MIN, 3_600_000, Units.seconds(600)),
                    "1s",
                    "The longest pause between two attempts to replay into an upstream that answers and takes no writes.")
            .shared("CLAUDE_SYNC_INTERVAL")
            .live());
    public static final Key<Integer> MAX_LAG = row(Key.of(
                    "sync.max_lag",
                    Kind.number(0, Integer.MAX_VALUE),
                    "" + ReplaySettings.LAG_MAX,
                    "How many journal entries may wait before writers are slowed, where they write more than the replay carries away; 0: any number.")
            .live());
    public static final Key<UpstreamLoss> UPSTREAM_LOST = row(Key.of(
                    "sync.upstream_lost",
                    Kind.word(words(UpstreamLoss.values(), UpstreamLoss::configName)),
                    "pending-only",
                    "What is replayed into an upstream that came back without its data: what it never confirmed (pending-only), that on top of the keys that are here and not there (resurrect), or nothing until HOLDFAST SYNC ACCEPT (halt).")
            .live());
    public static final Key<Boolean> COMPACTION = row(Key.of(
                    "sync.compaction",
                    Kind.trueFalse(),
                    "true",
                    "Whether effects on one key that stand in one transaction of the replay are folded where the result is the same.")
            .live());
    public static final Key<Boolean> STAMPS = row(Key.of(
                    "sync.stamps",
                    Kind.trueFalse(),
                    "false",
                    "Whether other Holdfast nodes replay into the same upstream: each then leaves there when it wrote what, so that the later of two writes wins.")
            .live());
    public static final Key<Boolean> EXIT_WHEN_FENCED = row(
            Key.of(
                    "sync.exit_when_fenced",
                    Kind.trueFalse(),
                    "false",
                    "Whether the process ends with 75 where another has replayed under its identity; false: it serves reads and refuses writes."));
    public static final Key<Integer> SYNC_MAX_RETRIES = row(Key.of(
                    "sync.max_retries",
                    Kind.number(0, Integer.MAX_VALUE),
                    "",
                    "Accepted without effect: replay never gives up; what the upstream refuses for good becomes a dead letter.")
            .withoutEffect("replay never gives up; what the upstream refuses for good becomes a dead letter")
            .shared("CLAUDE_SYNC_MAX_RETRIES")
            .example("3"));
    public static final Key<Strategy> BACKOFF_STRATEGY = row(Key.of(
                    "sync.backoff_strategy",
                    Kind.word(words(Strategy.values(), Keys::lower)),
                    "exponential",
                    "How pauses grow up to redis.retry_interval and sync.sync_interval; fixed: they are always that long.")
            .shared("CLAUDE_SYNC_BACKOFF")
            .live());
    public static final Key<ConflictPolicy> CONFLICT_POLICY = row(Key.of(
                    "sync.conflict_policy",
                    Kind.word(words(ConflictPolicy.values(), ConflictPolicy::toString)),
                    "merge",
                    "Who wins where others have changed upstream what was written here.")
            .live());
    public static final Key<Map<String, ConflictPolicy>> CONFLICT_RULES = row(Key.of(
                    "sync.conflict_rules",
                    Kind.list(
                            "patterns with policies, such as \"session:* local-wins\"",
                            ",",
                            Keys::rules,
                            Keys::shownRules),
                    "",
                    "The same for keys that match a pattern; the first that matches counts.")
            .example("session:* local-wins")
            .live());
    public static final Key<Boolean> OFFLINE_FLUSH = row(Key.of(
                    "offline.flush",
                    Kind.word(two("refuse", "allow")),
                    "refuse",
                    "Whether FLUSHALL, FLUSHDB and SWAPDB run while the upstream is away.")
            .live());

    public static final Key<Boolean> OFFLINE_PUBLISH = row(Key.of(
                    "offline.publish",
                    Kind.word(two("local", "journal")),
                    "local",
                    "Whether messages that are published while the upstream is away only reach who listens here, or are journaled and published upstream when it is back, however late.")
            .live());

    // ---- scripts

    public static final Key<Boolean> LUA_ENABLED =
            row(Key.of("scripts.lua-enabled", Kind.word(two("no", "yes")), "yes", "Whether scripts run here.")
                    .redis("lua-enabled"));
    public static final Key<Integer> BUSY_REPLY_THRESHOLD = row(Key.of(
                    "scripts.busy-reply-threshold",
                    Kind.amount("a time", 0, Integer.MAX_VALUE, Units.milliseconds(50)),
                    "5s",
                    "After how long a script lets others get BUSY and may be killed; 0: never.")
            .redis("busy-reply-threshold")
            .live());
    public static final Key<Integer> LUA_MEMORY_LIMIT = row(Key.of(
                    "scripts.lua-memory-limit",
                    Kind.amount("a size", LUA_BYTES_MIN, Integer.MAX_VALUE, Units.bytes(LUA_BYTES_MIN)),
                    "256mb",
                    "What a script may hold.")
            .redis("lua-memory-limit"));

    // ---- parameters of redis.conf that have a flag

    public static final Key<String> UNIXSOCKET = row(redis(
            "unixsocket", "PATH", "A Unix socket to listen on too; with port 0 alone.", "/run/holdfast/holdfast.sock"));
    public static final Key<String> IO_THREADS = row(redis(
            "io-threads",
            "N",
            "Threads that serve clients' sockets; 1: the engine's own; else it has N - 1 beside it.",
            "4"));
    public static final Key<String> TLS_PORT =
            row(redis("tls-port", "PORT", "Port to listen on with TLS too; with port 0 alone.", "6381"));
    public static final Key<String> TLS_CERT_FILE =
            row(redis("tls-cert-file", "FILE", "Our certificate and its chain, PEM.", "/etc/holdfast/server.pem")
                    .live());
    public static final Key<String> TLS_KEY_FILE =
            row(redis("tls-key-file", "FILE", "Its private key, PEM, PKCS#8.", "/etc/holdfast/server.key")
                    .live());
    public static final Key<String> TLS_CA_CERT_FILE = row(redis(
                    "tls-ca-cert-file",
                    "FILE",
                    "Who signs the certificates of clients, PEM.",
                    "/etc/holdfast/clients-ca.pem")
            .live());
    public static final Key<String> TLS_AUTH_CLIENTS =
            row(redis("tls-auth-clients", "WHETHER", "Whether clients show certificates: yes, optional or no.", "yes")
                    .live());

    private Keys() {}

    private static <T> Key<T> row(Key<T> key) {
        ALL.add(key);
        return key;
    }

    /** What it takes is the engine's to say. */
    private static Key<String> redis(String name, String label, String says, String example) {
        return Key.of(SETTINGS + "." + name, Kind.setting(), "", says)
                .flag("--" + name, label)
                .redis(name)
                .example(example);
    }

    private static <T> Map<String, T> words(T[] values, Function<T, String> name) {
        Map<String, T> words = new LinkedHashMap<>();
        for (T value : values) {
            words.put(name.apply(value), value);
        }
        return words;
    }

    private static Map<String, Boolean> two(String no, String yes) {
        Map<String, Boolean> words = new LinkedHashMap<>();
        words.put(no, false);
        words.put(yes, true);
        return words;
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static Map<String, ConflictPolicy> rules(List<String> written) {
        Map<String, ConflictPolicy> rules = new LinkedHashMap<>();
        for (String rule : written) {
            int space = rule.trim().lastIndexOf(' ');
            if (space < 0) {
                throw new IllegalArgumentException("\"" + rule + "\" names no policy");
            }
            rules.putIfAbsent(
                    rule.trim().substring(0, space).trim(),
                    ConflictPolicy.parse(rule.trim().substring(space + 1)));
        }
        return rules;
    }

    private static Set<OutageError> outageErrors(List<String> written) {
        Set<OutageError> errors = EnumSet.noneOf(OutageError.class);
        for (String word : written) {
            errors.add(Arrays.stream(OutageError.values())
                    .filter(error -> error.name().equalsIgnoreCase(word.trim()))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("")));
        }
        return errors;
    }

    private static String shownRules(Map<String, ConflictPolicy> rules) {
        var shown = new ArrayList<String>();
        rules.forEach((pattern, policy) -> shown.add(pattern + " " + policy));
        return String.join(", ", shown);
    }

    // ---- asking

    /** In the order of the sections. */
    public static List<Key<?>> all() {
        return List.copyOf(ALL);
    }

    static @Nullable Key<?> find(String path) {
        return ALL.stream().filter(key -> key.path().equals(path)).findFirst().orElse(null);
    }

    /** The path that is most like this. */
    static String nearest(String path) {
        return NearestName.of(path, ALL.stream().map(Key::path).toList());
    }

    /** By each of their names in the environment. */
    static Map<String, Key<?>> byEnvironment() {
        Map<String, Key<?>> keys = new TreeMap<>();
        ALL.forEach(key -> key.environments().forEach(name -> keys.put(name, key)));
        return keys;
    }
}
