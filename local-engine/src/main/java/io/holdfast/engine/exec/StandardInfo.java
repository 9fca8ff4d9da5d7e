package io.holdfast.engine.exec;

import io.holdfast.engine.command.AclDenial;
import io.holdfast.engine.command.AclLog;
import io.holdfast.engine.command.ClientBuffers;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.Heap;
import io.holdfast.engine.command.InfoSections;
import io.holdfast.engine.command.InfoSections.Lines;
import io.holdfast.engine.command.Latencies;
import io.holdfast.engine.command.Scripting;
import io.holdfast.engine.command.Server;
import io.holdfast.engine.command.ServerStats;
import io.holdfast.engine.keyspace.Keyspace;
import io.holdfast.engine.keyspace.Keyspaces;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * The sections of INFO that every Redis has, with the lines that tools read; what there is nothing of here reads 0.
 * Owned by the engine loop.
 */
public final class StandardInfo {
    private static final int HZ = 10;
    private static final int DAY_SECONDS = 86_400;
    private static final String NO_REPLICATION_ID = "0".repeat(40);

    private final Server server;
    private final ProcessFacts facts;

    public StandardInfo(Server server, ProcessFacts facts) {
        this.server = server;
        this.facts = facts;
    }

    /** Adds the sections up to Cluster; those that come behind Keyspace in Redis's order are the caller's. */
    public void addTo(InfoSections info) {
        info.add("Server", this::server);
        info.add("Clients", this::clients);
        info.add("Memory", this::memory);
        info.add("Persistence", this::persistence);
        info.add("Stats", this::stats);
        info.add("Replication", this::replication);
        info.add("CPU", StandardInfo::cpu);
        info.add("Modules", lines -> {});
        info.add("Commandstats", lines -> forEachCommand(StandardInfo::calls, lines));
        info.add("Errorstats", this::errors);
        info.add("Latencystats", lines -> forEachCommand(this::percentiles, lines));
        info.add("Cluster", lines -> lines.line("cluster_enabled", 0));
        info.add("Keyspace", this::keyspace);
    }

    private void server(Lines lines) {
        ProcessHandle process = ProcessHandle.current();
        long uptime = facts.uptimeSeconds();
        lines.line("redis_version", server.config().version())
                .line("redis_git_sha1", "00000000")
                .line("redis_git_dirty", 0)
                .line("redis_build_id", "0")
                .line("redis_mode", "standalone")
                .line("os", property("os.name") + " " + property("os.version") + " " + property("os.arch"))
                .line("arch_bits", 64)
                .line("monotonic_clock", "System.nanoTime")
                .line("multiplexing_api", "netty")
                .line("atomicvar_api", "java")
                .line("gcc_version", "0.0.0")
                .line("process_id", process.pid())
                .line("process_supervised", "no")
                .line("run_id", facts.runId())
                .line("tcp_port", facts.port().getAsInt())
                .line("server_time_usec", facts.clock().getAsLong() * 1000)
                .line("uptime_in_seconds", uptime)
                .line("uptime_in_days", uptime / DAY_SECONDS)
                .line("hz", HZ)
                .line("configured_hz", HZ)
                .line("lru_clock", facts.clock().getAsLong() / 1000 & 0xffffff)
                .line("executable", process.info().command().orElse(""))
                .line("config_file", "")
                .line("io_threads_active", server.settings().number("io-threads") > 1 ? 1 : 0);
    }

    private static String property(String name) {
        return System.getProperty(name, "unknown");
    }

    private void clients(Lines lines) {
        List<ClientBuffers> buffers = server.sessions().stream()
                .map(client -> client.output().buffers())
                .toList();
        lines.line("connected_clients", server.sessions().size())
                .line("cluster_connections", 0)
                .line("maxclients", setting("maxclients"))
                .line("client_recent_max_input_buffer", largest(buffers, ClientBuffers::input))
                .line("client_recent_max_output_buffer", largest(buffers, ClientBuffers::output))
                .line(
                        "blocked_clients",
                        server.blocking().clients() + server.pause().waiting())
                .line("tracking_clients", server.invalidations().clients())
                .line("clients_in_timeout_table", server.blocking().clientsWithTimeout());
    }

    private static long largest(List<ClientBuffers> buffers, ToLongFunction<ClientBuffers> size) {
        return buffers.stream().mapToLong(size).max().orElse(0);
    }

