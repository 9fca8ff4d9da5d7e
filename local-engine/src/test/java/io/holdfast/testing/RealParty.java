package io.holdfast.testing;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RespVersion;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Connections to a real redis-server. For one test thread. */
public final class RealParty implements Party {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final String MARK = "nothing-before-this";

    private final RealRedis redis;
    private final RespClient observer;
    private final Map<Character, Connection> connections = new HashMap<>();

    private record Connection(RespClient client, long id) {}

    public RealParty(RealRedis redis) {
        this.redis = redis;
        this.observer = redis.connect();
    }

    private Connection connection(char who) {
        return connections.computeIfAbsent(who, name -> {
            RespClient client = redis.connect();
            return new Connection(client, ((Reply.Int) client.call("CLIENT", "ID")).value());
        });
    }

    private RespClient client(char who) {
        return connection(who).client();
    }

    @Override
    public void says(char who, List<Bytes> command) {
        client(who)
                .send(command.stream()
                        .map(arg -> PartyNames.withIds(arg, this::id))
                        .toArray(Bytes[]::new));
    }

    @Override
    public void speaksResp3(char who) {
        client(who).speak(RespVersion.RESP3);
    }

    @Override
    public long id(char who) {
        return connection(who).id();
    }

    @Override
    public byte[] hears(char who) {
        return client(who).readRaw();
    }

    @Override
    public boolean waits(char who) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            if (isBlocked(who)) {
                return true;
            }
            Thread.onSpinWait();
        }
        return false;
    }

    private boolean isBlocked(char who) {
        Reply line = observer.call("CLIENT", "LIST", "ID", Long.toString(id(who)));
        return ((Reply.Bulk) line).value().latin1().matches("(?s).* flags=[^ ]*b.*");
    }

    /** Whoever waits has heard nothing; whoever does not is asked something, and hears the answer first. */
    @Override
    public boolean hearsNothing(char who) {
        if (isBlocked(who)) {
            return true;
        }
        client(who).send("PING", MARK);
        return new String(client(who).readRaw(), StandardCharsets.ISO_8859_1).contains(MARK);
    }

    @Override
    public boolean isClosed(char who) {
        return client(who).isClosedByServer();
    }

    /** It does so by itself: what comes of it is waited for when it is read. */
    @Override
    public void timePasses() {}

    @Override
    public void close() {
        connections.values().forEach(connection -> connection.client().close());
        observer.close();
    }
}
