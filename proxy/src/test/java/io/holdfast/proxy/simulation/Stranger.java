package io.holdfast.proxy.simulation;

import io.holdfast.proxy.simulation.Command.Kind;
import io.holdfast.proxy.simulation.Command.Outcome;
import java.util.SplittableRandom;

/** Somebody who writes to the upstream directly, what does not contradict what others write. */
final class Stranger implements Actor {
    private static final long PAUSE_MS_MAX = 100;
    /** Which list and which set it shares with clients; what is known here of these can be old. */
    static final String PLACE = "0";

    private final World world;
    private final Schedule schedule;
    private final Ledger ledger;
    private final SplittableRandom random;
    private long nextNanos;
    private int number;

    Stranger(World world, Ledger ledger) {
        this.world = world;
        this.schedule = world.schedule();
        this.ledger = ledger;
        this.random = schedule.random().split();
    }

    /** Writes nothing more. */
    void leave() {
        nextNanos = Long.MAX_VALUE;
    }

    @Override
    public boolean isReady() {
        return schedule.nanos() >= nextNanos;
    }

    @Override
    public long wakesAtNanos() {
        return nextNanos;
    }

    @Override
    public void act() {
        nextNanos = schedule.nanos() + World.nanos(1 + random.nextLong(PAUSE_MS_MAX));
        ModelRedis redis = world.redis();
        if (redis.isDead() || redis.isFrozen()) {
            return;
        }
        Kind kind = random.nextBoolean() ? Kind.LOG_PUSH : Kind.MEMBER_ADD;
        number++;
        String key = kind.prefix + PLACE;
        String value = Ledger.STRANGER + "-" + number;
        var command = new Command(Ledger.STRANGER, number, kind, key, value, schedule.nanos(), 0);
        ledger.sent(command);
        redis.ask(kind == Kind.LOG_PUSH ? "RPUSH" : "SADD", key, value);
        command.outcome = Outcome.DONE;
        schedule.note("a stranger writes " + key + " " + value);
    }
}
