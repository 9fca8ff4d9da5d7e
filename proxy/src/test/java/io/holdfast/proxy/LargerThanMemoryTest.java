package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.resp.Reply;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server whose values take more than {@code maxmemory}. */
class LargerThanMemoryTest {
    private static final int KEYS = 2_000;
    private static final long BYTES_MAX = 100_000;
    private static final String VALUE = "v".repeat(1_000);
    private static final Map<String, String> LITTLE = memory(BYTES_MAX, "noeviction");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @Test
    void everyValueIsGivenBackAlsoAfterARestart() throws StartupException {
        try (var server = start(LITTLE);
                var client = RespClient.connect(server.port())) {
            fill(client);
            awaitWithinBound(client);
            readAll(client);
            assertThat(figure(client, "values_loaded")).isPositive();
        }
        try (var server = start(LITTLE);
                var client = RespClient.connect(server.port())) {
            assertThat(figure(client, "values_bytes")).isLessThanOrEqualTo(BYTES_MAX);
            readAll(client);
        }
    }

    @Test
    void whatAsksForKeysAloneLoadsNothing() throws StartupException {
        try (var server = start(LITTLE);
                var client = RespClient.connect(server.port())) {
            fill(client);
            awaitWithinBound(client);
            long loaded = figure(client, "values_loaded");
            for (int i = 0; i < KEYS; i++) {
                String key = "k" + i;
                assertThat(text(client.call("EXISTS", key))).isEqualTo("1");
                assertThat(text(client.call("TYPE", key))).isEqualTo("string");
                assertThat(text(client.call("TTL", key))).isEqualTo("-1");
                client.call("EXPIRE", key, "1000");
                client.call("PERSIST", key);
                client.call("OBJECT", "IDLETIME", key);
            }
            client.call("KEYS", "*");
            client.call("SCAN", "0", "COUNT", "10000", "TYPE", "string");
            assertThat(text(client.call("DBSIZE"))).isEqualTo(Integer.toString(KEYS));
            client.call("SET", "k1", "other");
            client.call("DEL", "k2");

            assertThat(figure(client, "values_loaded")).isEqualTo(loaded);
        }
    }

    @Test
    void aTransactionFindsAllItsValues() throws StartupException {
        try (var server = start(LITTLE);
                var client = RespClient.connect(server.port())) {
            fill(client);
            awaitWithinBound(client);
            client.call("MULTI");
            for (int i = 0; i < 200; i++) {
                client.call("APPEND", "k" + i, "!");
            }
            client.call("COPY", "k300", "copied");
            client.call("RENAME", "k301", "renamed");
            assertThat(((Reply.Array) client.call("EXEC")).items()).hasSize(202);

            assertThat(text(client.call("GET", "k7"))).isEqualTo("7:" + VALUE + "!");
            assertThat(text(client.call("GET", "copied"))).isEqualTo("300:" + VALUE);
            assertThat(text(client.call("GET", "renamed"))).isEqualTo("301:" + VALUE);
            assertThat(text(client.call("GET", "k300"))).isEqualTo("300:" + VALUE);
        }
    }

    @Test
    void aBoundThatIsSetLaterIsKept() throws StartupException {
        try (var server = start(Map.of());
                var client = RespClient.connect(server.port())) {
            fill(client);
            assertThat(text(client.call("CONFIG", "SET", "maxmemory", "100k"))).isEqualTo("OK");
            assertThat(client.call("CONFIG", "GET", "maxmemory").toString()).contains("100000");
            awaitWithinBound(client);
            assertThat(text(client.call("CONFIG", "SET", "maxmemory", "0"))).isEqualTo("OK");
            readAll(client);
        }
    }

    @Test
    void aPolicyOfRedisGivesKeysUpAndTheyStayGone() throws StartupException {
        try (var server = start(memory(BYTES_MAX * 5, "allkeys-lru"));
                var client = RespClient.connect(server.port())) {
            fill(client);
            long left = Long.parseLong(text(client.call("DBSIZE")));
            assertThat(left).isBetween(100L, 600L);
            assertThat(client.call("INFO", "stats").toString()).contains("evicted_keys:" + (KEYS - left));
        }
        try (var server = start(LITTLE);
                var client = RespClient.connect(server.port())) {
            assertThat(Long.parseLong(text(client.call("DBSIZE")))).isBetween(100L, 600L);
        }
    }

    @Test
    void aVolatilePolicyLeavesOtherKeysAlone() throws StartupException {
        try (var server = start(memory(BYTES_MAX, "volatile-ttl"));
                var client = RespClient.connect(server.port())) {
            for (int i = 0; i < 20; i++) {
                client.call("SET", "brief" + i, VALUE, "EX", Integer.toString(1_000 + i));
            }
            fill(client);
            assertThat(text(client.call("DBSIZE"))).isEqualTo(Integer.toString(KEYS));
            readAll(client);
        }
    }

    private ProxyServer start(Map<String, String> settings) throws StartupException {
        return ProxyServer.start(ProxyConfig.of(directory, null).withSettings(settings));
    }

    private static Map<String, String> memory(long bytesMax, String policy) {
        return Map.of("maxmemory", Long.toString(bytesMax), "maxmemory-policy", policy);
    }

    private static void fill(RespClient client) {
        for (int i = 0; i < KEYS; i++) {
            assertThat(text(client.call("SET", "k" + i, i + ":" + VALUE))).isEqualTo("OK");
        }
    }

    private static void readAll(RespClient client) {
        var random = new SplittableRandom(3);
        for (int i = 0; i < KEYS; i++) {
            int n = random.nextInt(KEYS);
            assertThat(text(client.call("GET", "k" + n))).isEqualTo(n + ":" + VALUE);
        }
    }

    private static void awaitWithinBound(RespClient client) {
        await().atMost(Duration.ofSeconds(60)).until(() -> figure(client, "values_bytes") <= BYTES_MAX);
    }

    private static long figure(RespClient client, String name) {
        Matcher matcher = Pattern.compile(name + ":(\\d+)")
                .matcher(client.call("INFO", "holdfast").toString());
        assertThat(matcher.find()).as(name).isTrue();
        return Long.parseLong(matcher.group(1));
    }

    private static String text(Reply reply) {
        if (reply instanceof Reply.Bulk bulk) {
            return bulk.value().utf8();
        }
        if (reply instanceof Reply.Simple simple) {
            return simple.text().utf8();
        }
        return reply instanceof Reply.Int number ? Long.toString(number.value()) : reply.toString();
    }
}
