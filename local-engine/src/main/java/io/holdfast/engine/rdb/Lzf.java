package io.holdfast.engine.rdb;

/**
 * Unpacks what LibLZF packed.
 *
 * <pre>
 *   000lllll                     l+1 bytes follow as they are
 *   llldddddd dddddddd           l+2 bytes again that stand d+1 bytes back
 *   111ddddd llllllll dddddddd   l+9 of them
 * </pre>
 */
final class Lzf {
    private static final int LITERALS_BELOW = 32;
    private static final int LONG = 7;

    private Lzf() {}

    /** @param length which must come out */
    static byte[] unpacked(byte[] packed, int from, int to, int length) throws CorruptDataException {
        byte[] out = new byte[length];
        int written = 0;
        int at = from;
        while (at < to) {
            int control = packed[at++] & 0xff;
            if (control < LITERALS_BELOW) {
                int count = control + 1;
                require(count <= to - at && count <= length - written);
                System.arraycopy(packed, at, out, written, count);
                at += count;
                written += count;
                continue;
            }
            int count = control >>> 5;
            if (count == LONG) {
                require(at < to);
                count += packed[at++] & 0xff;
            }
            count += 2;
            require(at < to);
            int source = written - (((control & 0x1f) << 8) | (packed[at++] & 0xff)) - 1;
            require(source >= 0 && count <= length - written);
            for (int i = 0; i < count; i++) { // it may run into what it writes
                out[written++] = out[source++];
            }
        }
        require(written == length);
        return out;
    }

    private static void require(boolean right) throws CorruptDataException {
        if (!right) {
            throw new CorruptDataException("not packed by LZF");
        }
    }
}
