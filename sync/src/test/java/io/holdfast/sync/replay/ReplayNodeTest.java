package io.holdfast.sync.replay;

import io.holdfast.testing.RealRedis;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/** What tests of one node's replay have in common: a real upstream for the class, empty for each test, and a node for each. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class ReplayNodeTest {
    private final String[] redisArguments;
    RealRedis redis;
    ReplayFixture node;

    ReplayNodeTest(String... redisArguments) {
        this.redisArguments = redisArguments;
    }

    @BeforeAll
    void startRedis() {
        redis = RealRedis.start(redisArguments);
    }

    @AfterAll
    void endRedis() {
        redis.close();
    }

    @BeforeEach
    void startNode(@TempDir Path directory) {
        redis.cli("FLUSHALL");
        node = new ReplayFixture(directory, redis);
    }

    @AfterEach
    void endNode() {
        node.close();
    }
}
