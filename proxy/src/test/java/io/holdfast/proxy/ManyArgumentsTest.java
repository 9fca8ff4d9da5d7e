package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests of a million arguments are answered as by Redis. Where every read of a buffer is noted, that takes minutes. */
@Tag("soak")
class ManyArgumentsTest {
    private static final int ARGUMENTS = 1_000_000;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @Test
    void aMillionArgumentsAreTakenAndAnsweredAsByRedis(@TempDir Path dir) throws StartupException {
        try (var redis = RealRedis.start();
                var server = ProxyServer.start(ProxyConfig.of(dir.resolve("data"), null));
                var theirs = RespClient.connect(redis.port(), PATIENCE);
                var ours = RespClient.connect(server.port(), PATIENCE)) {
            same(ours, theirs, request("RPUSH", i -> Bytes.of(i % 10), "list"));
            same(ours, theirs, request("SADD", Bytes::of, "set"));
            same(ours, theirs, request("MSET", Bytes::of));
            same(ours, theirs, request("EXISTS", i -> Bytes.of(i % 7)));
            same(ours, theirs, request("DEL", Bytes::of));
            same(ours, theirs, request("HSET", Bytes::of, "hash", "without value"));
            same(ours, theirs, request("NOSUCH", Bytes::of));
            same(ours, theirs, request("LPOS", Bytes::of, "list"));
            same(ours, theirs, request("ZADD", i -> i == ARGUMENTS - 2 ? Bytes.of("nan") : Bytes.of(i), "sorted"));
            same(ours, theirs, request("EVAL", Bytes::of, "return #KEYS + #ARGV", "1000000"));
            for (String left : new String[] {"LLEN list", "SCARD set", "EXISTS hash sorted", "DBSIZE"}) {
                same(ours, theirs, Arrays.stream(left.split(" ")).map(Bytes::of).toArray(Bytes[]::new));
            }
        }
    }

    private static Bytes[] request(String name, IntFunction<Bytes> argument, String... first) {
        var request = new Bytes[1 + first.length + ARGUMENTS];
        request[0] = Bytes.of(name);
        for (int i = 0; i < first.length; i++) {
            request[1 + i] = Bytes.of(first[i]);
        }
        for (int i = 0; i < ARGUMENTS; i++) {
            request[1 + first.length + i] = argument.apply(i);
        }
        return request;
    }

    private static void same(RespClient ours, RespClient theirs, Bytes[] request) {
        assertThat(Bytes.wrap(ours.raw(request))).as("%s", request[0]).isEqualTo(Bytes.wrap(theirs.raw(request)));
    }
}
