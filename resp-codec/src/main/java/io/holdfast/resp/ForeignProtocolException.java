package io.holdfast.resp;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * The peer speaks HTTP or TLS. A browser or a server that was made to send requests here can put commands into the lines that
 * follow (CVE-2016-10517), so nothing more may be read, and nothing answered.
 */
public final class ForeignProtocolException extends RespProtocolException {
    private static final long serialVersionUID = 1L;

    /** Any method, known or not; redis-server knows POST and Host: alone, and runs what follows a PUT. */
    private static final Pattern HTTP = Pattern.compile("(?is)(post |host:).*|\\S+ .* http/\\d(\\.\\d)?\\s*");

    private static final byte HANDSHAKE = 0x16;
    private static final byte MAJOR_VERSION = 3;

    private ForeignProtocolException(String message) {
        super(message);
    }

    /** Looks at the first bytes of a request that is no array; at most two are needed. */
    static void checkFirst(byte first, byte second) throws ForeignProtocolException {
        if (first == HANDSHAKE && second == MAJOR_VERSION) {
            throw new ForeignProtocolException("TLS");
        }
    }

    /** Looks at a request of one line. */
    static void checkLine(byte[] line) throws ForeignProtocolException {
        if (HTTP.matcher(new String(line, StandardCharsets.ISO_8859_1)).matches()) {
            throw new ForeignProtocolException("HTTP");
        }
    }
}
