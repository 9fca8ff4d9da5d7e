package io.holdfast.proxy.user;

import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.ProxyServer;
import io.holdfast.proxy.StartupException;
import io.holdfast.proxy.outage.Cable;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.resp.Reply;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A Holdfast that serves in one of the ways it can, with the real redis-server that it stands before, if any. */
final class Scene implements AutoCloseable {
    /** How it serves. */
    enum Mode {
        STANDALONE,
        ONLINE,
        OFFLINE
    }

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Long: here nothing but a cut cable is an outage, however busy the machine is. */
    private static final int TIMEOUT_MS = 30_000;

    private final @Nullable RealRedis redis;
    private final @Nullable Cable cable;
    final ProxyServer holdfast;

    private Scene(@Nullable RealRedis redis, @Nullable Cable cable, ProxyServer holdfast) {
        this.redis = redis;
        this.cable = cable;
        this.holdfast = holdfast;
    }

    /** Starts what the mode needs, and waits until it is in it. */
    static Scene of(Mode mode, Path directory) throws StartupException {
        return of(mode, directory, mode == Mode.ONLINE ? RealRedis.start() : null);
    }

    /** Before this upstream, which is closed with it. */
    static Scene before(RealRedis redis, Path directory) throws StartupException {
        return of(Mode.ONLINE, directory, redis);
    }

    private static Scene of(Mode mode, Path directory, @Nullable RealRedis redis) throws StartupException {
        Cable cable = mode == Mode.OFFLINE ? Cable.to(1) : null;
        if (cable != null) {
            cable.cut();
        }
        Integer port = redis != null ? Integer.valueOf(redis.port()) : cable != null ? cable.port() : null;
        var address = port == null ? null : new UpstreamAddress("127.0.0.1", port, null, null);
        var scene = new Scene(
                redis,
                cable,
                ProxyServer.start(ProxyConfig.of(directory, address).withTimeoutMs(TIMEOUT_MS)));
        scene.awaitMode(mode.name().toLowerCase(Locale.ROOT));
        return scene;
    }

    private void awaitMode(String mode) {
        try (RespClient client = RespClient.connect(port())) {
            await().atMost(PATIENCE)
                    .pollInterval(10, TimeUnit.MILLISECONDS)
                    .until(() -> info(client).contains("mode:" + mode + "\r\n"));
        }
    }

    private static String info(RespClient client) {
        Reply reply = client.call("INFO", "holdfast");
        return reply instanceof Reply.Bulk bulk ? new String(bulk.value().array(), StandardCharsets.UTF_8) : "";
    }

    int port() {
        return holdfast.port();
    }

    /** The server that Holdfast forwards to. */
    RealRedis upstream() {
        if (redis == null) {
            throw new IllegalStateException("this scene has no upstream");
        }
        return redis;
    }

    @Override
    public void close() {
        holdfast.close();
        if (cable != null) {
            cable.close();
        }
        if (redis != null) {
            redis.close();
        }
    }
}
