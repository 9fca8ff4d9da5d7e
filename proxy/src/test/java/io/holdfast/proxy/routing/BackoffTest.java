package io.holdfast.proxy.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.proxy.upstream.ReturnPace.Strategy;
import io.holdfast.sync.journal.NodeIdentity;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Pauses grow as it was asked for, and never beyond the longest. */
class BackoffTest {
    private final Backoff backoff = new Backoff(new SplittableRandom(7));

    @Test
    void exponentialPausesGrowToThreeTimesTheLastAndToTheLongestAtMost() {
        backoff.grow(Strategy.EXPONENTIAL, 2_000);
        int last = 100;
        int longest = 0;
        for (int pause : pauses(1_000)) {
            assertThat(pause).isBetween(100, Math.min(2_000, last * 3));
            last = pause;
            longest = Math.max(longest, pause);
        }
        assertThat(longest).isGreaterThan(1_000);
    }

    @Test
    void linearPausesGrowByTheSameStep() {
        backoff.grow(Strategy.LINEAR, 450);

        assertThat(pauses(5)).containsExactly(200, 300, 400, 450, 450);
    }

    @Test
    void fixedPausesAreTheLongest() {
        backoff.grow(Strategy.FIXED, 700);

        assertThat(pauses(3)).containsExactly(700, 700, 700);
    }

    @Test
    void afterASuccessTheyBeginAnew() {
        backoff.grow(Strategy.LINEAR, 10_000);
        pauses(20);

        backoff.reset();

        assertThat(pauses(1)).containsExactly(200);
    }

    @Test
    void aShorterBoundHoldsAtOnce() {
        backoff.grow(Strategy.LINEAR, 10_000);
        pauses(50);

        backoff.grow(Strategy.LINEAR, 300);

        assertThat(pauses(1)).containsExactly(300);
    }

    @Test
    void nodesThatWereStartedEquallyOftenAreNotInStep() {
        var one = new Backoff(new SplittableRandom(new NodeIdentity(7, 8, 1).seed()));
        var other = new Backoff(new SplittableRandom(new NodeIdentity(7, 9, 1).seed()));
        one.grow(Strategy.EXPONENTIAL, 2_000);
        other.grow(Strategy.EXPONENTIAL, 2_000);

        assertThat(pauses(one, 10)).isNotEqualTo(pauses(other, 10));
    }

    private int[] pauses(int count) {
        return pauses(backoff, count);
    }

    private static int[] pauses(Backoff backoff, int count) {
        return IntStream.range(0, count).map(i -> backoff.nextMs()).toArray();
    }
}
