package io.holdfast.engine.rdb;

import org.jspecify.annotations.Nullable;

/** The kinds of values in RDB format that are read here; some of them are written. */
enum RdbType {
    STRING(0),
    LIST(1),
    SET(2),
    /** Scores as text. */
    ZSET(3),
    HASH(4),
    /** Scores as eight bytes. */
    ZSET_2(5),
    LIST_ZIPLIST(10),
    SET_INTSET(11),
    ZSET_ZIPLIST(12),
    HASH_ZIPLIST(13),
    /** Ziplists. */
    LIST_QUICKLIST(14),
    /** Entries and groups, as before 7.0. */
    STREAM_LISTPACKS(15),
    HASH_LISTPACK(16),
    ZSET_LISTPACK(17),
    /** Listpacks, and long elements on their own. */
    LIST_QUICKLIST_2(18),
    /** With what was deleted, and how many entries were added and read. */
    STREAM_LISTPACKS_2(19),
    SET_LISTPACK(20),
    /** With the times at which consumers last got entries. */
    STREAM_LISTPACKS_3(21);

    final int code;

    RdbType(int code) {
        this.code = code;
    }

    static @Nullable RdbType of(int code) {
        for (RdbType type : values()) {
            if (type.code == code) {
                return type;
            }
        }
        return null;
    }
}
