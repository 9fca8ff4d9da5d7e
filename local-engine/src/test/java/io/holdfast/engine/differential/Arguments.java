package io.holdfast.engine.differential;

import io.holdfast.resp.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Arguments for {@link Template}s, from pools so small that commands meet on the same keys, fields and members, and that
 * types collide. Expiries are far away or long past, so that the moment at which each side runs does not show.
 */
final class Arguments {
    private static final int OWN_KEYS = 4;
    private static final int WEIRD_PERCENT = 6;
    private static final int OTHER_FAMILY_PERCENT = 6;
    private static final List<String> FAMILIES = List.of("s", "h", "l", "t", "z", "m");

    /** What stands for nothing in particular. Not so big that a string of that length would fit into memory. */
    private static final Bytes[] WEIRD = pool(
            "",
            " ",
            "x",
            "-",
            "0",
            "1",
            "-1",
            "2",
            "10",
            "-0",
            "+5",
            "007",
            " 5",
            "5 ",
            "1.5",
            "1e3",
            "inf",
            "-inf",
            "nan",
            "9223372036854775807",
            "-9223372036854775808",
            "9223372036854775808",
            "18446744073709551615",
            "4294967296",
            "\r\n",
            "z\0",
            "\u00ff\u0080\r\n\0\t\"\\",
            "NX",
            "COUNT",
            "LIMIT",
            "WITHSCORES");

    /** What bounds, C strings and careless arithmetic stumble over. */
    private static final Bytes[] EXTREME = pool(
            "",
            "y\0", // as for the values: to SORT … ALPHA no other is the same
            "\n",
            "k\0k\r\n",
            "nan",
            "-nan",
            "inf",
            "-inf",
            "9223372036854775807",
            "9223372036854775806",
            "9223372036854775808",
            "-9223372036854775807",
            "-9223372036854775808",
            "-9223372036854775809",
            "18446744073709551615",
            "18446744073709551616",
            "4611686018427387904",
            "-4611686018427387904",
            "#2305843009213693952",
            "18446744073709551615-18446744073709551615",
            "(-9223372036854775808",
            "2147483647",
            "2147483648",
            "-2147483649",
            "4294967296",
            "536870912",
            "0x7fffffffffffffff",
            "00000000000000000001",
            "1e18",
            "1.0",
            "-0",
            "%s%n",
            "9".repeat(300)); // not so many that they overflow a double: see below

    /** Bits so far out would take most of a gigabyte, and times so early are past. */
    private static final Set<Bytes> FAR_BUT_ALLOWED =
            Set.of(Bytes.of(2147483647L), Bytes.of(2147483648L), Bytes.of(4294967296L), Bytes.of(536870912L));

    /** So many elements a real server would begin to send. */
    private static final Set<Bytes> MANY_WITH_REPEATS =
            Set.of(Bytes.of("-9223372036854775807"), Bytes.of("-4611686018427387904"), Bytes.of("-2147483649"));

    /** One more of these overflows, which C leaves open. */
    private static final Set<Bytes> MOST = Set.of(Bytes.of(Long.MAX_VALUE), Bytes.of(Long.MAX_VALUE - 1));

    private static final Set<String> COUNTING = Set.of("XGROUP", "XSETID");

    private static final Set<String> GROWING = Set.of("SETBIT", "BITFIELD", "SET");

    // None overflows a double: after one that does, Redis 7.0 refuses the next SORT, whatever it sorts (a stale errno).
    private static final Bytes[] VALUES = pool(
            "",
            "a",
            "b",
            "hello world",
            "0",
            "1",
            "-1",
            "10",
            "42",
            "-0",
            "007",
            "+5",
            " 5",
            "5 ",
            "3.0",
            "1.5",
            "-2.25",
            "0.1",
            "1e10",
            "inf",
            "-inf",
            "nan",
            "0x10",
            "9223372036854775807",
            "-9223372036854775808",
            "9223372036854775808",
            "99999999999999999999",
            "\r\n",
            "nul\0\u0001\u0002", // to SORT … ALPHA and other uses of C strings it ends here: no other begins so
            "$3\r\nfoo\r\n",
            "\u00e4\u00ff\u0080",
            "e".repeat(44),
            "r".repeat(45),
            "p".repeat(64),
            "t".repeat(65),
            "long".repeat(500));

