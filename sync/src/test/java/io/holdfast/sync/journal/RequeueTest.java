package io.holdfast.sync.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.engine.store.StorageException;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.DeadLetters.State;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A dead letter on its way back into the journal, with a crash at each step. */
class RequeueTest {
    private JournalFixture files;
    private Path syncDb;
    private SyncStore store;
    private SegmentJournal journal;

    @BeforeEach
    void begin(@TempDir Path directory) {
        files = new JournalFixture(directory);
        syncDb = directory.resolve("sync.db");
        store = SyncStore.open(syncDb);
        journal = files.open();
        files.write(journal, Scope.UPSTREAM, "before");
    }

    @AfterEach
    void end() {
        store.close();
        files.close();
    }

    private long letter(int effectIndex) {
        return store.deadLetters()
                .add(new DeadLetter(
                        1, effectIndex, 1000, 3, List.of(Bytes.of("INCR"), Bytes.of("k")), Bytes.of("k"), "WRONGTYPE"));
    }

    private List<Long> append(List<Effect> effects) {
        List<Long> entries = new ArrayList<>();
        for (Effect effect : effects) {
            entries.add(journal.stage(Scope.REQUEUED, JournalFixture.START_MS, List.of(effect)));
        }
        journal.commit();
        return entries;
    }

    private Requeue requeue(Requeue.Writer writer) {
        return new Requeue(store, journal, writer);
    }

    /** The process is killed and started again. */
    private void restart() {
        store.close();
        journal.close();
        store = SyncStore.open(syncDb);
        journal = files.open();
        Requeue.settle(store, journal);
    }

    private List<State> states() {
        return store.deadLetters().list(10).stream()
                .map(DeadLetters.Stored::state)
                .toList();
    }

    private List<Journal.Entry> requeued() {
        return JournalFixture.entries(journal).stream()
                .filter(entry -> entry.scope() == Scope.REQUEUED)
                .toList();
    }

    @Test
    void aLetterBecomesAnEntryOfItsOwnForTheUpstreamAlone() {
        long id = letter(0);

        List<DeadLetters.Stored> done = requeue(this::append).run(List.of(id));

        assertThat(done).extracting(DeadLetters.Stored::id).containsExactly(id);
        assertThat(requeued()).singleElement().satisfies(entry -> {
            assertThat(entry.sequence()).isEqualTo(2);
            assertThat(entry.effects()).containsExactly(Effect.of(3, Bytes.of("INCR"), Bytes.of("k")));
            assertThat(entry.isForUpstream()).isTrue();
        });
        DeadLetters.Stored stored = store.deadLetters().find(id).orElseThrow();
        assertThat(stored.state()).isEqualTo(State.REQUEUED);
        assertThat(stored.requeuedAs()).isEqualTo(2);
        assertThat(store.deadLetters().count()).isZero();
    }

    @Test
    void aLetterIsRequeuedOnce() {
        long id = letter(0);
        requeue(this::append).run(List.of(id));

        assertThat(requeue(this::append).run(List.of(id))).isEmpty();
        assertThat(requeued()).hasSize(1);
    }

    @Test
    void aCrashBeforeTheJournalHasItLeavesTheLetterOpen() {
        long id = letter(0);
        assertThatThrownBy(() -> requeue(effects -> {
                            throw new StorageException("killed, as the test asked");
                        })
                        .run(List.of(id)))
                .isInstanceOf(StorageException.class);
        assertThat(states()).containsExactly(State.REQUEUEING);

        restart();

        assertThat(states()).containsExactly(State.OPEN);
        assertThat(store.deadLetters().count()).isEqualTo(1);
        assertThat(store.deadLetters().find(id).orElseThrow().letter().error()).isEqualTo("WRONGTYPE");
    }

