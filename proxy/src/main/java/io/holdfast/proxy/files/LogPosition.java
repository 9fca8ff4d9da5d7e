package io.holdfast.proxy.files;

import io.holdfast.engine.value.StreamId;
import java.util.ArrayList;
import java.util.List;

/** How far a key is in its log. Immutable. */
sealed interface LogPosition {
    /**
     * Of a list.
     *
     * @param keyId whose rows these were: another key of the same name has another
     * @param position in storage of the newest element that is in the log
     * @param checksum of that element's row
     * @param recent likenesses of the newest elements in the log, the newest last
     */
    record OfList(long keyId, long position, long checksum, List<Long> recent) implements LogPosition {
        /** As many as are remembered. */
        static final int RECENT_MAX = 16;

        public OfList {
            recent = List.copyOf(recent);
        }

        /** After one more element. */
        OfList then(long at, long crc, long likeness) {
            List<Long> later =
                    new ArrayList<>(recent.subList(Math.max(0, recent.size() - (RECENT_MAX - 1)), recent.size()));
            later.add(likeness);
            return new OfList(keyId, at, crc, later);
        }
    }

    /** Of a stream: the last id that was seen; its halves are unsigned. */
    record OfStream(long ms, long seq) implements LogPosition {
        static final OfStream START = new OfStream(0, 0);

        boolean isBefore(OfStream other) {
            return new StreamId(ms, seq).isBefore(new StreamId(other.ms, other.seq));
        }
    }
}
