package io.holdfast.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;

/**
 * One request: its exact bytes, which can be forwarded as they are, and where each argument lies in them. Nothing is
 * copied until an argument is asked for. Lives on one thread at a time; whoever received the frame calls
 * {@link #release} exactly once, after which no other method may be called.
 *
 * <pre>
 *  received  …*2\r\n$3\r\nGET\r\n$1\r\nk\r\n…
 *             │start
 *  places                8,3         17,1      (offset from start, length) of each argument
 * </pre>
 */
public final class RequestFrame {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final ByteBuf received;
    private final int start;
    private final int wireLength;
    private final int[] places;
    private final int size;

    /** Takes over one reference to {@code received}, and {@code places}, which may have room to spare. */
    RequestFrame(ByteBuf received, int start, int wireLength, int[] places, int size) {
        this.received = received;
        this.start = start;
        this.wireLength = wireLength;
        this.places = places;
        this.size = size;
    }

    /** A request made here, on the heap. {@code arguments} holds at least the command's name. */
    public static RequestFrame of(Bytes... arguments) {
        return of(List.of(arguments));
    }

    /** A request made here, on the heap. {@code arguments} holds at least the command's name. */
    public static RequestFrame of(List<Bytes> arguments) {
        return encode(UnpooledByteBufAllocator.DEFAULT, true, arguments);
    }

    /** A request spelled anew in a buffer of {@code allocator} that is just large enough. */
    static RequestFrame encode(ByteBufAllocator allocator, boolean onHeap, List<Bytes> arguments) {
        if (arguments.isEmpty()) {
            throw new IllegalArgumentException("a request names at least a command");
        }
        int length = RequestEncoder.encodedLength(arguments);
        var wire = onHeap ? allocator.heapBuffer(length, length) : allocator.buffer(length, length);
        var places = new int[2 * arguments.size()];
        RespWriter.line(wire, '*', arguments.size());
        for (int i = 0; i < arguments.size(); i++) {
            var argument = arguments.get(i);
            RespWriter.line(wire, '$', argument.length());
            places[2 * i] = wire.writerIndex();
            places[2 * i + 1] = argument.length();
            wire.writeBytes(argument.array()).writeShort(LengthLine.CRLF);
        }
        return new RequestFrame(wire, 0, length, places, arguments.size());
    }

    /** How many arguments, the command's name included: at least 1. */
    public int size() {
        return size;
    }

    /** The length of argument {@code i} in bytes; 0 is the command's name. */
    public int length(int i) {
        return places[2 * checked(i) + 1];
    }

    /** The length of all arguments together. */
    public long argumentBytes() {
        long bytes = 0;
        for (int i = 0; i < size; i++) {
            bytes += length(i);
        }
        return bytes;
    }

    /** Byte {@code k} of argument {@code i}. */
    public byte at(int i, int k) {
        return received.getByte(offset(i) + k);
    }

    /** A copy of argument {@code i} that outlives the frame. */
    public Bytes argument(int i) {
        int length = length(i);
        if (length == 0) {
            return Bytes.EMPTY;
        }
        var copy = new byte[length];
        copy(offset(i), copy, 0, length);
        return Bytes.wrap(copy);
    }

    /** Copies of all arguments; they outlive the frame. */
    public Bytes[] arguments() {
        var copies = new Bytes[size];
        for (int i = 0; i < size; i++) {
            copies[i] = argument(i);
        }
        return copies;
    }

    /** As {@link #arguments()}, but {@code name} stands for the first, so that it need not be copied. */
    public Bytes[] argumentsOf(Bytes name) {
        var copies = new Bytes[size];
        copies[0] = name;
        for (int i = 1; i < size; i++) {
            copies[i] = argument(i);
        }
        return copies;
    }

    /** Copies argument {@code i} into {@code target} from index {@code at}, for lookups that must not allocate. */
    public void copyArgument(int i, byte[] target, int at) {
        copy(offset(i), target, at, length(i));
    }

    /** A few words are copied in less time than it takes to call upon the way that copies many. */
    private void copy(int from, byte[] target, int at, int length) {
        if (length > 2 * Long.BYTES) {
            received.getBytes(from, target, at, length);
        } else if (length >= Long.BYTES) {
            long first = received.getLongLE(from);
            long last = received.getLongLE(from + length - Long.BYTES); // what was copied before is copied again
            LONGS.set(target, at, first);
            LONGS.set(target, at + length - Long.BYTES, last);
        } else if (length >= Integer.BYTES) {
            int first = received.getIntLE(from);
            int last = received.getIntLE(from + length - Integer.BYTES);
            INTS.set(target, at, first);
            INTS.set(target, at + length - Integer.BYTES, last);
        } else {
            for (int i = 0; i < length; i++) {
                target[at + i] = received.getByte(from + i);
            }
        }
    }

    /** True when argument {@code i} is {@code ascii}, a letter's case aside. */
    public boolean is(int i, String ascii) {
        int length = length(i);
        if (ascii.length() != length) {
            return false;
        }
        int offset = offset(i);
        for (int k = 0; k < length; k++) {
            if (Bytes.lower(received.getByte(offset + k)) != Bytes.lower((byte) ascii.charAt(k))) {
                return false;
            }
        }
        return true;
    }

    /**
     * The request as a multibulk, exactly as it arrived where it arrived well-formed: a view of what was received. The
     * frame keeps its ownership: who hands the view on retains it.
     */
    public ByteBuf wire() {
        return received.slice(start, wireLength);
    }

    /** Writes what {@link #wire} shows, without making the view. */
    public void writeTo(ByteBuf out) {
        out.writeBytes(received, start, wireLength);
    }

    /** The length of {@link #wire} in bytes. */
    public int wireLength() {
        return wireLength;
    }

    /** Gives the bytes back. */
    public void release() {
        received.release();
    }

    /** Says nothing of what the arguments hold: they may be secrets. */
    @Override
    public String toString() {
        return "RequestFrame[" + size + " arguments, " + wireLength() + " bytes]";
    }

    private int offset(int i) {
        return start + places[2 * checked(i)];
    }

    /** {@code places} may have room to spare, so its own bounds check would let a wrong index through. */
    private int checked(int i) {
        if (i >= size) {
            throw new IndexOutOfBoundsException("argument " + i + " of " + size);
        }
        return i;
    }
}
