package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.DELETE;
import static io.holdfast.engine.command.KeyFlag.INSERT;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeyFlag.RW;
import static io.holdfast.engine.command.KeyFlag.UPDATE;
import static io.holdfast.engine.command.KeySpec.key;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.command.MirrorRule;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.rule.LongDouble;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.engine.rule.ScanCursor;
import io.holdfast.engine.value.HashValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Hashes: fields with values under one key. */
public final class HashCommands implements CommandFamily {
    private static final Bytes HSET = Bytes.of("HSET");
    private static final Bytes HSETNX = Bytes.of("HSETNX");
    private static final Bytes HDEL = Bytes.of("HDEL");
    private static final Bytes HINCRBY = Bytes.of("HINCRBY");
    private static final Bytes HINCRBYFLOAT = Bytes.of("HINCRBYFLOAT");

    /** The reply is the field's new value. */
    private static final MirrorRule NEW_VALUE = (args, reply) -> {
        Bytes value = reply instanceof Reply.Int number
                ? Bytes.of(number.value())
                : reply instanceof Reply.Bulk bulk ? bulk.value() : null;
        return value == null ? null : List.of(new Bytes[][] {{HSET, args[1], args[2], value}});
    };

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.HASH);
        declareWrites(commands);
        declareReads(commands);
    }

    private static void declareWrites(CommandTable.Builder commands) {
        commands.write("HSET", atLeast(4), key(1, RW, UPDATE))
                .denyOom()
                .fast()
                .absorb()
                .absolute()
                .since("2.0.0")
                .costs("O(N) with the number of fields")
                .says("Sets fields of a hash and tells how many of them are new.")
                .calls(c -> Reply.of(set(c)));
        commands.write("HMSET", atLeast(4), key(1, RW, UPDATE))
                .denyOom()
                .fast()
                .absorb()
                .absolute()
                .since("2.0.0")
                .costs("O(N) with the number of fields")
                .says("Sets fields of a hash.")
                .calls(HashCommands::hmset);
        commands.write("HSETNX", exactly(4), key(1, RW, INSERT))
                .denyOom()
                .fast()
                .since("2.0.0")
                .costs("O(1)")
                .says("Sets a field of a hash that does not exist.")
                .calls(HashCommands::hsetnx);
        commands.write("HDEL", atLeast(3), key(1, RW, DELETE))
                .fast()
                .absorb()
                .absolute()
                .since("2.0.0")
                .costs("O(N) with the number of fields")
                .says("Deletes fields of a hash.")
                .calls(HashCommands::hdel);
        commands.write("HINCRBY", exactly(4), key(1, RW, ACCESS, UPDATE))
                .denyOom()
                .fast()
                .mirrors(NEW_VALUE)
                .since("2.0.0")
                .costs("O(1)")
                .says("Adds to an integer in a field.")
                .calls(HashCommands::hincrby);
        commands.write("HINCRBYFLOAT", exactly(4), key(1, RW, ACCESS, UPDATE))
                .denyOom()
                .fast()
                .mirrors(NEW_VALUE)
                .since("2.6.0")
                .costs("O(1)")
                .says("Adds to a number with fractions in a field.")
                .calls(HashCommands::hincrbyfloat);
    }

    private static void declareReads(CommandTable.Builder commands) {
        commands.read("HGET", exactly(3), key(1, RO, ACCESS))
                .fast()
                .since("2.0.0")
                .costs("O(1)")
                .says("Gives the value of a field.")
                .calls(c -> valueOrNil(hash(c), c.arg(2)));
        commands.read("HMGET", atLeast(3), key(1, RO, ACCESS))
                .fast()
                .since("2.0.0")
                .costs("O(N) with the number of fields")
                .says("Gives the values of several fields.")
                .calls(HashCommands::hmget);
        commands.read("HGETALL", exactly(2), key(1, RO, ACCESS))
                .since("2.0.0")
                .tip("nondeterministic_output_order")
                .costs("O(N) with the size of the hash")
                .says("Gives all fields with their values.")
                .calls(HashCommands::hgetall);
        commands.read("HKEYS", exactly(2), key(1, RO, ACCESS))
                .since("2.0.0")
                .tip("nondeterministic_output_order")
                .costs("O(N) with the size of the hash")
                .says("Gives all fields.")
                .calls(HashCommands::hkeys);
        commands.read("HVALS", exactly(2), key(1, RO, ACCESS))
                .since("2.0.0")
                .tip("nondeterministic_output_order")
                .costs("O(N) with the size of the hash")
                .says("Gives the values of all fields.")
                .calls(HashCommands::hvals);
        commands.read("HLEN", exactly(2), key(1, RO))
                .fast()
                .since("2.0.0")
                .costs("O(1)")
                .says("Counts the fields of a hash.")
                .calls(HashCommands::hlen);
        commands.read("HSTRLEN", exactly(3), key(1, RO))
                .fast()
                .since("3.2.0")
                .costs("O(1)")
                .says("Gives the length of a field's value in bytes.")
                .calls(HashCommands::hstrlen);
        commands.read("HEXISTS", exactly(3), key(1, RO))
                .fast()
                .since("2.0.0")
                .costs("O(1)")
                .says("Tells whether a field exists.")
                .calls(HashCommands::hexists);
        commands.read("HRANDFIELD", atLeast(2), key(1, RO, ACCESS))
                .since("6.2.0")
                .tip("nondeterministic_output")
                .costs("O(N) with the number of fields given")
                .says("Gives one or several random fields.")
                .calls(HashCommands::hrandfield);
        commands.read("HSCAN", atLeast(3), key(1, RO, ACCESS))
                .since("2.8.0")
                .tip("nondeterministic_output")
                .costs("O(1) a call, O(N) for the whole hash")
                .says("Gives some fields with their values, and the cursor that gives the next ones.")
                .scans(2)
                .calls(HashCommands::hscan);
    }

    // ---- writing

    private static Reply hmset(CommandContext c) {
        set(c);
        return Reply.OK;
    }

    /** Sets fields to values and returns how many fields are new. */
    private static int set(CommandContext c) {
        if (c.argc() % 2 != 0) {
            throw c.wrongNumberOfArguments();
        }
        HashValue hash = changeOrCreate(c);
        int added = 0;
        List<Bytes> written = new ArrayList<>();
        for (int i = 2; i < c.argc(); i += 2) {
            if (c.arg(i + 1).equals(hash.get(c.arg(i)))) {
                continue;
            }
            added += hash.put(c.arg(i), c.arg(i + 1)) ? 1 : 0;
            written.add(c.arg(i));
            written.add(c.arg(i + 1));
        }
        c.changed(
                c.arg(1),
                KeyEvent.HSET); // even when all values stood there already: whoever watches the key is told, as by
        // Redis
        if (!written.isEmpty()) {
            c.effect(HSET, c.arg(1), written);
        }
        return added;
    }

    private static HashValue changeOrCreate(CommandContext c) {
        return c.changeOrCreate(
                c.arg(1), HashValue.class, () -> new HashValue(c.config().encodingLimits()));
    }

    private static Reply hsetnx(CommandContext c) {
        HashValue hash = c.change(c.arg(1), HashValue.class);
        if (hash != null && hash.contains(c.arg(2))) {
            return Reply.ZERO;
        }
        put(c, c.arg(3), KeyEvent.HSET);
        c.effect(HSETNX, c.arg(1), c.arg(2), c.arg(3));
        return Reply.ONE;
    }

    private static Reply hdel(CommandContext c) {
        HashValue hash = c.change(c.arg(1), HashValue.class);
        if (hash == null) {
            return Reply.ZERO;
        }
        List<Bytes> removed = new ArrayList<>();
        for (int i = 2; i < c.argc(); i++) {
            if (hash.remove(c.arg(i))) {
                removed.add(c.arg(i));
            }
        }
        if (!removed.isEmpty()) {
            c.changed(c.arg(1), KeyEvent.HDEL);
            c.effect(HDEL, c.arg(1), removed);
        }
        return Reply.of(removed.size());
    }

    private static Reply hincrby(CommandContext c) {
        long increment = c.longArg(3);
        HashValue hash = c.change(c.arg(1), HashValue.class);
        Bytes old = hash == null ? null : hash.get(c.arg(2));
        if (old != null && !RedisInteger.isLong(old)) {
            throw RedisError.hashValueNotAnInteger();
        }
        long before = old == null ? 0 : RedisInteger.parse(old);
        long after = before + increment;
        if (((before ^ after) & (increment ^ after)) < 0) {
            throw RedisError.overflow();
        }
        put(c, Bytes.of(after), KeyEvent.HINCRBY);
        c.effect(HINCRBY, c.arg(1), c.arg(2), c.arg(3));
        return Reply.of(after);
    }

    private static Reply hincrbyfloat(CommandContext c) {
        LongDouble increment = LongDouble.parse(c.arg(3));
        if (increment == null) {
            throw RedisError.notAFloat();
        }
        if (increment.isInfinite()) {
            throw RedisError.of("ERR value is NaN or Infinity");
        }
        HashValue hash = c.change(c.arg(1), HashValue.class);
        Bytes old = hash == null ? null : hash.get(c.arg(2));
        LongDouble before = LongDouble.parse(old == null ? Bytes.of(0) : old);
        if (before == null) {
            throw RedisError.hashValueNotAFloat();
        }
        LongDouble after = before.plus(increment);
        if (after == null) {
            throw RedisError.nanOrInfinity();
        }
        Bytes text = after.toBytes();
        put(c, text, KeyEvent.HINCRBYFLOAT);
        c.effect(HINCRBYFLOAT, c.arg(1), c.arg(2), c.arg(3));
        return Reply.bulk(text);
    }

    /** Sets the field that argument 2 names. */
    private static void put(CommandContext c, Bytes value, KeyEvent how) {
        changeOrCreate(c).put(c.arg(2), value);
        c.changed(c.arg(1), how);
    }

    // ---- reading

    private static @Nullable HashValue hash(CommandContext c) {
        return c.read(c.arg(1), HashValue.class);
    }

    private static Reply valueOrNil(@Nullable HashValue hash, Bytes field) {
        Bytes value = hash == null ? null : hash.get(field);
        return value == null ? Reply.Null.BULK : Reply.bulk(value);
    }

    private static Reply hmget(CommandContext c) {
        HashValue hash = hash(c);
        List<Reply> values = new ArrayList<>(c.argc() - 2);
        for (int i = 2; i < c.argc(); i++) {
            values.add(valueOrNil(hash, c.arg(i)));
        }
        return new Reply.Array(values);
    }

    private static Reply hgetall(CommandContext c) {
        HashValue hash = hash(c);
        return hash == null ? Reply.EMPTY_MAP : new Reply.MapOf(fieldsWithValues(hash));
    }

    private static List<Reply> fieldsWithValues(HashValue hash) {
        List<Reply> all = new ArrayList<>();
        hash.forEach((field, value) -> {
            all.add(Reply.bulk(field));
            all.add(Reply.bulk(value));
        });
        return all;
    }

    private static Reply hkeys(CommandContext c) {
        List<Reply> fields = new ArrayList<>();
        HashValue hash = hash(c);
        if (hash != null) {
            hash.forEach((field, value) -> fields.add(Reply.bulk(field)));
        }
        return new Reply.Array(fields);
    }

    private static Reply hvals(CommandContext c) {
        List<Reply> values = new ArrayList<>();
        HashValue hash = hash(c);
        if (hash != null) {
            hash.forEach((field, value) -> values.add(Reply.bulk(value)));
        }
        return new Reply.Array(values);
    }

    private static Reply hlen(CommandContext c) {
        HashValue hash = hash(c);
        return Reply.of(hash == null ? 0 : hash.size());
    }

    private static Reply hstrlen(CommandContext c) {
        HashValue hash = hash(c);
        Bytes value = hash == null ? null : hash.get(c.arg(2));
        return Reply.of(value == null ? 0 : value.length());
    }

    private static Reply hexists(CommandContext c) {
        HashValue hash = hash(c);
        return Reply.of(hash != null && hash.contains(c.arg(2)));
    }

    // ---- some of many

    private static Reply hrandfield(CommandContext c) {
        if (c.argc() > 2) {
            return randomFields(c);
        }
        HashValue hash = hash(c);
        return hash == null
                ? Reply.Null.BULK
                : Reply.bulk(hash.fieldAt(random(c).nextInt((int) hash.size())));
    }

    private static Reply randomFields(CommandContext c) {
        long count = c.longArg(2, -Long.MAX_VALUE, Long.MAX_VALUE);
        boolean withValues = c.argc() == 4 && c.argIs(3, "WITHVALUES");
        if (c.argc() > 3 && !withValues) {
            throw RedisError.syntax();
        }
        if (withValues && Math.abs(count) > Long.MAX_VALUE / 2) {
            throw RedisError.outOfRange();
        }
        HashValue hash = hash(c);
        if (hash == null || count == 0) {
            return Reply.EMPTY_ARRAY;
        }
        List<Reply> picked = new ArrayList<>();
        for (int index : RandomPicks.of(random(c), (int) hash.size(), count)) {
            Reply field = Reply.bulk(hash.fieldAt(index));
            if (!withValues) {
                picked.add(field);
            } else if (c.resp3()) {
                picked.add(Reply.array(field, Reply.bulk(hash.valueAt(index))));
            } else {
                picked.add(field);
                picked.add(Reply.bulk(hash.valueAt(index)));
            }
        }
        return new Reply.Array(picked);
    }

    private static RandomGenerator random(CommandContext c) {
        return c.server().keyspaces().random();
    }

    private static Reply hscan(CommandContext c) {
        long cursor = ScanCursor.position(c.arg(2));
        HashValue hash = hash(c);
        if (hash == null) {
            return ElementScan.reply(0, List.of());
        }
        ElementScan scan = ElementScan.parse(c);
        List<Reply> shown = new ArrayList<>();
        long next = hash.scan(cursor, scan.count(), (field, value) -> {
            if (scan.shows(field)) {
                shown.add(Reply.bulk(field));
                shown.add(Reply.bulk(value));
            }
        });
        return ElementScan.reply(next, shown);
    }
}
