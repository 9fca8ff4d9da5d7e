package io.holdfast.engine.value;

import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.resp.Bytes;

/** The bytes that elements take in Redis's listpack format, which decide when a list leaves it. */
final class ListpackSize {
    /** Header and end mark. */
    static final int EMPTY = 7;

    private ListpackSize() {}

    static long of(Bytes element) {
        long content = RedisInteger.isLong(element) ? ofInteger(RedisInteger.parse(element)) : ofText(element.length());
        return content + ofBackLength(content);
    }

    static long of(long integer) {
        long content = ofInteger(integer);
        return content + ofBackLength(content);
    }

    private static long ofInteger(long value) {
        if (value >= 0 && value <= 127) {
            return 1;
        }
        if (value >= -4096 && value <= 4095) {
            return 2;
        }
        if (value >= Short.MIN_VALUE && value <= Short.MAX_VALUE) {
            return 3;
        }
        if (value >= -(1 << 23) && value < 1 << 23) {
            return 4;
        }
        return value >= Integer.MIN_VALUE && value <= Integer.MAX_VALUE ? 5 : 9;
    }

    private static long ofText(int length) {
        return length + (length < 64 ? 1L : length < 4096 ? 2L : 5L);
    }

    /** Each element ends with its own length, seven bits a byte. */
    private static long ofBackLength(long content) {
        return 1L + (63 - Long.numberOfLeadingZeros(content)) / 7;
    }
}
