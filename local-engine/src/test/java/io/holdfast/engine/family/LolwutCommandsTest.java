package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import org.junit.jupiter.api.Test;

class LolwutCommandsTest {
    @Test
    void theVersionIsSaidAsTheRealServerSaysIt() {
        try (RealRedis real = RealRedis.start();
                RespClient redis = real.connect();
                EngineClient engine = EngineClient.start(RedisVersion.parse(real.version()), () -> 0)) {
            for (RespVersion spoken : RespVersion.values()) {
                engine.speak(spoken);
                redis.speak(spoken);
                for (String line : new String[] {"LOLWUT", "LOLWUT foo", "LOLWUT VERSION x", "LOLWUT VERSION 7 1 2"}) {
                    String[] command = line.split(" ", -1);
                    assertThat(engine.raw(command)).as(line).isEqualTo(redis.raw(command));
                }
            }
        }
    }
}
