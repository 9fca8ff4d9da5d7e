package io.holdfast.proxy.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class FlapDampingTest {
    private static final long SOON = TimeUnit.SECONDS.toNanos(10) - 1;

    private final FlapDamping damping = new FlapDamping();

    @Test
    void threeGoodProbesAreEnoughAtFirst() {
        assertThat(goodProbesThatItTakes()).isEqualTo(3);
    }

    @Test
    void aBadOneBeginsAnew() {
        damping.good();
        damping.good();
        damping.bad();

        assertThat(goodProbesThatItTakes()).isEqualTo(3);
    }

    @Test
    void anOutageWithoutAReturnBeforeItIsNoFlapping() {
        damping.outage(0);

        assertThat(goodProbesThatItTakes()).isEqualTo(3);
    }

    @Test
    void eachOutageSoonAfterAReturnDoublesThemUpToABound() {
        int[] taken = new int[6];
        for (int i = 0; i < taken.length; i++) {
            flap(SOON);
            taken[i] = goodProbesThatItTakes();
        }

        assertThat(taken).containsExactly(6, 12, 24, 48, 48, 48);
    }

    @Test
    void anOutageLaterThanThatTakesAsManyAsAtFirst() {
        flap(SOON);
        flap(SOON + 1);

        assertThat(goodProbesThatItTakes()).isEqualTo(3);
    }

    private void flap(long afterNanos) {
        damping.online(7);
        damping.bad();
        damping.outage(7 + afterNanos);
    }

    private int goodProbesThatItTakes() {
        int probes = 0;
        while (!damping.isEnough()) {
            damping.good();
            probes++;
        }
        damping.bad();
        return probes;
    }
}
