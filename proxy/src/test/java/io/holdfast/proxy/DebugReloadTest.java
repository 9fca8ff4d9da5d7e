package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.store.Database;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DEBUG RELOAD: what is in memory afterwards has been read from the tables. */
class DebugReloadTest {
    private final Path dir;

    DebugReloadTest(@TempDir Path dir) {
        this.dir = dir;
    }

    @Test
    void everythingIsThereAfterAReload() throws Exception {
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            fill(client);
            Reply before = client.call("DEBUG", "DIGEST");
            Reply group = client.call("XINFO", "STREAM", "stream", "FULL");
            assertThat(client.call("DEBUG", "RELOAD")).isEqualTo(Reply.OK);
            assertThat(client.call("DEBUG", "DIGEST")).isEqualTo(before);
            assertThat(client.call("XINFO", "STREAM", "stream", "FULL")).isEqualTo(group);
            assertThat(client.call("FCALL", "answer", "0")).isEqualTo(Reply.of(42));
            assertThat(client.call("INFO", "holdfast").toString()).contains("checkpoint_keys_owed:0");
            assertThat(client.call("RPUSH", "list", "d")).isEqualTo(Reply.of(4));
            assertThat(client.call("DEBUG", "RELOAD")).isEqualTo(Reply.OK);
            assertThat(client.call("LRANGE", "list", "-2", "-1"))
                    .isEqualTo(Reply.array(Reply.bulk("c"), Reply.bulk("d")));
        }
    }

    @Test
    void whoWatchesWaitsOrTracksDoesNotHearOfAReload() throws Exception {
        try (var server = start();
                var client = RespClient.connect(server.port());
                var waiting = RespClient.connect(server.port())) {
            client.call("SET", "k", "v");
            client.call("WATCH", "k");
            waiting.send("BLPOP", "list", "0");
            assertThat(client.call("DEBUG", "RELOAD")).isEqualTo(Reply.OK);
            client.call("MULTI");
            client.call("RPUSH", "list", "a");
            assertThat(client.call("EXEC")).isEqualTo(Reply.array(Reply.ONE));
            assertThat(waiting.read()).isEqualTo(Reply.array(Reply.bulk("list"), Reply.bulk("a")));
        }
    }

    @Test
    void aTableThatCannotBeReadLeavesMemoryAsItIs() throws Exception {
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            fill(client);
            Reply before = client.call("DEBUG", "DIGEST");
            client.call("SAVE");
            try (var connection = DriverManager.getConnection(
                            "jdbc:sqlite:" + dir.resolve("data").resolve(Database.FILE_NAME));
                    var statement = connection.createStatement()) {
                assertThat(statement.executeUpdate("delete from hash_field")).isPositive();
            }
            assertThat(client.call("DEBUG", "RELOAD"))
                    .isEqualTo(new Reply.Failure(Bytes.of("ERR Error trying to load the RDB dump")));
            assertThat(client.call("DEBUG", "DIGEST")).isEqualTo(before);
        }
    }

    private static void fill(RespClient client) {
        client.call("SET", "text", "v", "PX", "10000000");
        client.call("RPUSH", "list", "a", "b", "c");
        client.call("SADD", "set", "a", "b", "1");
        client.call("HSET", "hash", "a", "1", "b", "2");
        client.call("ZADD", "zset", "1", "a", "0.5", "b");
        client.call("XADD", "stream", "1-1", "f", "v");
        client.call("XGROUP", "CREATE", "stream", "g", "0");
        client.call("XREADGROUP", "GROUP", "g", "c", "STREAMS", "stream", ">");
        client.call("FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('answer', function() return 42 end)");
    }

    private ProxyServer start() throws StartupException {
        return ProxyServer.start(
                ProxyConfig.of(dir.resolve("data"), null).withSettings(Map.of("enable-debug-command", "yes")));
    }
}
