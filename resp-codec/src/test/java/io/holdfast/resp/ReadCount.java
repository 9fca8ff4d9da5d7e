package io.holdfast.resp;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledHeapByteBuf;

/** A buffer that counts the bytes that were looked at. */
final class ReadCount extends UnpooledHeapByteBuf {
    private long looked;

    ReadCount(int capacity) {
        super(UnpooledByteBufAllocator.DEFAULT, capacity, capacity);
    }

    long looked() {
        return looked;
    }

    @Override
    public byte getByte(int index) {
        looked++;
        return super.getByte(index);
    }

    @Override
    public short getShort(int index) {
        looked += 2;
        return super.getShort(index);
    }

    @Override
    public int getInt(int index) {
        looked += 4;
        return super.getInt(index);
    }

    @Override
    public int indexOf(int fromIndex, int toIndex, byte value) {
        int found = super.indexOf(fromIndex, toIndex, value);
        looked += (found < 0 ? toIndex : found + 1) - fromIndex;
        return found;
    }
}
