package io.holdfast.sync.replay;

/** Somebody else replays, or has replayed, under this node's name: nothing may be sent until a person has settled it. */
final class FencedException extends Exception {
    private static final long serialVersionUID = 1L;

    FencedException(String reason) {
        super(reason);
    }
}
