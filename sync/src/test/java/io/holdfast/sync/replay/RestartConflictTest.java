package io.holdfast.sync.replay;

import static io.holdfast.sync.replay.ReplayFixture.effect;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.sync.journal.Conflict.Winner;
import io.holdfast.sync.replay.Heard.News;
import io.holdfast.testing.RealRedis;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An upstream that came back with what it had saved some time ago, and takes all of it for used just now. */
class RestartConflictTest {
    @Test
    void whatWasLoadedIsNotTakenForALaterWrite(@TempDir Path directory) {
        try (var redis = RealRedis.start();
                var node = new ReplayFixture(directory, redis)) {
            node.write("SET", "other", "1");
            assertThat(node.replay()).isInstanceOf(News.CaughtUp.class);
            node.stopReplayer(); // it would find by itself what is written below
            redis.cli("SET", "k", "older");
            redis.cli("SAVE");
            redis.cli("SET", "k", "base");
            node.write(Scope.BASE, effect(0, "SET", "k", "base"));
            node.write("SET", "k", "ours");
            redis.kill();
            node.nowMs.addAndGet(60_000); // the restart is long behind the write

            redis.restart();
            assertThat(redis.cli("GET", "k")).isEqualTo("older");
            assertThat(node.replay()).isInstanceOf(News.CaughtUp.class);

            assertThat(redis.cli("GET", "k")).isEqualTo("ours");
            assertThat(node.conflicts()).hasSize(1);
            assertThat(node.conflicts().get(0).winner()).isEqualTo(Winner.LOCAL);
            assertThat(node.conflicts().get(0).upstream())
                    .isEqualTo(effect(0, "SET", "k", "older").command());
        }
    }
}
