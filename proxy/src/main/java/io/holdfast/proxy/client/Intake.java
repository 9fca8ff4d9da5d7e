package io.holdfast.proxy.client;

import io.netty.channel.Channel;

/** Whether a client's bytes are read. Its methods are called on the engine loop. */
public interface Intake {
    /** Reads the client, or lets what it sends wait in its socket. */
    void open(boolean on);

    boolean isOpen();

    /** Of a client whose socket is the engine loop's own. */
    record Direct(Channel channel) implements Intake {
        @Override
        public void open(boolean on) {
            channel.config().setAutoRead(on);
        }

        @Override
        public boolean isOpen() {
            return channel.config().isAutoRead();
        }
    }
}