    private void memory(Lines lines) {
        Heap heap = Heap.now();
        long used = usedBytes(heap);
        server.stats().peakBytes = Math.max(server.stats().peakBytes, used);
        long peakBytes = server.stats().peakBytes;
        amount(lines, "used_memory", used);
        amount(lines, "used_memory_rss", heap.committed());
        amount(lines, "used_memory_peak", peakBytes);
        lines.line("used_memory_peak_perc", String.format(Locale.ROOT, "%.2f%%", 100.0 * used / Math.max(1, peakBytes)))
                .line("used_memory_overhead", 0)
                .line("used_memory_startup", 0)
                .line("used_memory_dataset", used)
                .line("used_memory_dataset_perc", "100.00%")
                .line("allocator_allocated", used)
                .line("allocator_active", heap.committed())
                .line("allocator_resident", heap.committed());
        amount(lines, "total_system_memory", heap.limit());
        Scripting scripting = server.scripting();
        amount(lines, "used_memory_lua", scripting.memoryBytes());
        lines.line("used_memory_vm_eval", scripting.memoryBytes()) // one machine for scripts and functions
                .line("used_memory_scripts_eval", 0)
                .line("number_of_cached_scripts", scripting.scriptCount())
                .line("number_of_functions", functions(scripting))
                .line("number_of_libraries", scripting.libraryCodes().size())
                .line("used_memory_vm_functions", 0);
        amount(lines, "used_memory_vm_total", scripting.memoryBytes());
        lines.line("used_memory_functions", 0);
        amount(lines, "used_memory_scripts", 0);
        amount(lines, "maxmemory", Long.parseLong(setting("maxmemory")));
        lines.line("maxmemory_policy", setting("maxmemory-policy"))
                .line("allocator_frag_ratio", "1.00")
                .line("allocator_frag_bytes", 0)
                .line("allocator_rss_ratio", "1.00")
                .line("allocator_rss_bytes", 0)
                .line("rss_overhead_ratio", "1.00")
                .line("rss_overhead_bytes", 0)
                .line("mem_fragmentation_ratio", "1.00")
                .line("mem_fragmentation_bytes", 0)
                .line("mem_not_counted_for_evict", 0)
                .line("mem_replication_backlog", 0)
                .line("mem_total_replication_buffers", 0)
                .line("mem_clients_slaves", 0)
                .line(
                        "mem_clients_normal",
                        server.sessions().stream()
                                .mapToLong(ClientBuffers::total)
                                .sum())
                .line("mem_cluster_links", 0)
                .line("mem_aof_buffer", 0)
                .line("mem_allocator", "jvm")
                .line("active_defrag_running", 0)
                .line("lazyfree_pending_objects", 0)
                .line("lazyfreed_objects", 0);
    }

    /** Under a bound, what counts against it: who looks at both wants to know how much room is left. */
    private long usedBytes(Heap heap) {
        Keyspaces keyspaces = server.keyspaces();
        return keyspaces.values().isBounded() ? keyspaces.eviction().bytes() : heap.used();
    }

    /** Without a library Lua is not loaded only to count. */
    private static int functions(Scripting scripting) {
        return scripting.libraryCodes().isEmpty()
                ? 0
                : scripting.libraries().stream()
                        .mapToInt(library -> library.functions().size())
                        .sum();
    }

    private String setting(String name) {
        return server.settings().value(name);
    }

    private static void amount(Lines lines, String name, long bytes) {
        lines.line(name, bytes).line(name + "_human", human(bytes));
    }

    /** As Redis shortens bytes: {@code 512B}, {@code 1.51M}. */
    static String human(long bytes) {
        if (bytes < 1024) {
            return bytes + "B";
        }
        String units = "KMGTPE";
        double amount = bytes;
        int unit = -1;
        while (amount >= 1024) {
            amount /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, "%.2f%c", amount, units.charAt(unit));
    }

