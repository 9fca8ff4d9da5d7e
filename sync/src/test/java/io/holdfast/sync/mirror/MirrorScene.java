package io.holdfast.sync.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.RealRedis;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A warm copy beside a real upstream, with two links to it. */
abstract class MirrorScene {
    long nowMs = 1_700_000_000_000L;
    static final MirrorLimits LIMITS = new MirrorLimits(100, 3, 5, 64, 100, 60_000, 10);

    RealRedis redis;
    EngineClient copy;
    Mirror mirror;
    RedisLink link;
    RedisLink another;

    @BeforeEach
    void begin() {
        redis = RealRedis.start();
        copy = EngineClient.start(RedisVersion.parse(redis.version()), () -> nowMs);
        mirror = new Mirror(copy.engine(), LIMITS);
        mirror.online();
        link = new RedisLink(mirror, copy.engine(), redis.connect());
        another = new RedisLink(mirror, copy.engine(), redis.connect());
    }

    @AfterEach
    void end() {
        link.close();
        another.close();
        copy.close();
        redis.close();
    }

    void write(String... words) {
        link.send(words);
        link.answerAll();
    }

    void assertCopied(String... read) {
        try (var client = redis.connect()) {
            assertThat(copy.raw(read)).asString().isEqualTo(new String(client.raw(read), StandardCharsets.US_ASCII));
        }
    }
}
