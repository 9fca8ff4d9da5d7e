package io.holdfast.proxy.user;

import io.holdfast.testing.RealRedis;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Before a Redis 6.2. */
class OldestOnlineDifferentialTest extends OtherOnlineDifferential {
    OldestOnlineDifferentialTest(@TempDir Path directory) throws Exception {
        super(60, RealRedis::startOldest, directory);
    }
}
