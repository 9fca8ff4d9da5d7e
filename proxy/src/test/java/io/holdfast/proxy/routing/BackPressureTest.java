package io.holdfast.proxy.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Writers are slowed while the lag is above its bound and rises, and not otherwise. */
class BackPressureTest {
    private static BackPressure beyond(int lagMax) {
        var pressure = new BackPressure();
        pressure.lagMax(lagMax);
        pressure.begin(1000, 0);
        return pressure;
    }

    @Test
    void aLagBelowTheBoundOrThatFallsSlowsNobody() {
        var below = beyond(5000);
        assertThat(below.tick(2000, 0)).isZero();
        var falling = beyond(100);
        assertThat(falling.tick(1100, 500)).isZero();
        var unbounded = beyond(0);
        assertThat(unbounded.tick(2_000_000, 0)).isZero();
        assertThat(unbounded.totalMs()).isZero();
    }

    @Test
    void aReplayThatStandsStillWithoutWritersSlowsNobody() {
        var pressure = beyond(100);
        assertThat(pressure.tick(1000, 0)).isZero();
    }

    @Test
    void aLagThatRisesSlowsMoreAndMoreUpToABound() {
        var pressure = beyond(100);
        assertThat(pressure.tick(2000, 10)).isEqualTo(5);
        assertThat(pressure.tick(3000, 20)).isEqualTo(10);
        for (int i = 4; i < 20; i++) {
            pressure.tick(i * 1000L, i * 10L);
        }
        assertThat(pressure.tick(20_000, 200)).isEqualTo(BackPressure.HELD_MS_MAX);
    }

    @Test
    void theLagEndsBelowItsBoundHoweverFastTheyWouldWrite() {
        long seed = System.getProperty("seed") == null ? 7 : Long.getLong("seed");
        var random = new SplittableRandom(seed);
        var pressure = new BackPressure();
        pressure.lagMax(1000);
        long written = 50_000;
        long confirmed = 0;
        pressure.begin(written, confirmed);
        int heldMs = 0;
        for (int tick = 0; tick < 2000 && written - confirmed > 1000; tick++) {
            double open = (BackPressure.TICK_MS - heldMs) / (double) BackPressure.TICK_MS;
            written += (long) (random.nextInt(1500, 2500) * open); // twice what is carried away
            confirmed = Math.min(written, confirmed + 1000);
            heldMs = pressure.tick(written, confirmed);
            assertThat(heldMs).as("seed %d", seed).isBetween(0, BackPressure.HELD_MS_MAX);
        }
        assertThat(written - confirmed).as("seed %d", seed).isLessThanOrEqualTo(1000);
    }

    /** Each of them would stay away for ever: the lag is below the bound, and rises. */
    @Test
    void aReplayEndsAlthoughTheLagIsBelowItsBoundAndWritersAreFaster() {
        var pressure = beyond(1_000_000);
        long written = 10_000;
        long confirmed = 0;
        pressure.begin(written, confirmed);
        int heldMs = 0;
        int ticks = 0;
        while (confirmed < written && ticks < 5_000) {
            double open = (BackPressure.TICK_MS - heldMs) / (double) BackPressure.TICK_MS;
            written += (long) (2_000 * open);
            confirmed = Math.min(written, confirmed + 1_000);
            heldMs = pressure.tick(written, confirmed);
            ticks++;
            if (ticks <= BackPressure.PATIENCE_TICKS) {
                assertThat(heldMs).isZero();
            }
        }
        assertThat(confirmed).isEqualTo(written);
    }
}
