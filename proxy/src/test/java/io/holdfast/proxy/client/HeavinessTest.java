package io.holdfast.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeavinessTest {
    private final Heaviness heaviness = new Heaviness();

    private void passed(int times, int bytes, int underWay) {
        for (int i = 0; i < times; i++) {
            heaviness.passed(bytes, underWay);
        }
    }

    @Test
    void smallOnesAreNotHeavyHoweverMany() {
        passed(100_000, Heaviness.LARGE_BYTES - 1, 10_000);

        assertThat(heaviness.isHeavy()).isFalse();
    }

    @Test
    void whatIsUnderWayCountsTogether() {
        passed(100, Heaviness.HEAVY_BYTES / 4, 3);
        assertThat(heaviness.isHeavy()).isFalse();

        passed(1, Heaviness.HEAVY_BYTES / 4, 4);
        assertThat(heaviness.isHeavy()).isTrue();
    }

    @Test
    void itIsSaidOnceThatAClientHasBecomeHeavy() {
        assertThat(heaviness.passed(5, 1)).isFalse();
        assertThat(heaviness.passed(Heaviness.HEAVY_BYTES, 1)).isTrue();
        assertThat(heaviness.passed(Heaviness.HEAVY_BYTES, 1)).isFalse();

        passed(Heaviness.FORGOTTEN_AFTER, 5, 1);
        assertThat(heaviness.passed(Heaviness.HEAVY_BYTES, 1)).isTrue();
    }

    @Test
    void aLargeOneIsRememberedForAsManySmallOnesInARow() {
        passed(1, Heaviness.HEAVY_BYTES, 1);
        passed(Heaviness.FORGOTTEN_AFTER - 1, 5, 1);
        assertThat(heaviness.isHeavy()).isTrue();
        passed(1, Integer.MAX_VALUE, 10_000);

        passed(Heaviness.FORGOTTEN_AFTER - 1, 5, 1);
        assertThat(heaviness.isHeavy()).isTrue();
        passed(1, 5, 1);
        assertThat(heaviness.isHeavy()).isFalse();
    }
}
