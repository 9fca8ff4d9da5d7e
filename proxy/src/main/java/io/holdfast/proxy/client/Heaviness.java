package io.holdfast.proxy.client;

/**
 * Whether what a client sends or gets is so large that others should not stand behind it on a link that they share. Lives
 * on the engine loop.
 */
final class Heaviness {
    /** Smaller requests and replies make nobody heavy, however many are under way. */
    static final int LARGE_BYTES = 16 * 1024;
    /** What a client has under way makes it heavy where it comes to this, if all is as large as the one at hand. */
    static final int HEAVY_BYTES = 64 * 1024;
    /** So many others in a row let it be forgotten: who has large ones now and then is as heavy. */
    static final int FORGOTTEN_AFTER = 256;

    private int remembered;

    /**
     * @param bytes of a request that has come from the client, or a reply for it; {@code underWay} with this one
     * @return whether it has become heavy by that
     */
    boolean passed(int bytes, int underWay) {
        boolean becomesHeavy = false;
        if (bytes >= LARGE_BYTES && (long) bytes * underWay >= HEAVY_BYTES) {
            becomesHeavy = remembered == 0;
            remembered = FORGOTTEN_AFTER;
        } else if (remembered > 0) {
            remembered--;
        }
        return becomesHeavy;
    }

    boolean isHeavy() {
        return remembered > 0;
    }
}
