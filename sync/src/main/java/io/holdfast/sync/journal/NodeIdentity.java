package io.holdfast.sync.journal;

/**
 * Who wrote an entry: this data directory, and which start of it. The upstream keeps both beside the cursor, so that a
 * copy of the directory is told from the original.
 *
 * @param idHigh first half of a random 128-bit number that the directory was given when it was made
 * @param idLow second half
 * @param epoch counts the starts of this directory, from 1
 */
public record NodeIdentity(long idHigh, long idLow, long epoch) {
    /** The 128-bit number as 32 hexadecimal digits. */
    public String id() {
        return "%016x%016x".formatted(idHigh, idLow);
    }

    /** For a source of randomness of this node's own: another at each start, and none that another node has at its start. */
    public long seed() {
        return idHigh ^ idLow ^ epoch;
    }
}