    @Test
    void aCrashBehindTheJournalLeavesTheLetterRequeued() {
        long id = letter(0);
        assertThatThrownBy(() -> requeue(effects -> {
                            append(effects);
                            files.write(journal, Scope.UPSTREAM, "after");
                            throw new StorageException("killed, as the test asked");
                        })
                        .run(List.of(id)))
                .isInstanceOf(StorageException.class);

        restart();

        assertThat(states()).containsExactly(State.REQUEUED);
        assertThat(store.deadLetters().find(id).orElseThrow().requeuedAs()).isEqualTo(2);
        assertThat(requeued()).hasSize(1);
        assertThat(store.deadLetters().count()).isZero();
    }

    @Test
    void ofTwoAlikeTheOneThatGotThereIsNotTakenForTheOther() {
        long lost = letter(0);
        long there = letter(1);
        assertThatThrownBy(() -> requeue(effects -> {
                            throw new StorageException("refused, as the test asked");
                        })
                        .run(List.of(lost)))
                .isInstanceOf(StorageException.class);
        requeue(this::append).run(List.of(there));

        restart();

        assertThat(states()).containsExactly(State.OPEN, State.REQUEUED);
    }

    @Test
    void whatAPowerLossTookAndTheUpstreamMayHaveIsInDoubt() {
        long id = letter(0);
        store.deadLetters().requeueing(List.of(id), journal.committedSequence());
        store.replay().sending(2); // and the entry itself is not in the journal any more

        restart();

        assertThat(states()).containsExactly(State.OPEN);
        assertThat(store.deadLetters().find(id).orElseThrow().letter().error())
                .startsWith("in doubt")
                .endsWith("WRONGTYPE");
    }

    @Test
    void aRepairKeepsWhatWasDecided(@TempDir Path other) {
        long requeued = letter(0);
        long discarded = letter(1);
        long open = letter(2);
        requeue(this::append).run(List.of(requeued));
        store.deadLetters().discard(List.of(discarded));
        store.close();

        List<String> lost = SyncSalvage.salvage(syncDb, other.resolve("sync.db"), 2);

        assertThat(lost).isEmpty();
        try (var repaired = SyncStore.open(other.resolve("sync.db"))) {
            assertThat(repaired.deadLetters().list(10))
                    .extracting(DeadLetters.Stored::id, DeadLetters.Stored::state)
                    .containsExactly(
                            tuple(requeued, State.REQUEUED),
                            tuple(discarded, State.DISCARDED),
                            tuple(open, State.OPEN));
            assertThat(repaired.deadLetters().count()).isEqualTo(1);
        }
        store = SyncStore.open(syncDb);
    }

    @Test
    void anEditReplacesTheEffectOfAnOpenLetterAlone() {
        long id = letter(0);
        var effect = List.of(Bytes.of("SET"), Bytes.of("other"), Bytes.of("v"));

        assertThat(store.deadLetters().edit(id, effect, Bytes.of("other"))).isTrue();
        requeue(this::append).run(List.of(id));
        assertThat(store.deadLetters().edit(id, effect, Bytes.of("k"))).isFalse();

        assertThat(requeued().get(0).effects().get(0).command()).isEqualTo(effect);
        assertThat(store.deadLetters().find(id).orElseThrow().letter().key()).isEqualTo(Bytes.of("other"));
    }

    @Test
    void aPageOfLongLettersIsShortAndTheNextGoesOn() {
        var value = Bytes.wrap(new byte[5 * 1024 * 1024]);
        var letters = new ArrayList<DeadLetter>();
        for (int i = 0; i < 3; i++) {
            letters.add(new DeadLetter(1, i, 1000, 0, List.of(Bytes.of("SET"), Bytes.of("k"), value), null, "OOM"));
        }
        store.deadLetters().addAll(letters);

        List<DeadLetters.Stored> first = store.deadLetters().page(0, null, 10);
        List<DeadLetters.Stored> next = store.deadLetters().page(first.get(1).id(), State.OPEN, 10);

        assertThat(first).extracting(stored -> stored.letter().effectIndex()).containsExactly(0, 1);
        assertThat(next).extracting(stored -> stored.letter().effectIndex()).containsExactly(2);
        assertThat(store.deadLetters().count()).isEqualTo(3);
    }
}
