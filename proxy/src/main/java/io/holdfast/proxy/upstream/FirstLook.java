package io.holdfast.proxy.upstream;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.RequestEncoder;
import io.holdfast.sync.replay.Endpoint;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks, before anything is opened, whether what listens at the upstream's address is a Holdfast. Stateless. */
public final class FirstLook {
    private static final Logger log = LoggerFactory.getLogger(FirstLook.class);
    private static final int REPLY_BYTES_MAX = 64 * 1024;

    private FirstLook() {}

    /**
     * Whether a Holdfast answers there.
     *
     * @param endpoint how the address is reached
     * @param msMax how long it may take, the look-up of the name included; what is not known then counts as no
     */
    public static boolean meetsHoldfast(UpstreamAddress address, Endpoint endpoint, int msMax) {
        var look = new FutureTask<>(() -> UpstreamHandshake.isHoldfast(ask(address, endpoint, msMax)));
        var thread = new Thread(look, "first-look");
        thread.setDaemon(true); // a name that does not resolve is not waited for
        thread.start();
        try {
            return look.get(msMax, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            log.debug("The upstream is not seen at the start: {}", e.toString());
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** All that is said until the other side closes, which QUIT asks for. */
    private static String ask(UpstreamAddress address, Endpoint endpoint, int msMax) throws IOException {
        try (Socket socket = endpoint.connect(msMax)) {
            ByteBuf questions = Unpooled.buffer();
            for (Bytes[] command : UpstreamHandshake.authentication(address)) {
                RequestEncoder.encode(questions, command);
            }
            RequestEncoder.encode(questions, UpstreamHandshake.ASK_WHETHER_HOLDFAST);
            RequestEncoder.encode(questions, UpstreamHandshake.command("QUIT"));
            socket.getOutputStream().write(ByteBufUtil.getBytes(questions));
            return new String(socket.getInputStream().readNBytes(REPLY_BYTES_MAX), StandardCharsets.ISO_8859_1);
        }
    }
}
