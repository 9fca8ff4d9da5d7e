package io.holdfast.proxy.client;

import io.holdfast.engine.command.Session;
import io.holdfast.engine.config.BufferLimits;
import io.holdfast.engine.config.Settings;
import io.holdfast.resp.RespLimits;

/** What a client may take, as CONFIG SET says at the moment. Lives on the engine loop. */
public final class ClientLimits {
    /** Replies that may wait for a client that has not said who it is (CVE-2025-21605), bytes. */
    private static final BufferLimits.Limit STRANGERS_OUTPUT = new BufferLimits.Limit(16L * 1024, 0, 0);
    /** How long a client may take to say who it is. */
    private static final long AUTHENTICATION_MS_MAX = 10_000;

    private long clientsMax;
    private long idleMsMax;
    private int keepAliveSeconds;
    private long queryBufferBytesMax;
    private long bulkBytesMax;
    private boolean protectedMode;
    private BufferLimits output = BufferLimits.DEFAULT;

    public ClientLimits(Settings settings) {
        settings.onChange("maxclients", value -> clientsMax = Long.parseLong(value));
        settings.onChange("timeout", value -> idleMsMax = 1000 * Long.parseLong(value));
        settings.onChange("tcp-keepalive", value -> keepAliveSeconds = Integer.parseInt(value));
        settings.onChange("client-query-buffer-limit", value -> queryBufferBytesMax = Long.parseLong(value));
        settings.onChange("proto-max-bulk-len", value -> bulkBytesMax = Long.parseLong(value));
        settings.onChange("protected-mode", value -> protectedMode = value.equals("yes"));
        settings.onChange("client-output-buffer-limit", value -> output = BufferLimits.parse(value));
    }

    /** Clients that may be connected at a time. */
    public long clientsMax() {
        return clientsMax;
    }

    /** Whether it has asked nothing for too long, while it waits for nothing, or has not said for too long who it is. */
    boolean isOverdue(Session client, int pending, long nowMs) {
        long idleMs = nowMs - client.lastCommandAtMs();
        boolean idle = idleMsMax > 0
                && idleMs > idleMsMax
                && pending == 0
                && !client.subscriber().isSubscribed();
        boolean anonymous =
                client.mustAuthenticate() && nowMs - client.connectedAtMs() > AUTHENTICATION_MS_MAX && idleMs > 0;
        return idle || anonymous;
    }

    /** After so long without a word the kernel asks whether a client is there; 0: never. */
    public int keepAliveSeconds() {
        return keepAliveSeconds;
    }

    /** Whether only this machine's clients are served where no password is asked for. */
    public boolean isProtected() {
        return protectedMode;
    }

    /** Of what may wait for a client that does not read. */
    BufferLimits.Limit output(Session client) {
        if (client.mustAuthenticate()) {
            return STRANGERS_OUTPUT;
        }
        return client.subscriber().isSubscribed() ? output.pubSub() : output.normal();
    }

    /** Of what a client may send; for connections made from now on. */
    RespLimits requests() {
        RespLimits standard = RespLimits.DEFAULT;
        return new RespLimits(
                (int) Math.min(standard.bulkBytesMax(), bulkBytesMax),
                standard.argumentsMax(),
                standard.inlineBytesMax(),
                (int) Math.min(standard.queryBufferBytesMax(), queryBufferBytesMax),
                standard.replyDepthMax());
    }
}
