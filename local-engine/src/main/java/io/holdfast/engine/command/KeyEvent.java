package io.holdfast.engine.command;

import io.holdfast.resp.Bytes;
import java.util.Locale;

/**
 * What can happen to a key, for those who listen to keyspace notifications: its name in messages, in lower case, and the
 * class that {@code notify-keyspace-events} asks for. Handlers say it beside the change ({@link CommandContext#event}).
 */
public enum KeyEvent {
    APPEND(Kind.STRING),
    COPY_TO(Kind.GENERIC),
    DEL(Kind.GENERIC),
    EVICTED(Kind.EVICTED),
    EXPIRE(Kind.GENERIC),
    EXPIRED(Kind.EXPIRED),
    GEORADIUSSTORE(Kind.ZSET),
    GEOSEARCHSTORE(Kind.ZSET),
    HDEL(Kind.HASH),
    HINCRBY(Kind.HASH),
    HINCRBYFLOAT(Kind.HASH),
    HSET(Kind.HASH),
    INCRBY(Kind.STRING),
    INCRBYFLOAT(Kind.STRING),
    KEYMISS(Kind.MISS),
    LINSERT(Kind.LIST),
    LPOP(Kind.LIST),
    LPUSH(Kind.LIST),
    LREM(Kind.LIST),
    LSET(Kind.LIST),
    LTRIM(Kind.LIST),
    MOVE_FROM(Kind.GENERIC),
    MOVE_TO(Kind.GENERIC),
    NEW(Kind.NEW),
    PERSIST(Kind.GENERIC),
    PFADD(Kind.STRING),
    RENAME_FROM(Kind.GENERIC),
    RENAME_TO(Kind.GENERIC),
    RESTORE(Kind.GENERIC),
    RPOP(Kind.LIST),
    RPUSH(Kind.LIST),
    SADD(Kind.SET),
    SDIFFSTORE(Kind.SET),
    SET(Kind.STRING),
    SETBIT(Kind.STRING),
    SETRANGE(Kind.STRING),
    SINTERSTORE(Kind.SET),
    SORTSTORE(Kind.LIST),
    SPOP(Kind.SET),
    SREM(Kind.SET),
    SUNIONSTORE(Kind.SET),
    XADD(Kind.STREAM),
    XDEL(Kind.STREAM),
    XGROUP_CREATE(Kind.STREAM, "xgroup-create"),
    XGROUP_CREATECONSUMER(Kind.STREAM, "xgroup-createconsumer"),
    XGROUP_DELCONSUMER(Kind.STREAM, "xgroup-delconsumer"),
    XGROUP_DESTROY(Kind.STREAM, "xgroup-destroy"),
    XGROUP_SETID(Kind.STREAM, "xgroup-setid"),
    XSETID(Kind.STREAM),
    XTRIM(Kind.STREAM),
    ZADD(Kind.ZSET),
    ZDIFFSTORE(Kind.ZSET),
    ZINCR(Kind.ZSET),
    ZINTERSTORE(Kind.ZSET),
    ZPOPMAX(Kind.ZSET),
    ZPOPMIN(Kind.ZSET),
    ZRANGESTORE(Kind.ZSET),
    ZREM(Kind.ZSET),
    ZREMRANGEBYLEX(Kind.ZSET),
    ZREMRANGEBYRANK(Kind.ZSET),
    ZREMRANGEBYSCORE(Kind.ZSET),
    ZUNIONSTORE(Kind.ZSET);

    /** A class of events and the letter that asks for it, in the order in which CONFIG GET shows them. */
    public enum Kind {
        GENERIC('g'),
        STRING('$'),
        LIST('l'),
        SET('s'),
        HASH('h'),
        ZSET('z'),
        EXPIRED('x'),
        EVICTED('e'),
        STREAM('t'),
        MODULE('d'),
        /** Not one of A, and shown only without it. */
        NEW('n'),
        /** Not one of A. */
        MISS('m');

        private final char letter;

        Kind(char letter) {
            this.letter = letter;
        }

        char letter() {
            return letter;
        }
    }

    private final Kind kind;
    private final Bytes message;

    KeyEvent(Kind kind) {
        this.kind = kind;
        this.message = Bytes.of(name().toLowerCase(Locale.ROOT));
    }

    KeyEvent(Kind kind, String message) {
        this.kind = kind;
        this.message = Bytes.of(message);
    }

    public Kind kind() {
        return kind;
    }

    /** As messages call it. */
    public Bytes message() {
        return message;
    }
}
