package io.holdfast.resp;

/**
 * The peer's bytes are not RESP. The message is the text after {@code -ERR Protocol error: }, in Redis's words; the
 * connection must be closed after it was sent.
 */
public sealed class RespProtocolException extends Exception permits ForeignProtocolException {
    private static final long serialVersionUID = 1L;

    public RespProtocolException(String message) {
        super(message, null, false, false);
    }
}
