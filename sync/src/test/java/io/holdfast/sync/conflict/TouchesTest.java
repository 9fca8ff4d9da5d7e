package io.holdfast.sync.conflict;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TouchesTest {
    private final Touches touches = new Touches();

    @Test
    void theLaterOfWriteAndTouchIsKnownOfAnUpstreamThatStayed() {
        assertThat(touches.isBehind(1_000, 999)).isTrue();
        assertThat(touches.isBehind(1_000, 1_000)).isFalse();
        assertThat(touches.isBehind(0, 999)).isFalse();
    }

    @Test
    void whatARestartedUpstreamLoadedSaysNothingOfWritesBeforeThat() {
        touches.upstreamBegan(5_000, 8_000);

        assertThat(touches.isBehind(6_000, 4_000)).isFalse();
        assertThat(touches.isBehind(8_001, 4_000)).isTrue(); // it had loaded everything by then
        assertThat(touches.isBehind(6_000, 5_500)).isTrue(); // the write came behind the start, and the touch behind it
        assertThat(touches.isBehind(4_500, 4_000)).isFalse();
    }
}
