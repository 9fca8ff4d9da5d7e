package io.holdfast.proxy.http;

import io.holdfast.proxy.client.InternalClient;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.netty.util.concurrent.EventExecutor;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * The engine as HTTP sees it. Any thread may hold it.
 *
 * @param loop where everything of it lives
 * @param clients makes clients
 * @param here runs a client's command on the local engine, wherever the data's home is; on the loop
 */
public record Engine(
        EventExecutor loop, Clients clients, BiFunction<InternalClient, Bytes[], Reply> here, ServerState state) {
    /** Makes clients of the engine. */
    @FunctionalInterface
    public interface Clients {
        /**
         * A client that is nobody yet. On the engine loop.
         *
         * @param address where it is, and {@code localAddress} where it came to, each {@code host:port}
         * @param replies takes its replies
         */
        InternalClient open(String address, String localAddress, Consumer<Reply> replies);
    }
}
