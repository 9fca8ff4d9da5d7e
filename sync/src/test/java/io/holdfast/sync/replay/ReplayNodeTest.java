package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import io.holdfast.sync.replay.FaultyUpstream.Step;
import io.holdfast.sync.replay.Heard.News;
import io.holdfast.testing.RealRedis;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
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

    /** A replay whose node crashes when {@code command} was carried out upstream, before it knows; it is started again. */
    void replayAndLoseTheReplyTo(String... command) {
        List<Bytes> words = Arrays.stream(command).map(Bytes::of).toList();
        var crash = new Path[1];
        node.connection = real -> new FaultyUpstream(real, (step, sent) -> {
            if (step == Step.AFTER_RECEIVE && sent.contains(words)) {
                crash[0] = node.snapshot();
                throw new IOException("lost, as the test asked");
            }
        });
        assertThat(node.replay()).isInstanceOf(News.Failed.class);
        node.restartAfter(crash[0]);
        node.connection = real -> real;
    }
}
