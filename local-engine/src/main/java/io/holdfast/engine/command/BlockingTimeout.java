package io.holdfast.engine.command;

import io.holdfast.engine.rule.LongDouble;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.resp.Bytes;
import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * How long a command may wait, and where among its arguments that stands, so that it can be sent on with the time that
 * is left. Immutable.
 *
 * @param at the argument
 * @param inSeconds whether it is written in seconds, with decimals, or in whole milliseconds
 * @param ms 0 for as long as it takes
 */
public record BlockingTimeout(int at, boolean inSeconds, long ms) {
    private static final BigDecimal LONG_MIN = BigDecimal.valueOf(Long.MIN_VALUE);
    private static final BigDecimal LONG_MAX = BigDecimal.valueOf(Long.MAX_VALUE);

    /** Argument {@code i}, in seconds. @throws RedisError in Redis's words when it is no time */
    public static BlockingTimeout seconds(CommandContext c, int i) {
        LongDouble seconds = LongDouble.parse(c.arg(i));
        if (seconds == null) {
            throw RedisError.timeoutNotAFloat();
        }
        boolean negativeInfinity = seconds.isInfinite() && c.arg(i).at(0) == '-';
        BigDecimal ms = seconds.isInfinite()
                ? (negativeInfinity ? LONG_MIN : LONG_MAX.add(BigDecimal.ONE))
                : seconds.toBigDecimal().movePointRight(3).setScale(0, RoundingMode.CEILING);
        if (ms.compareTo(LONG_MAX) > 0) {
            // Redis before 7.2 lets it overflow, to a negative number.
            throw c.config().version().atLeast(7, 2) ? RedisError.timeoutOutOfRange() : RedisError.timeoutNegative();
        }
        return checked(c, i, true, ms.max(LONG_MIN).longValue());
    }

    /** Argument {@code i}, in milliseconds. @throws RedisError in Redis's words when it is no time */
    public static BlockingTimeout milliseconds(CommandContext c, int i) {
        if (!RedisInteger.isLong(c.arg(i))) {
            throw RedisError.timeoutNotAnInteger();
        }
        return checked(c, i, false, RedisInteger.parse(c.arg(i)));
    }

    private static BlockingTimeout checked(CommandContext c, int i, boolean inSeconds, long ms) {
        if (ms < 0) {
            throw RedisError.timeoutNegative();
        }
        if (ms > Long.MAX_VALUE - c.nowMs() && c.config().version().atLeast(7, 2)) {
            throw RedisError.timeoutOutOfRange();
        }
        return new BlockingTimeout(i, inSeconds, ms);
    }

    public boolean isForever() {
        return ms == 0;
    }

    /** {@code args} with the time that is left, {@code leftMs} of at least 1, in place of the whole time. */
    public Bytes[] with(long leftMs, Bytes[] args) {
        Bytes[] changed = args.clone();
        changed[at] = inSeconds
                ? Bytes.of(BigDecimal.valueOf(leftMs, 3).stripTrailingZeros().toPlainString())
                : Bytes.of(leftMs);
        return changed;
    }
}
