package io.holdfast.proxy.simulation;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.function.Consumer;

/** A server's end of a wire. */
final class Socket extends EmbeddedChannel implements Wire.End {
    private final Consumer<byte[]> out;

    /** @param out takes what is written to it */
    Socket(TurnLoop loop, Consumer<byte[]> out) {
        this.out = out;
        loop.carry(this);
    }

    @Override
    protected void handleOutboundMessage(Object message) {
        out.accept(ByteBufUtil.getBytes((ByteBuf) message));
        ReferenceCountUtil.release(message);
    }

    @Override
    public void arrived(byte[] bytes) {
        if (isOpen()) {
            writeInbound(Unpooled.wrappedBuffer(bytes));
        }
    }

    @Override
    public void closed() {
        if (isOpen()) {
            close();
        }
    }
}
