package io.holdfast.engine.command;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

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

    /** The category of this name, without the at sign and whatever its case; null when there is none. */
    public static @Nullable AclCategory find(String name) {
        for (AclCategory category : values()) {
            if (category.name().equalsIgnoreCase(name)) {
                return category;
            }
        }
        return null;
    }

    /** With the at sign, as COMMAND INFO prints it. */
    public String redisName() {
        return "@" + name().toLowerCase(Locale.ROOT);
    }
}
