package io.holdfast.engine.value;

import io.holdfast.resp.Bytes;
import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A string as the HyperLogLog that Redis keeps in it, byte for byte. Owned by the engine loop.
 *
 * <pre>
 *   "HYLL" | encoding | 3 unused | 8: cardinality, little endian; its top bit: outdated | registers
 *
 *   dense (0)   16384 registers of 6 bits, the lowest bits first
 *   sparse (1)  runs of registers:   00llllll            l+1 (to 64) zeros
 *                                    01llllll llllllll   l+1 (to 16384) zeros
 *                                    1vvvvvll            l+1 (to 4) registers of v+1 (to 32)
 * </pre>
 *
 * <p>A sparse one is changed in a copy of its own until {@link #store}, a dense one in place.
 */
public final class HyperLogLog {
    /** What {@link #add} found. */
    public enum Added {
        NOTHING_NEW,
        CHANGED,
        /** The runs do not make up all registers. Nothing can be said, and nothing may be stored. */
        CORRUPT
    }

    static final int HEADER = 16;
    static final int DENSE_LENGTH = HEADER + HllRegisters.COUNT * HllRegisters.BITS / 8;

    private static final byte[] MAGIC = {'H', 'Y', 'L', 'L'};
    private static final int ENCODING_AT = 4;
    private static final int CARDINALITY_AT = 8;
    private static final int OUTDATED_AT = 15;
    private static final byte OUTDATED = (byte) 0x80;
    private static final byte DENSE = 0;
    private static final byte SPARSE = 1;

    private final StringValue string;
    private @Nullable SparseRegisters sparse; // null: dense
    private byte @Nullable [] promoted; // dense since it was read, not stored yet

    private HyperLogLog(StringValue string) {
        this.string = string;
        if (string.byteAt(ENCODING_AT) == SPARSE) {
            sparse = new SparseRegisters(Arrays.copyOf(string.array(), string.length()));
        }
    }

    /** The HyperLogLog in {@code string}; null where it holds none. */
    public static @Nullable HyperLogLog in(StringValue string) {
        boolean valid = string.length() >= HEADER
                && Arrays.equals(string.array(), 0, MAGIC.length, MAGIC, 0, MAGIC.length)
                && (string.byteAt(ENCODING_AT) == SPARSE
                        || (string.byteAt(ENCODING_AT) == DENSE && string.length() == DENSE_LENGTH));
        return valid ? new HyperLogLog(string) : null;
    }

    /** The content of one that nothing was added to. */
    public static Bytes empty() {
        byte[] content = Arrays.copyOf(MAGIC, HEADER + 2);
        content[ENCODING_AT] = SPARSE;
        SparseRegisters.writeZeros(content, HEADER, HllRegisters.COUNT);
        return Bytes.wrap(content);
    }

    public boolean isSparse() {
        return sparse != null;
    }

    /**
     * Counts {@code element} in.
     *
     * @param sparseBytesMax how long a sparse one may become; redis.conf's hll-sparse-max-bytes
     */
    public Added add(Bytes element, long sparseBytesMax) {
        long hash = HllRegisters.hash(element);
        return raise(HllRegisters.index(hash), HllRegisters.rank(hash), sparseBytesMax);
    }

    /** Sets a register where {@code value} is above what it has. */
    private Added raise(int index, int value, long sparseBytesMax) {
        SparseRegisters runs = sparse;
        if (runs == null) {
            return raiseDense(index, value);
        }
        return switch (runs.raise(index, value, sparseBytesMax)) {
            case SAME -> Added.NOTHING_NEW;
            case RAISED -> Added.CHANGED;
            case CORRUPT -> Added.CORRUPT;
            case DOES_NOT_FIT -> becomeDense() ? raiseDense(index, value) : Added.CORRUPT;
        };
    }

    private Added raiseDense(int index, int value) {
        byte[] dense = promoted;
        byte[] read = dense == null ? string.array() : dense;
        if (HllRegisters.get(read, HEADER, index) >= value) {
            return Added.NOTHING_NEW;
        }
        HllRegisters.set(dense == null ? string.writable() : dense, HEADER, index, value);
        return Added.CHANGED;
    }

    /** Changes a sparse one into a dense one; false where it is corrupt. */
    public boolean becomeDense() {
        SparseRegisters runs = sparse;
        if (runs == null) {
            return true;
        }
        byte[] dense = Arrays.copyOf(Arrays.copyOf(runs.bytes(), HEADER), DENSE_LENGTH);
        dense[ENCODING_AT] = DENSE;
        boolean whole = runs.forEachRun((from, length, value) -> {
            for (int i = from; i < from + length; i++) {
                HllRegisters.set(dense, HEADER, i, value);
            }
        });
        if (whole) {
            sparse = null;
            promoted = dense;
        }
        return whole;
    }

    /** Puts what was changed into the string, whose cardinality is to be counted anew. */
    public void store() {
        storeCounted();
        string.setByte(OUTDATED_AT, (byte) (string.byteAt(OUTDATED_AT) | OUTDATED));
    }

    /** As {@link #store}, where only the encoding changed. */
    public void storeCounted() {
        SparseRegisters runs = sparse;
        byte[] content = runs != null ? runs.content() : promoted;
        if (content != null) {
            string.set(Bytes.wrap(content.clone()));
            promoted = null;
        }
        string.becomeRaw();
    }

    /** The cardinality as it was counted last; empty where something was added since. */
    public OptionalLong cached() {
        long cardinality = 0;
        for (int i = OUTDATED_AT; i >= CARDINALITY_AT; i--) {
            cardinality = (cardinality << 8) | (string.byteAt(i) & 0xff);
        }
        return cardinality < 0 ? OptionalLong.empty() : OptionalLong.of(cardinality);
    }

    /** Notes a cardinality that was just counted, in the string itself. */
    public void cache(long cardinality) {
        for (int i = 0; i < Long.BYTES; i++) {
            string.setByte(CARDINALITY_AT + i, (byte) (cardinality >>> (8 * i)));
        }
    }

    /** Estimates how many different elements were added; empty where it is corrupt. */
    public OptionalLong count() {
        int[] histogram = new int[HllRegisters.VALUES];
        boolean whole = forEachRun((from, length, value) -> histogram[value] += length);
        return whole ? OptionalLong.of(HllRegisters.cardinality(histogram)) : OptionalLong.empty();
    }

    /** Raises each of {@code registers} to what is counted here; false where it is corrupt. */
    public boolean mergeInto(byte[] registers) {
        return forEachRun((from, length, value) -> {
            for (int i = from; i < from + length; i++) {
                registers[i] = (byte) Math.max(registers[i], value);
            }
        });
    }

    /** Raises each register to what it is in {@code registers}. */
    public void raiseTo(byte[] registers, long sparseBytesMax) {
        for (int i = 0; i < registers.length; i++) {
            if (registers[i] != 0) {
                raise(i, registers[i], sparseBytesMax);
            }
        }
    }

    /** The runs of a sparse one as PFDEBUG DECODE shows them: {@code Z:10 v:2,1 z:5}. */
    public String decoded() {
        SparseRegisters runs = sparse;
        return runs == null ? "" : runs.toString();
    }

    private boolean forEachRun(SparseRegisters.Visitor visitor) {
        SparseRegisters runs = sparse;
        if (runs != null) {
            return runs.forEachRun(visitor);
        }
        byte[] dense = promoted != null ? promoted : string.array();
        for (int i = 0; i < HllRegisters.COUNT; i++) {
            visitor.run(i, 1, HllRegisters.get(dense, HEADER, i));
        }
        return true;
    }
}
