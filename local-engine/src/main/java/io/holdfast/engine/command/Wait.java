package io.holdfast.engine.command;

import io.holdfast.engine.value.ValueType;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client waits for: that one of {@code keys} becomes a value of {@code type} and {@code retry} then finds an
 * answer in it. Handed to {@link CommandContext#block}.
 *
 * @param insteadOfWaiting the reply where waiting is not allowed; when the time is over it is always a null array
 * @param alsoWhenGone whether {@code retry} is asked, too, when a key has gone or holds another type
 */
public record Wait(
        ValueType type,
        List<Bytes> keys,
        BlockingTimeout timeout,
        Reply insteadOfWaiting,
        boolean alsoWhenGone,
        Retry retry) {
    /** Asked when a key has become ready, in the order in which clients began to wait. */
    @FunctionalInterface
    public interface Retry {
        /**
         * Does what the command would have done had the key been there at once; effects and errors as in a handler.
         *
         * @param ready the key that has become ready
         * @return the reply; null to go on waiting, with nothing changed
         */
        @Nullable Reply retry(CommandContext c, Bytes ready);
    }

    /** For no key, but that some time passes. */
    public static Wait untilLater(long ms, Reply then) {
        return new Wait(ValueType.STRING, List.of(), new BlockingTimeout(0, false, ms), then, (c, ready) -> null);
    }

    public Wait(ValueType type, List<Bytes> keys, BlockingTimeout timeout, Reply insteadOfWaiting, Retry retry) {
        this(type, keys, timeout, insteadOfWaiting, false, retry);
    }
}
