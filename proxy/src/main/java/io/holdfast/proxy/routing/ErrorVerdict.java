package io.holdfast.proxy.routing;

import io.holdfast.proxy.upstream.OutageError;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What an error says of the upstream as a whole: that it has carried nothing out, and will not for anybody (contract, U10,
 * U11, U14, U15), or for nobody who writes, where the configuration counts that as an outage (U12). EXEC names such an error
 * as its reason when it found it between the queueing and itself. Immutable.
 */
final class ErrorVerdict {
    private static final String BEFORE = "-(?:EXECABORT Transaction discarded because of: )?";
    /** A script may return any error: where a first word is a common one, more of Redis's own text is asked for. */
    private static final Pattern UNFIT =
            Pattern.compile(BEFORE + "(?:LOADING |READONLY |MASTERDOWN |CLUSTERDOWN |BUSY \\S+ is busy running a "
                    + "|MOVED \\d+ |ASK \\d+ |TRYAGAIN Multiple keys )");

    /** Nothing else than always. */
    static final ErrorVerdict ALWAYS = new ErrorVerdict(Set.of());

    private final @Nullable Pattern more;

    /** @param named what counts as an outage too */
    ErrorVerdict(Set<OutageError> named) {
        more = named.isEmpty()
                ? null
                : Pattern.compile(BEFORE
                        + named.stream().map(OutageError::name).sorted().collect(Collectors.joining("|", "(?:", ") ")));
    }

    /**
     * The reason why the upstream is unfit; null when the error is its client's answer.
     *
     * @param halfway whether its command may have done something before it was refused, as a script, or one that nobody
     *     here knows
     */
    @Nullable String of(ByteBuf error, boolean halfway) {
        String text = error.toString(StandardCharsets.UTF_8);
        boolean unfit = UNFIT.matcher(text).lookingAt()
                || (more != null && !halfway && more.matcher(text).lookingAt());
        return unfit ? text.trim() : null;
    }
}
