package io.holdfast.engine.command;

import java.util.Locale;

/** The ACL categories of Redis 7, in the order in which COMMAND INFO prints them. */
public enum AclCategory {
    KEYSPACE,
    READ,
    WRITE,
    SET,
    SORTEDSET,
    LIST,
    HASH,
    STRING,
    BITMAP,
    HYPERLOGLOG,
    GEO,
    STREAM,
    PUBSUB,
    ADMIN,
    FAST,
    SLOW,
    BLOCKING,
    DANGEROUS,
    CONNECTION,
    TRANSACTION,
    SCRIPTING;

    /** With the at sign, as COMMAND INFO prints it. */
    public String redisName() {
        return "@" + name().toLowerCase(Locale.ROOT);
    }
}
