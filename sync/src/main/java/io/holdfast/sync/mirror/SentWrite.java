package io.holdfast.sync.mirror;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.RequestFrame;
import io.holdfast.sync.mirror.UnderWay.Flight;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A write that was sent upstream and not answered yet. Of one that sets a string and nothing else no copy is made but of its key:
 * the string is taken from where it arrived, when the upstream has it. Lives on the engine loop.
 */
public final class SentWrite {
    final FetchPort link;
    final int db;
    final CommandSpec spec;
    /** The only key; null where the command has none, or may have several. */
    final @Nullable Bytes key;

    final boolean overwrites;
    /** Where its arguments arrived; null where they were given. */
    private final @Nullable RequestFrame frame;

    private Bytes @Nullable [] args;
    /** Of its keys; null while the write stands in the lane's queue. */
    @Nullable List<Flight> flights;

    boolean isSpread;
    /** The only key's record when it was last looked for, if that was known: saves looking for it again. */
    @Nullable KeyRecord record;

    private SentWrite(FetchPort link, int db, CommandSpec spec, RequestFrame settingAString) {
        this.link = link;
        this.db = db;
        this.spec = spec;
        this.key = settingAString.argument(spec.singleKeyAt());
        this.overwrites = true;
        this.frame = settingAString;
    }

    private SentWrite(FetchPort link, int db, CommandSpec spec, Bytes[] args) {
        this.link = link;
        this.db = db;
        this.spec = spec;
        int at = spec.singleKeyAt();
        this.key = at > 0 && at < args.length ? args[at] : null;
        this.overwrites = spec.isOverwriting(args);
        this.frame = null;
        this.args = args;
    }

    /** @param frame not released before the reply is there, or is known not to come */
    static SentWrite of(FetchPort link, int db, CommandSpec spec, RequestFrame frame) {
        return spec.stringSetAt(frame.size()) > 0
                ? new SentWrite(link, db, spec, frame)
                : of(link, db, spec, frame.argumentsOf(spec.asArgument()));
    }

    static SentWrite of(FetchPort link, int db, CommandSpec spec, Bytes[] args) {
        return new SentWrite(link, db, spec, args);
    }

    /** Its name and arguments. */
    public Bytes[] args() {
        Bytes[] its = args;
        if (its == null) {
            its = Objects.requireNonNull(frame).argumentsOf(spec.asArgument());
            args = its;
        }
        return its;
    }

    /** The length of its arguments together. */
    long argumentBytes() {
        if (frame != null) {
            return frame.argumentBytes();
        }
        long bytes = 0;
        for (Bytes arg : args()) {
            bytes += arg.length();
        }
        return bytes;
    }

    /** Which of its arguments is all that its key holds afterwards; -1 where there is more to it. */
    int stringAt() {
        return spec.stringSetAt(frame != null ? frame.size() : args().length);
    }

    /** Gives the copy of its key the string at {@link #stringAt}. */
    void setString(LocalEngine engine, int stamp, KeyRecord copy) {
        if (frame != null) {
            engine.warmCopy().set(stamp, copy, frame, stringAt());
        } else {
            engine.warmCopy().set(stamp, copy, args()[stringAt()]);
        }
    }

    void forEachKey(Consumer<Bytes> visitor) {
        if (key != null) {
            visitor.accept(key);
        } else {
            spec.forEachKey(args(), i -> visitor.accept(args()[i]));
        }
    }
}