    /** The journal is to Holdfast what the append-only file is to Redis. */
    private void persistence(Lines lines) {
        lines.line("loading", 0)
                .line("async_loading", 0)
                .line("current_cow_peak", 0)
                .line("current_cow_size", 0)
                .line("current_cow_size_age", 0)
                .line("current_fork_perc", "0.00")
                .line("current_save_keys_processed", 0)
                .line("current_save_keys_total", 0)
                .line("rdb_changes_since_last_save", server.stats().unsavedChanges)
                .line("rdb_bgsave_in_progress", server.host().isCheckpointing() ? 1 : 0)
                .line("rdb_last_save_time", lastSaveMs() / 1000)
                .line("rdb_last_bgsave_status", "ok")
                .line("rdb_last_bgsave_time_sec", -1)
                .line("rdb_current_bgsave_time_sec", -1)
                .line("rdb_saves", 0)
                .line("rdb_last_cow_size", 0)
                .line("rdb_last_load_keys_expired", 0)
                .line("rdb_last_load_keys_loaded", 0)
                .line("aof_enabled", 1)
                .line("aof_rewrite_in_progress", 0)
                .line("aof_rewrite_scheduled", 0)
                .line("aof_last_rewrite_time_sec", -1)
                .line("aof_current_rewrite_time_sec", -1)
                .line("aof_last_bgrewrite_status", "ok")
                .line("aof_last_write_status", "ok")
                .line("aof_rewrites", 0)
                .line("aof_rewrites_consecutive_failures", 0)
                .line("aof_last_cow_size", 0)
                .line("module_fork_in_progress", 0)
                .line("module_fork_last_cow_size", 0);
    }

    private long lastSaveMs() {
        return Math.max(facts.startedAtMs(), server.host().checkpointedAtMs());
    }

    private void stats(Lines lines) {
        ServerStats stats = server.stats();
        long expired = server.keyspaces().all().stream()
                .mapToLong(Keyspace::expiredKeys)
                .sum();
        lines.line("total_connections_received", stats.connectionsReceived)
                .line("total_commands_processed", stats.commandsProcessed)
                .line("instantaneous_ops_per_sec", 0)
                .line("total_net_input_bytes", stats.netInputBytes)
                .line("total_net_output_bytes", stats.netOutputBytes)
                .line("total_net_repl_input_bytes", 0)
                .line("total_net_repl_output_bytes", 0)
                .line("instantaneous_input_kbps", "0.00")
                .line("instantaneous_output_kbps", "0.00")
                .line("instantaneous_input_repl_kbps", "0.00")
                .line("instantaneous_output_repl_kbps", "0.00")
                .line("rejected_connections", stats.rejectedConnections)
                .line("sync_full", 0)
                .line("sync_partial_ok", 0)
                .line("sync_partial_err", 0)
                .line("expired_keys", expired)
                .line("expired_stale_perc", "0.00")
                .line("expired_time_cap_reached_count", 0)
                .line("evicted_keys", server.keyspaces().eviction().evictedKeys())
                .line("evicted_clients", 0)
                .line("keyspace_hits", stats.keyspaceHits)
                .line("keyspace_misses", stats.keyspaceMisses)
                .line("pubsub_channels", server.broker().channels().size())
                .line("pubsub_patterns", server.broker().patternCount())
                .line("pubsubshard_channels", server.broker().shardChannels().size())
                .line("latest_fork_usec", 0)
                .line("total_forks", 0)
                .line("migrate_cached_sockets", 0)
                .line("unexpected_error_replies", 0)
                .line("total_error_replies", stats.errorReplies)
                .line("expire_cycle_cpu_milliseconds", 0)
                .line("total_eviction_exceeded_time", 0)
                .line("current_eviction_exceeded_time", 0)
                .line("slave_expires_tracked_keys", 0)
                .line("active_defrag_hits", 0)
                .line("active_defrag_misses", 0)
                .line("active_defrag_key_hits", 0)
                .line("active_defrag_key_misses", 0)
                .line("total_active_defrag_time", 0)
                .line("current_active_defrag_time", 0)
                .line("tracking_total_keys", server.invalidations().keys())
                .line("tracking_total_items", server.invalidations().items())
                .line("tracking_total_prefixes", server.invalidations().prefixes())
                .line("dump_payload_sanitizations", 0)
                .line("total_reads_processed", 0)
                .line("total_writes_processed", 0)
                .line("io_threaded_reads_processed", 0)
                .line("io_threaded_writes_processed", 0)
                .line("reply_buffer_shrinks", 0)
                .line("reply_buffer_expands", 0);
        if (server.config().version().atLeast(7, 2)) {
            AclLog refused = server.acl().log();
            lines.line("eventloop_cycles", 0)
                    .line("eventloop_duration_sum", 0)
                    .line("eventloop_duration_cmd_sum", 0)
                    .line("instantaneous_eventloop_cycles_per_sec", 0)
                    .line("instantaneous_eventloop_duration_usec", 0)
                    .line("acl_access_denied_auth", refused.count(AclDenial.Reason.AUTH))
                    .line("acl_access_denied_cmd", refused.count(AclDenial.Reason.COMMAND))
                    .line("acl_access_denied_key", refused.count(AclDenial.Reason.KEY))
                    .line("acl_access_denied_channel", refused.count(AclDenial.Reason.CHANNEL));
        }
    }

