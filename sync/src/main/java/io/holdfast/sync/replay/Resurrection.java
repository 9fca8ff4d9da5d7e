package io.holdfast.sync.replay;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.DamagedRecordException;
import io.holdfast.sync.journal.JournalGapException;
import io.holdfast.sync.journal.JournalReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes keys back into an upstream that has lost its data, as they were when the outage began; what was written since is
 * replayed on top of that. Writing back a second time changes nothing, so a crash in between costs nothing.
 *
 * <pre>
 *   changed here since    what the journal says it was before: its BASE or COPY, if one comes before the first change
 *   not changed           what it is here
 *   there upstream        left alone: somebody has put it there
 * </pre>
 *
 * Lives on the replay thread.
 */
final class Resurrection {
    private static final Logger log = LoggerFactory.getLogger(Resurrection.class);
    private static final Bytes DEL = Bytes.of("DEL");
    private static final Bytes PEXPIREAT = Bytes.of("PEXPIREAT");
    private static final int ENTRIES = 500;
    private static final int BYTES = 1 << 20;
    /** No cursor of any node comes back: what they prove is gone. */
    private static final String CURSORS = "holdfast:{";

    private final ReplaySource source;
    private final Upstream connection;
    private final ReplayProgress progress;
    private final LongSupplier clockMs;
    private final CountDownLatch stopped;
    /** Keys that the journal names: what they are here is not what they were. */
    private KeyHashes changed = new KeyHashes();

    private AbsentKeys upstream;
    private boolean isUnclear;

    /** @param stopped ends it early */
    Resurrection(
            ReplaySource source,
            Upstream connection,
            ReplayProgress progress,
            LongSupplier clockMs,
            CountDownLatch stopped) {
        this.source = source;
        this.connection = connection;
        this.progress = progress;
        this.clockMs = clockMs;
        this.stopped = stopped;
        upstream = new AbsentKeys(connection, clockMs);
    }

    /**
     * Writes back what was there when the outage began; where the journal does not reach back to that, what was there when
     * {@code known} was confirmed, as far as it can be known.
     *
     * @param known entries up to here were confirmed
     * @param isEmpty whether the upstream has no key; where it has some, what it had of this outage may be among them
     * @return where replay goes on
     */
    long run(long known, boolean isEmpty) throws IOException, ReplayFailedException {
        progress.enter(ReplayStatus.State.RESURRECTING);
        long from = isEmpty ? Math.min(known, progress.outageBegan().orElse(known)) : known;
        try {
            writeBack(from);
        } catch (JournalGapException trimmed) {
            log.warn("The journal does not reach back to the beginning of the outage: {}", trimmed.getMessage());
            from = known;
            writeBack(from);
        }
        String what = upstream.written() + " keys written back, " + upstream.present() + " were there, "
                + upstream.refused() + " were refused; replaying from entry " + (from + 1) + " on"
                + (isUnclear ? "; the journal does not name all keys that were changed, so only those it does" : "");
        log.warn("The upstream lost its data: {}", what);
        progress.resurrected(upstream.written(), clockMs.getAsLong(), what);
        return from;
    }

    private void writeBack(long from) throws IOException, ReplayFailedException {
        changed = new KeyHashes();
        upstream = new AbsentKeys(connection, clockMs);
        isUnclear = false;
        LocalCopy copy = source.localCopy();
        try (JournalReader journal = source.reader(from)) {
            follow(journal, source.committedSequence(), copy);
            LocalCopy.Walk walk = copy.walk();
            for (LocalCopy.Slice slice = walk.next(); slice != null && !isUnclear; slice = walk.next()) {
                follow(journal, slice.sequence(), copy);
                if (!isUnclear) {
                    writeUnchanged(slice);
                }
            }
        }
        upstream.flush();
    }

    private void writeUnchanged(LocalCopy.Slice slice) throws IOException, ReplayFailedException {
        for (List<Effect> key : slice.keys()) {
            if (!changed.contains(key.get(0).db(), key.get(0).command().get(1))) {
                write(key);
            }
        }
    }

    /** Reads on until everything up to {@code sequence} was seen. */
    private void follow(JournalReader journal, long sequence, LocalCopy copy)
            throws IOException, ReplayFailedException {
        while (journal.sequence() < sequence && !isUnclear) {
            List<Journal.Entry> entries = read(journal);
            for (Journal.Entry entry : entries) {
                see(entry, copy);
            }
            if (entries.isEmpty() && !isUnclear) {
                throw new ReplayFailedException("the journal ends before entry " + sequence);
            }
            if (stopped.getCount() == 0) {
                throw new ReplayFailedException("stopped");
            }
        }
    }

    private List<Journal.Entry> read(JournalReader journal) {
        try {
            return journal.next(ENTRIES, BYTES);
        } catch (DamagedRecordException e) {
            isUnclear = true; // nobody knows which keys it changed
            return List.of();
        }
    }

    private void see(Journal.Entry entry, LocalCopy copy) throws IOException, ReplayFailedException {
        List<Effect> effects = entry.effects();
        if (entry.scope() == Scope.BASE || entry.scope() == Scope.COPY) {
            if (changed.add(effects.get(0).db(), effects.get(0).command().get(1))) {
                write(effects);
            }
            return;
        }
        for (Effect effect : effects) {
            isUnclear |= !copy.forEachKey(effect, key -> changed.add(effect.db(), key));
        }
    }

    private void write(List<Effect> making) throws IOException, ReplayFailedException {
        var commands = new ArrayList<List<Bytes>>();
        long expiresAtMs = Long.MAX_VALUE;
        for (Effect effect : making) {
            Bytes name = effect.command().get(0);
            if (name.equals(PEXPIREAT)) {
                expiresAtMs = Long.parseLong(effect.command().get(2).latin1());
            }
            if (!name.equals(DEL)) {
                commands.add(progress.wording().say(effect.command()));
            }
        }
        Bytes key = making.get(0).command().get(1);
        if (!commands.isEmpty() && !key.latin1().startsWith(CURSORS)) {
            upstream.write(making.get(0).db(), key, commands, expiresAtMs);
        }
    }
}
