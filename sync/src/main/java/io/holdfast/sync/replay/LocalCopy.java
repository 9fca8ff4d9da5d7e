package io.holdfast.sync.replay;

import io.holdfast.engine.command.Effect;
import io.holdfast.resp.Bytes;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The keys as they are here, for an upstream that has lost its own. Called on the replay thread. */
public interface LocalCopy {
    /**
     * Some keys, as they were when everything up to one entry of the journal, and nothing behind it, was applied to them.
     *
     * @param keys for each, the effects that make it of nothing; all of them name it first
     * @param sequence the newest entry then, committed
     */
    record Slice(List<List<Effect>> keys, long sequence) {
        public Slice {
            keys = List.copyOf(keys);
        }
    }

    /** A walk through all keys; one that comes or changes meanwhile may be met or not, or twice. */
    interface Walk {
        /**
         * The next slice; null behind the last. Waits for the engine loop.
         *
         * @throws IOException when the loop does not give one
         */
        @Nullable Slice next() throws IOException;
    }

    /** Nothing is here. */
    LocalCopy EMPTY = new LocalCopy() {
        @Override
        public Walk walk() {
            return () -> null;
        }

        @Override
        public boolean forEachKey(Effect effect, Consumer<Bytes> visitor) {
            return false;
        }
    };

    Walk walk();

    /** Visits the keys that {@code effect} may change; false where it does not name them all. */
    boolean forEachKey(Effect effect, Consumer<Bytes> visitor);
}