    private static final Map<String, Bytes[]> POOLS = Map.ofEntries(
            Map.entry("field", pool("f1", "f2", "f3", "f4", "f5", "f6", "1", "2", "", "f\r\n\0", "F".repeat(65))),
            Map.entry("member", pool("a", "b", "c", "d", "e", "f", "g", "h", "", "m\r\n\0", "\u00ff", "M".repeat(65))),
            Map.entry(
                    "number-member",
                    pool("1", "2", "3", "4", "5", "-7", "40000", "3000000000", "-9223372036854775808", "01", "9")),
            Map.entry(
                    "int", pool("0", "1", "2", "-1", "-3", "5", "100", "9223372036854775807", "-9223372036854775808")),
            Map.entry(
                    "float",
                    pool(
                            "0",
                            "1",
                            "-1",
                            "0.1",
                            "0.2",
                            "3.0",
                            "-1.5",
                            "5.0e3",
                            "1e-5",
                            "123456789.123456789",
                            "1e17",
                            "1e300",
                            "1e400",
                            "inf",
                            "-inf",
                            "nan",
                            "-0",
                            "0x1p3")),
            Map.entry(
                    "score",
                    pool(
                            "0",
                            "1",
                            "2",
                            "3",
                            "3",
                            "-1",
                            "1.5",
                            "0.1",
                            "-0",
                            "inf",
                            "-inf",
                            "+inf",
                            "1e20",
                            "1e-300",
                            "3.14159265358979",
                            "1e17",
                            "123456789012",
                            "nan")),
            Map.entry("weight", pool("1", "2", "0", "-1", "0.5", "inf", "-inf", "1e10")),
            Map.entry("index", pool("0", "1", "2", "3", "5", "-1", "-2", "-3", "-6", "100", "-100")),
            Map.entry("offset", pool("0", "1", "2", "5", "40", "300", "-1", "536870912")),
            Map.entry("bit", pool("0", "1", "1", "2")),
            Map.entry("bit-offset", pool("0", "1", "7", "8", "15", "100", "1000", "-1", "4294967296")),
            Map.entry("bit-type", pool("u8", "i5", "u63", "i64", "u1", "i1", "i17", "u33", "u8", "i8", "u64", "I8")),
            Map.entry("bit-place", pool("0", "1", "#1", "#0", "7", "#2", "100", "#5", "-1", "#-1", "#4294967296")),
            Map.entry("radius", pool("0", "100", "200", "5000", "20000000", "1e9", "0.5", "250.75", "-1")),
            Map.entry("unit", pool("m", "km", "mi", "ft", "KM", "yd")),
            Map.entry("count", pool("0", "1", "2", "3", "7", "100", "-1", "-2", "-7")),
            // Not so many that the next one overflows, which C leaves open.
            Map.entry("entries-read", pool("0", "1", "2", "3", "7", "100", "-1", "-2", "-9223372036854775808", "x")),
            Map.entry("size", pool("0", "1", "1", "2", "3", "7", "100", "-1")),
            Map.entry("score-limit", pool("0", "1", "(1", "2", "(3", "-inf", "+inf", "inf", "(inf", "-1", "1.5", "(x")),
            Map.entry("lex-limit", pool("-", "+", "-", "+", "[a", "(b", "[c", "(d", "[", "(", "[\u00ff", "x")),
            Map.entry(
                    "pattern",
                    pool("*", "?", "*1", "[a-f]", "[^a]*", "\\*", "", "f*", "**", "[c-a]", "[", "*\n*", "s?", "h[12]")),
            Map.entry("group", pool("g1", "g1", "g2", "g\r\n\0")),
            Map.entry("consumer", pool("c1", "c2", "c3", "c\r\n\0")),
            Map.entry("min-idle", pool("0", "0", "0", "-1", "1000000000")), // far from any idle time that comes about
            Map.entry("length", pool("0", "1", "2", "5", "20", "50", "100", "101", "150", "200", "250")),
            Map.entry("type", pool("string", "hash", "list", "set", "zset", "stream", "bogus", "STRING")),
            Map.entry("db", pool("0", "0", "0", "1", "2", "15", "16", "-1")),
            Map.entry(
                    "at",
                    pool(
                            "4000000000",
                            "4000000001",
                            "5000000000",
                            "6000000000",
                            "1",
                            "0",
                            "-1",
                            "9223372036854775",
                            "9223372036854776",
                            "9223372036854775807",
                            "1.5")),
            Map.entry(
                    "at-ms",
                    pool(
                            "4000000000000",
                            "4000000000001",
                            "5000000000000",
                            "6000000000000",
                            "1",
                            "0",
                            "-1",
                            "9223372036854775807",
                            "9223372036854775808",
                            "y")),
            // SET with a time that has passed leaves a key that DBSIZE counts until somebody meets it.
            Map.entry("later", pool("4000000000", "5000000000", "0", "-1", "9223372036854775", "9223372036854776")),
            Map.entry("later-ms", pool("4000000000000", "6000000000000", "0", "-1", "9223372036854775807", "y")),
            Map.entry(
                    "script-of-one",
                    pool(
                            "return redis.call('GET', KEYS[1])",
                            "return redis.call('APPEND', KEYS[1], ARGV[1])",
                            "return redis.call('RPUSH', KEYS[1], ARGV[1], 'tail')",
                            "local n = redis.call('INCR', KEYS[1]) if n > 3 then redis.call('DEL', KEYS[1]) end return n",
                            "redis.call('HSET', KEYS[1], 'f1', ARGV[1]) return redis.call('HLEN', KEYS[1])",
                            "local t = redis.call('TYPE', KEYS[1]).ok redis.call('DEL', KEYS[1]) return t",
                            "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('NOSUCH', KEYS[1])",
                            "return {redis.call('EXISTS', KEYS[1]), redis.call('TYPE', KEYS[1])}")),
            Map.entry(
                    "script-of-two",
                    pool(
                            "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('APPEND', KEYS[2], ARGV[1])",
                            "redis.call('SADD', KEYS[1], ARGV[1]) redis.call('ZADD', KEYS[2], 2, ARGV[1]) return 1",
                            "local v = redis.pcall('LPOP', KEYS[1]) if v and not v.err then redis.call('RPUSH', KEYS[2], v) end return v",
                            "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('RENAME', KEYS[1], KEYS[2]) end",
                            "return redis.pcall('LMOVE', KEYS[1], KEYS[2], 'LEFT', 'RIGHT')",
                            "return redis.call('COPY', KEYS[1], KEYS[2], 'REPLACE')",
                            "local n = redis.call('DEL', KEYS[1]) redis.call('HSET', KEYS[2], 'n', n) return n",
                            "local a = redis.pcall('STRLEN', KEYS[1]) local b = redis.pcall('LLEN', KEYS[2]) return {a, b}")),
            Map.entry(
                    "script-of-three",
                    pool(
                            "return redis.call('ZUNIONSTORE', KEYS[1], 2, KEYS[2], KEYS[3])",
                            "return redis.call('MSET', KEYS[1], ARGV[1], KEYS[2], ARGV[1], KEYS[3], '7')",
                            "redis.call('DEL', KEYS[1]) return redis.pcall('SDIFFSTORE', KEYS[1], KEYS[2], KEYS[3])",
                            "for i = 1, 3 do redis.call('SET', KEYS[i], i) end return redis.call('MGET', unpack(KEYS))",
                            "return redis.call('EXISTS', KEYS[1], KEYS[2], KEYS[3])")),
            Map.entry("bad-ttl", pool("0", "-1", "-9223372036854775808", "9223372036854775807", "", "1.5", "ttl")));

