package io.holdfast.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.BufferLimits;
import org.junit.jupiter.api.Test;

/** When a client is cut off that does not read its replies. */
class UnreadRepliesTest {
    /** 1,000 bytes, or 100 for ten seconds. */
    private static final BufferLimits.Limit LIMIT = new BufferLimits.Limit(1_000, 100, 10);

    private final UnreadReplies unread = new UnreadReplies();

    private boolean areTooMany(long bytes, int seconds) {
        return unread.areTooMany(bytes, LIMIT, seconds * 1_000L);
    }

    @Test
    void manyReplies() {
        unread.handedOut(50);
        assertThat(areTooMany(1_050, 0)).isFalse();
        assertThat(areTooMany(1_051, 0)).isTrue();
    }

    @Test
    void someForTooLong() {
        unread.handedOut(50);
        assertThat(areTooMany(200, 0)).isFalse();
        assertThat(areTooMany(180, 10)).isFalse();
        assertThat(areTooMany(180, 11)).isTrue();
    }

    @Test
    void notOneThatIsReadOn() {
        unread.handedOut(1_000_000);
        assertThat(areTooMany(1_000_050, 0)).isFalse();
        for (int second = 1; second < 100; second++) {
            assertThat(areTooMany(1_000_050 - second, second)).isFalse();
        }
    }

    @Test
    void oneThatIsNotReadOn() {
        unread.handedOut(1_000_000);
        assertThat(areTooMany(1_000_000, 0)).isFalse();
        assertThat(areTooMany(900_000, 5)).isFalse();
        assertThat(areTooMany(900_000, 15)).isFalse();
        assertThat(areTooMany(900_000, 16)).isTrue();
    }

    @Test
    void whatWaitsBehindALargeOne() {
        unread.handedOut(1_000_000);
        assertThat(areTooMany(1_001_001, 0)).isTrue();
    }

    @Test
    void aLargeOneIsForgottenOnceItIsRead() {
        unread.handedOut(1_000_000);
        unread.allRead();
        assertThat(areTooMany(1_001, 0)).isTrue();
    }

    @Test
    void nothingWhereThereIsNoLimit() {
        assertThat(unread.areTooMany(1L << 40, new BufferLimits.Limit(0, 0, 0), 0))
                .isFalse();
    }
}
