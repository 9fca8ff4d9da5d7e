package io.holdfast.proxy;

import io.holdfast.engine.config.Settings;
import io.holdfast.engine.keyspace.ValueCache;
import io.holdfast.engine.script.ScriptEngine;
import io.holdfast.engine.store.Checkpointer;
import io.holdfast.proxy.admin.HoldfastStatus;
import io.holdfast.proxy.routing.Router;
import io.holdfast.proxy.routing.RoutingStateMachine;
import io.holdfast.sync.journal.AppendFsync;
import io.holdfast.sync.mirror.Mirror;
import io.holdfast.sync.replay.Capabilities;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a server tells of itself: the lines of INFO holdfast, and the parameters of CONFIG. */
record Description(
        ProxyConfig config,
        EngineParts parts,
        RoutingStateMachine machine,
        Router router,
        Mirror mirror,
        DiskWatch disk,
        @Nullable UpstreamParts upstream) {

    void addTo(HoldfastStatus status) {
        status.add("mode", () -> machine.phase().mode())
                .add("reason", machine::reason)
                .add("condition", this::condition)
                .add("degraded", parts::degraded)
                .add("epoch", machine::epoch)
                .add("node", () -> parts.directory().node().id())
                .add("node_epoch", () -> parts.directory().node().epoch())
                .add(
                        "upstream",
                        () -> config.upstream() == null ? "" : config.upstream().toString())
                .add(
                        "upstream_version",
                        () -> upstream == null ? "" : upstream.handOver().upstreamVersion())
                .add(
                        "upstream_trouble",
                        () -> upstream == null ? "" : upstream.handOver().trouble())
                .add("journal_pending", () -> upstream == null ? 0 : upstream.pending(parts.journal()))
                .add(
                        "replay_paused",
                        () -> upstream != null && upstream.handOver().isPaused() ? 1 : 0)
                .add("dead_letters", () -> parts.store().deadLetters().count())
                .add("conflicts", () -> parts.store().conflicts().open())
                .add(
                        "replay",
                        () -> upstream == null
                                ? ""
                                : upstream.replayer().status().summary())
                .add(
                        "writers_held_ms",
                        () -> upstream == null ? 0 : upstream.handOver().heldMs())
                .add("replayed", this::replayed)
                .add(
                        "resurrected",
                        () -> upstream == null
                                ? 0
                                : upstream.replayer().status().resurrectedKeys())
                .add(
                        "journal_gap",
                        () -> upstream == null
                                ? ""
                                : upstream.replayer().status().journalGap())
                .add("last_sync_ms", this::lastSyncMs)
                .add(
                        "fence",
                        () -> upstream == null
                                ? ""
                                : upstream.replayer().status().fence().name().toLowerCase(Locale.ROOT))
                .add("guarantee", () -> capable(capable -> capable.guarantee().infoName()))
                .add("guarantee_says", () -> capable(Capabilities::sentence))
                .add("upstream_flavour", () -> capable(Capabilities::flavour))
                .add("upstream_rights", () -> capable(Capabilities::rights))
                .add("upstream_keeps", () -> capable(Capabilities::keeping))
                .add(
                        "upstream_clock_ahead_ms",
                        () -> upstream == null ? 0 : upstream.replayer().clockAheadMs())
                .add("uncertain", router::uncertain)
                .add("journal_sequence", () -> parts.journal().lastSequence())
                .add("journal_bytes", () -> parts.journal().status().bytes())
                .add("journal_segments", () -> parts.journal().status().segments())
                .add("disk", disk::state)
                .add("disk_free_bytes", () -> disk.figures().freeBytes())
                .add("disk_used_bytes", () -> disk.figures().usedBytes())
                .add("checkpoint_state", () -> checkpoint().state().name().toLowerCase(Locale.ROOT))
                .add("checkpoint_keys_owed", () -> checkpoint().keysOwed())
                .add("values_bytes", () -> values().bytes())
                .add("values_pinned_bytes", () -> values().pinnedBytes())
                .add("values_stored_bytes", () -> values().storedBytes())
                .add("values_loaded", () -> values().loads())
                .add("values_evicted", () -> values().evictions())
                .add("mirror", () -> mirror.view().mode().name().toLowerCase(Locale.ROOT))
                .add("mirror_fetched", () -> mirror.view().fetched())
                .add("mirror_refetched", () -> mirror.view().refetched())
                .add("mirror_waiting", () -> mirror.view().waiting())
                .add("mirror_hearing", () -> mirror.touched().isHearing() ? "yes" : "no")
                .add("mirror_deaf", () -> mirror.touched().deaf())
                .add("unknown_key_reads", () -> mirror.view().unknownReads())
                .add("mirror_pins", () -> mirror.pins().count())
                .add("mirror_pins_complete", () -> mirror.pins().complete());
    }

    private String capable(Function<Capabilities, String> what) {
        return upstream == null ? "" : what.apply(upstream.replayer().status().capabilities());
    }

    private ValueCache values() {
        return parts.engine().keyspaces().values();
    }

    private Checkpointer.Status checkpoint() {
        return parts.checkpointer().status();
    }

    /** What is not as it should be, by the names of the contract; empty when all is well. */
    String condition() {
        if (parts.journal().hasFailed()) {
            return "journal-failed";
        }
        if (parts.room().shortage() != null) {
            return "disk-full";
        }
        if (upstream != null && upstream.handOver().fenced() != null) {
            return "fenced";
        }
        if (upstream != null && upstream.handOver().isRefusedEntry()) {
            return "auth-failed";
        }
        if (upstream != null && upstream.replayer().status().upstreamLost()) {
            return "upstream-lost";
        }
        return parts.degraded().isEmpty() ? "" : "degraded";
    }

    long replayed() {
        return upstream == null
                ? parts.store().replay().replayed()
                : upstream.replayer().status().replayedEntries();
    }

    long lastSyncMs() {
        return upstream == null
                ? parts.store().replay().lastSyncMs()
                : upstream.replayer().status().lastSyncMs();
    }

    private static long milliseconds(String value) {
        long ms;
        try {
            ms = Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("argument couldn't be parsed into an integer", e);
        }
        if (ms < 0) {
            throw new IllegalArgumentException("argument must be between 0 and 9223372036854775807 inclusive");
        }
        return ms;
    }

    /** What CONFIG GET and SET see. */
    static void settings(ProxyConfig config, EngineParts parts) {
        Settings settings = parts.engine().settings();
        settings.add(
                "appendfsync",
                () -> parts.journal().appendFsync().configName(),
                value -> parts.journal().setAppendFsync(AppendFsync.named(value)));
        settings.fixed("databases", Integer.toString(config.databases()));
        settings.fixed("bind", config.bind());
        settings.fixed("dir", parts.directory().path().toString());
        settings.fixed(
                "aclfile",
                config.access().aclFile() == null
                        ? ""
                        : config.access().aclFile().toString());
        ScriptEngine scripts = parts.engine().scripting();
        settings.fixed("lua-enabled", config.scripts().enabled() ? "yes" : "no");
        settings.fixed("lua-memory-limit", Long.toString(config.scripts().memoryBytesMax()));
        settings.add(
                "busy-reply-threshold",
                () -> Long.toString(scripts.limits().busyAfterMs()),
                value -> scripts.limits(scripts.limits().withBusyAfterMs(milliseconds(value))));
        settings.fixed("port", Integer.toString(config.port()));
    }
}
