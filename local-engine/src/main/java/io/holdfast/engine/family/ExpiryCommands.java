package io.holdfast.engine.family;

import static io.holdfast.engine.command.Arity.atLeast;
import static io.holdfast.engine.command.Arity.exactly;
import static io.holdfast.engine.command.KeyFlag.ACCESS;
import static io.holdfast.engine.command.KeyFlag.RO;
import static io.holdfast.engine.command.KeyFlag.RW;
import static io.holdfast.engine.command.KeyFlag.UPDATE;
import static io.holdfast.engine.command.KeySpec.key;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandFamily;
import io.holdfast.engine.command.CommandGroup;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;

/** When keys expire: set, asked, taken away. */
public final class ExpiryCommands implements CommandFamily {
    private static final Bytes DEL = Bytes.of("DEL");
    private static final Bytes PERSIST = Bytes.of("PERSIST");
    private static final Bytes PEXPIREAT = Bytes.of("PEXPIREAT");

    /** What the number of an EXPIRE command counts, and from when. */
    private enum Clock {
        SECONDS_FROM_NOW(1000, true),
        MS_FROM_NOW(1, true),
        UNIX_SECONDS(1000, false),
        UNIX_MS(1, false);

        private final int unitMs;
        private final boolean fromNow;

        Clock(int unitMs, boolean fromNow) {
            this.unitMs = unitMs;
            this.fromNow = fromNow;
        }

        /** Unix milliseconds; may lie in the past. @throws RedisError where 64 bits do not hold them */
        long resolve(CommandContext c, long amount) {
            long base = fromNow ? c.nowMs() : 0;
            boolean overflows = amount > Long.MAX_VALUE / unitMs
                    || amount < Long.MIN_VALUE / unitMs
                    || amount * unitMs > Long.MAX_VALUE - base;
            if (overflows) {
                throw RedisError.invalidExpire(c.spec().fullName());
            }
            return amount * unitMs + base;
        }
    }

    @Override
    public void declare(CommandTable.Builder commands) {
        commands.group(CommandGroup.GENERIC);
        expire(commands, "EXPIRE", Clock.SECONDS_FROM_NOW).says("Lets a key expire after seconds.");
        expire(commands, "PEXPIRE", Clock.MS_FROM_NOW).since("2.6.0").says("Lets a key expire after milliseconds.");
        expire(commands, "EXPIREAT", Clock.UNIX_SECONDS).since("1.2.0").says("Lets a key expire at a Unix time.");
        expire(commands, "PEXPIREAT", Clock.UNIX_MS)
                .since("2.6.0")
                .says("Lets a key expire at a Unix time in milliseconds.");
        commands.write("PERSIST", exactly(2), key(1, RW, UPDATE))
                .keysOnly()
                .fast()
                .absorb()
                .since("2.2.0")
                .costs("O(1)")
                .says("Takes a key's expiry away.")
                .calls(ExpiryCommands::persist);
        ask(commands, "TTL")
                .tip("nondeterministic_output")
                .says("Gives the seconds that a key has to live.")
                .calls(c -> expiry(c, at -> Long.divideUnsigned(timeToLive(c, at) + 500, 1000)));
        ask(commands, "PTTL")
                .tip("nondeterministic_output")
                .since("2.6.0")
                .says("Gives the milliseconds that a key has to live.")
                .calls(c -> expiry(c, at -> timeToLive(c, at)));
        ask(commands, "EXPIRETIME")
                .since("7.0.0")
                .says("Gives the Unix time when a key expires.")
                .calls(c -> expiry(c, at -> Long.divideUnsigned(at + 500, 1000)));
        ask(commands, "PEXPIRETIME")
                .since("7.0.0")
                .says("Gives the Unix time in milliseconds when a key expires.")
                .calls(c -> expiry(c, at -> at));
    }

    private static CommandSpec expire(CommandTable.Builder commands, String name, Clock clock) {
        return commands.write(name, atLeast(3), key(1, RW, UPDATE))
                .arityBefore70(exactly(3))
                .fast()
                .keysOnly()
                .absorbUnless(3, "NX", "XX", "GT", "LT")
                .costs("O(1)")
                .calls(c -> expire(c, clock));
    }

    private static CommandSpec ask(CommandTable.Builder commands, String name) {
        return commands.read(name, exactly(2), key(1, RO, ACCESS))
                .fast()
                .keysOnly()
                .costs("O(1)");
    }

    // ---- setting

    private static Reply expire(CommandContext c, Clock clock) {
        var condition = Condition.parse(c, 3);
        long at = clock.resolve(c, c.longArg(2));
        KeyRecord record = c.find(c.arg(1));
        if (record == null || !condition.allows(record, at)) {
            return Reply.ZERO;
        }
        if (at <= c.nowMs()) {
            c.keyspace().remove(record);
            c.event(KeyEvent.DEL, c.arg(1));
            c.effect(DEL, c.arg(1));
        } else {
            c.keyspace().expireAt(record, at);
            c.event(KeyEvent.EXPIRE, c.arg(1));
            c.effect(PEXPIREAT, c.arg(1), Bytes.of(at));
        }
        return Reply.ONE;
    }

    private static Reply persist(CommandContext c) {
        KeyRecord record = c.find(c.arg(1));
        if (record == null || !c.keyspace().persist(record)) {
            return Reply.ZERO;
        }
        c.event(KeyEvent.PERSIST, c.arg(1));
        c.effect(PERSIST, c.arg(1));
        return Reply.ONE;
    }

    /** The words behind the time: only where the key has no expiry, has one, has an earlier or a later one. */
    private record Condition(boolean nx, boolean xx, boolean gt, boolean lt) {
        static Condition parse(CommandContext c, int from) {
            boolean nx = false;
            boolean xx = false;
            boolean gt = false;
            boolean lt = false;
            for (int i = from; i < c.argc(); i++) {
                if (c.argIs(i, "NX")) {
                    nx = true;
                } else if (c.argIs(i, "XX")) {
                    xx = true;
                } else if (c.argIs(i, "GT")) {
                    gt = true;
                } else if (c.argIs(i, "LT")) {
                    lt = true;
                } else {
                    throw RedisError.quoting("ERR Unsupported option ", c.arg(i), "");
                }
            }
            if (nx && (xx || gt || lt)) {
                throw RedisError.of("ERR NX and XX, GT or LT options at the same time are not compatible");
            }
            if (gt && lt) {
                throw RedisError.of("ERR GT and LT options at the same time are not compatible");
            }
            return new Condition(nx, xx, gt, lt);
        }

        /** No expiry counts as one that is later than any other. */
        boolean allows(KeyRecord record, long at) {
            if (!record.hasExpiry()) {
                return !xx && !gt;
            }
            long now = record.expiresAtMs();
            return !nx && (!gt || at > now) && (!lt || at < now);
        }
    }

    // ---- asking

    private interface OfTime {
        long answer(long expiresAtMs);
    }

    /** −2 for a key that is not there, −1 for one that does not expire. */
    private static Reply expiry(CommandContext c, OfTime asked) {
        KeyRecord record = c.look(c.arg(1));
        if (record == null) {
            return Reply.of(-2);
        }
        return Reply.of(record.hasExpiry() ? asked.answer(record.expiresAtMs()) : -1);
    }

    private static long timeToLive(CommandContext c, long expiresAtMs) {
        return Math.max(0, expiresAtMs - c.nowMs());
    }
}
