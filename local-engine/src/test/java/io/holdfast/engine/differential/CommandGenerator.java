package io.holdfast.engine.differential;

import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/** Makes random commands, most of them right, some of them wrong. The same seed makes the same commands. */
public final class CommandGenerator {
    private static final int MUTATED_PERCENT = 5;
    private static final int TRANSACTION_PERMILLE = 10;
    private static final int WATCHED_PERCENT = 40;
    private static final int TRANSACTION_COMMANDS_MAX = 6;
    private static final int HOSTILE_PERCENT = 40;

    /** How often keys get a family's commands; the letter says whose keys they mostly are. */
    private record Family(String letter, int share, List<Template> templates) {}

    private static final List<Family> FAMILIES = List.of(
            new Family("s", 20, Template.parse("""
                            SET key value
                            SET key value [NX|XX] [GET] [EX ttl|PX ttl-ms|EXAT later|PXAT later-ms|KEEPTTL]
                            SET key int
                            GET key
                            SETNX key value
                            SETEX key ttl value
                            PSETEX key ttl-ms value
                            GETSET key value
                            GETDEL key
                            GETEX key [EX ttl|PX ttl-ms|EXAT at|PXAT at-ms|PERSIST]
                            MGET (key)+
                            MSET (key value)+
                            MSETNX (key value)+
                            APPEND key value
                            STRLEN key
                            SETRANGE key offset value
                            GETRANGE key index index
                            SUBSTR key index index
                            INCR key
                            DECR key
                            INCRBY key int
                            DECRBY key int
                            INCRBYFLOAT key float
                            LCS key key [LEN|IDX] [MINMATCHLEN size] [WITHMATCHLEN]
                            """)),
            new Family("s", 10, Template.parse("""
                            SETBIT key bit-offset bit
                            SETBIT key bit-offset bit
                            GETBIT key bit-offset
                            BITCOUNT key [index index [BYTE|BIT]]
                            BITPOS key bit [index [index [BYTE|BIT]]]
                            BITOP (AND|OR|XOR) (key)+
                            BITOP NOT key key
                            BITFIELD key (GET bit-type bit-place|SET bit-type bit-place int|INCRBY bit-type bit-place int|OVERFLOW (SAT|FAIL|WRAP))+
                            BITFIELD key (GET bit-type bit-place|OVERFLOW (SAT|FAIL|WRAP|BOGUS) INCRBY bit-type bit-place int)+
                            BITFIELD_RO key (GET bit-type bit-place)+
                            """)),
            new Family("s", 5, Template.parse("""
                            PFADD hll-key (element)+
                            PFADD hll-key (name)*
                            PFADD hll-key
                            PFADD key (element)+
                            PFCOUNT hll-key
                            PFCOUNT (hll-key)+
                            PFMERGE (hll-key)+
                            PFDEBUG (ENCODING|DECODE|TODENSE|GETREG|BOGUS) hll-key
                            PFSELFTEST X
                            GET hll-key
                            DEL hll-key
                            """)),
            new Family("z", 6, Template.parse("""
                            GEOADD geo-key (longitude latitude member)+
                            GEOADD geo-key [NX|XX] [CH] (longitude latitude member)+
                            GEODIST geo-key member member [unit]
                            GEOHASH (geo-key|key) (member)+
                            GEOPOS (geo-key|key) (member)+
                            GEORADIUS geo-key longitude latitude radius unit [WITHDIST] [WITHCOORD] [WITHHASH] [COUNT size [ANY]] [ASC|DESC]
                            GEORADIUS_RO geo-key longitude latitude radius unit [WITHDIST] [COUNT size] [ASC|DESC] [STORE geo-key]
                            GEORADIUSBYMEMBER geo-key member radius unit [WITHDIST] [WITHCOORD] [COUNT size] [ASC|DESC]
                            GEORADIUSBYMEMBER_RO geo-key member radius unit [WITHDIST] [WITHCOORD] [COUNT size] [ASC|DESC]
                            GEORADIUS geo-key longitude latitude radius unit [COUNT size [ANY]] STORE geo-key
                            GEORADIUSBYMEMBER geo-key member radius unit [WITHDIST] STORE geo-key
                            GEOSEARCH geo-key [FROMMEMBER member|FROMLONLAT longitude latitude] (BYRADIUS radius unit|BYBOX radius radius unit) [ASC|DESC] [WITHDIST] [WITHCOORD] [WITHHASH] [COUNT size [ANY]]
                            GEOSEARCH geo-key (FROMMEMBER member|FROMLONLAT longitude latitude) [BYRADIUS radius unit|BYBOX radius radius unit] [WITHDIST] [ANY]
                            GEOSEARCHSTORE geo-key geo-key (FROMMEMBER member|FROMLONLAT longitude latitude) (BYRADIUS radius unit|BYBOX radius radius unit) [COUNT size [ANY]]
                            """)),
            new Family("h", 16, Template.parse("""
                            HSET key (field value)+
                            HSET key (field int)+
                            HSET key (number value)*
                            HMSET key (field value)+
                            HSETNX key field value
                            HGET key field
                            HMGET key (field)+
                            HGETALL key
                            HKEYS key
                            HVALS key
                            HLEN key
                            HSTRLEN key field
                            HEXISTS key field
                            HDEL key (field)+
                            HINCRBY key field int
                            HINCRBYFLOAT key field float
                            HRANDFIELD key [count [WITHVALUES]]
                            HSCAN key 0 [MATCH pattern] COUNT 100000
                            """)),
            new Family("l", 18, Template.parse("""
                            LPUSH key (value)+
                            RPUSH key (value)+
                            RPUSH key (value)*
                            LPUSHX key (value)+
                            RPUSHX key (value)+
                            LPOP key [size]
                            RPOP key [size]
                            LLEN key
                            LINDEX key index
                            LRANGE key index index
                            LSET key index value
                            LINSERT key (BEFORE|AFTER) value value
                            LREM key count value
                            LTRIM key index index
                            LTRIM key 0 10
                            LPOS key value [RANK count] [COUNT size] [MAXLEN size]
                            LMOVE key key (LEFT|RIGHT) (LEFT|RIGHT)
                            RPOPLPUSH key key
                            LMPOP (1 key|2 key key|3 key key key) (LEFT|RIGHT) [COUNT size]
                            """)),
            new Family("t", 16, Template.parse("""
                            SADD key (member)+
                            SADD key (number-member)+
                            SADD key (number)+
                            SADD key (number)*
                            SADD key (name)*
                            SREM key (member|number-member)+
                            SCARD key
                            SISMEMBER key member
                            SMISMEMBER key (member)+
                            SMEMBERS key
                            SPOP key [size]
                            SRANDMEMBER key [count]
                            SMOVE key key member
                            SINTER (key)+
                            SUNION (key)+
                            SDIFF (key)+
                            SINTERSTORE (key)+
                            SUNIONSTORE (key)+
                            SDIFFSTORE (key)+
                            SINTERCARD (1 key|2 key key|3 key key key) [LIMIT size]
                            SSCAN key 0 [MATCH pattern] COUNT 100000
                            """)),
            new Family("z", 24, Template.parse("""
                            ZADD key (score member)+
                            ZADD key (score name)*
                            ZADD key [NX|XX] [GT|LT] [CH] [INCR] score member
                            ZADD key [NX|XX|GT|LT|CH] (score member)+
                            ZINCRBY key score member
                            ZREM key (member)+
                            ZCARD key
                            ZSCORE key member
                            ZMSCORE key (member)+
                            ZRANK key member
                            ZREVRANK key member
                            ZCOUNT key score-limit score-limit
                            ZADD lex-key (0 member)+
                            ZLEXCOUNT lex-key lex-limit lex-limit
                            ZRANGE key index index [REV] [WITHSCORES]
                            ZRANGE key score-limit score-limit BYSCORE [REV] [LIMIT size count] [WITHSCORES]
                            ZRANGE lex-key lex-limit lex-limit BYLEX [REV] [LIMIT size count]
                            ZREVRANGE key index index [WITHSCORES]
                            ZRANGEBYSCORE key score-limit score-limit [WITHSCORES] [LIMIT size count]
                            ZREVRANGEBYSCORE key score-limit score-limit [WITHSCORES] [LIMIT size count]
                            ZRANGEBYLEX lex-key lex-limit lex-limit [LIMIT size count]
                            ZREVRANGEBYLEX lex-key lex-limit lex-limit [LIMIT size count]
                            ZRANGESTORE key key index index [REV]
                            ZRANGESTORE key key score-limit score-limit BYSCORE [REV] [LIMIT size count]
                            ZRANGESTORE lex-key lex-key lex-limit lex-limit BYLEX [REV] [LIMIT size count]
                            ZREMRANGEBYRANK key index index
                            ZREMRANGEBYSCORE key score-limit score-limit
                            ZREMRANGEBYLEX lex-key lex-limit lex-limit
                            ZPOPMIN key [size]
                            ZPOPMAX key [size]
                            ZMPOP (1 key|2 key key) (MIN|MAX) [COUNT size]
                            ZUNIONSTORE key (1 key [WEIGHTS weight]|2 key key [WEIGHTS weight weight]) [AGGREGATE (SUM|MIN|MAX)]
                            ZINTERSTORE key (1 key [WEIGHTS weight]|2 key key [WEIGHTS weight weight]) [AGGREGATE (SUM|MIN|MAX)]
                            ZDIFFSTORE key (1 key|2 key key|3 key key key)
                            ZUNION (1 key|2 key key [WEIGHTS weight weight]|3 key key key) [AGGREGATE (SUM|MIN|MAX)] [WITHSCORES]
                            ZINTER (1 key|2 key key [WEIGHTS weight weight]|3 key key key) [AGGREGATE (SUM|MIN|MAX)] [WITHSCORES]
                            ZDIFF (1 key|2 key key|3 key key key) [WITHSCORES]
                            ZINTERCARD (1 key|2 key key|3 key key key) [LIMIT size]
                            ZRANDMEMBER key [count [WITHSCORES]]
                            ZSCAN key 0 [MATCH pattern] COUNT 100000
                            """)),
            new Family("m", 26, Template.parse("""
                            XADD key new-id (field value)+
                            XADD key new-id (field value)+
                            XADD key new-id A int
                            XADD key new-id A int
                            XADD key new-id A value
                            XADD key new-id A value B int
                            XADD key new-id A int B int
                            XADD key [NOMKSTREAM] MAXLEN ~ length [LIMIT size] new-id A value
                            XADD key [NOMKSTREAM] [MAXLEN [=|~] length|MINID [=|~] old-id] new-id field value
                            XLEN key
                            XRANGE key range-start range-end [COUNT count]
                            XREVRANGE key range-end range-start [COUNT count]
                            XDEL key (old-id)+
                            XDEL key (old-id)*
                            XTRIM key MAXLEN ~ length [LIMIT length]
                            XTRIM key MINID ~ old-id [LIMIT length]
                            XTRIM key MAXLEN [=|~] length [LIMIT size]
                            XTRIM key MINID [=|~] old-id [LIMIT size]
                            XSETID key new-id [ENTRIESADDED number] [MAXDELETEDID old-id]
                            XREAD [COUNT count] STREAMS key (old-id|$)
                            XREAD [COUNT count] STREAMS key key old-id old-id
                            XGROUP CREATE key group (old-id|$|0) [MKSTREAM] [ENTRIESREAD entries-read]
                            XGROUP CREATE key group 0 MKSTREAM
                            XGROUP SETID key group (old-id|$|0|0) [ENTRIESREAD entries-read]
                            XGROUP DESTROY key group
                            XGROUP CREATECONSUMER key group consumer
                            XGROUP DELCONSUMER key group consumer
                            XREADGROUP GROUP group consumer [COUNT size] [NOACK] STREAMS key >
                            XREADGROUP GROUP group consumer [COUNT size] STREAMS key >
                            XREADGROUP GROUP group consumer [COUNT size] STREAMS key (old-id|0)
                            XREADGROUP GROUP group consumer [COUNT size] STREAMS key key > (old-id|>)
                            XACK key group (old-id)+
                            XACK key group (old-id)*
                            XPENDING key group [[IDLE min-idle] range-start range-end size [consumer]]
                            XCLAIM key group consumer min-idle (old-id)+ [IDLE size|TIME at-ms] [RETRYCOUNT size] [FORCE] [JUSTID] [LASTID old-id]
                            XCLAIM key group consumer 0 (old-id)* [FORCE] [JUSTID]
                            XAUTOCLAIM key group consumer min-idle range-start [COUNT size] [JUSTID]
                            XINFO STREAM key [FULL [COUNT size]]
                            XINFO GROUPS key
                            XINFO CONSUMERS key group
                            """)),
            new Family("k", 16, Template.parse("""
                            DEL (key)+
                            DEL (key)+
                            UNLINK (key)+
                            EXISTS (key)+
                            TOUCH (key)+
                            TYPE key
                            EXPIRE key ttl [NX|XX|GT|LT]
                            EXPIRE key ttl (NX|XX|GT|LT) (NX|XX|GT|LT|BOGUS)
                            PEXPIRE key ttl-ms [NX|XX|GT|LT]
                            EXPIREAT key at [NX|XX|GT|LT]
                            PEXPIREAT key at-ms [NX|XX|GT|LT]
                            TTL key
                            PTTL key
                            EXPIRETIME key
                            PEXPIRETIME key
                            PERSIST key
                            RENAME key key
                            RENAMENX key key
                            COPY key key [DB db] [REPLACE]
                            MOVE key db
                            KEYS pattern
                            RANDOMKEY
                            SCAN 0 [MATCH pattern] COUNT 100000 [TYPE type]
                            DBSIZE
                            OBJECT ENCODING key
                            SORT key [LIMIT size count] [ASC|DESC] [ALPHA] [STORE key]
                            SORT_RO key [LIMIT size count] [ASC|DESC] [ALPHA]
                            SORT key BY H* [GET #] [GET pattern]
                            SELECT (0|0|0|1|2|99|db)
                            SWAPDB (0|1) (0|1|2)
                            WATCH (key)+
                            UNWATCH
                            EXEC
                            DISCARD
                            """)),
            new Family("k", 4, Template.parse("""
                            EVAL script-of-one 1 key value
                            EVAL script-of-two 2 key key value
                            EVAL script-of-two 2 key key value
                            EVAL script-of-three 3 key key key value
                            EVAL_RO script-of-one 1 key value
                            EVAL script-of-one (0|2|3|-1) key value
                            """)));

