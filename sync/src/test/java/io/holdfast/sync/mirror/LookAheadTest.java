package io.holdfast.sync.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.RealRedis;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Writes of one burst whose keys are looked for ahead, in a copy so large that they are; beside a real upstream. */
class LookAheadTest {
    private static final int KEYS = 5_000;
    private static final int HOT_KEYS = 40;
    private static final MirrorLimits LIMITS = new MirrorLimits(100_000, 64, 100, 64, 100, 60_000, 100);

    private long nowMs = 1_700_000_000_000L;
    private RealRedis redis;
    private EngineClient copy;
    private Mirror mirror;
    private RedisLink link;

    @BeforeEach
    void begin() {
        redis = RealRedis.start();
        copy = EngineClient.start(RedisVersion.parse(redis.version()), () -> nowMs);
        mirror = new Mirror(copy.engine(), LIMITS);
        mirror.online();
        link = new RedisLink(mirror, copy.engine(), redis.connect());
        for (int i = 0; i < KEYS; i++) {
            link.send("SET", key(i), "before");
        }
        link.answerAll();
    }

    @AfterEach
    void end() {
        link.close();
        copy.close();
        redis.close();
    }

    private static String key(int i) {
        return "key:" + i;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void whatTheBurstItselfRemovesAndMakesAnewEndsAsUpstream(long seed) {
        var random = new Random(seed);
        for (int burst = 0; burst < 20; burst++) {
            for (int i = 0; i < 100; i++) {
                link.send(command(random));
            }
            link.answerAll();
        }

        try (var client = redis.connect()) {
            for (int i = 0; i < HOT_KEYS; i++) {
                assertThat(whatIsAt(key(i), copy::call))
                        .as("%s, seed %d", key(i), seed)
                        .isEqualTo(whatIsAt(key(i), client::call));
            }
        }
    }

    private static List<Object> whatIsAt(String key, Function<String[], Reply> call) {
        boolean expires = call.apply(new String[] {"PTTL", key}) instanceof Reply.Int ms && ms.value() > 0;
        return List.of(
                call.apply(new String[] {"TYPE", key}),
                call.apply(new String[] {"GET", key}),
                call.apply(new String[] {"LRANGE", key, "0", "-1"}),
                expires);
    }

    private static String[] command(Random random) {
        String key = key(random.nextInt(HOT_KEYS));
        String value = String.valueOf(random.nextInt(1000));
        return switch (random.nextInt(8)) {
            case 0 -> new String[] {"DEL", key};
            case 1 -> new String[] {"SET", key, value, "PX", "600000"};
            case 2 -> new String[] {"RPUSH", key, value};
            case 3 -> new String[] {"RENAME", key, key(random.nextInt(HOT_KEYS))};
            case 4 -> new String[] {"INCR", key};
            default -> new String[] {"SET", key, value};
        };
    }

    @Test
    void whatHasExpiredHereAndIsWrittenAnewIsThereForGood() {
        var written = new ArrayList<String>();
        for (int i = 0; i < 64; i++) {
            written.add(key(i));
            link.send("SET", key(i), "short-lived", "PX", "600000");
        }
        link.answerAll();
        nowMs += 700_000;

        written.forEach(key -> link.send("SET", key, "anew"));
        link.answerAll();

        for (String key : written) {
            assertThat(copy.call("GET", key)).isEqualTo(Reply.bulk("anew"));
            assertThat(copy.call("TTL", key)).isEqualTo(Reply.of(-1));
        }
    }

    @Test
    void aReadOfAKeyThatHasExpiredHereFetchesWhatTheUpstreamHas() {
        redis.cli("SET", key(7), "others'");
        for (int i = 0; i < 64; i++) {
            link.send("PEXPIRE", key(i), "600000");
        }
        link.answerAll();
        nowMs += 700_000;

        for (int i = 0; i < 16; i++) {
            link.read("GET", key(i));
        }
        link.answerAll();
        mirror.sentAll();
        link.answerAll();

        assertThat(copy.call("GET", key(7))).isEqualTo(Reply.bulk("others'"));
        assertThat(link.fetches()).isEqualTo(16);
    }
}
