package io.holdfast.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.Session;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RequestFrame;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.MemoryJournal;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayDeque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When a client is cut off that does not read. */
class ClientHandlerTest {
    /** Above any limit, and one reply. */
    private static final Reply LARGE = Reply.bulk("x".repeat(100_000_000));

    private final EngineClient engine = EngineClient.start(RedisVersion.parse("7.2.0"), new MemoryJournal(), () -> 0);
    private final ArrayDeque<Runnable> turnEnds = new ArrayDeque<>();
    private final Unread channel = new Unread();
    private final ClientHandler client = new ClientHandler(
            channel,
            new Router(),
            new TurnEnd(channel.eventLoop(), turnEnds::add, engine.engine()),
            new ClientLimits(engine.engine().settings()));

    @AfterEach
    void end() {
        channel.close();
        engine.close();
    }

    @Test
    void oneReplyMayBeOfAnySizeAlsoWhereItTookSoLongThatTheTimersAreFirst() {
        client.reply(LARGE);
        client.closeIfOverdue(0);
        turnEnds.remove().run();
        client.closeIfOverdue(0);

        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void twoOfThemAreTooMany() {
        client.reply(LARGE);
        client.reply(LARGE);
        turnEnds.remove().run();

        assertThat(channel.isOpen()).isFalse();
        assertThat(client.isGone()).isTrue();
    }

    @Test
    void whatOneTurnPushesIsBoundedToo() {
        Reply message = new Reply.Push(List.of(Reply.bulk("x".repeat(1_000_000))));
        for (int i = 0; i < 200; i++) {
            client.push(message);
        }

        assertThat(client.buffers().reply()).isBetween(64L << 20, 66L << 20);
        turnEnds.remove().run();
        assertThat(channel.isOpen()).isFalse();
        assertThat(client.isGone()).isTrue();
    }

    /** Its other end takes nothing. */
    private static final class Unread extends EmbeddedChannel {
        @Override
        protected void doWrite(ChannelOutboundBuffer in) {
            // the kernel's buffer is full
        }
    }

    private final class Router implements RequestHandler {
        @Override
        public Session connect(ClientHandler of, String address, String localAddress) {
            return engine.engine().connect(of, address, localAddress);
        }

        @Override
        public void disconnected(ClientHandler of) {
            engine.engine().disconnect(of.session());
        }

        @Override
        public void handle(ClientHandler of, RequestFrame frame) {
            throw new IllegalStateException("nothing is asked");
        }

        @Override
        public int lookAhead(Session session, ByteBuf received) {
            return Integer.MAX_VALUE;
        }

        @Override
        public void becameHeavy(ClientHandler handler) {
            throw new IllegalStateException("nothing is asked");
        }

        @Override
        public long nowMs() {
            return 0;
        }
    }
}
