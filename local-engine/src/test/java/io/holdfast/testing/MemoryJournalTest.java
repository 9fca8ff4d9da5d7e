package io.holdfast.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.store.StorageException;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryJournalTest {
    private static final List<Effect> EFFECTS = List.of(Effect.of(0, Bytes.of("DEL"), Bytes.of("k")));

    private final MemoryJournal journal = new MemoryJournal();

    @Test
    void readsWhatWasCommittedAfterASequence() {
        for (int i = 0; i < 3; i++) {
            journal.stage(Journal.Scope.LOCAL, 10 + i, EFFECTS);
        }
        journal.commit();
        var read = new ArrayList<Journal.Entry>();

        journal.read(1, read::add);

        assertThat(read)
                .containsExactly(
                        new Journal.Entry(2, Journal.Scope.LOCAL, 11, EFFECTS),
                        new Journal.Entry(3, Journal.Scope.LOCAL, 12, EFFECTS));
    }

    @Test
    void whatIsStagedIsNotReadBeforeTheCommit() {
        long sequence = journal.stage(Journal.Scope.UPSTREAM, 1, EFFECTS);

        assertThat(journal.hasStaged()).isTrue();
        assertThat(journal.lastSequence()).isEqualTo(sequence);
        assertThat(journal.entries()).isEmpty();
    }

    @Test
    void theEffectsOfTheCallerMayBeReusedOnceStaged() {
        var reused = new ArrayList<>(EFFECTS);
        journal.stage(Journal.Scope.LOCAL, 1, reused);

        reused.clear();
        journal.commit();

        assertThat(journal.effects()).isEqualTo(EFFECTS);
    }

    @Test
    void afterAFailedCommitNothingIsAcceptedAndNothingOfItIsRead() {
        journal.stage(Journal.Scope.LOCAL, 1, EFFECTS);
        journal.failDisk();

        assertThatThrownBy(journal::commit).isInstanceOf(StorageException.class);

        assertThat(journal.hasFailed()).isTrue();
        assertThat(journal.entries()).isEmpty();
        assertThatThrownBy(() -> journal.stage(Journal.Scope.LOCAL, 2, EFFECTS)).isInstanceOf(StorageException.class);
    }
}
