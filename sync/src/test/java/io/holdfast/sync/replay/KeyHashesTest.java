package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import org.junit.jupiter.api.Test;

class KeyHashesTest {
    @Test
    void whatWasAddedIsThereAndNothingElse() {
        var hashes = new KeyHashes();
        int there = 0;
        int others = 0;
        for (int i = 0; i < 100_000; i++) {
            assertThat(hashes.add(i % 3, Bytes.of("key:" + i))).isTrue();
        }
        for (int i = 0; i < 100_000; i++) {
            there += hashes.contains(i % 3, Bytes.of("key:" + i)) ? 1 : 0;
            others += hashes.contains((i + 1) % 3, Bytes.of("key:" + i)) ? 1 : 0;
        }
        assertThat(there).isEqualTo(100_000);
        assertThat(others).isZero();
        assertThat(hashes.add(1, Bytes.of("key:1"))).isFalse();
    }
}
