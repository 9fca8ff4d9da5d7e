package io.holdfast.proxy.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.netty.channel.DefaultEventLoop;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a thread beside the loop has found out is heard while somebody is there to hear it. */
class BesideLoopTest {
    private static final int SECONDS = 30;

    @Test
    void aTaskRunsOnTheLoopWhileThatRunsAndIsDroppedAfterwards() throws Exception {
        var loop = new DefaultEventLoop();
        var beside = new BesideLoop(loop);
        var onLoop = new CompletableFuture<Boolean>();
        beside.execute(() -> onLoop.complete(loop.inEventLoop()));
        assertThat(onLoop.get(SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(loop.shutdownGracefully(0, SECONDS, TimeUnit.SECONDS).await(SECONDS, TimeUnit.SECONDS))
                .isTrue();
        var late = new CompletableFuture<Boolean>();

        assertThatCode(() -> beside.execute(() -> late.complete(true))).doesNotThrowAnyException();

        assertThat(late).isNotDone();
    }
}
