package io.holdfast.resp;

import java.util.List;

/**
 * A reply made locally, before it is spelled in a client's protocol version. Immutable. {@link RespWriter} is the one
 * place that knows how RESP2 and RESP3 spell each kind (RESP3 specification, redis/redis-specifications).
 */
public sealed interface Reply {
    Reply OK = new Simple(Bytes.of("OK"));
    Reply PONG = new Simple(Bytes.of("PONG"));
    Reply QUEUED = new Simple(Bytes.of("QUEUED"));
    Reply ZERO = new Int(0);
    Reply ONE = new Int(1);
    Reply EMPTY_BULK = new Bulk(Bytes.EMPTY);
    Reply EMPTY_ARRAY = new Array(List.of());
    Reply EMPTY_SET = new SetOf(List.of());
    Reply EMPTY_MAP = new MapOf(List.of());
    /** No reply: the client waits for one, or does not want any. */
    Reply NONE = new Sequence(List.of());

    /** {@code +OK}. The text holds no CR or LF. */
    record Simple(Bytes text) implements Reply {}

    /** {@code -ERR …}, without the dash. The text holds no CR or LF. */
    record Failure(Bytes text) implements Reply {}

    /** {@code :42}. */
    record Int(long value) implements Reply {}

    /** {@code $3 foo}. */
    record Bulk(Bytes value) implements Reply {}

    /** RESP3 {@code =8 txt:text}; a bulk in RESP2. The format has three letters. */
    record Verbatim(String format, Bytes text) implements Reply {}

    /** Nothing: RESP3 has one spelling ({@code _}), RESP2 two. */
    enum Null implements Reply {
        /** {@code $-1} in RESP2. */
        BULK,
        /** {@code *-1} in RESP2. */
        ARRAY
    }

    record Array(List<Reply> items) implements Reply {}

    /** RESP3 {@code ~n}; an array in RESP2. */
    record SetOf(List<Reply> items) implements Reply {}

    /** Keys and values in turn: RESP3 {@code %n}; a flat array in RESP2. */
    record MapOf(List<Reply> keysAndValues) implements Reply {}

    /** Out of band: RESP3 {@code >n}; an array in RESP2. */
    record Push(List<Reply> items) implements Reply {}

    /** RESP3 {@code ,text}; a bulk in RESP2. The text is the number as the reported Redis version prints it. */
    record Real(double value, Bytes text) implements Reply {}

    /** RESP3 {@code |n}, keys and values that say something about the reply behind them; in RESP2 that reply alone. */
    record Attributed(List<Reply> keysAndValues, Reply reply) implements Reply {}

    /** RESP3 {@code #t}; {@code :1} or {@code :0} in RESP2. */
    record Bool(boolean value) implements Reply {}

    /** RESP3 {@code (digits}; a bulk in RESP2. */
    record BigNumber(Bytes digits) implements Reply {}

    /** Several replies to one command, one after another with no frame around them (SUBSCRIBE a b). */
    record Sequence(List<Reply> replies) implements Reply {}

    static Reply of(long value) {
        return value == 0 ? ZERO : value == 1 ? ONE : new Int(value);
    }

    static Reply of(boolean value) {
        return value ? ONE : ZERO;
    }

    static Reply bulk(Bytes value) {
        return new Bulk(value);
    }

    static Reply bulk(String text) {
        return new Bulk(Bytes.of(text));
    }

    static Reply simple(String text) {
        return new Simple(Bytes.of(text));
    }

    static Reply array(List<? extends Reply> items) {
        return new Array(List.copyOf(items));
    }

    static Reply array(Reply... items) {
        return new Array(List.of(items));
    }
}