    /** Left as they are made: a wrong time would soon expire, a wrong cursor or random count shows who is who. */
    private static final Set<String> NEVER_MUTATED = Set.of(
            "SET",
            "SETEX",
            "PSETEX",
            "GETEX",
            "EXPIRE",
            "PEXPIRE",
            "EXPIREAT",
            "PEXPIREAT",
            "SCAN",
            "HSCAN",
            "SSCAN",
            "ZSCAN",
            "SORT");

    /** A wrong cursor shows who is who, and after a weight that overflows Redis 7.0 refuses the next SORT. */
    private static final Set<String> ORDER_OR_CURSOR = Set.of("SCAN", "HSCAN", "SSCAN", "ZSCAN", "SORT", "SORT_RO");

    private final SplittableRandom random;
    private final Arguments arguments;
    private final Map<Family, List<Template>> available = new LinkedHashMap<>();
    private final boolean transactions;
    private final int hostilePercent;

    /** @param has the names of the commands that the engine has; no other is made */
    public CommandGenerator(long seed, Set<String> has) {
        this(seed, has, 0);
    }

    /** One that gives many commands numbers beyond all bounds, what is no number, and bytes that end C strings. */
    public static CommandGenerator hostile(long seed, Set<String> has) {
        return new CommandGenerator(seed, has, HOSTILE_PERCENT);
    }

