package io.holdfast.testing;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.RespVersion;
import java.util.Arrays;
import java.util.List;

/** Something that answers commands in RESP: a real server, or the engine in this process. For one test thread. */
public interface RespPeer extends AutoCloseable {
    /** Runs a command and gives the exact bytes of what comes first: its reply, or a push message before it. */
    byte[] raw(Bytes... command);

    /** The exact bytes of the next reply or push message, where there are more than commands. */
    byte[] readRaw();

    /** As {@link #raw(Bytes...)}, each argument in UTF-8. */
    default byte[] raw(String... command) {
        return raw(Arrays.stream(command).map(Bytes::of).toArray(Bytes[]::new));
    }

    /** Runs the commands one after another and gives the exact bytes of each reply. */
    default List<byte[]> rawAll(List<Bytes[]> commands) {
        return commands.stream().map(this::raw).toList();
    }

    /** Chooses the protocol of this connection, as HELLO does. */
    void speak(RespVersion version);

    @Override
    void close();
}