    /** So far back ids of entries are asked for: as many entries as some streams have. */
    private static final int ENTRIES_BACK = 400;

    private final SplittableRandom random;
    private String family = "s";
    private long lastEntry = 1;

    Arguments(SplittableRandom random) {
        this.random = random;
    }

    /** Whose keys the next commands mostly use: s, h, l, t (sets), z, m (streams), or k for all alike. */
    void family(String letter) {
        family = letter;
    }

    Bytes of(String placeholder) {
        return switch (placeholder) {
            case "key" -> key();
            // Ranges by name have a meaning only where all scores are the same; these keys hold nothing else.
            case "lex-key" -> Bytes.of("x" + (1 + random.nextInt(OWN_KEYS)));
            // Its bytes are no other family's business: half of an element added to what was corrupted shows who is
            // who.
            // No two at the same place: of those that are as near, Redis's partial sort gives any first.
            case "longitude" -> degrees(180);
            case "latitude" -> degrees(85);
            case "geo-key" -> Bytes.of("g" + (1 + random.nextInt(OWN_KEYS)));
            case "hll-key" -> Bytes.of("p" + (1 + random.nextInt(OWN_KEYS)));
            case "element" -> Bytes.of("e" + random.nextInt(1_000_000));
            case "value" -> pick(VALUES);
            case "weird" -> weird();
            case "new-id" -> newId();
            case "old-id" -> oldId();
            case "range-start" -> rangeEdge("-");
            case "range-end" -> rangeEdge("+");
            case "ttl" -> ttl(1);
            case "ttl-ms" -> ttl(1000);
            case "number" -> Bytes.of(random.nextInt(700));
            case "name" -> Bytes.of("n" + random.nextInt(700));
            case "at", "at-ms", "later", "later-ms", "db", "entries-read" -> pick(pool(placeholder));
            default -> random.nextInt(100) < WEIRD_PERCENT ? weird() : pick(pool(placeholder));
        };
    }

