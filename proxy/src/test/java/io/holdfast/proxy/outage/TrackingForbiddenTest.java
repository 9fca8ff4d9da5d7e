package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.ProxyServer;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.sync.mirror.MirrorMode;
import io.holdfast.sync.mirror.MirrorSettings;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where Holdfast's user at the upstream may not use CLIENT TRACKING, all else goes on, and what is lost is said. */
@Execution(ExecutionMode.CONCURRENT)
class TrackingForbiddenTest {
    private static final String PASSWORD = "canary-6113";

    /** What stands behind Holdfast; before 7.0 all of CLIENT is taken away and some of it given back. */
    enum Server {
        NEWEST(RealRedis::start, "-client|tracking"),
        OLDEST(RealRedis::startOldest, "-client", "+client|id", "+client|setname", "+client|kill");

        private final Supplier<RealRedis> start;
        private final List<String> rules;

        Server(Supplier<RealRedis> start, String... rules) {
            this.start = start;
            this.rules = List.of(rules);
        }

        RealRedis start() {
            RealRedis redis = start.get();
            redis.cli("ACL", "SETUSER", "holdfast", "on", ">" + PASSWORD, "~*", "&*", "+@all");
            rules.forEach(rule -> redis.cli("ACL", "SETUSER", "holdfast", rule));
            return redis;
        }
    }

    private static ProxyServer before(RealRedis redis, Path dataDir) throws Exception {
        var address = new UpstreamAddress("127.0.0.1", redis.port(), "holdfast", PASSWORD);
        return ProxyServer.start(ProxyConfig.of(dataDir.resolve("data"), address)
                .withMirror(new MirrorSettings(MirrorMode.TOUCHED, List.of("pin:*"))));
    }

    private static String status(RespClient client) {
        return text(client.call("HOLDFAST", "STATUS"));
    }

    private static void awaitStatus(RespClient client, String wanted) {
        await().atMost(Rig.PATIENCE).until(() -> status(client).contains(wanted));
    }

    @ParameterizedTest
    @EnumSource
    void theStatusSaysWhatIsLostAndTheCopyIsServedAllTheSame(Server server, @TempDir Path dataDir) throws Exception {
        try (RealRedis redis = server.start()) {
            redis.cli("SET", "pin:1", "pinned");
            try (ProxyServer holdfast = before(redis, dataDir);
                    RespClient client = Rig.clientOf(holdfast)) {
                awaitStatus(client, "mode, online");
                awaitStatus(client, "mirror_fetched, 1,");
                client.call("SET", "touched", "1");
                client.call("APPEND", "touched", "2");

                String status = status(client);

                assertThat(status)
                        .contains("guarantee, exactly-once")
                        .contains("it refuses CLIENT TRACKING, so nobody says what others change")
                        .contains("grant +client|tracking")
                        .contains("tracking:0")
                        .contains("mirror_pins, 1, mirror_pins_complete, 0");
                assertThat(text(client.call("INFO", "holdfast")))
                        .contains("guarantee_says:exactly once")
                        .contains("it refuses CLIENT TRACKING");

                redis.kill();
                awaitStatus(client, "mode, offline");
                assertThat(text(client.call("GET", "touched"))).isEqualTo("12");
                assertThat(text(client.call("GET", "pin:1"))).isEqualTo("pinned");
                assertThat(text(client.call("INCR", "touched"))).isEqualTo("13");
            }
        }
    }
}
