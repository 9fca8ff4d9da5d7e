package io.holdfast.proxy.routing;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an error says of the upstream as a whole: that it has carried nothing out, and will not for anybody (contract, U10,
 * U11, U14, U15). EXEC names such an error as its reason when it found it between the queueing and itself.
 */
final class ErrorVerdict {
    /** A script may return any error: where a first word is a common one, more of Redis's own text is asked for. */
    private static final Pattern UNFIT = Pattern.compile("-(?:EXECABORT Transaction discarded because of: )?"
            + "(?:LOADING |READONLY |MASTERDOWN |CLUSTERDOWN |BUSY \\S+ is busy running a "
            + "|MOVED \\d+ |ASK \\d+ |TRYAGAIN Multiple keys )");

    private ErrorVerdict() {}

    /** The reason why the upstream is unfit; null when the error is its client's answer. */
    static @Nullable String of(ByteBuf error) {
        String text = error.toString(StandardCharsets.UTF_8);
        return UNFIT.matcher(text).lookingAt() ? text.trim() : null;
    }
}
