package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.DELETE;
import static io.holdfast.engine.command.KeyFlag.INSERT;
import static io.holdfast.engine.command.KeyFlag.OW;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeyFlag.RW;
import static io.holdfast.engine.command.KeyFlag.UPDATE;
import static io.holdfast.engine.command.KeyFlag.VARIABLE_FLAGS;
import static io.holdfast.engine.command.KeySpec.key;
import static io.holdfast.engine.command.KeySpec.keys;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.command.KeyFlag;
import io.holdfast.engine.command.MirrorRule;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.rule.IndexRange;
import io.holdfast.engine.rule.LongDouble;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.engine.value.StringValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Strings: GET, SET, counters, ranges. */
public final class StringCommands implements CommandFamily {
    private static final Set<KeyFlag> WRITES = Collections.unmodifiableSet(EnumSet.of(OW, UPDATE));
    private static final Set<KeyFlag> READS_AND_WRITES = Collections.unmodifiableSet(EnumSet.of(RW, ACCESS, UPDATE));
    private static final Bytes SET = Bytes.of("SET");
    private static final Bytes DEL = Bytes.of("DEL");
    private static final Bytes MSET = Bytes.of("MSET");
    private static final Bytes INCRBY = Bytes.of("INCRBY");
    private static final Bytes PEXPIREAT = Bytes.of("PEXPIREAT");
    private static final Bytes PERSIST = Bytes.of("PERSIST");
    private static final Bytes PXAT = Bytes.of("PXAT");
    private static final Bytes NX = Bytes.of("NX");
    private static final Bytes KEEPTTL = Bytes.of("KEEPTTL");

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.STRING);
        commands.read("GET", exactly(2), key(1, RO, ACCESS))
                .fast()
                .says("Gives the string at a key.")
                .calls(StringCommands::get);
        commands.write("SET", atLeast(3), key(1, RW, ACCESS, UPDATE, VARIABLE_FLAGS))
                .keyFlags(args -> SetOptions.asksForOld(args) ? READS_AND_WRITES : WRITES)
                .keysOnly("GET")
                .denyOom()
                .absorbUnless(3, "NX")
                .overwritesWhere(SetOptions::isUnconditional)
                .setsString(2)
                .says("Sets the string at a key, whatever stood there, with an expiry or under a condition.")
                .calls(StringCommands::set);
        commands.write("SETNX", exactly(3), key(1, OW, INSERT))
                .denyOom()
                .fast()
                .says("Sets the string at a key that does not exist.")
                .calls(c -> Reply.of(setString(c, c.arg(1), c.arg(2), SetOptions.IF_ABSENT)));
        commands.write("SETEX", exactly(4), key(1, OW, UPDATE))
                .denyOom()
                .absorb()
                .since("2.0.0")
                .overwrites()
                .says("Sets a string that expires after seconds.")
                .calls(c -> setWithExpiry(c, 1000));
        commands.write("PSETEX", exactly(4), key(1, OW, UPDATE))
                .denyOom()
                .absorb()
                .since("2.6.0")
                .overwrites()
                .says("Sets a string that expires after milliseconds.")
                .calls(c -> setWithExpiry(c, 1));
        commands.write("GETSET", exactly(3), key(1, RW, ACCESS, UPDATE))
                .denyOom()
                .fast()
                .overwrites()
                .says("Sets a string and gives the one before.")
                .calls(StringCommands::getset);
        commands.write("GETDEL", exactly(2), key(1, RW, ACCESS, DELETE))
                .fast()
                .since("6.2.0")
                .overwrites()
                .says("Gives a string and deletes its key.")
                .calls(StringCommands::getdel);
        commands.write("GETEX", atLeast(2), key(1, RW, ACCESS, UPDATE))
                .fast()
                .absorb()
                .since("6.2.0")
                .says("Gives a string and sets or removes its expiry.")
                .calls(StringCommands::getex);
        commands.read("MGET", atLeast(2), keys(1, -1, 1, RO, ACCESS))
                .fast()
                .tip("request_policy:multi_shard")
                .says("Gives the strings at several keys.")
                .calls(StringCommands::mget);
        commands.write("MSET", atLeast(3), keys(1, -1, 2, OW, UPDATE))
                .denyOom()
                .absorb()
                .since("1.0.1")
                .tip("request_policy:multi_shard", "response_policy:all_succeeded")
                .overwrites()
                .says("Sets the strings at several keys, as one.")
                .calls(StringCommands::mset);
        commands.write("MSETNX", atLeast(3), keys(1, -1, 2, OW, INSERT))
                .denyOom()
                .since("1.0.1")
                .tip("request_policy:multi_shard", "response_policy:agg_min")
                .says("Sets the strings at several keys if none of them exists.")
                .calls(StringCommands::msetnx);
        commands.write("APPEND", exactly(3), key(1, RW, INSERT))
                .denyOom()
                .fast()
                .since("2.0.0")
                .says("Appends to a string.")
                .calls(StringCommands::append);
        commands.read("STRLEN", exactly(2), key(1, RO))
                .fast()
                .since("2.2.0")
                .says("Gives a string's length in bytes.")
                .calls(StringCommands::strlen);
        commands.write("SETRANGE", exactly(4), key(1, RW, UPDATE))
                .denyOom()
                .absorb()
                .since("2.2.0")
                .says("Overwrites part of a string from an offset on.")
                .calls(StringCommands::setrange);
        commands.read("GETRANGE", exactly(4), key(1, RO, ACCESS))
                .since("2.4.0")
                .says("Gives part of a string.")
                .calls(StringCommands::getrange);
        commands.read("SUBSTR", exactly(4), key(1, RO, ACCESS))
                .says("The old name of GETRANGE.")
                .calls(StringCommands::getrange);
        commands.write("INCR", exactly(2), key(1, RW, ACCESS, UPDATE))
                .denyOom()
                .fast()
                .mirrors(MirrorRule.NEW_STRING)
                .says("Adds one to an integer.")
                .calls(c -> incrby(c, 1));
        commands.write("DECR", exactly(2), key(1, RW, ACCESS, UPDATE))
                .denyOom()
                .fast()
                .mirrors(MirrorRule.NEW_STRING)
                .says("Subtracts one from an integer.")
                .calls(c -> incrby(c, -1));
        commands.write("INCRBY", exactly(3), key(1, RW, ACCESS, UPDATE))
                .denyOom()
                .fast()
                .mirrors(MirrorRule.NEW_STRING)
                .says("Adds to an integer.")
                .calls(c -> incrby(c, c.longArg(2)));
        commands.write("DECRBY", exactly(3), key(1, RW, ACCESS, UPDATE))
                .denyOom()
                .fast()
                .mirrors(MirrorRule.NEW_STRING)
                .says("Subtracts from an integer.")
                .calls(StringCommands::decrby);
        commands.write("INCRBYFLOAT", exactly(3), key(1, RW, ACCESS, UPDATE))
                .denyOom()
                .fast()
                .mirrors(MirrorRule.NEW_STRING)
                .since("2.6.0")
                .says("Adds to a number with fractions.")
                .calls(StringCommands::incrbyfloat);
        commands.read("LCS", atLeast(3), keys(1, 2, 1, RO, ACCESS))
                .since("7.0.0")
                .says("Gives the longest common subsequence of two strings.")
                .calls(LongestCommonSubsequence::lcs);
    }

    // ---- whole strings

    private static Reply get(CommandContext c) {
        return bulkOrNil(c.read(c.arg(1), StringValue.class));
    }

    static Reply bulkOrNil(@Nullable StringValue value) {
        return value == null ? Reply.Null.BULK : Reply.bulk(value.bytes());
    }

    private static Reply set(CommandContext c) {
        var options = SetOptions.parse(c, 3);
        Reply before = options.get ? bulkOrNil(c.read(c.arg(1), StringValue.class)) : Reply.OK;
        boolean done = setString(c, c.arg(1), c.arg(2), options);
        return options.get || done ? before : Reply.Null.BULK;
    }

    /** Sets the key if the options allow it; true when it was set. */
    private static boolean setString(CommandContext c, Bytes key, Bytes value, SetOptions options) {
        if ((options.ifAbsent && c.find(key) != null) || (options.ifPresent && c.find(key) == null)) {
            return false;
        }
        if (options.expiresAtMs != KeyRecord.NEVER && options.expiresAtMs <= c.nowMs()) {
            // A time that has passed: the key is written and gone at once, as in Redis.
            if (c.remove(key)) {
                c.event(KeyEvent.DEL, key);
                c.effect(DEL, key);
            }
            return true;
        }
        if (options.keepTtl) {
            c.keyspace().putKeepingExpiry(key, value);
            c.event(KeyEvent.SET, key);
            c.effect(SET, key, value, KEEPTTL);
            return true;
        }
        KeyRecord record = c.put(key, value);
        c.event(KeyEvent.SET, key);
        if (!options.ifAbsent && options.expiresAtMs == KeyRecord.NEVER) {
            c.effect(SET, key, value);
            return true;
        }
        List<Bytes> effect = new ArrayList<>(List.of(value));
        if (options.ifAbsent) {
            effect.add(NX);
        }
        if (options.expiresAtMs != KeyRecord.NEVER) {
            c.keyspace().expireAt(record, options.expiresAtMs);
            c.event(KeyEvent.EXPIRE, key);
            effect.add(PXAT);
            effect.add(Bytes.of(options.expiresAtMs));
        }
        c.effect(SET, key, effect);
        return true;
    }

    private static Reply setWithExpiry(CommandContext c, int unitMs) {
        long at = ExpiryTime.after(c, c.longArg(2), unitMs);
        setString(c, c.arg(1), c.arg(3), SetOptions.expiringAt(at));
        return Reply.OK;
    }

    private static Reply getset(CommandContext c) {
        Reply before = bulkOrNil(c.read(c.arg(1), StringValue.class));
        setString(c, c.arg(1), c.arg(2), SetOptions.NONE);
        return before;
    }

    private static Reply getdel(CommandContext c) {
        StringValue value = c.read(c.arg(1), StringValue.class);
        if (value == null) {
            return Reply.Null.BULK;
        }
        c.remove(c.arg(1));
        c.event(KeyEvent.DEL, c.arg(1));
        c.effect(DEL, c.arg(1));
        return Reply.bulk(value.bytes());
    }

    private static Reply getex(CommandContext c) {
        var options = SetOptions.parseGetex(c);
        StringValue value = c.read(c.arg(1), StringValue.class);
        KeyRecord record = c.find(c.arg(1));
        if (value == null || record == null) {
            return Reply.Null.BULK;
        }
        options.resolveExpiry(c);
        Reply reply = Reply.bulk(value.bytes());
        if (options.persist && c.keyspace().persist(record)) {
            c.event(KeyEvent.PERSIST, c.arg(1));
            c.effect(PERSIST, c.arg(1));
        } else if (options.expiresAtMs != KeyRecord.NEVER && options.expiresAtMs <= c.nowMs()) {
            c.keyspace().remove(record);
            c.event(KeyEvent.DEL, c.arg(1));
            c.effect(DEL, c.arg(1));
        } else if (options.expiresAtMs != KeyRecord.NEVER) {
            c.keyspace().expireAt(record, options.expiresAtMs);
            c.event(KeyEvent.EXPIRE, c.arg(1));
            c.effect(PEXPIREAT, c.arg(1), Bytes.of(options.expiresAtMs));
        }
        return reply;
    }

    private static Reply mget(CommandContext c) {
        var values = new ArrayList<Reply>(c.argc() - 1);
        for (int i = 1; i < c.argc(); i++) {
            KeyRecord record = c.look(c.arg(i));
            values.add(
                    record != null && record.value() instanceof StringValue string
                            ? Reply.bulk(string.bytes())
                            : Reply.Null.BULK);
        }
        return new Reply.Array(values);
    }

    private static Reply mset(CommandContext c) {
        requirePairs(c);
        setPairs(c);
        return Reply.OK;
    }

    private static Reply msetnx(CommandContext c) {
        requirePairs(c);
        for (int i = 1; i < c.argc(); i += 2) {
            if (c.find(c.arg(i)) != null) {
                return Reply.ZERO;
            }
        }
        setPairs(c);
        return Reply.ONE;
    }

    private static void requirePairs(CommandContext c) {
        if (c.argc() % 2 == 0) {
            throw c.wrongNumberOfArguments();
        }
    }

    private static void setPairs(CommandContext c) {
        for (int i = 1; i < c.argc(); i += 2) {
            c.put(c.arg(i), c.arg(i + 1));
            c.event(KeyEvent.SET, c.arg(i));
        }
        Bytes[] effect = c.args().clone();
        effect[0] = MSET;
        c.effect(effect);
    }

    // ---- parts of strings

    private static Reply append(CommandContext c) {
        StringValue value = c.change(c.arg(1), StringValue.class);
        if (value == null) {
            c.keyspace().insert(c.arg(1), new StringValue(c.arg(2)));
            c.event(KeyEvent.APPEND, c.arg(1));
            c.effectAsSent();
            return Reply.of(c.arg(2).length());
        }
        requireLength(c, (long) value.length() + c.arg(2).length());
        value.append(c.arg(2));
        c.changed(c.arg(1), KeyEvent.APPEND);
        c.effectAsSent();
        return Reply.of(value.length());
    }

    private static void requireLength(CommandContext c, long length) {
        if (length > c.config().stringBytesMax()) {
            throw RedisError.stringTooLong();
        }
    }

    private static Reply strlen(CommandContext c) {
        StringValue value = c.read(c.arg(1), StringValue.class);
        return Reply.of(value == null ? 0 : value.length());
    }

    private static Reply setrange(CommandContext c) {
        long offset = c.longArg(2);
        if (offset < 0) {
            throw RedisError.offsetOutOfRange();
        }
        Bytes patch = c.arg(3);
        StringValue value = c.change(c.arg(1), StringValue.class);
        if (patch.isEmpty()) {
            return Reply.of(value == null ? 0 : value.length());
        }
        requireLength(c, offset > Integer.MAX_VALUE ? offset : offset + patch.length());
        if (value == null) {
            value = new StringValue(Bytes.EMPTY);
            c.keyspace().insert(c.arg(1), value);
        }
        value.setRange((int) offset, patch);
        c.changed(c.arg(1), KeyEvent.SETRANGE);
        c.effectAsSent();
        return Reply.of(value.length());
    }

    private static Reply getrange(CommandContext c) {
        long start = c.longArg(2);
        long end = c.longArg(3);
        StringValue value = c.read(c.arg(1), StringValue.class);
        if (value == null) {
            return Reply.EMPTY_BULK;
        }
        IndexRange range = IndexRange.ofBytes(start, end, value.length());
        return Reply.bulk(value.getRange(range.from(), range.to()));
    }

    // ---- numbers

    private static Reply decrby(CommandContext c) {
        long decrement = c.longArg(2);
        if (decrement == Long.MIN_VALUE) {
            throw RedisError.decrementOverflow();
        }
        return incrby(c, -decrement);
    }

    private static Reply incrby(CommandContext c, long increment) {
        Bytes key = c.arg(1);
        StringValue value = c.change(key, StringValue.class);
        if (value != null && !RedisInteger.isLong(value.peek())) {
            throw RedisError.notAnInteger();
        }
        long before = value == null ? 0 : RedisInteger.parse(value.peek());
        long after = before + increment;
        if (((before ^ after) & (increment ^ after)) < 0) {
            throw RedisError.overflow();
        }
        c.keyspace().putKeepingExpiry(key, Bytes.of(after));
        c.event(KeyEvent.INCRBY, key);
        c.effect(INCRBY, key, Bytes.of(increment));
        return Reply.of(after);
    }

    private static Reply incrbyfloat(CommandContext c) {
        Bytes key = c.arg(1);
        StringValue value = c.change(key, StringValue.class);
        LongDouble before = LongDouble.parse(value == null ? Bytes.of(0) : value.bytes());
        LongDouble increment = LongDouble.parse(c.arg(2));
        if (before == null || increment == null) {
            throw RedisError.notAFloat();
        }
        LongDouble after = before.plus(increment);
        if (after == null) {
            throw RedisError.nanOrInfinity();
        }
        Bytes text = after.toBytes();
        c.keyspace().putKeepingExpiry(key, StringValue.ofText(text));
        c.event(KeyEvent.INCRBYFLOAT, key);
        c.effectAsSent();
        return Reply.bulk(text);
    }
}
