package io.holdfast.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RealRedis;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Links are kept for the next client for a while and no longer, and what is dead does not stay open. */
class UpstreamLinksTest {
    private static final int TIMEOUT_MS = 10_000;
    private static final long KEPT_MS = TimeUnit.HOURS.toMillis(1);
    private static final LinkKey KEY = new LinkKey(0, RespVersion.RESP2);

    private final RealRedis redis = RealRedis.start();
    private final CompletableFuture<String> closedIdle = new CompletableFuture<>();
    private final MultiThreadIoEventLoopGroup group = group(NioIoHandler.newFactory());

    private static MultiThreadIoEventLoopGroup group(IoHandlerFactory factory) {
        return new MultiThreadIoEventLoopGroup(1, factory);
    }

    @AfterEach
    void stop() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        redis.close();
    }

    @Test
    void linksThatWereUsedAreOpenedAgainBeforeTheyAreNeeded() throws Exception {
        UpstreamLinks links = links(new LinkLimits(10, 10, KEPT_MS));
        assertThat(onLoop(links::prepare)).as("nobody has used any").isTrue();
        UpstreamLink before = onLoop(() -> links.shared(KEY));
        onLoop(() -> {
            links.abandon();
            return true;
        });

        while (!onLoop(links::prepare)) {
            Thread.onSpinWait();
        }

        assertThat(onLoop(() -> links.shared(KEY).isReady())).isTrue();
        assertThat(onLoop(() -> links.shared(KEY))).isNotSameAs(before);
        assertThat(onLoop(links::size)).isEqualTo(1);
    }

    @Test
    void theWayBackDoesNotWaitForALinkThatTheUpstreamHasNoRoomFor() throws Exception {
        UpstreamLinks links = links(new LinkLimits(10, 10, KEPT_MS));
        UpstreamLink first = onLoop(() -> links.shared(KEY));
        while (!onLoop(first::isReady)) {
            Thread.onSpinWait();
        }
        redis.cli("CONFIG", "SET", "maxclients", "1");

        UpstreamLink other = onLoop(() -> links.shared(new LinkKey(0, RespVersion.RESP3)));
        closedIdle.get(TIMEOUT_MS, TimeUnit.MILLISECONDS);

        assertThat(onLoop(other::isClosed)).isTrue();
        assertThat(onLoop(links::prepare)).isTrue();
        assertThat(onLoop(links::size)).isEqualTo(1);
    }

    private UpstreamConnector connector(EventLoop loop, Class<? extends Channel> type) {
        var address = new UpstreamAddress("127.0.0.1", redis.port(), null, null);
        return new UpstreamConnector(loop, type, address, null, null, TIMEOUT_MS);
    }

    private UpstreamLinks links(LinkLimits limits) {
        EventLoop loop = group.next();
        var links = new UpstreamLinks(
                connector(loop, NioSocketChannel.class),
                "links-test",
                (runId, clientId, done, failed) -> loop.execute(done),
                limits,
                link -> loop.execute(link::flush));
        links.listener(new Nobody());
        return links;
    }

    private <T> T onLoop(Callable<T> task) throws Exception {
        return group.next().submit(task).get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
    }

    /** A link that has been connected and used. */
    private UpstreamLink used(UpstreamLinks links, LinkKey key) throws Exception {
        var answer = new CompletableFuture<String>();
        UpstreamLink link = onLoop(() -> {
            UpstreamLink pinned = links.pinned(key);
            pinned.send(new Bytes[] {Bytes.of("PING")}, new Answer(answer));
            return pinned;
        });
        assertThat(answer.get(TIMEOUT_MS, TimeUnit.MILLISECONDS)).isEqualTo("+PONG\r\n");
        return link;
    }

    @Test
    void aLinkThatNobodyHasIsKeptForTheNextAndThenClosed() throws Exception {
        UpstreamLinks links = links(new LinkLimits(10, 10, KEPT_MS));
        UpstreamLink link = used(links, KEY);
        onLoop(() -> {
            long now = group.next().ticker().nanoTime();
            links.release(link, true);
            links.closeIdle(now + TimeUnit.MILLISECONDS.toNanos(KEPT_MS / 2));
            assertThat(links.spares()).isEqualTo(1);
            assertThat(links.pinned(KEY)).isSameAs(link);

            links.release(link, true);
            links.closeIdle(group.next().ticker().nanoTime() + TimeUnit.MILLISECONDS.toNanos(KEPT_MS));
            assertThat(links.spares()).isZero();
            assertThat(link.isClosed()).isTrue();
            return links.size();
        });
    }

    @Test
    void theLinkIntoAnotherDatabaseIsClosedWhenNobodyUsesIt() throws Exception {
        UpstreamLinks links = links(new LinkLimits(10, 10, KEPT_MS));
        var other = new LinkKey(3, RespVersion.RESP3);
        UpstreamLink first = onLoop(() -> links.shared(KEY));
        UpstreamLink third = onLoop(() -> links.shared(other));
        while (!onLoop(() -> first.isReady() && third.isReady())) {
            Thread.onSpinWait();
        }
        onLoop(() -> {
            links.closeIdle(group.next().ticker().nanoTime() + TimeUnit.MILLISECONDS.toNanos(KEPT_MS));
            assertThat(third.isClosed()).isTrue();
            assertThat(first.isClosed()).isFalse();
            assertThat(links.shared(other)).isNotSameAs(third);
            return links.size();
        });
    }

    @Test
    void noMoreAreKeptThanWasSaid() throws Exception {
        UpstreamLinks links = links(new LinkLimits(10, 1, KEPT_MS));
        UpstreamLink one = used(links, KEY);
        UpstreamLink other = used(links, KEY);
        onLoop(() -> {
            links.release(one, true);
            links.release(other, true);
            assertThat(links.spares()).isEqualTo(1);
            assertThat(other.isClosed()).isTrue();
            return links.size();
        });
    }

    @Test
    void beyondTheCapThereIsRoomOnlyForWhatTakesAnIdleOnesPlace() throws Exception {
        UpstreamLinks links = links(new LinkLimits(1, 10, KEPT_MS));
        UpstreamLink link = used(links, KEY);
        assertThat(onLoop(links::hasRoomForPinned)).isFalse();
        onLoop(() -> {
            links.release(link, true);
            return null;
        });
        assertThat(onLoop(links::hasRoomForPinned)).isTrue();
        used(links, new LinkKey(1, RespVersion.RESP2));
        assertThat(link.isClosed()).isTrue();
        int shared = 2; // which the clients of each database have, opened first
        assertThat(onLoop(links::size)).isEqualTo(shared + 1);
    }

    @Test
    void theKernelGivesUpWhatIsNotAcknowledgedInTheTimeForAReply() throws Exception {
        assumeTrue(Epoll.isAvailable());
        MultiThreadIoEventLoopGroup epoll = group(EpollIoHandler.newFactory());
        try {
            Channel channel = connector(epoll.next(), EpollSocketChannel.class)
                    .connect(new ChannelInboundHandlerAdapter())
                    .sync()
                    .channel();
            assertThat(channel.config().getOption(EpollChannelOption.TCP_USER_TIMEOUT))
                    .isEqualTo(TIMEOUT_MS);
            assertThat(channel.config().getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
            assertThat(channel.config().getOption(EpollChannelOption.TCP_KEEPIDLE))
                    .isEqualTo(15);
        } finally {
            epoll.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    /** Says what it was. */
    private static final class Answer extends InFlight {
        private final CompletableFuture<String> answer;

        Answer(CompletableFuture<String> answer) {
            this.answer = answer;
        }

        @Override
        public void onReply(ByteBuf frame, byte type) {
            answer.complete(frame.toString(StandardCharsets.ISO_8859_1));
            frame.release();
        }

        @Override
        public void onLost(boolean maybeSent) {
            answer.completeExceptionally(new IllegalStateException("lost"));
        }
    }

    private final class Nobody implements UpstreamLinks.Listener {
        @Override
        public void linkTurnedAway(String reason, Runnable refuse) {
            throw new IllegalStateException(reason);
        }

        @Override
        public void upstreamFailed(String reason) {
            throw new IllegalStateException(reason);
        }

        @Override
        public void repliesMistaken() {
            throw new IllegalStateException("out of step");
        }

        @Override
        public void idleLinkClosed(String reason) {
            closedIdle.complete(reason);
        }

        @Override
        public void loginRefused(UpstreamLogin login, String error) {
            throw new IllegalStateException(error);
        }

        @Override
        public boolean isOfSome(UpstreamLink link) {
            return false;
        }

        @Override
        public void cutOff(UpstreamLink link, String reason) {
            throw new IllegalStateException(reason);
        }

        @Override
        public void writabilityChanged(UpstreamLink link) {
            // there is always room
        }
    }
}
