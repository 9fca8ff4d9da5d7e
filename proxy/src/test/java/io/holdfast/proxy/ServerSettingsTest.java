package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.admin.SettingsFile;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.RespClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CONFIG over the wire: what acts on connections, and what holds after a restart. */
class ServerSettingsTest {
    private final Path dir;

    ServerSettingsTest(@TempDir Path dir) {
        this.dir = dir;
    }

    @Test
    void oneClientTooManyIsToldSoAndClosed() throws Exception {
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            assertThat(client.call("CONFIG", "SET", "maxclients", "1")).isEqualTo(Reply.OK);
            try (var second = RespClient.connect(server.port())) {
                assertThat(second.read()).isEqualTo(failure("ERR max number of clients reached"));
                assertThat(second.isClosedByServer()).isTrue();
            }
            assertThat(client.call("INFO", "stats").toString()).contains("rejected_connections:1");
            client.call("CONFIG", "SET", "maxclients", "2");
            try (var second = RespClient.connect(server.port())) {
                assertThat(second.call("PING")).isEqualTo(Reply.PONG);
            }
        }
    }

    @Test
    void aClientThatAsksNothingIsClosedAfterTheTimeout() throws Exception {
        try (var server = start();
                var operator = RespClient.connect(server.port());
                var idle = RespClient.connect(server.port());
                var subscriber = RespClient.connect(server.port())) {
            subscriber.call("SUBSCRIBE", "ch");
            operator.call("CONFIG", "SET", "timeout", "1");
            assertThat(idle.isClosedByServer()).isTrue();
            try (var other = RespClient.connect(server.port())) {
                assertThat(other.call("PUBLISH", "ch", "m")).isEqualTo(Reply.ONE);
            }
        }
    }

    @Test
    void anArgumentBeyondProtoMaxBulkLenIsRefused() throws Exception {
        try (var server = start();
                var operator = RespClient.connect(server.port())) {
            operator.call("CONFIG", "SET", "proto-max-bulk-len", "1mb");
            try (var client = RespClient.connect(server.port())) {
                client.sendText("*2\r\n$4\r\nECHO\r\n$1048577\r\n");
                assertThat(client.read()).isEqualTo(failure("ERR Protocol error: invalid bulk length"));
                assertThat(client.isClosedByServer()).isTrue();
            }
        }
    }

    @Test
    void whatWasRewrittenHoldsAfterARestart() throws Exception {
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            client.call("CONFIG", "SET", "timeout", "77", "appendfsync", "always", "save", "900 1 300 \"10\\");
            client.call("ACL", "SETUSER", "bob", "on", ">canary-7391", "+get", "~b*");
            assertThat(client.call("CONFIG", "REWRITE")).isEqualTo(Reply.OK);
            client.call("CONFIG", "SET", "timeout", "78");
        }
        Path kept = dir.resolve("data").resolve(SettingsFile.NAME);
        assertThat(Files.readString(kept)).doesNotContain("canary-7391");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)))
                .isEqualTo("rw-------");
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            assertThat(value(client, "timeout")).isEqualTo("77");
            assertThat(value(client, "appendfsync")).isEqualTo("always");
            assertThat(value(client, "save")).isEqualTo("900 1 300 \"10\\");
            assertThat(client.call("AUTH", "bob", "canary-7391")).isEqualTo(Reply.OK);
        }
    }

    @Test
    void aKeptSettingThatIsWrongStopsTheStart() throws Exception {
        start().close();
        Files.writeString(dir.resolve("data").resolve(SettingsFile.NAME), "timeout \"abc\"\n");
        assertThatThrownBy(() -> start().close())
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("timeout: argument couldn't be parsed into an integer");
    }

    @Test
    void savingBringsTheTablesUpToDate() throws Exception {
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            client.call("SET", "k", "v");
            assertThat(client.call("SAVE")).isEqualTo(Reply.OK);
            assertThat(client.call("INFO", "holdfast").toString()).contains("checkpoint_keys_owed:0");
            assertThat(((Reply.Int) client.call("LASTSAVE")).value()).isPositive();
            client.call("SET", "k", "w");
            assertThat(client.call("BGSAVE")).isEqualTo(Reply.simple("Background saving started"));
            assertThat(client.call("WAITAOF", "1", "0", "0")).isEqualTo(Reply.array(Reply.ONE, Reply.ZERO));
        }
    }

    @Test
    void onlyAProcessThatMayEndEndsByShutdown() throws Exception {
        var ended = new AtomicInteger();
        try (var server = start()) {
            try (var client = RespClient.connect(server.port())) {
                assertThat(client.call("SHUTDOWN"))
                        .isEqualTo(failure("ERR SHUTDOWN is refused: this process serves others, too"));
                server.endsBy(ended::incrementAndGet);
                client.call("PING");
                client.call("SHUTDOWN", "NOSAVE");
            }
            await().atMost(Duration.ofSeconds(30)).untilAtomic(ended, org.hamcrest.Matchers.equalTo(1));
        }
    }

    private ProxyServer start() throws StartupException {
        return ProxyServer.start(ProxyConfig.of(dir.resolve("data"), null));
    }

    private static String value(RespClient client, String name) {
        List<Reply> items = ((Reply.Array) client.call("CONFIG", "GET", name)).items();
        return ((Reply.Bulk) items.get(1)).value().utf8();
    }

    private static Reply failure(String text) {
        return new Reply.Failure(Bytes.of(text));
    }
}
