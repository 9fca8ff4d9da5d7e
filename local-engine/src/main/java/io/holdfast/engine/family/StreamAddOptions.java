package io.holdfast.engine.family;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.value.EncodingLimits;
import io.holdfast.engine.value.StreamId;
import io.holdfast.engine.value.StreamTrim;
import io.holdfast.engine.value.StreamValue;
import io.holdfast.resp.Bytes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What stands between the key and the fields of XADD, and behind the key of XTRIM. Immutable once parsed. */
final class StreamAddOptions {
    private static final Bytes MAXLEN = Bytes.of("MAXLEN");
    private static final Bytes MINID = Bytes.of("MINID");
    private static final Bytes NOMKSTREAM = Bytes.of("NOMKSTREAM");
    private static final Bytes NEARLY = Bytes.of("~");
    private static final Bytes EXACTLY = Bytes.of("=");
    private static final Bytes ANY_ID = Bytes.of("*");

    private static final int FIRST_OPTION = 2;
    private static final long NODES_A_TRIM = 100;
    private static final long LIMIT_MAX = 1_000_000;
    private static final long LIMIT_WITHOUT_NODES = 10_000;

    private boolean noMakeStream;
    private int idAt;
    private boolean zeroId;
    private boolean trims;
    private @Nullable StreamId minId;
    private long maxLength;
    private boolean approximate;
    private long limit;
    private boolean limitGiven;

    private StreamAddOptions() {}

    /** @throws RedisError in Redis's order */
    static StreamAddOptions ofXadd(CommandContext c) {
        StreamAddOptions options = parse(c, true);
        int strings = c.argc() - options.idAt - 1;
        if (strings < 2 || strings % 2 != 0) {
            throw c.wrongNumberOfArguments();
        }
        if (options.zeroId) {
            throw RedisError.streamIdZero();
        }
        return options;
    }

    /** @throws RedisError in Redis's order */
    static StreamAddOptions ofXtrim(CommandContext c) {
        return parse(c, false);
    }

    private static StreamAddOptions parse(CommandContext c, boolean adds) {
        var options = new StreamAddOptions();
        options.idAt = c.argc();
        int i = FIRST_OPTION;
        while (i < c.argc()) {
            int taken = options.take(c, i);
            if (taken > 0) {
                i += taken;
            } else if (adds && c.argIs(i, "NOMKSTREAM")) {
                options.noMakeStream = true;
                i++;
            } else if (adds) {
                options.checkId(c.arg(i));
                options.idAt = i;
                break;
            } else {
                throw RedisError.syntax();
            }
        }
        options.checkTrim(adds, c.config().encodingLimits());
        return options;
    }

    /** Reads the option at {@code i}; gives the number of its arguments, 0 where it is none that trims. */
    private int take(CommandContext c, int i) {
        int more = c.argc() - 1 - i;
        if (more == 0 || c.arg(i).equals(ANY_ID)) {
            return 0;
        }
        if (c.argIs(i, "MAXLEN") || c.argIs(i, "MINID")) {
            return takeStrategy(c, i, more);
        }
        if (c.argIs(i, "LIMIT")) {
            limit = c.longArg(i + 1);
            if (limit < 0) {
                throw RedisError.negativeTrimArgument("LIMIT");
            }
            limitGiven = true;
            return 2;
        }
        return 0;
    }

    private int takeStrategy(CommandContext c, int i, int more) {
        if (trims) {
            throw RedisError.twoTrimStrategies();
        }
        trims = true;
        approximate = more >= 2 && c.arg(i + 1).equals(NEARLY);
        int at = approximate || (more >= 2 && c.arg(i + 1).equals(EXACTLY)) ? i + 2 : i + 1;
        if (c.argIs(i, "MINID")) {
            minId = StreamIds.parse(c.arg(at));
        } else {
            maxLength = c.longArg(at);
            if (maxLength < 0) {
                throw RedisError.negativeTrimArgument("MAXLEN");
            }
        }
        return at + 1 - i;
    }

    private void checkId(Bytes id) {
        if (id.equals(ANY_ID)) {
            return;
        }
        if (StreamIds.wantsSequence(id)) {
            StreamIds.milliseconds(id);
        } else if (StreamIds.parse(id).isZero()) {
            zeroId = true;
        }
    }

    /** The argument of an XADD that is its id, if the command is right. */
    static int idPosition(Bytes[] args) {
        int i = FIRST_OPTION;
        while (i < args.length - 1) {
            boolean trims = args[i].equalsIgnoreCase("MAXLEN") || args[i].equalsIgnoreCase("MINID");
            if (trims && (args[i + 1].equals(EXACTLY) || args[i + 1].equals(NEARLY))) {
                i += 3;
            } else if (trims || args[i].equalsIgnoreCase("LIMIT")) {
                i += 2;
            } else if (args[i].equalsIgnoreCase("NOMKSTREAM")) {
                i++;
            } else {
                break;
            }
        }
        return i;
    }

    boolean noMakeStream() {
        return noMakeStream;
    }

    /** The argument that is the new entry's id. */
    int idAt() {
        return idAt;
    }

    @Nullable StreamTrim trim() {
        return trims ? new StreamTrim(minId, maxLength, approximate, limit) : null;
    }

    /** Adds the options that have the same effect whenever they are applied: without any that leave a choice. */
    void addExact(List<Bytes> command, StreamValue trimmed, boolean somethingWent) {
        if (noMakeStream) {
            command.add(NOMKSTREAM);
        }
        if (trims && (somethingWent || !approximate)) {
            command.add(minId == null ? MAXLEN : MINID);
            command.add(EXACTLY);
            command.add(
                    minId == null
                            ? Bytes.of(exactLength(trimmed))
                            : exactMinId(minId, trimmed).toBytes());
        }
    }

    private long exactLength(StreamValue trimmed) {
        return approximate ? trimmed.length() : maxLength;
    }

    /** Where only whole nodes went, more than was asked for has stayed. */
    private StreamId exactMinId(StreamId asked, StreamValue trimmed) {
        return approximate && trimmed.length() > 0 ? trimmed.firstId() : asked;
    }

    private void checkTrim(boolean adds, EncodingLimits limits) {
        if (limit > 0 && !trims) {
            throw RedisError.limitWithoutTrim();
        }
        if (!adds && !trims) {
            throw RedisError.trimWithoutStrategy();
        }
        if (limitGiven && !approximate) {
            throw RedisError.limitOfExactTrim();
        }
        if (approximate && !limitGiven) {
            long nodes = NODES_A_TRIM * limits.of(EncodingLimits.Limit.STREAM_NODE_MAX_ENTRIES);
            limit = nodes <= 0 ? LIMIT_WITHOUT_NODES : Math.min(nodes, LIMIT_MAX);
        }
    }
}
