package io.holdfast.testing;

import io.holdfast.resp.Bytes;
import java.util.List;

/** Several connections to one server, each named by a letter and opened when it first speaks. For one test thread. */
public interface Party extends AutoCloseable {
    /** Sends a command; {@code {b}} in it stands for the id of connection b. */
    void says(char who, List<Bytes> command);

    /** The connection speaks RESP3 from now on. */
    void speaksResp3(char who);

    /** The id that the server has given to the connection. */
    long id(char who);

    /** The exact bytes of the next reply or push. */
    byte[] hears(char who);

    /** True once the connection waits in a command. */
    boolean waits(char who);

    /** True when nothing has come that was not read, and nothing is on its way. */
    boolean hearsNothing(char who);

    /** True when the server has closed it. */
    boolean isClosed(char who);

    /** Every timeout that there is goes by. */
    void timePasses();

    @Override
    void close();
}