    private void forEachCommand(CommandLine line, Lines lines) {
        server.commands().all().forEach(spec -> forEachCommand(spec, line, lines));
    }

    private void forEachCommand(CommandSpec spec, CommandLine line, Lines lines) {
        Latencies.Histogram times = server.records().latencies().histogram(spec);
        if (times != null) {
            line.write(spec.fullName(), times, lines);
        }
        spec.subcommands().forEach(subcommand -> forEachCommand(subcommand, line, lines));
    }

    /** Writes the line of one command that was asked for. */
    @FunctionalInterface
    private interface CommandLine {
        void write(String command, Latencies.Histogram times, Lines lines);
    }

    private static void calls(String command, Latencies.Histogram times, Lines lines) {
        double each = times.calls() == 0 ? 0 : (double) times.micros() / times.calls();
        lines.line(
                "cmdstat_" + command,
                String.format(
                        Locale.ROOT,
                        "calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
                        times.calls(),
                        times.micros(),
                        each,
                        times.refused(),
                        times.failed()));
    }

    private void percentiles(String command, Latencies.Histogram times, Lines lines) {
        if (times.calls() == 0) {
            return;
        }
        String percentiles = Arrays.stream(
                        setting("latency-tracking-info-percentiles").split(" ", -1))
                .filter(percent -> !percent.isEmpty())
                .map(percent ->
                        String.format(Locale.ROOT, "p%s=%.3f", percent, times.percentile(Double.parseDouble(percent))))
                .collect(Collectors.joining(","));
        lines.line("latency_percentiles_usec_" + command, percentiles);
    }

    private void errors(Lines lines) {
        server.stats().errorsByCode().forEach((code, count) -> lines.line("errorstat_" + code, "count=" + count));
    }

    private void replication(Lines lines) {
        lines.line("role", "master").line("connected_slaves", 0);
        if (WriteGuard.wantsReplicas(
                server.settings().number("min-replicas-to-write"),
                server.settings().number("min-replicas-max-lag"))) {
            lines.line("min_slaves_good_slaves", 0);
        }
        lines.line("master_failover_state", "no-failover")
                .line("master_replid", facts.runId())
                .line("master_replid2", NO_REPLICATION_ID)
                .line("master_repl_offset", 0)
                .line("second_repl_offset", -1)
                .line("repl_backlog_active", 0)
                .line("repl_backlog_size", 1_048_576)
                .line("repl_backlog_first_byte_offset", 0)
                .line("repl_backlog_histlen", 0);
    }

    /** The JVM does not tell time in the kernel from other time, so all of it counts as the program's. */
    private static void cpu(Lines lines) {
        Duration used = ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
        lines.line("used_cpu_sys", "0.000000")
                .line("used_cpu_user", String.format(Locale.ROOT, "%.6f", used.toNanos() / 1e9))
                .line("used_cpu_sys_children", "0.000000")
                .line("used_cpu_user_children", "0.000000")
                .line("used_cpu_sys_main_thread", "0.000000")
                .line("used_cpu_user_main_thread", "0.000000");
    }

    private void keyspace(Lines lines) {
        long nowMs = facts.clock().getAsLong();
        for (Keyspace keyspace : server.keyspaces().all()) {
            if (keyspace.size() > 0) {
                lines.line(
                        "db" + keyspace.index(),
                        "keys=" + keyspace.size() + ",expires=" + keyspace.expiringSize() + ",avg_ttl="
                                + keyspace.averageTtlMs(nowMs));
            }
        }
    }
}
