package io.holdfast.engine.differential;

import io.holdfast.resp.Bytes;
import java.util.Locale;
import java.util.Map;

/** How the engine's reply to a command is compared with the real one. */
enum ReplyRule {
    /** Byte for byte. */
    EXACT,
    /** Byte for byte, the order of the elements aside. */
    ANY_ORDER,
    /** As {@link #ANY_ORDER} while the key is a hash table; byte for byte in a compact encoding, which keeps an order. */
    ANY_ORDER_OF_TABLE,
    /** Not at all. */
    NOTHING,
    /** A time: both sides read their clocks a moment apart. */
    NEAR,
    /** As {@link #NEAR}, for every number in it; the rest byte for byte. */
    NEAR_NUMBERS,
    /** Random elements: as many on both sides, and elements that are there. */
    RANDOM_READ,
    /** Random elements that are removed: checked, and then the same ones are removed on the other side. */
    RANDOM_REMOVAL;

    private static final Map<String, ReplyRule> RULES = Map.ofEntries(
            Map.entry("SINTER", ANY_ORDER),
            Map.entry("SUNION", ANY_ORDER),
            Map.entry("SDIFF", ANY_ORDER),
            Map.entry("KEYS", ANY_ORDER),
            Map.entry("SCAN", ANY_ORDER),
            Map.entry("HSCAN", ANY_ORDER),
            Map.entry("SSCAN", ANY_ORDER),
            Map.entry("ZSCAN", ANY_ORDER),
            Map.entry("SMEMBERS", ANY_ORDER_OF_TABLE),
            Map.entry("HGETALL", ANY_ORDER_OF_TABLE),
            Map.entry("HKEYS", ANY_ORDER_OF_TABLE),
            Map.entry("HVALS", ANY_ORDER_OF_TABLE),
            Map.entry("TTL", NEAR),
            Map.entry("PTTL", NEAR),
            Map.entry("EXPIRETIME", NEAR),
            Map.entry("PEXPIRETIME", NEAR),
            Map.entry("XPENDING", NEAR_NUMBERS),
            Map.entry("XINFO", NEAR_NUMBERS),
            Map.entry("RANDOMKEY", RANDOM_READ),
            Map.entry("SRANDMEMBER", RANDOM_READ),
            Map.entry("HRANDFIELD", RANDOM_READ),
            Map.entry("ZRANDMEMBER", RANDOM_READ),
            Map.entry("SPOP", RANDOM_REMOVAL));

    /** Where values were read from storage, which keeps no order of fields and members, and may make encodings smaller. */
    static ReplyRule ofReloaded(Bytes[] command) {
        String name = command[0].latin1().toUpperCase(Locale.ROOT);
        ReplyRule rule = of(command);
        return name.equals("OBJECT") || name.equals("XINFO") ? NOTHING : rule == ANY_ORDER_OF_TABLE ? ANY_ORDER : rule;
    }

    static ReplyRule of(Bytes[] command) {
        return RULES.getOrDefault(command[0].latin1().toUpperCase(Locale.ROOT), EXACT);
    }
}
