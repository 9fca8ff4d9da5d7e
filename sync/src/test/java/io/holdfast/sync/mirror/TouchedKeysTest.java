package io.holdfast.sync.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.RealRedis;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A key that a read has found upstream is here afterwards, whatever was known of it before. */
class TouchedKeysTest {
    private static final MirrorLimits LIMITS = new MirrorLimits(100_000, 64, 100, 64, 100, 60_000, 100);
    private static final int KEYS = 8;
    private static final int STEPS = 1500;
    private static final String TTL_MS = "600000";

    private long nowMs = 1_700_000_000_000L;

    @Test
    void aKeyThatNobodyHadIsCopiedWhenAReadFindsWhatOthersMade() {
        try (var redis = RealRedis.start();
                var copy = EngineClient.start(RedisVersion.parse(redis.version()), () -> nowMs)) {
            var mirror = new Mirror(copy.engine(), LIMITS);
            mirror.online();
            try (var link = new RedisLink(mirror, copy.engine(), redis.connect())) {
                link.send("SET", "k", "ours");
                link.send("DEL", "k");
                link.answerAll();
                read(mirror, link, "TYPE", "k"); // which says "none": no reason to fetch
                read(mirror, link, "GETRANGE", "k", "0", "1");
                assertThat(link.fetches()).isZero();
                redis.cli("SET", "k", "theirs");

                read(mirror, link, "GET", "k");

                assertThat(copy.call("GET", "k")).isEqualTo(Reply.bulk("theirs"));
            }
        }
    }

    @Test
    void aCopyThatNobodyVouchesForGoesWhenAReadFindsNothing() {
        try (var redis = RealRedis.start();
                var copy = EngineClient.start(RedisVersion.parse(redis.version()), () -> nowMs)) {
            var mirror = new Mirror(copy.engine(), LIMITS);
            mirror.online();
            try (var link = new RedisLink(mirror, copy.engine(), redis.connect())) {
                link.send("SET", "k", "ours");
                link.answerAll();
                mirror.offline();
                redis.cli("DEL", "k");
                mirror.online();
                assertThat(copy.call("GET", "k")).isEqualTo(Reply.bulk("ours"));

                read(mirror, link, "GET", "k");

                assertThat(copy.call("GET", "k")).isEqualTo(Reply.Null.BULK);
                int fetches = link.fetches();
                read(mirror, link, "GET", "k");
                assertThat(link.fetches()).isEqualTo(fetches);
            }
        }
    }

    private static void read(Mirror mirror, RedisLink link, String... command) {
        link.read(command);
        link.answerAll();
        mirror.sentAll();
        link.answerAll();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whateverHappenedAKeyThatAReadHasFoundIsHereAfterwards(long seed) {
        var random = new Random(seed);
        try (var redis = RealRedis.start();
                var copy = EngineClient.start(RedisVersion.parse(redis.version()), () -> nowMs)) {
            var mirror = new Mirror(copy.engine(), LIMITS);
            mirror.online();
            try (var link = new RedisLink(mirror, copy.engine(), redis.connect());
                    var other = new RedisLink(mirror, copy.engine(), redis.connect())) {
                int fetches = 0;
                for (int step = 0; step < STEPS; step++) {
                    happen(random, redis, mirror, link, other);
                    String key = key(random);
                    for (int reads = 0; reads < 2; reads++) {
                        read(mirror, link, "GET", key);
                    }
                    if (redis.cli("EXISTS", key).equals("1")) {
                        assertThat(mirror.view().knowledge(0, Bytes.of(key)).state())
                                .as("%s after step %d, seed %d", key, step, seed)
                                .isEqualTo(KeyKnowledge.State.KNOWN);
                    }
                    fetches = link.fetches();
                }
                assertThat(fetches).isBetween(1, STEPS - 1);
            }
        }
    }

    private static String key(Random random) {
        return "k" + random.nextInt(KEYS);
    }

    private void happen(Random random, RealRedis redis, Mirror mirror, RedisLink link, RedisLink other) {
        String key = key(random);
        String value = String.valueOf(random.nextInt(1000));
        switch (random.nextInt(14)) {
            case 0 -> link.send("DEL", key);
            case 1 -> link.send("PEXPIRE", key, TTL_MS);
            case 2 -> link.send("SET", key, value, "PX", TTL_MS);
            case 3 -> link.send("RENAME", key, key(random));
            case 4 -> link.send("SWAPDB", "0", "1");
            case 5 -> link.send("MOVE", key, "1");
            case 6 -> {
                link.send("APPEND", key, value); // whose order upstream nobody can tell
                other.send("APPEND", key, value);
            }
            case 7 -> {
                if (random.nextInt(5) == 0) {
                    link.send("FLUSHDB");
                }
            }
            case 8 -> nowMs += 700_000;
            case 9 -> {
                mirror.offline();
                mirror.online();
            }
            default -> link.send("SET", key, value);
        }
        link.answerAll();
        other.answerAll();
        if (random.nextBoolean()) {
            redis.cli("SET", key, value); // by others
        }
    }
}