    Bytes weird() {
        return pick(WEIRD);
    }

    /** Whether all members of the sorted set there have the same score. */
    static boolean isLexKey(Bytes argument) {
        return argument.length() == 2 && argument.at(0) == 'x';
    }

    /** What no command expects; but nothing that would rightly take more memory than there is. */
    Bytes extreme(String command) {
        while (true) {
            Bytes extreme = pick(EXTREME);
            boolean asksForMany = command.contains("RAND") && MANY_WITH_REPEATS.contains(extreme);
            boolean growsFar = GROWING.contains(command) && FAR_BUT_ALLOWED.contains(extreme);
            boolean overflowsNext = COUNTING.contains(command) && MOST.contains(extreme);
            if (!asksForMany && !growsFar && !overflowsNext) {
                return extreme;
            }
        }
    }

    private static Bytes[] pool(String placeholder) {
        Bytes[] pool = POOLS.get(placeholder);
        if (pool == null) {
            throw new IllegalArgumentException("no pool for " + placeholder);
        }
        return pool;
    }

    private Bytes key() {
        boolean other = family.equals("k") || random.nextInt(100) < OTHER_FAMILY_PERCENT;
        String letter = other ? FAMILIES.get(random.nextInt(FAMILIES.size())) : family;
        int number = 1 + random.nextInt(OWN_KEYS);
        return random.nextInt(100) == 0 ? weird() : Bytes.of(letter + number);
    }

    /** Mostly near 0, so that places meet; sometimes beyond what there is. */
    private Bytes degrees(int most) {
        double spread = random.nextBoolean() ? 5 : most * 1.05;
        double degrees = (random.nextDouble() * 2 - 1) * spread;
        return random.nextInt(100) < WEIRD_PERCENT ? weird() : Bytes.of(Double.toString(degrees));
    }

    /** The id of an entry to be added: mostly greater than any before. */
    private Bytes newId() {
        lastEntry += random.nextInt(3) == 0 ? 0 : 1;
        return switch (random.nextInt(40)) {
            case 0, 1 -> Bytes.of(lastEntry + "-*");
            case 2, 3 -> Bytes.of(lastEntry);
            case 4 -> Bytes.of(lastEntry - 1 + "-*");
            case 5 -> oldId();
            default -> Bytes.of(lastEntry + "-" + (1 + random.nextInt(3)));
        };
    }

    /** The id of an entry that some stream may have. */
    private Bytes oldId() {
        long ms = Math.max(0, lastEntry + 1 - random.nextInt(random.nextBoolean() ? 20 : ENTRIES_BACK));
        return switch (random.nextInt(40)) {
            case 0, 1 -> Bytes.of(ms);
            case 2 -> Bytes.of(0);
            case 3 -> weird();
            default -> Bytes.of(ms + "-" + random.nextInt(4));
        };
    }

    private Bytes rangeEdge(String open) {
        return switch (random.nextInt(4)) {
            case 0, 1 -> Bytes.of(open);
            case 2 -> Bytes.of("(" + oldId().latin1());
            default -> oldId();
        };
    }

    /** Hardly ever the same twice: a TTL compared with an equal one would show who ran a millisecond later. */
    private Bytes ttl(long unit) {
        return random.nextInt(100) < 10
                ? pick(pool("bad-ttl"))
                : Bytes.of((100_000 + random.nextInt(1_000_000_000)) * unit);
    }

    private Bytes pick(Bytes[] pool) {
        return pool[random.nextInt(pool.length)];
    }

    private static Bytes[] pool(String first, String... more) {
        var all = new Bytes[more.length + 1];
        all[0] = latin1(first);
        Arrays.setAll(all, i -> i == 0 ? latin1(first) : latin1(more[i - 1]));
        return all;
    }

    private static Bytes latin1(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
