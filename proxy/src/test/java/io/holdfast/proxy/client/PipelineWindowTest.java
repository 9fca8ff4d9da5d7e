package io.holdfast.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PipelineWindowTest {
    private static final int MEGABYTE = 1 << 20;

    private final PipelineWindow window = new PipelineWindow();

    @Test
    void aNewClientBeginsWithFewAndHasTwiceAsManyWithEachRoundTrip() {
        assertThat(window.requests()).isEqualTo(64);

        replied(64, 5);
        assertThat(window.requests()).isEqualTo(128);

        replied(100_000, 5);
        assertThat(window.requests()).isEqualTo(10_000);
    }

    @Test
    void repliesUnderWayComeToSixteenMegabytes() {
        replied(10_000, 5);

        replied(1, MEGABYTE);
        assertThat(window.requests()).isEqualTo(16);

        replied(1, 4 * MEGABYTE);
        assertThat(window.requests()).isEqualTo(4);
    }

    @Test
    void oneIsMadeWhileTheOneBeforeItIsOnItsWayHoweverLarge() {
        replied(1, Integer.MAX_VALUE);

        assertThat(window.requests()).isEqualTo(2);
    }

    @Test
    void smallRepliesLetALargeOneBeForgotten() {
        replied(10_000, 5);
        replied(1, MEGABYTE);

        replied(8, 5);
        assertThat(window.requests()).isBetween(40, 60);

        replied(100, 5);
        assertThat(window.requests()).isEqualTo(10_000);
    }

    @Test
    void aNewClientOfLargeRepliesHasNoMoreThanOneOfSmallOnes() {
        replied(2, 2_000);

        assertThat(window.requests()).isEqualTo(66);
    }

    private void replied(int times, int bytes) {
        for (int i = 0; i < times; i++) {
            window.replied(bytes);
        }
    }
}
