package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import org.junit.jupiter.api.Test;

/** Before it sleeps, a loop looks for a moment as long as it finds something, and not where others want its core. */
class BusyPollTest {
    private static final long SHORT_YIELD_NANOS = BusyPoll.LOOK_NANOS / 10;

    private final Context context = new Context();
    private final Context atOnce = new Context();
    private final Sockets sockets = new Sockets();
    private long nowNanos;
    private long yieldNanos = SHORT_YIELD_NANOS;
    private final BusyPoll poll = new BusyPoll(() -> nowNanos, () -> nowNanos += yieldNanos);

    private int run() {
        return poll.run(sockets, context, atOnce);
    }

    @Test
    void whatComesWhileItLooksIsHandledWithoutSleep() {
        sockets.readyAtLook = 4;
        assertThat(run()).isOne();
        assertThat(sockets.looks).isEqualTo(4);
        assertThat(sockets.sleeps).isZero();
    }

    @Test
    void itSleepsWhenNothingCame() {
        assertThat(run()).isZero();
        assertThat(sockets.looks).isEqualTo(10);
        assertThat(sockets.sleeps).isOne();
    }

    @Test
    void anErrandOfAnotherThreadIsNotKeptWaiting() {
        sockets.atLook = () -> context.canBlock = false;
        assertThat(run()).isZero();
        assertThat(sockets.looks).isOne();
        assertThat(sockets.sleeps).isZero();
    }

    @Test
    void whoeverMayNotWaitDoesNotLookTwice() {
        context.canBlock = false;
        run();
        assertThat(sockets.looks).isZero();
        assertThat(sockets.asked).isOne();
    }

    @Test
    void aLoopThatFindsNothingGivesUpAndTriesAgainNowAndThen() {
        giveUp();
        sleepUntilTheNextTry();
        assertThat(sockets.looks).isZero();
        run();
        assertThat(sockets.looks).isPositive();
    }

    @Test
    void findingSomethingOnceIsEnoughToGoOnLooking() {
        giveUp();
        sleepUntilTheNextTry();
        sockets.readyAtLook = 1;
        assertThat(run()).isOne();
        sockets.looks = 0;
        assertThat(run()).isOne();
    }

    private void giveUp() {
        for (int i = 0; i < BusyPoll.CREDIT_MAX / BusyPoll.MISS; i++) {
            sockets.looks = 0;
            run();
            assertThat(sockets.looks).isPositive();
        }
        sockets.looks = 0;
    }

    private void sleepUntilTheNextTry() {
        for (int i = 1; i < BusyPoll.SLEEPS_BETWEEN_TRIES; i++) {
            run();
        }
    }

    @Test
    void whereOthersWantTheCoreItSleepsAtOnceForASecond() {
        yieldNanos = BusyPoll.CROWDED_NANOS;
        run();
        assertThat(sockets.looks).isOne();
        assertThat(sockets.sleeps).isOne();

        nowNanos += BusyPoll.CROWDED_PAUSE_NANOS - 1;
        run();
        assertThat(sockets.looks).isOne();
        nowNanos += 1;
        run();
        assertThat(sockets.looks).isEqualTo(2);
    }

    private static final class Context implements IoHandlerContext {
        private boolean canBlock = true;

        @Override
        public boolean canBlock() {
            return canBlock;
        }

        @Override
        public long delayNanos(long currentTimeNanos) {
            return Long.MAX_VALUE;
        }

        @Override
        public long deadlineNanos() {
            return -1;
        }
    }

    /** Has something at the look of that number, nothing before. */
    private final class Sockets implements IoHandler {
        private int readyAtLook = Integer.MAX_VALUE;
        private Runnable atLook = () -> {};
        private int looks;
        private int sleeps;
        private int asked;

        @Override
        public int run(IoHandlerContext asContext) {
            asked++;
            if (asContext != atOnce) {
                sleeps += asContext.canBlock() ? 1 : 0;
                return 0;
            }
            looks++;
            atLook.run();
            return looks >= readyAtLook ? 1 : 0;
        }

        @Override
        public IoRegistration register(IoHandle handle) {
            throw new AssertionError("there is no socket to register");
        }

        @Override
        public void wakeup() {}

        @Override
        public boolean isCompatible(Class<? extends IoHandle> handleType) {
            return false;
        }
    }
}
