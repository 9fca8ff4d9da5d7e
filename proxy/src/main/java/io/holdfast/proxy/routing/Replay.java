package io.holdfast.proxy.routing;

/** The replay of the journal as the hand-over sees it; its listener is called on the engine loop. */
public interface Replay {
    /** Begins, or begins anew, on its own thread. */
    void start();

    /** Begins, while clients' commands go upstream too: their links are left alone. */
    void startBeside();

    /** Whether batches are small from now on, for clients are served here meanwhile. */
    void gentle(boolean now);

    /** New entries are committed. */
    void wake();

    /** The newest entry that the upstream has, or that was never for it. */
    long confirmed();

    /** Ends behind the batch in hand. */
    void finish();

    /** Ends what is under way, at once. */
    void stop();
}
