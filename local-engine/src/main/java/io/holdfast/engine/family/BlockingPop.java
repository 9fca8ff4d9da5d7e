package io.holdfast.engine.family;

import io.holdfast.engine.command.BlockingTimeout;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.Wait;
import io.holdfast.engine.value.ValueType;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Popping from the first of several keys that has anything, or from the first that will. */
final class BlockingPop {
    private BlockingPop() {}

    /** Pops from one key; null when it is not there. */
    @FunctionalInterface
    interface FromKey {
        @Nullable Reply tryPop(CommandContext c, Bytes key);
    }

    /**
     * Pops from the first of the keys from argument {@code from} to {@code to}, exclusive, that is there, or waits.
     *
     * @param type that the keys have to have
     */
    static Reply popOrWait(CommandContext c, ValueType type, int from, int to, BlockingTimeout timeout, FromKey pop) {
        List<Bytes> keys = List.of(Arrays.copyOfRange(c.args(), from, to));
        Reply popped = tryPop(c, keys, pop);
        if (popped != null) {
            return popped;
        }
        // Redis before 7.2 serves from the key that became ready; since then it runs the whole command again.
        boolean whole = c.config().version().atLeast(7, 2);
        return c.block(new Wait(
                type,
                keys,
                timeout,
                Reply.Null.ARRAY,
                (again, ready) -> whole ? tryPop(again, keys, pop) : pop.tryPop(again, ready)));
    }

    private static @Nullable Reply tryPop(CommandContext c, List<Bytes> keys, FromKey pop) {
        for (Bytes key : keys) {
            Reply popped = pop.tryPop(c, key);
            if (popped != null) {
                return popped;
            }
        }
        return null;
    }
}
