package io.holdfast.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.resp.Reply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RealRedisTest {
    @Test
    void answersWhenItHasStarted() {
        try (var redis = RealRedis.start()) {
            assertThat(redis.cli("SET", "k", "two words")).isEqualTo("OK");
            assertThat(redis.cli("GET", "k")).isEqualTo("two words");
            assertThat(redis.cli("INFO", "server"))
                    .contains("redis_version:" + redis.version(), "process_id:" + redis.pid());
            assertThat(redis.url()).isEqualTo("redis://127.0.0.1:" + redis.port());
        }
    }

    @Test
    void comesBackOnTheSamePortWithWhatItsAppendOnlyFileHolds() {
        try (var redis = RealRedis.start("--appendonly", "yes", "--appendfsync", "always")) {
            redis.cli("SET", "k", "v");
            long pid = redis.pid();
            int port = redis.port();
            redis.kill();

            redis.restart();

            assertThat(redis.cli("GET", "k")).isEqualTo("v");
            assertThat(redis.port()).isEqualTo(port);
            assertThat(redis.pid()).isNotEqualTo(pid);
        }
    }

    @Test
    void refusesConnectionsWhileItIsKilled() {
        try (var redis = RealRedis.start()) {
            redis.kill();

            assertThatThrownBy(() -> redis.cli("PING")).isInstanceOf(UncheckedIOException.class);
        }
    }

    @Test
    void answersNothingWhileItIsFrozenAndEverythingAfterwards() {
        try (var redis = RealRedis.start();
                var client = redis.connect()) {
            client.call("PING");
            redis.freeze();
            client.send("SET", "k", "v");
            client.timeout(Duration.ofMillis(50));

            assertThatThrownBy(client::read).isInstanceOf(UncheckedIOException.class);

            redis.thaw();
            client.timeout(Duration.ofSeconds(10));
            assertThat(client.read()).isEqualTo(Reply.OK);
        }
    }

    @Test
    void saysWhyItDoesNotStart() {
        assertThatThrownBy(() -> RealRedis.start("--no-such-option", "1"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no-such-option");
    }

    @Test
    void leavesNoFilesBehind() {
        Path directory;
        try (var redis = RealRedis.start()) {
            directory = redis.directory();
        }

        assertThat(directory).doesNotExist();
    }

    @Test
    void theEmbeddedServerRunsWhereThereIsNone() throws IOException {
        RedisBinary embedded = RedisBinary.embedded();

        assertThat(embedded).extracting(RedisBinary::version).isEqualTo("7.0.15");
    }

    @Test
    void theOldestRedisIsOfVersionSixTwo() {
        try (var redis = RealRedis.startOldest()) {
            assertThat(redis.version()).startsWith("6.2.");
            assertThat(redis.cli("INFO", "server")).contains("redis_version:" + redis.version() + "\r\n");
        }
    }
}
