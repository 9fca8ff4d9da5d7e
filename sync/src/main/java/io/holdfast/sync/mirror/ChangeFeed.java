package io.holdfast.sync.mirror;

import io.holdfast.resp.Bytes;
import java.util.List;

/**
 * Who has the upstream tell which keys change (CLIENT TRACKING), over a connection of its own, by which it reads keys as
 * well. The connection is somebody else's care: it is opened while {@link #isWanted}, greeted with {@link #request}, and
 * what comes over it is handed in here. Used on the engine loop.
 */
public interface ChangeFeed {
    /** Whether there is anything to hear of. */
    boolean isWanted();

    /** The command with which it begins. */
    Bytes[] request();

    /** What the operator is to expect where the upstream does not tell. */
    String whenDeaf();

    /**
     * From now on changes are heard of, and keys can be read by {@code link}.
     *
     * @param refusal why changes are not heard of; empty where they are
     */
    void begin(FetchPort link, String refusal);

    /** The upstream has just shown that it has told of everything up to now. */
    void heard();

    /** Whether changes are heard of. */
    boolean isHearing();

    /** The link is gone. */
    void lost();

    /** These keys have changed upstream, in whichever database. */
    void changed(List<Bytes> keys);

    /** Every key may have changed upstream, or gone. */
    void allChanged();
}
