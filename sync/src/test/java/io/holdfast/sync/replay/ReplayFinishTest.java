package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.resp.Bytes;
import io.holdfast.sync.replay.FaultyUpstream.Step;
import io.holdfast.sync.replay.Heard.News;
import io.holdfast.testing.RealRedis;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replay that an operator pauses in the middle of a batch. */
class ReplayFinishTest {
    @Test
    void aReplayThatIsFinishedReadsTheRepliesToItsBatchAndSendsNoOther(@TempDir Path directory) {
        try (var redis = RealRedis.start();
                var node = new ReplayFixture(directory, redis)) {
            redis.cli("RPUSH", "list", "x");
            node.batchEntriesMax = 2;
            node.write("INCR", "list"); // refused: that must be noticed
            node.write("INCR", "n");
            node.write("INCR", "n");
            var replayer = new Replayer[1];
            node.connection = real -> new FaultyUpstream(real, (at, sent) -> {
                if (at == Step.AFTER_SEND
                        && sent.stream().anyMatch(command -> command.get(0).equals(Bytes.of("INCR")))) {
                    replayer[0].finish();
                }
            });
            replayer[0] = node.replayer();
            replayer[0].start();
            await().until(() -> redis.cli("GET", "n").equals("1"));
            node.stopReplayer();

            assertThat(node.cursor()).isEqualTo("2");
            assertThat(node.deadLetters()).hasSize(1);
            assertThat(node.heard.isSilent()).isTrue();
            node.connection = real -> real;
            assertThat(node.replay()).isEqualTo(new News.CaughtUp(3));
            assertThat(redis.cli("GET", "n")).isEqualTo("2");
        }
    }
}
