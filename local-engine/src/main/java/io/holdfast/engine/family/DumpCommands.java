package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.OW;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeyFlag.UPDATE;
import static io.holdfast.engine.command.KeySpec.key;

import io.holdfast.engine.command.AclCategory;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.command.MirrorRule;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.ValueEffects;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.rdb.CorruptDataException;
import io.holdfast.engine.rdb.DumpPayload;
import io.holdfast.engine.value.Value;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.Arrays;
import java.util.List;

/** DUMP and RESTORE: values as bytes that move from one Redis to another. */
public final class DumpCommands implements CommandFamily {
    private static final Bytes DEL = Bytes.of("DEL");
    private static final Bytes REPLACE = Bytes.of("REPLACE");
    private static final long FREQUENCY_MAX = 255;
    private static final String COSTS = "O(N) with the bytes of the value";

    /** Where the upstream has restored, the copy holds the same, whatever it held. */
    private static final MirrorRule RESTORED = (args, reply) -> {
        if (!(reply instanceof Reply.Simple)) {
            return null;
        }
        Bytes[] replacing = Arrays.copyOf(args, args.length + 1);
        replacing[args.length] = REPLACE;
        return List.<Bytes[]>of(replacing);
    };

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.GENERIC);
        commands.read("DUMP", exactly(2), key(1, RO, ACCESS))
                .since("2.6.0")
                .tip("nondeterministic_output")
                .costs(COSTS)
                .says("Gives a value as bytes, for RESTORE.")
                .calls(DumpCommands::dump);
        restore(commands, "RESTORE").since("2.6.0").says("Makes a key of what DUMP gave.");
        commands.group(CommandGroup.SERVER);
        restore(commands, "RESTORE-ASKING")
                .flag(Flag.ASKING)
                .category(AclCategory.KEYSPACE)
                .since("3.0.0")
                .says("RESTORE, as nodes of a cluster send it to one another.");
    }

    private static CommandSpec restore(CommandTable.Builder commands, String name) {
        return commands.write(name, atLeast(4), key(1, OW, UPDATE))
                .denyOom()
                .category(AclCategory.DANGEROUS)
                .mirrors(RESTORED)
                .costs(COSTS)
                .calls(DumpCommands::restore);
    }

    private static Reply dump(CommandContext c) {
        KeyRecord record = c.look(c.arg(1));
        if (record == null) {
            return Reply.Null.BULK;
        }
        return Reply.bulk(payload(c, record.value()));
    }

    /** A value as DUMP gives it. */
    static Bytes payload(CommandContext c, Value value) {
        return DumpPayload.of(
                value, c.config().version().rdbVersion(), c.config().doubleStyle(), packs(c));
    }

    /** Whether what is dumped is compressed. */
    static boolean packs(CommandContext c) {
        return c.server().settings().value("rdbcompression").equals("yes");
    }

    /** The key gets the value's own commands as effects: they are read by every Redis, and recovered without RDB. */
    private static Reply restore(CommandContext c) {
        var options = Options.parse(c);
        Bytes key = c.arg(1);
        if (!options.replace && c.find(key) != null) {
            throw RedisError.busyKey();
        }
        long ttl = c.longArg(2);
        if (ttl < 0) {
            throw RedisError.of("ERR Invalid TTL value, must be >= 0");
        }
        Value value = read(c, c.arg(3));
        long expiresAtMs = ttl == 0 ? KeyRecord.NEVER : options.absolute ? ttl : ttl + c.nowMs();
        if (ttl != 0 && expiresAtMs <= c.nowMs()) {
            if (c.remove(key)) {
                c.event(KeyEvent.DEL, key);
                c.effect(DEL, key);
            }
            return Reply.OK;
        }
        KeyRecord record = c.put(key, value);
        if (expiresAtMs != KeyRecord.NEVER) {
            c.keyspace().expireAt(record, expiresAtMs);
        }
        options.tellUse(c, record);
        c.effects(ValueEffects.replace(
                c.session().db(), key, value, expiresAtMs, c.config().version()));
        c.event(KeyEvent.RESTORE, key);
        return Reply.OK;
    }

    /** @throws RedisError when it is damaged, or from a newer Redis than is spoken here */
    static void requireIntact(CommandContext c, Bytes payload) {
        if (!DumpPayload.isIntact(payload, c.config().version().rdbVersion())) {
            throw RedisError.badDump();
        }
    }

    private static Value read(CommandContext c, Bytes payload) {
        requireIntact(c, payload);
        try {
            return DumpPayload.read(
                    payload, c.config().stringBytesMax(), c.config().encodingLimits());
        } catch (CorruptDataException e) {
            throw RedisError.of("ERR Bad data format");
        }
    }

    /**
     * @param idleSeconds since the key was used; {@link #UNSAID}: not said
     * @param frequency of its use; {@link #UNSAID}: not said
     */
    private record Options(boolean replace, boolean absolute, long idleSeconds, int frequency) {
        private static final int UNSAID = -1;

        static Options parse(CommandContext c) {
            boolean replace = false;
            boolean absolute = false;
            long idle = UNSAID;
            int frequency = UNSAID;
            for (int i = 4; i < c.argc(); i++) {
                boolean more = i + 1 < c.argc();
                if (c.argIs(i, "REPLACE")) {
                    replace = true;
                } else if (c.argIs(i, "ABSTTL")) {
                    absolute = true;
                } else if (c.argIs(i, "IDLETIME") && more && frequency == UNSAID) {
                    idle = within(c, ++i, Long.MAX_VALUE, "ERR Invalid IDLETIME value, must be >= 0");
                } else if (c.argIs(i, "FREQ") && more && idle == UNSAID) {
                    frequency = (int) within(c, ++i, FREQUENCY_MAX, "ERR Invalid FREQ value, must be >= 0 and <= 255");
                } else {
                    throw RedisError.syntax();
                }
            }
            return new Options(replace, absolute, idle, frequency);
        }

        /** What was said and the policy does not remember is left aside, as by Redis. */
        void tellUse(CommandContext c, KeyRecord record) {
            if (idleSeconds != UNSAID) {
                c.keyspace().unusedFor(record, idleSeconds);
            } else if (frequency != UNSAID) {
                c.keyspace().usedOften(record, frequency);
            }
        }

        private static long within(CommandContext c, int i, long max, String refusal) {
            long value = c.longArg(i);
            if (value < 0 || value > max) {
                throw RedisError.of(refusal);
            }
            return value;
        }
    }
}
