package io.holdfast.resp;

import io.netty.buffer.ByteBuf;

/**
 * A glance at requests that have arrived and are not decoded yet: the hashes of their second and third arguments, which mostly
 * are a key and an element of its value. For who wants to prepare for what comes; it decides nothing, and ends at the first
 * request that is not whole, or out of the ordinary. One thread's own; holds nothing of what it has seen but the bytes.
 */
public final class RequestScan {
    /** The most requests that are seen at once. */
    public static final int REQUESTS_MAX = 32;

    /** Longer arguments are skipped: what they would cost to hash, looking for them does not. */
    static final int HASHED_MAX = 64;

    private static final int BYTES_MAX = 4096;
    private static final int DIGITS_MAX = 6;
    private static final int ODD = -1;

    /** Of what was not hashed. */
    public static final int NONE = 0;

    private final byte[] bytes = new byte[BYTES_MAX];
    private final int[] second = new int[REQUESTS_MAX];
    private final int[] third = new int[REQUESTS_MAX];
    private int end;
    private int at;
    private int requests;

    /** Looks at what {@code in} holds from its reader index on. @return how many whole requests were seen */
    public int look(ByteBuf in) {
        end = Math.min(BYTES_MAX, in.readableBytes());
        in.getBytes(in.readerIndex(), bytes, 0, end);
        at = 0;
        requests = 0;
        while (requests < REQUESTS_MAX && request()) {
            requests++;
        }
        return requests;
    }

    /** How many requests were seen. */
    public int requests() {
        return requests;
    }

    /** What {@link Bytes#hashCode} of the second argument is; {@link #NONE} where there is none, or a long one. */
    public int secondHash(int request) {
        return second[request];
    }

    /** As {@link #secondHash}, of the third argument. */
    public int thirdHash(int request) {
        return third[request];
    }

    private boolean request() {
        int arguments = number('*');
        second[requests] = NONE;
        third[requests] = NONE;
        for (int i = 0; i < arguments; i++) {
            int length = number('$');
            if (length == ODD || length > end - at - 2) {
                return false;
            }
            if (i == 1) {
                second[requests] = hash(length);
            } else if (i == 2) {
                third[requests] = hash(length);
            }
            at += length + 2;
        }
        return arguments > 0;
    }

    private int hash(int length) {
        return length > HASHED_MAX ? NONE : KeyedHash.hash(bytes, at, at + length);
    }

    /** The number of a line of this type, behind which {@code at} is left; {@link #ODD} where there is none. */
    private int number(char type) {
        if (at >= end || bytes[at] != type) {
            return ODD;
        }
        int number = 0;
        int last = Math.min(end, at + 1 + DIGITS_MAX);
        for (int i = at + 1; i < last; i++) {
            int digit = bytes[i] - '0';
            if (digit < 0 || digit > 9) {
                if (bytes[i] != '\r' || i == at + 1) {
                    return ODD;
                }
                at = i + 2; // whoever decodes it sees whether LF is there
                return number;
            }
            number = number * 10 + digit;
        }
        return ODD;
    }
}
