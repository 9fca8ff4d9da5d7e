package io.holdfast.sync.journal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What tells one data directory, and one start of it, from another. */
class NodeIdentityTest {
    private static final NodeIdentity NODE = new NodeIdentity(0x8f14e45fceea167aL, 0x5a36dedd4bea2543L, 1);

    @Test
    void nodesThatWereStartedEquallyOftenHaveSeedsOfTheirOwn() {
        assertThat(new NodeIdentity(NODE.idHigh() + 1, NODE.idLow(), 1).seed()).isNotEqualTo(NODE.seed());
        assertThat(new NodeIdentity(NODE.idHigh(), NODE.idLow() + 1, 1).seed()).isNotEqualTo(NODE.seed());
    }

    @Test
    void eachStartHasASeedOfItsOwn() {
        assertThat(new NodeIdentity(NODE.idHigh(), NODE.idLow(), 2).seed()).isNotEqualTo(NODE.seed());
    }

    @Test
    void theSameStartOfTheSameNodeHasTheSameSeed() {
        assertThat(new NodeIdentity(NODE.idHigh(), NODE.idLow(), NODE.epoch()).seed())
                .isEqualTo(NODE.seed());
    }
}