    private CommandGenerator(long seed, Set<String> has, int hostilePercent) {
        this.hostilePercent = hostilePercent;
        random = new SplittableRandom(seed);
        arguments = new Arguments(random);
        transactions = has.contains("MULTI");
        for (Family family : FAMILIES) {
            List<Template> templates = family.templates().stream()
                    .filter(template -> has.contains(template.name()))
                    .toList();
            if (!templates.isEmpty()) {
                available.put(family, templates);
            }
        }
    }

    /** Every command that some template makes. */
    static Set<String> names() {
        Set<String> names = FAMILIES.stream()
                .flatMap(family -> family.templates().stream())
                .map(Template::name)
                .collect(Collectors.toCollection(LinkedHashSet::new));
        names.add("MULTI");
        return names;
    }

    /** One command, or several that must follow one another. */
    public List<Bytes[]> next() {
        return transactions && random.nextInt(1000) < TRANSACTION_PERMILLE
                ? transaction()
                : List.<Bytes[]>of(command());
    }

    private Bytes[] command() {
        List<Bytes> command = made();
        String name = command.get(0).latin1();
        if (random.nextInt(100) < MUTATED_PERCENT && !NEVER_MUTATED.contains(name)) {
            mutate(command);
        }
        if (hostilePercent > 0 && random.nextInt(100) < hostilePercent) {
            exaggerate(command);
        }
        return command.toArray(Bytes[]::new);
    }

