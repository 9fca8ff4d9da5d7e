package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.rule.BitString;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.engine.value.StringValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;

/** The operations of one BITFIELD, checked and ready to run one after another. */
record Bitfield(List<Step> steps) {
    /** What becomes of a number that does not fit. */
    private enum Overflow {
        WRAP,
        /** It becomes the nearest number that fits. */
        SAT,
        /** Nothing is changed, and the answer is nil. */
        FAIL
    }

    private enum Action {
        GET(2),
        SET(3),
        INCRBY(3);

        private final int arguments;

        Action(int arguments) {
            this.arguments = arguments;
        }
    }

    /**
     * One operation.
     *
     * @param operand what is set or added
     */
    private record Step(Action action, NumberType type, long offset, long operand, Overflow overflow) {}

    /**
     * What running the operations brought.
     *
     * @param changed as Redis counts: where the string had to grow, every write is a change
     */
    record Outcome(Reply reply, boolean changed) {}

    /** @throws RedisError in Redis's order: the first argument that is wrong */
    static Bitfield parse(CommandContext c) {
        List<Step> steps = new ArrayList<>();
        Overflow overflow = Overflow.WRAP;
        int i = 2;
        while (i < c.argc()) {
            int left = c.argc() - i - 1;
            if (c.argIs(i, "OVERFLOW") && left >= 1) {
                overflow = overflow(c.arg(i + 1));
                i += 2;
                continue;
            }
            Action action = action(c.arg(i), left);
            NumberType type = NumberType.parse(c.arg(i + 1));
            Bytes place = c.arg(i + 2);
            boolean counted = !place.isEmpty() && place.at(0) == '#';
            long offset = counted
                    ? BitmapCommands.offset(c, place.slice(1, place.length()), type.bits())
                    : BitmapCommands.offset(c, place, 1);
            long operand = action == Action.GET ? 0 : c.longArg(i + 3);
            steps.add(new Step(action, type, offset, operand, overflow));
            i += 1 + action.arguments;
        }
        return new Bitfield(steps);
    }

    private static Overflow overflow(Bytes name) {
        for (Overflow overflow : Overflow.values()) {
            if (name.equalsIgnoreCase(overflow.name())) {
                return overflow;
            }
        }
        throw RedisError.of("ERR Invalid OVERFLOW type specified");
    }

    private static Action action(Bytes name, int argumentsLeft) {
        for (Action action : Action.values()) {
            if (name.equalsIgnoreCase(action.name()) && argumentsLeft >= action.arguments) {
                return action;
            }
        }
        throw RedisError.syntax();
    }

    /** Whether nothing but GET is asked for, so that the key is only read. */
    static boolean onlyGets(Bytes[] args) {
        int i = 2;
        while (i < args.length) {
            if (args[i].equalsIgnoreCase("GET")) {
                i += 1 + Action.GET.arguments;
            } else if (args[i].equalsIgnoreCase("OVERFLOW")) {
                i += 2;
            } else {
                return false;
            }
        }
        return true;
    }

    boolean writes() {
        return steps.stream().anyMatch(step -> step.action != Action.GET);
    }

    /** How many bytes the string must have before anything is written. */
    int lengthMin() {
        return (int) steps.stream()
                .filter(step -> step.action != Action.GET)
                .mapToLong(step -> ((step.offset + step.type.bits() - 1) >>> 3) + 1)
                .max()
                .orElse(0);
    }

    /** Runs all operations on {@code value}, which has room for what they write, or {@code grew} to have it. */
    Outcome run(StringValue value, boolean grew) {
        List<Reply> replies = new ArrayList<>(steps.size());
        boolean changed = false;
        for (Step step : steps) {
            NumberType type = step.type;
            long before = type.read(value.array(), value.length(), step.offset);
            if (step.action == Action.GET) {
                replies.add(Reply.of(before));
                continue;
            }
            boolean adds = step.action == Action.INCRBY;
            long base = adds ? before : step.operand;
            long increment = adds ? step.operand : 0;
            int beyond = type.beyond(base, increment);
            if (beyond != 0 && step.overflow == Overflow.FAIL) {
                replies.add(Reply.Null.BULK);
                continue;
            }
            boolean saturates = beyond != 0 && step.overflow == Overflow.SAT;
            long after = saturates ? type.end(beyond) : type.wrapped(base + increment);
            if (after != before) {
                write(value, step.offset, type.bits(), after);
            }
            changed |= grew || after != before;
            replies.add(Reply.of(adds ? after : before));
        }
        return new Outcome(new Reply.Array(replies), changed);
    }

    private static void write(StringValue value, long offset, int bits, long number) {
        int at = (int) (offset >>> 3);
        int skipped = (int) (offset & 7);
        int left = bits;
        while (left > 0) {
            int taken = Math.min(8 - skipped, left);
            int right = 8 - skipped - taken;
            int mask = ((1 << taken) - 1) << right;
            int part = ((int) (number >>> (left - taken)) << right) & mask;
            value.setByte(at, (byte) ((value.byteAt(at) & ~mask) | part));
            left -= taken;
            skipped = 0;
            at++;
        }
    }

    /**
     * A number's width, and whether it has a sign: {@code i16}, {@code u8}.
     *
     * @param bits 1 to 64 of a signed number, to 63 of one without sign
     */
    private record NumberType(boolean signed, int bits) {
        private static final int UNSIGNED_BITS_MAX = 63; // the protocol has no unsigned 64-bit numbers

        static NumberType parse(Bytes text) {
            boolean signed = !text.isEmpty() && text.at(0) == 'i';
            boolean unsigned = !text.isEmpty() && text.at(0) == 'u';
            long bits = signed || unsigned ? RedisInteger.parseOr(text.slice(1, text.length()), 0) : 0;
            if (bits < 1 || bits > (signed ? Long.SIZE : UNSIGNED_BITS_MAX)) {
                throw RedisError.of("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not"
                        + " supported but i64 is.");
            }
            return new NumberType(signed, (int) bits);
        }

        private long max() {
            return (signed ? Long.MAX_VALUE : -1L) >>> (Long.SIZE - bits);
        }

        private long min() {
            return signed ? -max() - 1 : 0;
        }

        long read(byte[] bytes, int length, long offset) {
            return wrapped(BitString.number(bytes, length, offset, bits));
        }

        /** What is left of {@code number} in so many bits. */
        long wrapped(long number) {
            int above = Long.SIZE - bits;
            return signed ? number << above >> above : number << above >>> above;
        }

        /**
         * Where the sum lies: 1 above the numbers of this type, -1 below them, 0 among them. As Redis finds it, which
         * takes a base far below for one above: its difference to the largest number overflows.
         */
        int beyond(long base, long increment) {
            long up = max() - base;
            long down = min() - base;
            if (!signed) {
                boolean above = Long.compareUnsigned(base, max()) > 0 || (increment > 0 && increment > up);
                return above ? 1 : increment < 0 && increment < down ? -1 : 0;
            }
            boolean narrow = bits != Long.SIZE;
            if (base > max() || ((narrow || (base >= 0 && increment > 0)) && increment > up)) {
                return 1;
            }
            return base < min() || ((narrow || (base < 0 && increment < 0)) && increment < down) ? -1 : 0;
        }

        /** The largest number of this type, or the smallest one. */
        long end(int beyond) {
            return beyond > 0 ? max() : min();
        }
    }
}
