package io.holdfast.proxy;

import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.sync.journal.AppendFsync;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Everything a server is told at its start.
 *
 * @param bind address to listen on
 * @param port to listen on; 0: any free one
 * @param upstream null: standalone
 * @param timeoutMs how long the upstream may take for a reply before it counts as away ({@code redis.timeout})
 * @param databases how many SELECT can choose from
 * @param flushOffline whether FLUSHALL, FLUSHDB and SWAPDB are allowed while the upstream is away
 * @param memory bounds the values in memory
 * @param scripts whether the local engine runs scripts, and what they may take
 * @param access who may connect, and what each may do
 */
public record ProxyConfig(
        String bind,
        int port,
        @Nullable UpstreamAddress upstream,
        Path dataDir,
        int timeoutMs,
        AppendFsync appendFsync,
        int databases,
        boolean flushOffline,
        MemoryLimit memory,
        ScriptSettings scripts,
        Access access) {
    public static final int PORT = 6380;
    public static final int TIMEOUT_MS = 2000;
    public static final int DATABASES = 16;

    /** The defaults, on any free port of 127.0.0.1. */
    public static ProxyConfig of(Path dataDir, @Nullable UpstreamAddress upstream) {
        return new ProxyConfig(
                "127.0.0.1",
                0,
                upstream,
                dataDir,
                TIMEOUT_MS,
                AppendFsync.EVERYSEC,
                DATABASES,
                false,
                MemoryLimit.NONE,
                ScriptSettings.DEFAULT,
                Access.OPEN);
    }

    public ProxyConfig withPort(int other) {
        return new ProxyConfig(
                bind,
                other,
                upstream,
                dataDir,
                timeoutMs,
                appendFsync,
                databases,
                flushOffline,
                memory,
                scripts,
                access);
    }

    public ProxyConfig withTimeoutMs(int other) {
        return new ProxyConfig(
                bind, port, upstream, dataDir, other, appendFsync, databases, flushOffline, memory, scripts, access);
    }

    public ProxyConfig withAppendFsync(AppendFsync other) {
        return new ProxyConfig(
                bind, port, upstream, dataDir, timeoutMs, other, databases, flushOffline, memory, scripts, access);
    }

    public ProxyConfig withMemory(MemoryLimit other) {
        return new ProxyConfig(
                bind, port, upstream, dataDir, timeoutMs, appendFsync, databases, flushOffline, other, scripts, access);
    }

    public ProxyConfig withScripts(ScriptSettings other) {
        return new ProxyConfig(
                bind, port, upstream, dataDir, timeoutMs, appendFsync, databases, flushOffline, memory, other, access);
    }

    public ProxyConfig withAccess(Access other) {
        return new ProxyConfig(
                bind, port, upstream, dataDir, timeoutMs, appendFsync, databases, flushOffline, memory, scripts, other);
    }

    public ProxyConfig withBind(String other) {
        return new ProxyConfig(
                other,
                port,
                upstream,
                dataDir,
                timeoutMs,
                appendFsync,
                databases,
                flushOffline,
                memory,
                scripts,
                access);
    }
}
