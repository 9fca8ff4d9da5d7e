package io.holdfast.engine.script;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import io.holdfast.testing.TestClock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scripts run here and by a real redis-server give the same replies, to the byte, in both protocols. */
class ScriptsBesideRedisTest {
    /** What the engine loop has: values may be nested a thousand deep. */
    private static final long STACK_BYTES = 16 << 20;

    @ParameterizedTest
    @ValueSource(strings = {"basics.txt", "libraries.txt", "conversions.txt"})
    void scriptsAnswerAsRedis(String resource) throws Exception {
        var comparison = new FutureTask<Void>(() -> {
            compare(resource);
            return null;
        });
        new Thread(null, comparison, "engine", STACK_BYTES).start();
        comparison.get();
    }

    private static void compare(String resource) throws IOException {
        List<Bytes[]> commands = Snippets.read(resource);
        List<String> differences = new ArrayList<>();
        for (RespVersion version : RespVersion.values()) {
            try (RealRedis redis = RealRedis.start();
                    RespClient real = redis.connect();
                    EngineClient engine = EngineClient.start(
                            RedisVersion.parse(redis.version()), new TestClock(1_800_000_000_000L))) {
                real.speak(version);
                engine.speak(version);
                for (Bytes[] command : commands) {
                    String theirs = text(real.raw(command));
                    String ours = text(engine.raw(command));
                    if (!ours.equals(theirs)) {
                        differences.add(
                                version + " " + command[1].utf8() + "\n  redis: " + theirs + "\n  ours:  " + ours);
                    }
                }
            }
        }
        assertThat(commands).hasSizeGreaterThan(10);
        assertThat(differences).isEmpty();
    }

    private static String text(byte[] raw) {
        return new String(raw, StandardCharsets.ISO_8859_1).replace("\r\n", "|");
    }
}
