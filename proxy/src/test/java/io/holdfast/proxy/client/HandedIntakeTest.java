package io.holdfast.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HandedIntakeTest {
    private static final int HALF_BYTES = 600 * 1024; // two of them are more than may wait

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final Deque<Runnable> errands = new ArrayDeque<>();
    private final HandedIntake intake = new HandedIntake(channel, errands::add);

    HandedIntakeTest() {
        channel.pipeline().addLast(intake);
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private void arrive(int bytes) {
        channel.writeInbound(Unpooled.wrappedBuffer(new byte[bytes]));
    }

    private void take() {
        errands.remove().run();
    }

    private boolean reads() {
        channel.runPendingTasks();
        return channel.config().isAutoRead();
    }

    @Test
    void nothingIsReadBeforeSomebodyTakesIt() {
        assertThat(reads()).isFalse();
        intake.open(true);
        assertThat(reads()).isTrue();
    }

    @Test
    void readingStopsWhileMuchWaitsAndGoesOnWhenItIsTaken() {
        intake.open(true);
        arrive(HALF_BYTES);
        assertThat(reads()).isTrue();
        arrive(HALF_BYTES);
        assertThat(reads()).isFalse();
        assertThat(intake.isOpen()).isTrue();
        take();
        assertThat(reads()).isFalse(); // there is still more than half of what may wait
        take();
        assertThat(reads()).isTrue();
    }

    @Test
    void whatIsTakenDoesNotOpenWhatTheEngineHasClosed() {
        intake.open(true);
        arrive(HALF_BYTES);
        arrive(HALF_BYTES);
        intake.open(false);
        take();
        take();
        assertThat(reads()).isFalse();
        intake.open(true);
        assertThat(reads()).isTrue();
    }
}
