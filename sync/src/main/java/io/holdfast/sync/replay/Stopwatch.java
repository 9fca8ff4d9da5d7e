package io.holdfast.sync.replay;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is asked twice within a transaction, so that the upstream says how long it served nobody else. */
enum Stopwatch {
    /** It tells nothing of the kind. */
    NONE(List.of()),
    /** TIME, which goes on within a transaction before 7.2. */
    CLOCK(Greeting.command("TIME")),
    /**
     * The processor time of its main thread. From 7.2 on, Valkey included, TIME says within a transaction when that began,
     * however often it is asked.
     */
    CPU(Greeting.command("INFO", "cpu"));

    private static final long UNKNOWN = ReplayOutcome.Applied.UNKNOWN;
    private static final int SECOND_MICROS = 1_000_000;
    /** Of a time that is worth believing: some 31,000 years. */
    private static final long SECONDS_MAX = 1_000_000_000_000L;
    /** Whatever stands behind the minor version: a release candidate may say 8.0-rc1. */
    private static final Pattern VERSION = Pattern.compile("(?m)^redis_version:([0-9]{1,9}\\.[0-9]{1,9})");
    /** Not every system tells what one thread took; then it is what all of the process took. */
    private static final List<Pattern> MAIN_THREAD = fields("_main_thread");

    private static final List<Pattern> PROCESS = fields("");

    private final List<Bytes> command;

    Stopwatch(List<Bytes> command) {
        this.command = command;
    }

    private static List<Pattern> fields(String suffix) {
        return List.of(field("used_cpu_sys" + suffix), field("used_cpu_user" + suffix));
    }

    private static Pattern field(String name) {
        return Pattern.compile("(?m)^" + name + ":([0-9]{1,9})\\.([0-9]{6})\\r?$");
    }

    /**
     * What goes on within a transaction there.
     *
     * @param server the answer to INFO server
     * @param time to TIME
     * @param cpu to INFO cpu
     */
    static Stopwatch of(Reply server, Reply time, Reply cpu) {
        Matcher version = VERSION.matcher(text(server));
        boolean stands = version.find() && RedisVersion.parse(version.group(1)).atLeast(7, 2);
        Stopwatch best = stands ? CPU : CLOCK;
        return best.micros(best == CPU ? cpu : time) == UNKNOWN ? NONE : best;
    }

    /** Empty for {@link #NONE}. */
    List<Bytes> command() {
        return command;
    }

    /** How far it is, in microseconds; UNKNOWN where {@code reply} does not say. */
    long micros(Reply reply) {
        return switch (this) {
            case NONE -> UNKNOWN;
            case CLOCK -> clock(reply);
            case CPU -> cpu(text(reply));
        };
    }

    private static long clock(Reply time) {
        if (!(time instanceof Reply.Array parts
                && parts.items().size() == 2
                && parts.items().get(0) instanceof Reply.Bulk seconds
                && parts.items().get(1) instanceof Reply.Bulk micros)) {
            return UNKNOWN;
        }
        long whole = RedisInteger.parseOr(seconds.value(), UNKNOWN);
        long rest = RedisInteger.parseOr(micros.value(), UNKNOWN);
        return whole < 0 || whole > SECONDS_MAX || rest < 0 || rest >= SECOND_MICROS
                ? UNKNOWN
                : whole * SECOND_MICROS + rest;
    }

    private static long cpu(String info) {
        long main = sum(MAIN_THREAD, info);
        return main == UNKNOWN ? sum(PROCESS, info) : main;
    }

    private static long sum(List<Pattern> fields, String info) {
        long sum = 0;
        for (Pattern field : fields) {
            Matcher found = field.matcher(info);
            if (!found.find()) {
                return UNKNOWN;
            }
            sum += micros(found.group(1), found.group(2));
        }
        return sum;
    }

    private static long micros(String seconds, String micros) {
        return Long.parseLong(seconds) * SECOND_MICROS + Long.parseLong(micros);
    }

    private static String text(Reply reply) {
        return reply instanceof Reply.Bulk bulk ? bulk.value().latin1() : "";
    }
}
