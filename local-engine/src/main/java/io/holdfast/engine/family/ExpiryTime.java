package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;

/** When a key expires, from what a client wrote: checked for sign and overflow as Redis's getExpireMillisecondsOrReply. */
final class ExpiryTime {
    private ExpiryTime() {}

    /** {@code amount} units from now, Unix milliseconds. @throws RedisError "invalid expire time in '…' command" */
    static long after(CommandContext c, long amount, int unitMs) {
        long ms = positive(c, amount, unitMs);
        if (ms > Long.MAX_VALUE - c.nowMs()) {
            throw RedisError.invalidExpire(c.spec().fullName());
        }
        return ms + c.nowMs();
    }

    /** The time {@code amount} units after 1970, Unix milliseconds. @throws RedisError as {@link #after} */
    static long at(CommandContext c, long amount, int unitMs) {
        return positive(c, amount, unitMs);
    }

    private static long positive(CommandContext c, long amount, int unitMs) {
        if (amount <= 0 || amount > Long.MAX_VALUE / unitMs) {
            throw RedisError.invalidExpire(c.spec().fullName());
        }
        return amount * unitMs;
    }
}
