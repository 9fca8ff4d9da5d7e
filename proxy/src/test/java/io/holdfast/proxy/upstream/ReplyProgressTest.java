package io.holdfast.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ReplyProgressTest {
    private final MockTicker ticker = Ticker.newMockTicker();
    private final ReplyProgress progress = new ReplyProgress();

    @Test
    void whatNothingComesForWaitsSinceItWasSent() {
        ticker.advance(300, TimeUnit.MILLISECONDS);

        assertThat(waitedMs(0)).isEqualTo(300);
    }

    @Test
    void aPartIsProgressBeItOfOneReplyOrOfMany() {
        for (int i = 0; i < 100; i++) {
            ticker.advance(300, TimeUnit.MILLISECONDS);
            progress.received(ReplyProgress.PART_BYTES / 2, ticker);
            progress.received(ReplyProgress.PART_BYTES / 2, ticker);
        }
        ticker.advance(20, TimeUnit.MILLISECONDS);

        assertThat(waitedMs(0)).isEqualTo(20);
    }

    @Test
    void aFewSmallRepliesAreNone() {
        for (int i = 0; i < 100; i++) {
            ticker.advance(300, TimeUnit.MILLISECONDS);
            progress.received(5, ticker);
        }

        assertThat(waitedMs(0)).isEqualTo(30_000);
    }

    @Test
    void whatWasSentBehindThePartWaitsSinceThen() {
        ticker.advance(300, TimeUnit.MILLISECONDS);
        progress.received(ReplyProgress.PART_BYTES, ticker);
        ticker.advance(100, TimeUnit.MILLISECONDS);

        assertThat(waitedMs(350)).isEqualTo(50);
    }

    @Test
    void whatCameBeforeALullIsNoProgressOfWhatIsAskedBehindIt() {
        progress.received(ReplyProgress.PART_BYTES, ticker);
        progress.end();
        progress.received(ReplyProgress.PART_BYTES - 1, ticker);
        ticker.advance(300, TimeUnit.MILLISECONDS);

        assertThat(waitedMs(0)).isEqualTo(300);
        progress.received(1, ticker);
        assertThat(waitedMs(0)).isZero();
    }

    private long waitedMs(int sentAtMs) {
        return TimeUnit.NANOSECONDS.toMillis(
                progress.waitedNanos(TimeUnit.MILLISECONDS.toNanos(sentAtMs), ticker.nanoTime()));
    }
}
