package io.holdfast.proxy.client;

import io.holdfast.engine.config.BufferLimits;
import io.holdfast.engine.config.Settings;
import io.holdfast.resp.RespLimits;

/** What a client may take, as CONFIG SET says at the moment. Lives on the engine loop. */
public final class ClientLimits {
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

    /** How long a client may ask nothing; 0: for ever. */
    long idleMsMax() {
        return idleMsMax;
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
    BufferLimits output() {
        return output;
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
