package io.holdfast.proxy.user;

import io.holdfast.testing.RealRedis;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Before a Redis 8. */
class Redis8OnlineDifferentialTest extends OtherOnlineDifferential {
    Redis8OnlineDifferentialTest(@TempDir Path directory) throws Exception {
        super(80, () -> RealRedis.start(RealRedis.Newer.REDIS_8), directory);
    }
}
