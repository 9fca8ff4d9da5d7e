package io.holdfast.sync.conflict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.store.StorageException;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.conflict.Divergence.Difference;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How a key differs, as {@code sync.db} keeps it. */
class DivergenceTest {
    private static List<Bytes> words(String... words) {
        return Arrays.stream(words).map(Bytes::of).toList();
    }

    @Test
    void whatIsKeptIsReadAgain() {
        var parts = Map.of(
                Bytes.of("f"), new Difference(null, Bytes.of("theirs")),
                Bytes.of("g"), new Difference(Bytes.of("1"), null));
        var stamps = new Stamps(new Stamp(1, 0, "a"), Map.of(Bytes.of("f"), new Stamp(2, 3, "b")));
        var fields = new Divergence(7, "hash", null, null, false, parts, new Ends(1, -1, false), stamps);
        var string = new Divergence(0, "string", Bytes.of("a"), Bytes.EMPTY, true, Map.of(), Ends.UNKNOWN, Stamps.NONE);

        assertThat(Divergence.ofWords(fields.toWords())).isEqualTo(fields);
        assertThat(Divergence.ofWords(string.toWords())).isEqualTo(string);
    }

    @Test
    void whatEarlierBuildsKeptIsRead() {
        var fields = Divergence.ofWords(words("7", "hash", "", "", "0", "f", "", "=theirs"));
        var string = Divergence.ofWords(words("0", "string", "=a", "=b", "1"));

        assertThat(fields.parts()).isEqualTo(Map.of(Bytes.of("f"), new Difference(null, Bytes.of("theirs"))));
        assertThat(fields.touchedMs()).isEqualTo(7);
        assertThat(string.whole()).isTrue();
        assertThat(string.upstream()).isEqualTo(Bytes.of("b"));
        assertThat(string.ends().areChanged()).isFalse();
        var kept = KeptDivergence.ofWords(words("0", "string", "=a", "=b", "1"));
        assertThat(kept.at(1)).isEqualTo(string);
    }

    @Test
    void whatABatchMakesOfItCountsOnceTheNextEntriesComeBehindThatBatch() {
        var before = new Divergence(7, "string", null, Bytes.of("a"), true, Map.of(), Ends.UNKNOWN, Stamps.NONE);

        var kept = KeptDivergence.ofWords(new KeptDivergence(9, before, null).toWords());

        assertThat(kept.at(9)).isEqualTo(before);
        assertThat(kept.at(10)).isNull();
    }

    @Test
    void aWordThatIsNotKnownIsRefused() {
        assertThatThrownBy(() -> Divergence.ofWords(words("touched", "7", "who")))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("who");
    }
}
