package io.holdfast.sync.replay;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;

/**
 * How far the upstream's clock is ahead of ours. What is journaled says by our clock when a key ends and when an entry of a stream
 * was delivered; the upstream goes by its own, so that a key would end there sooner or later than it does here. Wrong by half of
 * the time that TIME took to be answered, at most. Immutable.
 *
 * @param aheadMs milliseconds; negative: it is behind; 0 where it is no further off than TIME can tell
 */
record UpstreamClock(long aheadMs) {
    static final UpstreamClock AS_OURS = new UpstreamClock(0);

    private static final Bytes TIME = Bytes.of("TIME");
    /** RESTORE key ttl payload [REPLACE] [ABSTTL] */
    private static final int RESTORE_OPTIONS_AT = 4;

    private static final long MS_MICROS = 1_000;
    /** Redis refuses to let a SET end at 0 or before. */
    private static final long EARLIEST_MS = 1;

    /**
     * What TIME tells.
     *
     * @param askedMs when it was sent, by our clock
     * @param answeredMs when the reply was there
     * @param time which may say anything; {@link #AS_OURS} where it is no time
     */
    static UpstreamClock of(long askedMs, long answeredMs, Reply time) {
        long micros = Stopwatch.CLOCK.micros(time);
        if (micros < 0) {
            return AS_OURS;
        }
        long thereMs = micros / MS_MICROS;
        if (thereMs >= askedMs - 1 && thereMs <= answeredMs + 1) {
            return AS_OURS;
        }
        return new UpstreamClock(thereMs - (askedMs + (answeredMs - askedMs) / 2));
    }

    /** {@code command}, with what it says of times as the upstream's clock has it. */
    List<Bytes> say(List<Bytes> command) {
        if (aheadMs == 0) {
            return command;
        }
        int at = timeAt(command);
        long oursMs = at < 0 ? 0 : RedisInteger.parseOr(command.get(at), 0);
        boolean isNone = oursMs <= 0 || oursMs >= Long.MAX_VALUE - Math.abs(aheadMs);
        if (isNone) {
            return command; // it has ended, or was delivered, long since; or never ends
        }
        List<Bytes> said = new ArrayList<>(command);
        said.set(at, Bytes.of(there(oursMs)));
        return said;
    }

    /** What its clock shows when ours shows {@code oursMs}. */
    long there(long oursMs) {
        return Math.max(EARLIEST_MS, oursMs + aheadMs);
    }

    private static int timeAt(List<Bytes> command) {
        if (command.get(0).equalsIgnoreCase("XCLAIM")) {
            int option = command.lastIndexOf(TIME);
            return option > 0 && option + 1 < command.size() ? option + 1 : -1;
        }
        if (command.get(0).equalsIgnoreCase("RESTORE")) {
            boolean isAbsolute = command.size() > RESTORE_OPTIONS_AT
                    && command.subList(RESTORE_OPTIONS_AT, command.size()).stream()
                            .anyMatch(word -> word.equalsIgnoreCase("ABSTTL"));
            return isAbsolute ? 2 : -1;
        }
        return Effect.endAt(command);
    }
}
