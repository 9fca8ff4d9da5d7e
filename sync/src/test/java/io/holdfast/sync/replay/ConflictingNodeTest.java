package io.holdfast.sync.replay;

import static io.holdfast.sync.replay.ReplayFixture.effect;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.replay.Heard.News;
import java.util.List;

/** A node with journaled bases, and an upstream that others have written to meanwhile. */
abstract class ConflictingNodeTest extends ReplayNodeTest {
    /** Long enough for others to have been the last: the clock behind OBJECT IDLETIME counts seconds. */
    private static final long LATER_MS = 60_000;

    ConflictingNodeTest(String... redisArguments) {
        super(redisArguments);
    }

    final void base(String... words) {
        base(effect(0, words));
    }

    final void base(Effect... effects) {
        node.write(Scope.BASE, effects);
    }

    /** What is upstream now was written after everything that was written here. */
    final void othersWereLast() {
        node.nowMs.addAndGet(LATER_MS);
    }

    final void replay() {
        assertThat(node.replay()).isInstanceOf(News.CaughtUp.class);
    }

    static List<Bytes> words(String... words) {
        return effect(0, words).command();
    }

    final Conflict onlyConflict() {
        assertThat(node.conflicts()).hasSize(1);
        return node.conflicts().get(0);
    }
}
