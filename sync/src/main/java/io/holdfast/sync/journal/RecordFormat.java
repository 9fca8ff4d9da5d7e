package io.holdfast.sync.journal;

import io.holdfast.engine.exec.Journal;

/**
 * The layout of a record: one commit, the entries of one turn of the engine loop. Fixed numbers are big-endian.
 *
 * <pre>
 *  0        4        8                16      24        32      36       37
 *  +--------+--------+----------------+-------+---------+-------+--------+---------+---------+--
 *  | length | CRC32C | first sequence | epoch | time ms | count | scopes | entry 1 | entry 2 | …
 *  +--------+--------+----------------+-------+---------+-------+--------+---------+---------+--
 *                    |&lt;------------------- length bytes, under the checksum -------------------
 *
 *  scopes   one bit a scope that occurs, so that trimming need not decode entries
 *  time ms  of the first entry
 *
 *  entry    scope: byte | [ client ] | time: zig-zag varint, relative to the record's | effects: varint | effect …
 *  client   only where the scope's byte has the bit CLIENT_FOLLOWS
 *           length: varint | bytes; length 0: the client of the entry before that had one
 *  effect   db: varint  | arguments: varint | argument …
 *  argument length: varint | bytes
 *
 *  varint   seven bits a byte, least significant first, the top bit says that more follow
 * </pre>
 *
 * <p>Entry {@code i} of a record has the sequence {@code first sequence + i}.
 */
final class RecordFormat {
    static final int LENGTH_AT = 0;
    static final int CHECKSUM_AT = 4;
    static final int CHECKED_FROM = 8;
    static final int SEQUENCE_AT = 8;
    static final int EPOCH_AT = 16;
    static final int TIME_AT = 24;
    static final int COUNT_AT = 32;
    static final int SCOPES_AT = 36;
    static final int HEADER_BYTES = 37;

    /** Longest record, header included. */
    static final int RECORD_BYTES_MAX = 1 << 30;

    /** Set in an entry's byte, not in a record's: who asked for it stands behind. */
    static final byte CLIENT_FOLLOWS = 32;

    private static final byte LOCAL = 1;
    private static final byte UPSTREAM = 2;
    private static final byte BASE = 4;
    private static final byte REQUEUED = 8;
    private static final byte COPY = 16;

    private RecordFormat() {}

    /** The scope's byte in an entry, which is also its bit among a record's scopes. */
    static byte code(Journal.Scope scope) {
        return switch (scope) {
            case LOCAL -> LOCAL;
            case UPSTREAM -> UPSTREAM;
            case BASE -> BASE;
            case REQUEUED -> REQUEUED;
            case COPY -> COPY;
        };
    }

    /** The scope of an entry's byte; an unknown one is a malformed record. */
    static Journal.Scope scope(byte code) {
        return switch (code) {
            case LOCAL -> Journal.Scope.LOCAL;
            case UPSTREAM -> Journal.Scope.UPSTREAM;
            case BASE -> Journal.Scope.BASE;
            case REQUEUED -> Journal.Scope.REQUEUED;
            case COPY -> Journal.Scope.COPY;
            default -> throw new IllegalArgumentException("no scope has the code " + code);
        };
    }

    /** True when entries of a record are for the upstream, or the bases that belong to them. */
    static boolean concernsUpstream(int scopes) {
        return (scopes & (UPSTREAM | BASE | REQUEUED)) != 0;
    }
}
