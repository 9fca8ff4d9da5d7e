package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.call;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.ProxyServer;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys whose time comes in an outage that has changed them: upstream they are afterwards what they were here. */
class EndsInAnOutageTest {
    /** Long enough to be written to, and no longer. */
    private static final String SOON_MS = "3000";

    private static final List<String> KEYS = List.of("string", "number", "hash", "list", "set", "zset", "stream");

    private final Path dataDir;
    private final Rig rig;
    private RespClient client;
    private RespClient direct;

    EndsInAnOutageTest(@TempDir Path dataDir) throws Exception {
        this.dataDir = dataDir;
        rig = Rig.with(dataDir, config -> config.withSettings(Map.of("enable-debug-command", "yes")));
    }

    @BeforeEach
    void connect() {
        client = rig.client();
        direct = rig.direct();
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private void make() {
        call(client, "SET", "string", "hello");
        call(client, "SET", "number", "100");
        call(client, "HSET", "hash", "a", "1", "b", "2");
        call(client, "RPUSH", "list", "1", "2");
        call(client, "SADD", "set", "a", "b");
        call(client, "ZADD", "zset", "1", "a", "2", "b");
        call(client, "XADD", "stream", "1-1", "f", "v");
    }

    private void change() {
        assertThat(call(client, "APPEND", "string", " world")).isEqualTo("11");
        assertThat(call(client, "INCR", "number")).isEqualTo("101");
        assertThat(call(client, "HSET", "hash", "c", "3")).isEqualTo("1");
        assertThat(call(client, "RPUSH", "list", "3")).isEqualTo("3");
        assertThat(call(client, "SADD", "set", "c")).isEqualTo("1");
        assertThat(call(client, "ZINCRBY", "zset", "5", "a")).isEqualTo("6");
        assertThat(call(client, "XADD", "stream", "2-1", "f", "v")).isEqualTo("2-1");
    }

    private void endSoon() {
        KEYS.forEach(
                key -> assertThat(call(client, "PEXPIRE", key, SOON_MS)).as(key).isEqualTo("1"));
    }

    private static void awaitEnds(RespClient of) {
        KEYS.forEach(key -> awaitEnd(of, key));
    }

    private static void awaitEnd(RespClient of, String key) {
        await().atMost(Rig.PATIENCE)
                .pollInterval(10, TimeUnit.MILLISECONDS)
                .until(() -> call(of, "EXISTS", key).equals("0"));
    }

    private void assertGone() {
        for (String key : KEYS) {
            assertThat(call(direct, "TYPE", key)).as(key).isEqualTo("none");
        }
        assertThat(Rig.info(client)).contains("\r\ndead_letters:0\r\n", "\r\nconflicts:0\r\n");
    }

    private void assertWhole() {
        assertThat(call(direct, "GET", "string")).isEqualTo("hello world");
        assertThat(call(direct, "GET", "number")).isEqualTo("101");
        assertThat(call(direct, "HGETALL", "hash")).isEqualTo("[a, 1, b, 2, c, 3]");
        assertThat(call(direct, "LRANGE", "list", "0", "-1")).isEqualTo("[1, 2, 3]");
        assertThat(call(direct, "SORT", "set", "ALPHA")).isEqualTo("[a, b, c]");
        assertThat(call(direct, "ZRANGE", "zset", "0", "-1", "WITHSCORES")).isEqualTo("[b, 2, a, 6]");
        assertThat(call(direct, "XLEN", "stream")).isEqualTo("2");
        assertThat(Rig.info(client)).contains("\r\ndead_letters:0\r\n", "\r\nconflicts:0\r\n");
    }

    @Test
    void whatWasChangedAndHasEndedDoesNotComeBack() {
        make();
        endSoon();
        rig.goOffline();
        change();
        awaitEnds(client);
        awaitEnds(direct);

        rig.goOnline();

        assertGone();
    }

    @Test
    void whatWasMadeChangedAndHasEndedDoesNotComeBack() {
        rig.goOffline();
        make();
        endSoon();
        change();
        awaitEnds(client);

        rig.goOnline();

        assertGone();
    }

    @Test
    void norDoesItWhereNobodyHasLookedForItSince() {
        make();
        endSoon();
        rig.goOffline();
        assertThat(call(client, "DEBUG", "SET-ACTIVE-EXPIRE", "0")).isEqualTo("OK");
        change();
        awaitEnds(direct);
        call(client, "SET", "later", "x", "PX", "1");
        awaitEnd(client, "later"); // so theirs has come here as well

        rig.goOnline();

        assertGone();
    }

    @Test
    void norDoesItWhenHoldfastWasStartedAnewMeanwhile() throws Exception {
        make();
        endSoon();
        rig.goOffline();
        change();
        call(client, "SET", "made", "here", "PX", SOON_MS);
        await().atMost(Rig.PATIENCE)
                .until(() -> call(client, "SAVE").equals("OK")); // the journal before that is not read to recover
        client.close();
        rig.holdfast.close();
        awaitEnds(direct);

        rig.cable.mend();
        var config =
                ProxyConfig.of(dataDir.resolve("data"), new UpstreamAddress("127.0.0.1", rig.cable.port(), null, null));
        try (var again = ProxyServer.start(config);
                var anew = Rig.clientOf(again)) {
            client = anew;
            await().atMost(Rig.PATIENCE).until(() -> Rig.info(anew, "mode").equals("online"));

            assertGone();
            assertThat(call(direct, "EXISTS", "made")).isEqualTo("0");
        }
    }

    @Test
    void whatWasGivenMoreTimeIsWhole() {
        make();
        endSoon();
        rig.goOffline();
        change();
        KEYS.forEach(key -> assertThat(call(client, "EXPIRE", key, "1000")).isEqualTo("1"));
        awaitEnds(direct);

        rig.goOnline();

        assertWhole();
        for (String key : KEYS) {
            assertThat(Integer.parseInt(call(direct, "TTL", key))).as(key).isBetween(900, 1000);
        }
    }

    @Test
    void whatIsNotToEndAnyMoreIsWhole() {
        make();
        endSoon();
        rig.goOffline();
        KEYS.forEach(key -> assertThat(call(client, "PERSIST", key)).isEqualTo("1"));
        change();
        awaitEnds(direct);

        rig.goOnline();

        assertWhole();
        for (String key : KEYS) {
            assertThat(call(direct, "TTL", key)).as(key).isEqualTo("-1");
        }
    }

    @Test
    void whatWasMadeAndGivenMoreTimeIsThere() {
        rig.goOffline();
        call(client, "SET", "session", "s", "PX", SOON_MS);
        call(client, "SET", "other", "x", "PX", SOON_MS);
        call(client, "EXPIRE", "session", "1000");
        awaitEnd(client, "other");

        rig.goOnline();

        assertThat(call(direct, "GET", "session")).isEqualTo("s");
        assertThat(Integer.parseInt(call(direct, "TTL", "session"))).isBetween(900, 1000);
        assertThat(call(direct, "EXISTS", "other")).isEqualTo("0");
    }

    @Test
    void whatWasMadeAnewBeginsAnew() {
        call(client, "SET", "number", "100", "PX", SOON_MS);
        call(client, "RPUSH", "list", "1");
        call(client, "PEXPIRE", "list", SOON_MS);
        rig.goOffline();
        call(client, "INCR", "number");
        call(client, "RPUSH", "list", "2");
        awaitEnd(client, "number");
        awaitEnd(client, "list");
        awaitEnd(direct, "number");
        awaitEnd(direct, "list");
        assertThat(call(client, "INCR", "number")).isEqualTo("1");
        assertThat(call(client, "RPUSH", "list", "3")).isEqualTo("1");

        rig.goOnline();

        assertThat(call(direct, "GET", "number")).isEqualTo("1");
        assertThat(call(direct, "TTL", "number")).isEqualTo("-1");
        assertThat(call(direct, "LRANGE", "list", "0", "-1")).isEqualTo("[3]");
    }

    @Test
    void whatOthersGaveMoreTimeStaysTheirs() {
        make();
        endSoon();
        rig.goOffline();
        change();
        KEYS.forEach(key -> assertThat(call(direct, "EXPIRE", key, "1000")).isEqualTo("1"));
        awaitEnds(client);

        rig.goOnline();

        assertWhole();
        for (String key : KEYS) {
            assertThat(Integer.parseInt(call(direct, "TTL", key))).as(key).isBetween(900, 1000);
        }
    }
}
