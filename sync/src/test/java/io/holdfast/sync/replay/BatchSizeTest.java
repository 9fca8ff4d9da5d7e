package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How much goes upstream at once, and how often. */
class BatchSizeTest {
    private static final ReplaySettings USUAL = ReplaySettings.DEFAULT;

    /** After batches of which each entry took the upstream so long. */
    private static int after(int batches, long microsAnEntry, ReplaySettings settings) {
        var size = new BatchSize(settings);
        for (int i = 0; i < batches; i++) {
            int entries = size.next(settings);
            size.applied(entries, entries * microsAnEntry, settings);
        }
        return size.next(settings);
    }

    @Test
    void cheapEntriesFillABatchAndCostlyOnesAMillisecond() {
        assertThat(after(20, 1, USUAL)).isEqualTo(500);
        assertThat(after(20, 10, USUAL)).isEqualTo(100);
        assertThat(after(20, 100, USUAL)).isEqualTo(10);
        assertThat(after(20, 5000, USUAL)).isEqualTo(1);
    }

    @Test
    void whatTheClockThereDoesNotTellLeavesTheConfiguredSize() {
        assertThat(after(20, 0, USUAL)).isEqualTo(500);
        var size = new BatchSize(USUAL);
        size.applied(500, -1, USUAL);
        assertThat(size.next(USUAL)).isEqualTo(500);
    }

    @Test
    void anUpstreamThatWasNotScheduledForAMomentDoesNotMakeBatchesSmall() {
        var size = new BatchSize(USUAL);
        for (int i = 1; i <= 20; i++) {
            size.applied(500, i % 3 == 0 ? 8000 : 400, USUAL);
            assertThat(size.next(USUAL)).isEqualTo(500);
        }
    }

    @Test
    void whatASmallTransactionTakesItselfIsNotCountedAsItsEntries() {
        var size = new BatchSize(USUAL);
        for (int i = 0; i < 10; i++) {
            size.applied(1, 30, USUAL);
        }
        assertThat(size.next(USUAL)).isEqualTo(500);
    }

    @Test
    void itGrowsAgainWhenEntriesAreCheapAgain() {
        var size = new BatchSize(USUAL);
        for (int i = 0; i < 20; i++) {
            size.applied(size.next(USUAL), size.next(USUAL) * 100L, USUAL);
        }
        int shrunk = size.next(USUAL);
        for (int i = 0; i < 40; i++) {
            size.applied(size.next(USUAL), size.next(USUAL), USUAL);
        }
        assertThat(shrunk).isEqualTo(10);
        assertThat(size.next(USUAL)).isEqualTo(500);
    }

    @Test
    void aBatchThatWasNotAppliedIsHalvedAndDoublesAgain() {
        var size = new BatchSize(USUAL);
        size.halve(500);
        size.halve(size.next(USUAL));
        assertThat(size.next(USUAL)).isEqualTo(125);
        size.applied(125, -1, USUAL);
        assertThat(size.next(USUAL)).isEqualTo(250);
        size.halve(1);
        assertThat(size.next(USUAL)).isEqualTo(1);
    }

    @Test
    void aCappedRateAndASmallerBatchHoldAtOnce() {
        var size = new BatchSize(USUAL);
        assertThat(size.next(USUAL.withEntriesPerSecondMax(1000))).isEqualTo(1);
        assertThat(size.next(USUAL.withEntriesPerSecondMax(20_000))).isEqualTo(20);
        assertThat(size.next(USUAL.withEntriesPerSecondMax(3))).isEqualTo(1);
        assertThat(size.next(USUAL.withBatchEntriesMax(7))).isEqualTo(7);
        assertThat(size.entriesMax(USUAL.withBatchEntriesMax(7))).isEqualTo(56);
        assertThat(size.entriesMax(USUAL.withEntriesPerSecondMax(20_000))).isEqualTo(20);
    }

    @Test
    void smallStepsAreNotedTogetherButNoMoreThanOneBatchCouldTake() {
        var size = new BatchSize(USUAL);
        assertThat(size.ahead(USUAL)).isZero();
        assertThat(size.ahead(USUAL.withEntriesPerSecondMax(1000))).isEqualTo(100);
        assertThat(size.ahead(USUAL.withEntriesPerSecondMax(3))).isZero();
        assertThat(size.ahead(USUAL.withEntriesPerSecondMax(100_000_000))).isEqualTo(USUAL.batchEntriesMax());
        size.halve(20);
        assertThat(size.ahead(USUAL.withEntriesPerSecondMax(1000))).isEqualTo(10);
    }

    @Test
    void theThrottleLetsNoMoreThroughThanAllowedAndSavesNothingUp() {
        var nanos = new AtomicLong(Long.MAX_VALUE - 10); // as a stopwatch may stand
        var throttle = new Throttle(nanos::get);
        assertThat(throttle.waitNanos(1000)).isZero();
        throttle.sent(100, 1000);
        assertThat(throttle.waitNanos(1000)).isEqualTo(100_000_000);
        nanos.addAndGet(60_000_000);
        assertThat(throttle.waitNanos(1000)).isEqualTo(40_000_000);
        nanos.addAndGet(5_000_000_000L);
        assertThat(throttle.waitNanos(1000)).isZero();
        throttle.sent(100, 1000);
        assertThat(throttle.waitNanos(1000)).isEqualTo(100_000_000);
        assertThat(throttle.waitNanos(0)).isZero();
    }

    @Test
    void whatABatchTakesIsPartOfThePauseBehindIt() {
        var nanos = new AtomicLong(Long.MAX_VALUE - 10);
        var throttle = new Throttle(nanos::get);
        assertThat(throttle.waitNanos(1000)).isZero();
        nanos.addAndGet(2_000_000);
        throttle.sent(5, 1000);
        assertThat(throttle.waitNanos(1000)).isEqualTo(3_000_000);
    }
}
