package io.holdfast.engine.config;

import io.holdfast.engine.rule.RedisDouble;
import io.holdfast.resp.Bytes;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Every parameter of Redis 7.2 with its default, so that tools which read or set one find it. What acts is bound by the
 * part of the server that it concerns ({@link Settings#onChange}); what there is nothing of here only keeps its value.
 */
public final class StandardSettings {
    /** As in Redis. */
    private static final int IO_THREADS_MAX = 128;

    private static final long ANY = Long.MAX_VALUE;
    private static final long INT = Integer.MAX_VALUE;

    /** Old names, which go on working: each is another name of the same setting. */
    private static final Map<String, String> OTHER_NAMES = new TreeMap<>(Map.ofEntries(
            Map.entry("hash-max-ziplist-entries", "hash-max-listpack-entries"),
            Map.entry("hash-max-ziplist-value", "hash-max-listpack-value"),
            Map.entry("list-max-ziplist-size", "list-max-listpack-size"),
            Map.entry("zset-max-ziplist-entries", "zset-max-listpack-entries"),
            Map.entry("zset-max-ziplist-value", "zset-max-listpack-value"),
            Map.entry("lua-time-limit", "busy-reply-threshold"),
            Map.entry("min-slaves-max-lag", "min-replicas-max-lag"),
            Map.entry("min-slaves-to-write", "min-replicas-to-write"),
            Map.entry("repl-ping-slave-period", "repl-ping-replica-period"),
            Map.entry("slave-announce-ip", "replica-announce-ip"),
            Map.entry("slave-announce-port", "replica-announce-port"),
            Map.entry("slave-ignore-maxmemory", "replica-ignore-maxmemory"),
            Map.entry("slave-lazy-flush", "replica-lazy-flush"),
            Map.entry("slave-priority", "replica-priority"),
            Map.entry("slave-read-only", "replica-read-only"),
            Map.entry("slave-serve-stale-data", "replica-serve-stale-data"),
            Map.entry("slaveof", "replicaof"),
            Map.entry("cluster-slave-no-failover", "cluster-replica-no-failover"),
            Map.entry("cluster-slave-validity-factor", "cluster-replica-validity-factor")));

    private final Settings settings;

    private StandardSettings(Settings settings) {
        this.settings = settings;
    }

    /** All parameters with their defaults. */
    static void addTo(Settings settings) {
        var standard = new StandardSettings(settings);
        standard.ofMemory();
        standard.ofClients();
        standard.ofFiles();
        standard.ofReplication();
        standard.ofTheProcess();
        standard.ofCluster();
        standard.ofTls();
        OTHER_NAMES.forEach(settings::otherName);
    }

    private void ofMemory() {
        bytes("maxmemory", 0, 0, ANY);
        word(
                "maxmemory-policy",
                "noeviction",
                List.of(
                        "volatile-lru",
                        "volatile-lfu",
                        "volatile-random",
                        "volatile-ttl",
                        "allkeys-lru",
                        "allkeys-lfu",
                        "allkeys-random",
                        "noeviction"));
        number("maxmemory-samples", 5, 1, 64);
        number("maxmemory-eviction-tenacity", 10, 0, 100);
        text("maxmemory-clients", "0");
        number("lfu-log-factor", 10, 0, INT);
        number("lfu-decay-time", 1, 0, INT);
        yesNo(false, "lazyfree-lazy-eviction", "lazyfree-lazy-expire", "lazyfree-lazy-server-del");
        yesNo(false, "lazyfree-lazy-user-del", "lazyfree-lazy-user-flush", "activedefrag");
        yesNo(true, "activerehashing", "jemalloc-bg-thread", "dynamic-hz");
        number("active-expire-effort", 1, 1, 10);
        bytes("active-defrag-ignore-bytes", 104_857_600, 1, ANY);
        number("active-defrag-threshold-lower", 10, 0, 1000);
        number("active-defrag-threshold-upper", 100, 0, 1000);
        number("active-defrag-cycle-min", 1, 1, 99);
        number("active-defrag-cycle-max", 25, 1, 99);
        number("active-defrag-max-scan-fields", 1000, 1, ANY);
        number("list-compress-depth", 0, 0, INT);
    }

    private void ofClients() {
        number("maxclients", 10_000, 1, 4_294_967_295L);
        number("timeout", 0, 0, INT);
        number("tcp-keepalive", 300, 0, INT);
        bytes("client-query-buffer-limit", 1_073_741_824, 1_048_576, ANY);
        bytes("proto-max-bulk-len", 536_870_912, 1_048_576, ANY);
        settings.put(Setting.special(
                "client-output-buffer-limit",
                BufferLimits.DEFAULT.toString(),
                (before, asked) -> BufferLimits.parse(before).with(asked).toString()));
        number("tracking-table-max-keys", 1_000_000, 0, ANY);
        number("slowlog-log-slower-than", 10_000, -1, ANY);
        number("slowlog-max-len", 128, 0, ANY);
        number("latency-monitor-threshold", 0, 0, ANY);
        yesNo(true, "latency-tracking");
        settings.put(Setting.special(
                "latency-tracking-info-percentiles", "50 99 99.9", (before, asked) -> percentiles(asked)));
        text("notify-keyspace-events", "");
        number("acllog-max-len", 128, 0, ANY);
        word("acl-pubsub-default", "resetchannels", List.of("allchannels", "resetchannels"));
        text("requirepass", "");
        fixed("aclfile", "");
        yesNo(true, "protected-mode");
        number("busy-reply-threshold", 5000, 0, ANY);
        word("propagation-error-behavior", "ignore", List.of("ignore", "panic", "panic-on-replicas"));
    }

    private void ofFiles() {
        word("appendfsync", "everysec", List.of("everysec", "always", "no"));
        text("save", "");
        settings.put(Setting.special("appendonly", "yes", (before, asked) -> alwaysOn(asked)));
        fixed("appendfilename", "appendonly.aof");
        fixed("appenddirname", "appendonlydir");
        text("dbfilename", "dump.rdb");
        fixed("dir", "");
        fixed("databases", "16");
        yesNo(false, "no-appendfsync-on-rewrite", "aof-disable-auto-gc", "aof-timestamp-enabled");
        yesNo(true, "aof-load-truncated", "aof-use-rdb-preamble", "aof-rewrite-incremental-fsync");
        yesNo(true, "rdbcompression", "rdb-save-incremental-fsync", "stop-writes-on-bgsave-error");
        yesNo(false, "rdb-del-sync-files");
        fixed("rdbchecksum", "yes");
        number("auto-aof-rewrite-percentage", 100, 0, INT);
        bytes("auto-aof-rewrite-min-size", 67_108_864, 0, ANY);
        word("sanitize-dump-payload", "no", List.of("no", "yes", "clients"));
    }

    private void ofReplication() {
        text("replicaof", "");
        text("masteruser", "");
        text("masterauth", "");
        yesNo(true, "replica-serve-stale-data", "replica-read-only", "replica-announced", "replica-ignore-maxmemory");
        yesNo(false, "replica-lazy-flush", "replica-ignore-disk-write-errors", "repl-disable-tcp-nodelay");
        yesNo(true, "repl-diskless-sync");
        word("repl-diskless-load", "disabled", List.of("disabled", "on-empty-db", "swapdb"));
        number("repl-diskless-sync-delay", 5, 0, INT);
        number("repl-diskless-sync-max-replicas", 0, 0, INT);
        number("repl-ping-replica-period", 10, 1, INT);
        number("repl-timeout", 60, 1, INT);
        bytes("repl-backlog-size", 1_048_576, 1, ANY);
        number("repl-backlog-ttl", 3600, 0, ANY);
        number("replica-priority", 100, 0, INT);
        text("replica-announce-ip", "");
        number("replica-announce-port", 0, 0, 65_535);
        number("min-replicas-to-write", 0, 0, INT);
        number("min-replicas-max-lag", 10, 0, INT);
        number("shutdown-timeout", 10, 0, INT);
        text("shutdown-on-sigint", "default");
        text("shutdown-on-sigterm", "default");
    }

    private void ofTheProcess() {
        fixed("bind", "127.0.0.1");
        fixed("port", "6379");
        settings.put(Setting.text("unixsocket", "").atStart());
        settings.put(Setting.special("unixsocketperm", "0", (before, asked) -> octal(asked))
                .atStart());
        fixed("tcp-backlog", "511");
        settings.put(Setting.number("io-threads", 1, 1, IO_THREADS_MAX).atStart());
        fixed("io-threads-do-reads", "no");
        fixed("daemonize", "no");
        fixed("supervised", "no");
        fixed("pidfile", "");
        fixed("logfile", "");
        fixed("syslog-enabled", "no");
        fixed("syslog-ident", "redis");
        fixed("syslog-facility", "local0");
        fixed("always-show-logo", "no");
        fixed("set-proc-title", "yes");
        fixed("disable-thp", "yes");
        fixed("ignore-warnings", "");
        fixed("enable-protected-configs", "no");
        settings.put(Setting.word("enable-debug-command", "no", List.of("no", "yes", "local"))
                .atStart());
        fixed("enable-module-command", "no");
        fixed("server_cpulist", "");
        fixed("bio_cpulist", "");
        fixed("aof_rewrite_cpulist", "");
        fixed("bgsave_cpulist", "");
        fixed("socket-mark-id", "0");
        text("bind-source-addr", "");
        text("locale-collate", "");
        text("proc-title-template", "{title} {listen-addr} {server-mode}");
        text("oom-score-adj-values", "0 200 800");
        word("oom-score-adj", "no", List.of("no", "yes", "relative", "absolute"));
        word("loglevel", "notice", List.of("debug", "verbose", "notice", "warning", "nothing"));
        yesNo(true, "crash-log-enabled", "crash-memcheck-enabled");
        yesNo(false, "use-exit-on-panic");
        number("hz", 10, 0, INT);
    }

    private void ofCluster() {
        fixed("cluster-enabled", "no");
        fixed("cluster-config-file", "nodes.conf");
        fixed("cluster-port", "0");
        text("cluster-announce-ip", "");
        text("cluster-announce-hostname", "");
        text("cluster-announce-human-nodename", "");
        number("cluster-announce-port", 0, 0, 65_535);
        number("cluster-announce-bus-port", 0, 0, 65_535);
        number("cluster-announce-tls-port", 0, 0, 65_535);
        number("cluster-node-timeout", 15_000, 0, ANY);
        number("cluster-migration-barrier", 1, 0, INT);
        number("cluster-replica-validity-factor", 10, 0, INT);
        bytes("cluster-link-sendbuf-limit", 0, 0, ANY);
        yesNo(true, "cluster-require-full-coverage", "cluster-allow-replica-migration");
        yesNo(true, "cluster-allow-pubsubshard-when-down");
        yesNo(false, "cluster-allow-reads-when-down", "cluster-replica-no-failover");
        word("cluster-preferred-endpoint-type", "ip", List.of("ip", "hostname", "unknown-endpoint"));
    }

    private void ofTls() {
        settings.put(Setting.number("tls-port", 0, 0, 65_535).atStart());
        yesNo(false, "tls-cluster", "tls-replication", "tls-prefer-server-ciphers");
        yesNo(true, "tls-session-caching");
        word("tls-auth-clients", "yes", List.of("no", "yes", "optional"));
        number("tls-session-cache-size", 20_480, 0, INT);
        number("tls-session-cache-timeout", 300, 0, INT);
        for (String file : List.of("ca-cert-dir", "ca-cert-file", "cert-file", "key-file", "dh-params-file")) {
            text("tls-" + file, "");
        }
        for (String other : List.of("key-file-pass", "client-cert-file", "client-key-file", "client-key-file-pass")) {
            text("tls-" + other, "");
        }
        text("tls-protocols", "");
        text("tls-ciphers", "");
        text("tls-ciphersuites", "");
    }

    // ---- kinds

    private static String octal(String asked) {
        if (!asked.matches("[0-7]{1,4}") || Integer.parseInt(asked, 8) > 0777) {
            throw new IllegalArgumentException("argument couldn't be parsed into an integer");
        }
        return asked;
    }

    private static String percentiles(String asked) {
        for (String percent : asked.split(" ", -1)) {
            double value = percent.isEmpty() ? 0 : RedisDouble.parse(Bytes.of(percent));
            if (Double.isNaN(value)) {
                throw new IllegalArgumentException("Invalid latency-tracking-info-percentiles parameters");
            }
            if (value < 0 || value > 100) {
                throw new IllegalArgumentException(
                        "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
            }
        }
        return asked;
    }

    /** The journal is what everything else rests on. */
    private static String alwaysOn(String asked) {
        if (!asked.equalsIgnoreCase("yes")) {
            throw new IllegalArgumentException(
                    "Holdfast always keeps its journal; appendfsync says how often it is synced");
        }
        return "yes";
    }

    private void fixed(String name, String value) {
        settings.fixed(name, value);
    }

    private void text(String name, String initial) {
        settings.put(Setting.text(name, initial));
    }

    private void yesNo(boolean initial, String... names) {
        for (String name : names) {
            settings.put(Setting.yesNo(name, initial));
        }
    }

    private void word(String name, String initial, List<String> words) {
        settings.put(Setting.word(name, initial, words));
    }

    private void number(String name, long initial, long min, long max) {
        settings.put(Setting.number(name, initial, min, max));
    }

    private void bytes(String name, long initial, long min, long max) {
        settings.put(Setting.bytes(name, initial, min, max));
    }
}
