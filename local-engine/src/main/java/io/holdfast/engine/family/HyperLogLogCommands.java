package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.INSERT;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeyFlag.RW;
import static io.holdfast.engine.command.KeySpec.key;
import static io.holdfast.engine.command.KeySpec.keys;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandKind;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.value.EncodingLimits.Limit;
import io.holdfast.engine.value.HllRegisters;
import io.holdfast.engine.value.HyperLogLog;
import io.holdfast.engine.value.StringValue;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** HyperLogLogs: strings that tell how many different elements were added to them, within about one per cent. */
public final class HyperLogLogCommands implements CommandFamily {
    private static final Bytes SET = Bytes.of("SET");
    private static final Bytes KEEPTTL = Bytes.of("KEEPTTL");
    private static final Bytes PFDEBUG = Bytes.of("PFDEBUG");
    private static final Bytes TODENSE = Bytes.of("TODENSE");

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.HYPERLOGLOG);
        commands.write("PFADD", atLeast(2), key(1, RW, INSERT))
                .denyOom()
                .fast()
                .absorb()
                .absolute()
                .since("2.8.9")
                .costs("O(1) for each element")
                .says("Adds elements to a HyperLogLog.")
                .calls(HyperLogLogCommands::pfadd);
        commands.write("PFCOUNT", atLeast(2), keys(1, -1, 1, RW, ACCESS))
                .listedAsRead()
                .flag(Flag.MAY_REPLICATE)
                .absorb()
                .since("2.8.9")
                .costs("O(N) with the number of keys; O(1) for one key that was counted before")
                .says("Estimates how many different elements were added to HyperLogLogs.")
                .calls(c -> c.argc() == 2 ? pfcount(c) : pfcountUnion(c));
        commands.write("PFMERGE", atLeast(2), key(1, RW, ACCESS, INSERT), keys(2, -1, 1, RO, ACCESS))
                .denyOom()
                .absorb()
                .since("2.8.9")
                .costs("O(N) with the number of keys")
                .says("Adds to a HyperLogLog what was added to others.")
                .calls(HyperLogLogCommands::pfmerge);
        commands.write("PFDEBUG", exactly(3), key(2, RW, ACCESS))
                .flag(Flag.DENYOOM, Flag.ADMIN)
                .absorb()
                .since("2.8.9")
                .costs("O(N) with the length of the HyperLogLog")
                .says("Shows the registers of a HyperLogLog, or makes it dense.")
                .calls(HyperLogLogCommands::pfdebug);
        commands.command("PFSELFTEST", exactly(1), CommandKind.ADMIN)
                .flag(Flag.ADMIN)
                .since("2.8.9")
                .costs("O(N) with the number of elements that it tries")
                .says("Tests HyperLogLogs of both encodings.")
                .calls(HyperLogLogCommands::pfselftest);
    }

    // ---- adding

    private static Reply pfadd(CommandContext c) {
        StringValue value = c.change(c.arg(1), StringValue.class);
        boolean isNew = value == null;
        StringValue string = value == null ? new StringValue(HyperLogLog.empty()) : value;
        HyperLogLog hll = in(string);
        boolean changed = isNew;
        for (int i = 2; i < c.argc(); i++) {
            changed |= switch (hll.add(c.arg(i), sparseBytesMax(c))) {
                case NOTHING_NEW -> false;
                case CHANGED -> true;
                case CORRUPT -> throw RedisError.corruptHyperLogLog();
            };
        }
        string.becomeRaw();
        if (!changed) {
            return Reply.ZERO;
        }
        hll.store();
        store(c, c.arg(1), string, isNew);
        c.effectAsSent();
        return Reply.ONE;
    }

    private static void store(CommandContext c, Bytes key, StringValue string, boolean isNew) {
        if (isNew) {
            c.keyspace().insert(key, string);
        } else {
            c.changed(key);
        }
        c.event(KeyEvent.PFADD, key);
    }

    private static HyperLogLog in(StringValue string) {
        HyperLogLog hll = HyperLogLog.in(string);
        if (hll == null) {
            throw RedisError.notAHyperLogLog();
        }
        return hll;
    }

    private static long sparseBytesMax(CommandContext c) {
        return c.config().encodingLimits().of(Limit.HLL_SPARSE_MAX_BYTES);
    }

    private static Reply pfmerge(CommandContext c) {
        var union = new Union(c);
        Bytes key = c.arg(1);
        StringValue value = c.change(key, StringValue.class);
        StringValue string = value == null ? new StringValue(HyperLogLog.empty()) : value;
        HyperLogLog hll = in(string);
        if (union.anyDense) {
            hll.becomeDense(); // it is whole: it was read for the union
        }
        hll.raiseTo(union.registers, sparseBytesMax(c));
        string.becomeRaw();
        hll.store();
        store(c, key, string, value == null);
        c.effect(SET, key, string.bytes(), KEEPTTL);
        return Reply.OK;
    }

    // ---- counting

    /** The registers that the HyperLogLogs at all of a command's keys have together. */
    private static final class Union {
        final byte[] registers = new byte[HllRegisters.COUNT];
        boolean anyDense;

        /** @throws RedisError when one is none, or is corrupt */
        Union(CommandContext c) {
            for (int i = 1; i < c.argc(); i++) {
                StringValue string = c.read(c.arg(i), StringValue.class);
                if (string != null) {
                    HyperLogLog hll = in(string);
                    anyDense |= !hll.isSparse();
                    if (!hll.mergeInto(registers)) {
                        throw RedisError.corruptHyperLogLog();
                    }
                }
            }
        }
    }

    private static Reply pfcountUnion(CommandContext c) {
        return Reply.of(HllRegisters.cardinality(new Union(c).registers));
    }

    /** Notes the count in the string, as Redis does: GET shows it. */
    private static Reply pfcount(CommandContext c) {
        StringValue string = c.read(c.arg(1), StringValue.class);
        if (string == null) {
            return Reply.ZERO;
        }
        HyperLogLog hll = in(string);
        OptionalLong cached = hll.cached();
        if (cached.isPresent()) {
            string.becomeRaw();
            return Reply.of(cached.getAsLong());
        }
        OptionalLong counted = hll.count();
        if (counted.isEmpty()) {
            throw RedisError.corruptHyperLogLog();
        }
        c.change(c.arg(1), StringValue.class);
        hll.cache(counted.getAsLong());
        c.changed(c.arg(1));
        c.effectAsSent();
        return Reply.of(counted.getAsLong());
    }

    // ---- looking inside

    private static Reply pfdebug(CommandContext c) {
        Bytes key = c.arg(2);
        KeyRecord record = c.find(key);
        if (record == null) {
            throw RedisError.of("ERR The specified key does not exist");
        }
        StringValue string = Objects.requireNonNull(c.change(key, StringValue.class), "it was just found");
        HyperLogLog hll = in(string);
        string.becomeRaw();
        if (c.argIs(1, "GETREG")) {
            makeDense(c, key, hll);
            return registers(hll);
        }
        if (c.argIs(1, "DECODE")) {
            if (!hll.isSparse()) {
                throw RedisError.of("ERR HLL encoding is not sparse");
            }
            return Reply.bulk(hll.decoded());
        }
        if (c.argIs(1, "ENCODING")) {
            return Reply.simple(hll.isSparse() ? "sparse" : "dense");
        }
        if (c.argIs(1, "TODENSE")) {
            return Reply.of(makeDense(c, key, hll));
        }
        throw RedisError.quoting("ERR Unknown PFDEBUG subcommand '", c.arg(1), "'");
    }

    /** True where it was sparse. */
    private static boolean makeDense(CommandContext c, Bytes key, HyperLogLog hll) {
        if (!hll.isSparse()) {
            return false;
        }
        if (!hll.becomeDense()) {
            throw RedisError.corruptHyperLogLog();
        }
        hll.storeCounted();
        c.changed(key);
        c.effect(PFDEBUG, TODENSE, key);
        return true;
    }

    private static Reply registers(HyperLogLog hll) {
        byte[] registers = new byte[HllRegisters.COUNT];
        hll.mergeInto(registers);
        List<Reply> values = new ArrayList<>(registers.length);
        for (byte value : registers) {
            values.add(Reply.of(value));
        }
        return new Reply.Array(values);
    }

    // ---- testing

    private static Reply pfselftest(CommandContext c) {
        String failure = selfTest(c.server().keyspaces().random());
        if (failure != null) {
            throw RedisError.of("ERR TESTFAILED " + failure);
        }
        return Reply.OK;
    }

    /** What is wrong: both encodings hold the same registers, and the estimate stays near the truth. Null: nothing. */
    private static @Nullable String selfTest(RandomGenerator random) {
        int elements = 100_000;
        double errorMax = 5 * 1.04 / Math.sqrt(HllRegisters.COUNT); // five standard errors
        HyperLogLog sparse = in(new StringValue(HyperLogLog.empty()));
        HyperLogLog dense = in(new StringValue(HyperLogLog.empty()));
        dense.becomeDense();
        long seed = random.nextLong();
        long checkAt = 1;
        for (int i = 1; i <= elements; i++) {
            Bytes element = Bytes.of(seed + i);
            sparse.add(element, Long.MAX_VALUE);
            dense.add(element, 0);
            if (i == checkAt) {
                long counted = dense.count().orElse(-1);
                if (counted != sparse.count().orElse(-1)) {
                    return "dense/sparse disagree at " + i;
                }
                if (Math.abs(counted - i) > Math.max(i * errorMax, 3)) {
                    return "Too big error. card:" + i + " counted:" + counted;
                }
                checkAt *= 10;
            }
        }
        return null;
    }
}
