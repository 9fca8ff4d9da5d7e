package io.holdfast.proxy.routing;

/** Where a command goes now. */
public enum Route {
    /** To the local engine. */
    LOCAL,
    /** To the upstream. */
    FORWARD,
    /** Nowhere yet: it waits, and with it everything that its client sends afterwards. */
    HOLD
}
