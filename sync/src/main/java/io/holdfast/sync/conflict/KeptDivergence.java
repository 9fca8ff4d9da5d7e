package io.holdfast.sync.conflict;

import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a key differs, as {@code sync.db} keeps it while a batch is on its way: without and with that batch, for whether it was
 * applied is only known when the next entries come. Immutable.
 *
 * @param decidedTo the last entry of the batch
 * @param before how it differs if that was not applied; null: not at all
 * @param after how it differs if it was; likewise
 */
record KeptDivergence(
        long decidedTo,
        @Nullable Divergence before,
        @Nullable Divergence after) {
    private static final Bytes DECIDED = Bytes.of("decided");

    /** How the key differs when {@code next} is the first entry that is not upstream. */
    @Nullable Divergence at(long next) {
        return decidedTo < next ? after : before;
    }

    List<Bytes> toWords() {
        List<Bytes> earlier = before == null ? List.of() : before.toWords();
        List<Bytes> words = new ArrayList<>();
        words.add(DECIDED);
        words.add(Bytes.of(decidedTo));
        words.add(Bytes.of(earlier.size()));
        words.addAll(earlier);
        if (after != null) {
            words.addAll(after.toWords());
        }
        return words;
    }

    static KeptDivergence ofWords(List<Bytes> words) {
        if (!words.get(0).equals(DECIDED)) {
            Divergence only = Divergence.ofWords(words); // of a build that kept no more
            return new KeptDivergence(0, only, only);
        }
        int after = 3 + Integer.parseInt(words.get(2).latin1());
        return new KeptDivergence(
                Long.parseLong(words.get(1).latin1()),
                divergence(words.subList(3, after)),
                divergence(words.subList(after, words.size())));
    }

    private static @Nullable Divergence divergence(List<Bytes> words) {
        return words.isEmpty() ? null : Divergence.ofWords(words);
    }
}
