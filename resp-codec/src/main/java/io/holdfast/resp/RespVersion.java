package io.holdfast.resp;

/** The two protocol versions that a client may speak (HELLO 2, HELLO 3). */
public enum RespVersion {
    RESP2,
    RESP3;

    /** The number a client gives HELLO: 2 or 3. */
    public int number() {
        return this == RESP2 ? 2 : 3;
    }
}
