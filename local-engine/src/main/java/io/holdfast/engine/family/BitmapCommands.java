package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.OW;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeyFlag.RW;
import static io.holdfast.engine.command.KeyFlag.UPDATE;
import static io.holdfast.engine.command.KeyFlag.VARIABLE_FLAGS;
import static io.holdfast.engine.command.KeySpec.key;
import static io.holdfast.engine.command.KeySpec.keys;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.command.KeyFlag;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.rule.BitString;
import io.holdfast.engine.rule.BitString.Operation;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.engine.value.StringValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Strings as rows of bits: single ones, counts and searches, whole strings combined, and numbers of any width. */
public final class BitmapCommands implements CommandFamily {
    private static final Set<KeyFlag> READS = Collections.unmodifiableSet(EnumSet.of(RO, ACCESS));
    private static final Set<KeyFlag> READS_AND_WRITES = Collections.unmodifiableSet(EnumSet.of(RW, ACCESS, UPDATE));
    private static final Bytes DEL = Bytes.of("DEL");
    private static final Bytes SET = Bytes.of("SET");

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.BITMAP);
        commands.write("SETBIT", exactly(4), key(1, RW, ACCESS, UPDATE))
                .denyOom()
                .absorb()
                .absolute()
                .since("2.2.0")
                .costs("O(1)")
                .says("Sets or clears a bit of a string, and gives the one before.")
                .calls(BitmapCommands::setbit);
        commands.read("GETBIT", exactly(3), key(1, RO, ACCESS))
                .fast()
                .since("2.2.0")
                .costs("O(1)")
                .says("Gives a bit of a string.")
                .calls(BitmapCommands::getbit);
        commands.read("BITCOUNT", atLeast(2), key(1, RO, ACCESS))
                .since("2.6.0")
                .costs("O(N) with the length of the range")
                .says("Counts the bits that are set, in a string or a range of its bytes or bits.")
                .calls(BitmapCommands::bitcount);
        commands.read("BITPOS", atLeast(3), key(1, RO, ACCESS))
                .since("2.8.7")
                .costs("O(N) with the length of the range")
                .says("Finds the first bit that is set or clear, in a string or a range of its bytes or bits.")
                .calls(BitmapCommands::bitpos);
        // With NOT and XOR the destination may be a source, and a second run would undo the first.
        commands.write("BITOP", atLeast(4), key(2, OW, UPDATE), keys(3, -1, 1, RO, ACCESS))
                .denyOom()
                .absorbUnless(1, "NOT", "XOR")
                .since("2.6.0")
                .costs("O(N) with the length of the strings")
                .says("Stores what strings give when their bits are combined.")
                .calls(BitmapCommands::bitop);
        commands.write("BITFIELD", atLeast(2), key(1, RW, ACCESS, UPDATE, VARIABLE_FLAGS))
                .keyFlags(args -> Bitfield.onlyGets(args) ? READS : READS_AND_WRITES)
                .denyOom()
                .absorbUnless(2, "INCRBY")
                .since("3.2.0")
                .costs("O(1) for each operation")
                .says("Gives, sets and adds to numbers of any width at any place in a string.")
                .calls(c -> bitfield(c, false));
        commands.read("BITFIELD_RO", atLeast(2), key(1, RO, ACCESS))
                .fast()
                .since("6.0.0")
                .costs("O(1) for each operation")
                .says("Gives numbers of any width at any place in a string.")
                .calls(c -> bitfield(c, true));
    }

    // ---- single bits

    private static Reply setbit(CommandContext c) {
        long offset = offset(c, c.arg(2), 1);
        long bit = RedisInteger.parseOr(c.arg(3), -1);
        if (bit != 0 && bit != 1) {
            throw RedisError.of("ERR bit is not an integer or out of range");
        }
        StringValue value = c.changeOrCreate(c.arg(1), StringValue.class, () -> new StringValue(Bytes.EMPTY));
        int at = (int) (offset >>> 3);
        boolean changed = value.growTo(at + 1);
        int mask = 0x80 >>> (offset & 7);
        int before = value.byteAt(at);
        boolean was = (before & mask) != 0;
        if (was != (bit == 1)) {
            value.setByte(at, (byte) (before ^ mask));
            changed = true;
        }
        if (changed) {
            c.changed(c.arg(1), KeyEvent.SETBIT);
            c.effectAsSent();
        }
        return Reply.of(was);
    }

    private static Reply getbit(CommandContext c) {
        long offset = offset(c, c.arg(2), 1);
        StringValue value = c.read(c.arg(1), StringValue.class);
        return Reply.of(value == null ? 0 : BitString.number(value.array(), value.length(), offset, 1));
    }

    /**
     * A place among the bits of a string. What {@link Bitfield} parses may stand as {@code #n}: the n-th number.
     *
     * @param width of the numbers; 1 for single bits
     */
    static long offset(CommandContext c, Bytes digits, int width) {
        long number = RedisInteger.parseOr(digits, -1);
        long offset = number * width; // Redis lets it overflow, too
        if (offset < 0 || offset >>> 3 >= c.config().stringBytesMax()) {
            throw RedisError.of("ERR bit offset is not an integer or out of range");
        }
        return offset;
    }

    // ---- counts and searches

    /** A range of bits, {@code to} exclusive. */
    private record BitRange(long from, long to) {
        /** The range that first and last byte, or bit, ask for; negative ones count from the end. */
        static BitRange of(long first, long last, int bytes, boolean inBits) {
            long total = inBits ? 8L * bytes : bytes;
            long from = Math.max(first < 0 ? total + first : first, 0);
            long to = Math.min(Math.max(last < 0 ? total + last : last, 0), total - 1) + 1;
            return inBits ? new BitRange(from, to) : new BitRange(8 * Math.min(from, total), 8 * to);
        }
    }

    private static Reply bitcount(CommandContext c) {
        if (isMissingBeforeAll(c)) {
            return Reply.ZERO;
        }
        if (c.argc() != 2 && c.argc() != 4 && c.argc() != 5) {
            throw RedisError.syntax();
        }
        long first = c.argc() == 2 ? 0 : c.longArg(2);
        long last = c.argc() == 2 ? -1 : c.longArg(3);
        boolean reversed = first < 0 && last < 0 && first > last;
        if (reversed && before72(c)) {
            return Reply.ZERO;
        }
        boolean inBits = c.argc() == 5 && inBits(c, 4);
        StringValue value = c.read(c.arg(1), StringValue.class);
        if (value == null || reversed) {
            return Reply.ZERO;
        }
        BitRange range = BitRange.of(first, last, value.length(), inBits);
        return Reply.of(BitString.count(value.array(), range.from(), range.to()));
    }

    private static Reply bitpos(CommandContext c) {
        long bit = c.longArg(2);
        if (bit != 0 && bit != 1) {
            throw RedisError.of("ERR The bit argument must be 1 or 0.");
        }
        Reply missing = Reply.of(bit == 1 ? -1 : 0);
        if (isMissingBeforeAll(c)) {
            return missing;
        }
        if (c.argc() > 6) {
            throw RedisError.syntax();
        }
        long first = c.argc() > 3 ? c.longArg(3) : 0;
        boolean inBits = c.argc() > 5 && inBits(c, 5);
        long last = c.argc() > 4 ? c.longArg(4) : -1;
        StringValue value = c.read(c.arg(1), StringValue.class);
        if (value == null) {
            return missing;
        }
        BitRange range = BitRange.of(first, last, value.length(), inBits);
        long at = BitString.first(value.array(), bit == 1, range.from(), range.to());
        // Where no end was given, the string is followed by clear bits without end.
        boolean behind = at < 0 && bit == 0 && c.argc() < 5 && range.from() < range.to();
        return Reply.of(behind ? range.to() : at);
    }

    /** Before 7.2 a key that is missing, or of another type, is answered before the range is looked at. */
    private static boolean isMissingBeforeAll(CommandContext c) {
        return before72(c) && c.peek(c.arg(1), StringValue.class) == null;
    }

    private static boolean before72(CommandContext c) {
        return !c.config().version().atLeast(7, 2);
    }

    private static boolean inBits(CommandContext c, int i) {
        if (!c.argIs(i, "BIT") && !c.argIs(i, "BYTE")) {
            throw RedisError.syntax();
        }
        return c.argIs(i, "BIT");
    }

    // ---- whole strings

    private static Reply bitop(CommandContext c) {
        boolean not = c.argIs(1, "NOT");
        Operation operation = not ? null : operation(c.arg(1));
        if (not && c.argc() != 4) {
            throw RedisError.of("ERR BITOP NOT must be called with a single source key.");
        }
        byte[] result = combined(sources(c), operation);
        Bytes key = c.arg(2);
        if (result.length > 0) {
            Bytes content = Bytes.wrap(result);
            c.put(key, StringValue.ofBits(content));
            c.event(KeyEvent.SET, key);
            c.effect(SET, key, content);
        } else if (c.remove(key)) {
            c.event(KeyEvent.DEL, key);
            c.effect(DEL, key);
        }
        return Reply.of(result.length);
    }

    private static Operation operation(Bytes name) {
        for (Operation operation : Operation.values()) {
            if (name.equalsIgnoreCase(operation.name())) {
                return operation;
            }
        }
        throw RedisError.syntax();
    }

    private static List<StringValue> sources(CommandContext c) {
        List<StringValue> sources = new ArrayList<>(c.argc() - 3);
        for (int i = 3; i < c.argc(); i++) {
            StringValue source = c.read(c.arg(i), StringValue.class);
            sources.add(source == null ? new StringValue(Bytes.EMPTY) : source);
        }
        return sources;
    }

    /** @param operation null: the only source is inverted */
    private static byte[] combined(List<StringValue> sources, @Nullable Operation operation) {
        int length = sources.stream().mapToInt(StringValue::length).max().orElse(0);
        StringValue first = sources.get(0);
        byte[] result = new byte[length];
        System.arraycopy(first.array(), 0, result, 0, first.length());
        if (operation == null) {
            BitString.invert(result);
            return result;
        }
        for (StringValue source : sources.subList(1, sources.size())) {
            BitString.combine(operation, result, source.array(), source.length());
        }
        return result;
    }

    // ---- numbers

    private static Reply bitfield(CommandContext c, boolean readOnly) {
        Bitfield field = Bitfield.parse(c);
        if (!field.writes()) {
            StringValue value = c.read(c.arg(1), StringValue.class);
            return field.run(value == null ? new StringValue(Bytes.EMPTY) : value, false)
                    .reply();
        }
        if (readOnly) {
            throw RedisError.of("ERR BITFIELD_RO only supports the GET subcommand");
        }
        StringValue value = c.changeOrCreateUnwatched(c.arg(1), StringValue.class, () -> new StringValue(Bytes.EMPTY));
        boolean grew = value.growTo(field.lengthMin());
        Bitfield.Outcome outcome = field.run(value, grew);
        if (outcome.changed()) {
            c.changed(c.arg(1), KeyEvent.SETBIT);
            c.effectAsSent();
        } else if (grew) {
            c.changedUnwatched(c.arg(1)); // as Redis, where each operation overflowed and failed
            c.effectAsSent();
        }
        return outcome.reply();
    }
}
