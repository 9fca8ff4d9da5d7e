package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.resp.Bytes;
import org.jspecify.annotations.Nullable;

/** The options behind SET's value and GETEX's key. */
final class SetOptions {
    static final SetOptions NONE = new SetOptions();
    static final SetOptions IF_ABSENT = new SetOptions();
    /** Of SET's value. */
    private static final int VALUE_AT = 2;

    static {
        IF_ABSENT.ifAbsent = true;
    }

    boolean ifAbsent;
    boolean ifPresent;
    boolean get;
    boolean keepTtl;
    boolean persist;
    long expiresAtMs = KeyRecord.NEVER;
    private @Nullable Expiry expiry;

    private SetOptions() {}

    static SetOptions expiringAt(long expiresAtMs) {
        var options = new SetOptions();
        options.expiresAtMs = expiresAtMs;
        return options;
    }

    /**
     * Whether a SET of these arguments sets what they say and nothing else, whatever was there. An upstream may have options
     * that are not known here, such as IFEQ of Valkey 8.1.
     */
    static boolean isUnconditional(Bytes[] args) {
        return args.length == VALUE_AT + 1 || (args.length == VALUE_AT + 3 && Expiry.isUnit(args[VALUE_AT + 1]));
    }

    /** Whether a SET of these arguments gives the old value, so reads its key. */
    static boolean asksForOld(Bytes[] args) {
        for (int i = VALUE_AT + 1; i < args.length; i++) {
            if (args[i].equalsIgnoreCase("GET")) {
                return true;
            }
        }
        return false;
    }

    /** @throws RedisError a syntax error or a bad expiry, in Redis's order: all words first, then the number */
    static SetOptions parse(CommandContext c, int from) {
        if (c.argc() == from) {
            return NONE;
        }
        var options = new SetOptions();
        for (int i = from; i < c.argc(); i++) {
            if (c.argIs(i, "NX") && !options.ifPresent) {
                options.ifAbsent = true;
            } else if (c.argIs(i, "XX") && !options.ifAbsent) {
                options.ifPresent = true;
            } else if (c.argIs(i, "GET")) {
                options.get = true;
            } else if (c.argIs(i, "KEEPTTL") && options.expiry == null) {
                options.keepTtl = true;
            } else if (options.takesExpiry(c, i)) {
                options.expiry = Expiry.of(c, i++);
            } else {
                throw RedisError.syntax();
            }
        }
        options.resolveExpiry(c);
        return options;
    }

    /**
     * GETEX knows the expiry words and PERSIST, one of them at most. Its number is looked at later, by
     * {@link #resolveExpiry}: a key that is not there is answered first.
     */
    static SetOptions parseGetex(CommandContext c) {
        var options = new SetOptions();
        for (int i = 2; i < c.argc(); i++) {
            if (c.argIs(i, "PERSIST") && options.expiry == null) {
                options.persist = true;
            } else if (options.takesExpiry(c, i)) {
                options.expiry = Expiry.of(c, i++);
            } else {
                throw RedisError.syntax();
            }
        }
        return options;
    }

    /** The same word may come again, and the last number counts; another word may not. */
    private boolean takesExpiry(CommandContext c, int i) {
        return Expiry.isUnit(c.arg(i))
                && i + 1 < c.argc()
                && !keepTtl
                && !persist
                && (expiry == null
                        || c.arg(i).equalsIgnoreCase(c.arg(expiry.numberAt - 1).latin1()));
    }

    /** Reads the number behind the expiry word, if there is one. @throws RedisError when it is a bad one */
    void resolveExpiry(CommandContext c) {
        expiresAtMs = expiry == null ? KeyRecord.NEVER : expiry.resolve(c);
    }

    /** EX, PX, EXAT or PXAT and where its number stands. */
    private record Expiry(int numberAt, int unitMs, boolean absolute) {
        static boolean isUnit(Bytes word) {
            return word.equalsIgnoreCase("EX")
                    || word.equalsIgnoreCase("PX")
                    || word.equalsIgnoreCase("EXAT")
                    || word.equalsIgnoreCase("PXAT");
        }

        static Expiry of(CommandContext c, int i) {
            boolean seconds = c.argIs(i, "EX") || c.argIs(i, "EXAT");
            return new Expiry(i + 1, seconds ? 1000 : 1, c.arg(i).length() == 4);
        }

        long resolve(CommandContext c) {
            long amount = c.longArg(numberAt);
            return absolute ? ExpiryTime.at(c, amount, unitMs) : ExpiryTime.after(c, amount, unitMs);
        }
    }
}
