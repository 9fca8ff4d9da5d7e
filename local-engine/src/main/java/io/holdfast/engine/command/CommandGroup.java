package io.holdfast.engine.command;

import org.jspecify.annotations.Nullable;

/** The groups that Redis documents its commands in, with the ACL category that each brings along. */
public enum CommandGroup {
    STRING("string", AclCategory.STRING),
    HASH("hash", AclCategory.HASH),
    LIST("list", AclCategory.LIST),
    SET("set", AclCategory.SET),
    SORTED_SET("sorted-set", AclCategory.SORTEDSET),
    GENERIC("generic", AclCategory.KEYSPACE),
    BITMAP("bitmap", AclCategory.BITMAP),
    HYPERLOGLOG("hyperloglog", AclCategory.HYPERLOGLOG),
    GEO("geo", AclCategory.GEO),
    STREAM("stream", AclCategory.STREAM),
    PUBSUB("pubsub", null),
    TRANSACTIONS("transactions", AclCategory.TRANSACTION),
    SCRIPTING("scripting", AclCategory.SCRIPTING),
    CONNECTION("connection", AclCategory.CONNECTION),
    SERVER("server", null),
    CLUSTER("cluster", null);

    private final String redisName;
    private final @Nullable AclCategory category;

    CommandGroup(String redisName, @Nullable AclCategory category) {
        this.redisName = redisName;
        this.category = category;
    }

    /** As COMMAND DOCS prints it. */
    public String redisName() {
        return redisName;
    }

    public @Nullable AclCategory category() {
        return category;
    }
}
