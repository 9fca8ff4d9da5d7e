package io.holdfast.proxy.client;

/** How far a client's connection is: each state is reached from any before it. */
enum ClientLife {
    OPEN,
    /** Nothing more is taken from it; it is closed when everything is answered. */
    ENDING,
    /** It is closed with this turn, whatever it waits for. */
    CUT_OFF,
    GONE;

    boolean isAtLeast(ClientLife other) {
        return compareTo(other) >= 0;
    }
}
