package io.holdfast.sync.conflict;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes upstream, beside what is replayed, when it was written here, and reads what other nodes left there: decision 0014. Lives
 * on the replay thread.
 */
public final class Stamping {
    private static final Logger log = LoggerFactory.getLogger(Stamping.class);

    private final NodeClock clock;
    private final BooleanSupplier isOn;
    /** What each of {@link Sidecar#KEYS} held when it was last looked at, and what was added since. */
    private final long[] sizes = new long[Sidecar.KEYS.size()];

    private Map<Bytes, Bytes> stamps = new LinkedHashMap<>();
    private @Nullable Stamp latest;
    private int sentTo = -1;
    private boolean saidFull;

    /** @param isOn whether stamps are written and read now */
    public Stamping(NodeClock clock, BooleanSupplier isOn) {
        this.clock = clock;
        this.isOn = isOn;
    }

    public boolean isOn() {
        return isOn.getAsBoolean();
    }

    /**
     * Takes note of the stamps that are upstream, before anything is replayed behind them.
     *
     * @param committed the last entry that was written here up to now
     * @param confirmed entries up to here are upstream
     */
    public void meet(Asker upstream, long committed, long confirmed) throws IOException {
        if (!isOn()) {
            return;
        }
        List<List<Bytes>> questions = new ArrayList<>();
        for (Bytes key : Sidecar.KEYS) {
            questions.add(List.of(Bytes.of("HGET"), key, Sidecar.CLOCK));
            questions.add(List.of(Bytes.of("HLEN"), key));
        }
        List<Reply> replies = upstream.ask(questions);
        Stamp newest = null;
        for (int i = 0; i < sizes.length; i++) {
            Stamp there = replies.get(2 * i) instanceof Reply.Bulk text ? Stamp.parse(text.value()) : null;
            newest = later(newest, there);
            sizes[i] = replies.get(2 * i + 1) instanceof Reply.Int size ? size.value() : 0;
        }
        if (newest != null) {
            clock.saw(newest, committed, confirmed);
            latest = later(latest, newest);
        }
    }

    static @Nullable Stamp later(@Nullable Stamp one, @Nullable Stamp other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.compareTo(other) < 0 ? other : one;
    }

    Stamp of(Journal.Entry entry) {
        return clock.of(entry);
    }

    /** A new transaction: what was noted for one that was not applied is forgotten. */
    public void begin() {
        added(0);
        stamps = new LinkedHashMap<>();
    }

    /** {@code effect} is sent for {@code entry}. */
    public void note(Journal.Entry entry, Effect effect) {
        if (isOn()) {
            Stamp stamp = clock.of(entry);
            Sidecar.note(effect.db(), effect.command(), stamp, stamps);
            latest = later(latest, stamp);
        }
    }

    /** The commands that belong into the transaction, database 0; mostly none. The first tells how many stamps are new. */
    public List<List<Bytes>> commands(long nowMs) {
        int at = Sidecar.at(nowMs);
        if (stamps.isEmpty() || latest == null || isFull(at)) {
            return List.of();
        }
        sentTo = at;
        sizes[at] += stamps.size(); // until the reply says how many of them were new
        return Sidecar.write(stamps, latest, nowMs);
    }

    private boolean isFull(int at) {
        boolean full = sizes[at] + stamps.size() > Sidecar.STAMPS_MAX;
        if (full && !saidFull) {
            log.warn(
                    "The upstream holds {} stamps of what was replayed today: what follows is replayed without",
                    Sidecar.STAMPS_MAX);
        }
        saidFull = full;
        return full;
    }

    /** The transaction was applied; {@code fresh} of its stamps were of keys that had none. */
    public void added(long fresh) {
        if (sentTo >= 0) {
            sizes[sentTo] -= Math.max(0, stamps.size() - fresh);
            sentTo = -1;
        }
    }
}
