package io.holdfast.engine.differential;

import io.holdfast.resp.Bytes;
import io.holdfast.testing.WireReply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** How a reply to a command is compared with that of a real redis-server. */
public enum ReplyRule {
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

    /**
     * Where SPOP takes at least five times as many members as stay, it makes a new set of those that stay. One that is
     * stored is new, too, but has no time to live.
     */
    private static final Bytes REMOVAL = Bytes.of("""
                    local removed = redis.call('SREM', KEYS[1], unpack(ARGV))
                    local left = redis.call('SCARD', KEYS[1])
                    if left > 0 and left * 5 <= removed then
                      local expires = redis.call('PEXPIRETIME', KEYS[1])
                      redis.call('SUNIONSTORE', KEYS[1], KEYS[1])
                      if expires >= 0 then
                        redis.call('PEXPIREAT', KEYS[1], expires)
                      end
                    end
                    return removed
                    """);

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

    public static ReplyRule of(Bytes[] command) {
        return RULES.getOrDefault(command[0].latin1().toUpperCase(Locale.ROOT), EXACT);
    }

    /**
     * Whether two replies to the same command are the same in these terms; to {@link #RANDOM_REMOVAL} there is another
     * question.
     *
     * @param apartMs how far times may be apart, milliseconds
     */
    public boolean accepts(byte[] mine, byte[] theirs, long apartMs) {
        return Arrays.equals(mine, theirs)
                || switch (this) {
                    case NOTHING -> true;
                    case EXACT, ANY_ORDER_OF_TABLE, RANDOM_REMOVAL -> false;
                    case ANY_ORDER ->
                        WireReply.of(mine)
                                .anyOrder()
                                .equals(WireReply.of(theirs).anyOrder());
                    case NEAR -> near(WireReply.of(mine), WireReply.of(theirs), apartMs);
                    case NEAR_NUMBERS -> sameButForTimes(WireReply.of(mine), WireReply.of(theirs), apartMs);
                    case RANDOM_READ ->
                        WireReply.of(mine).shape().equals(WireReply.of(theirs).shape());
                };
    }

    private static boolean near(WireReply mine, WireReply theirs, long apartMs) {
        if (mine.type() != ':' || theirs.type() != ':') {
            return false;
        }
        long a = Long.parseLong(mine.text().latin1());
        long b = Long.parseLong(theirs.text().latin1());
        return a > 0 && b > 0 && Math.abs(a - b) <= apartMs;
    }

    private static boolean sameButForTimes(WireReply mine, WireReply theirs, long apartMs) {
        if (mine.type() == ':' && theirs.type() == ':') {
            return Math.abs(Long.parseLong(mine.text().latin1())
                            - Long.parseLong(theirs.text().latin1()))
                    <= apartMs;
        }
        if (mine.items().isEmpty()
                || mine.type() != theirs.type()
                || mine.items().size() != theirs.items().size()) {
            return mine.equals(theirs);
        }
        for (int i = 0; i < mine.items().size(); i++) {
            if (!sameButForTimes(mine.items().get(i), theirs.items().get(i), apartMs)) {
                return false;
            }
        }
        return true;
    }

    /** The command that removes what SPOP has removed on the other side, and leaves the encoding that SPOP leaves. */
    public static Bytes[] removal(Bytes key, byte[] popped) {
        var command = new ArrayList<Bytes>(List.of(Bytes.of("EVAL"), REMOVAL, Bytes.of(1), key));
        command.addAll(leaves(WireReply.of(popped)));
        return command.toArray(Bytes[]::new);
    }

    /**
     * SPOP answered one member, or as many as there are and were asked for; the other side had them all.
     *
     * @param spop the command
     * @param theirs what SCARD, before, and {@link #removal} were answered there
     */
    public static boolean isSameRemoval(List<Bytes> spop, byte[] mine, List<byte[]> theirs) {
        WireReply popped = WireReply.of(mine);
        long members = Long.parseLong(WireReply.of(theirs.get(0)).text().latin1());
        long removed = Long.parseLong(WireReply.of(theirs.get(1)).text().latin1());
        boolean counted = spop.size() > 2;
        long wanted = counted ? Math.min(members, Long.parseLong(spop.get(2).latin1())) : 1;
        return (popped.type() == '$') != counted && leaves(popped).size() == wanted && removed == wanted;
    }

    /** The single values of a reply, in order. */
    static List<Bytes> leaves(WireReply reply) {
        if (reply.items().isEmpty()) {
            return List.of(reply.text());
        }
        return reply.items().stream().flatMap(item -> leaves(item).stream()).toList();
    }

    /** An error, nil, or a collection of nothing: always the same on both sides, but for times. */
    public static boolean isErrorOrNothing(byte[] wire) {
        WireReply reply = WireReply.of(wire);
        return reply.isError()
                || reply.isNull()
                || ("*~%".indexOf(reply.type()) >= 0 && reply.items().isEmpty());
    }
}