    private void exaggerate(List<Bytes> command) {
        String name = command.get(0).latin1().toUpperCase(Locale.ROOT);
        // Where members are chosen by their names all scores have to be the same.
        boolean needsEqualScores = name.equals("ZADD") && command.stream().anyMatch(Arguments::isLexKey);
        if (command.size() > 1 && !needsEqualScores && !ORDER_OR_CURSOR.contains(name)) {
            for (int times = 1 + random.nextInt(2); times > 0; times--) {
                int at = 1 + random.nextInt(command.size() - 1);
                if (!Arguments.isLexKey(command.get(at))) {
                    command.set(at, arguments.extreme(name));
                }
            }
        }
    }

    private List<Bytes> made() {
        int place = random.nextInt(
                available.keySet().stream().mapToInt(Family::share).sum());
        for (Map.Entry<Family, List<Template>> entry : available.entrySet()) {
            place -= entry.getKey().share();
            if (place < 0) {
                arguments.family(entry.getKey().letter());
                List<Template> templates = entry.getValue();
                return templates.get(random.nextInt(templates.size())).make(arguments, random);
            }
        }
        throw new IllegalStateException("shares do not add up");
    }

    private void mutate(List<Bytes> command) {
        int last = command.size() - 1;
        int some = last == 0 ? 0 : 1 + random.nextInt(last);
        switch (random.nextInt(7)) {
            case 0 -> command.remove(last == 0 ? 0 : last);
            case 1 -> command.add(arguments.weird());
            case 2 -> command.add(1, arguments.weird());
            case 3 -> command.set(last, arguments.weird());
            case 4 -> command.add(command.get(some));
            case 5 -> command.set(0, Bytes.of(command.get(0).latin1().toLowerCase(Locale.ROOT)));
            default -> command.set(0, Bytes.of(command.get(0).latin1() + "x"));
        }
        if (command.isEmpty()) {
            command.add(Bytes.of("NOSUCH"));
        }
    }

    private List<Bytes[]> transaction() {
        var steps = new ArrayList<Bytes[]>();
        if (random.nextInt(100) < WATCHED_PERCENT) {
            steps.add(new Bytes[] {Bytes.of("WATCH"), arguments.of("key")});
            if (random.nextBoolean()) {
                steps.add(queueable());
            }
        }
        steps.add(new Bytes[] {Bytes.of("MULTI")});
        for (int i = random.nextInt(TRANSACTION_COMMANDS_MAX); i >= 0; i--) {
            steps.add(queueable());
        }
        steps.add(new Bytes[] {Bytes.of(random.nextInt(8) == 0 ? "DISCARD" : "EXEC")});
        return steps;
    }

    /** A command whose reply is the same on both sides to the byte, and so may stand in the reply of EXEC. */
    private Bytes[] queueable() {
        while (true) {
            Bytes[] command = command();
            if (ReplyRule.of(command) == ReplyRule.EXACT) {
                return command;
            }
        }
    }
}
