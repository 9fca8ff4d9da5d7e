package io.holdfast.proxy.simulation;

import io.holdfast.proxy.routing.Phase;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Breaks something from time to time, and mends it a while later. */
final class Faults implements Actor {
    private static final long PAUSE_MS_MAX = 500;
    private static final long BROKEN_MS_MAX = 500;
    private static final int LOST_ENTRIES_MAX = 40;
    private static final int STEPS_A_FAULT = 4;
    private static final long STEP_NANOS = 4_000_000;

    /** What can break. */
    enum Fault {
        /** The upstream ends, and comes back with everything. */
        REDIS_KILLED,
        /** It comes back as it was some writes before, as a replica that lagged behind does. */
        REDIS_STALE,
        /** It comes back with nothing. */
        REDIS_EMPTY,
        REDIS_FROZEN,
        NETWORK_PARTED,
        /** Some connections break, each with any part of what is under way. */
        LINKS_CUT,
        HOLDFAST_KILLED
    }

    private record Planned(long atNanos, Runnable what) {}

    private final World world;
    private final Schedule schedule;
    private final SplittableRandom random;
    private final List<Planned> planned = new ArrayList<>();
    private final Map<Fault, Integer> met = new EnumMap<>(Fault.class);
    private final boolean loses;
    private boolean over;

    /** @param loses whether the upstream may lose data */
    Faults(World world, boolean loses) {
        this.world = world;
        this.schedule = world.schedule();
        this.random = schedule.random().split();
        this.loses = loses;
        plan(PAUSE_MS_MAX, this::breakSomething);
    }

    Map<Fault, Integer> met() {
        return met;
    }

    /** Mends everything; nothing breaks any more. */
    void end() {
        over = true;
        List<Planned> mending = List.copyOf(planned);
        planned.clear();
        mending.forEach(each -> each.what.run());
    }

    private void plan(long msMax, Runnable what) {
        planned.add(new Planned(schedule.nanos() + World.nanos(1 + random.nextLong(msMax)), what));
        planned.sort(Comparator.comparingLong(Planned::atNanos));
    }

    @Override
    public boolean isReady() {
        return !planned.isEmpty() && planned.get(0).atNanos <= schedule.nanos();
    }

    @Override
    public long wakesAtNanos() {
        return planned.isEmpty() ? Long.MAX_VALUE : planned.get(0).atNanos;
    }

    @Override
    public void act() {
        planned.remove(0).what.run();
    }

    /** The steps of a return are short: often something breaks just then. */
    void phaseIs(Phase phase) {
        boolean returns = phase == Phase.REPLAYING || phase == Phase.DRAINING || phase == Phase.ONLINE;
        if (!over && returns && random.nextInt(STEPS_A_FAULT) == 0) {
            long atNanos = schedule.nanos() + random.nextLong(STEP_NANOS);
            planned.add(new Planned(atNanos, this::strike));
            planned.sort(Comparator.comparingLong(Planned::atNanos));
        }
    }

    private void breakSomething() {
        if (!over) {
            plan(PAUSE_MS_MAX, this::breakSomething);
            strike();
        }
    }

    private void strike() {
        if (over) {
            return;
        }
        Fault[] all = Fault.values();
        Fault fault = all[random.nextInt(all.length)];
        if (happens(fault)) {
            met.merge(fault, 1, Integer::sum);
        }
    }

    private boolean happens(Fault fault) {
        ModelRedis redis = world.redis();
        switch (fault) {
            case REDIS_KILLED, REDIS_STALE, REDIS_EMPTY -> {
                if (redis.isDead() || (fault != Fault.REDIS_KILLED && !loses)) {
                    return false;
                }
                world.killRedis();
                plan(
                        BROKEN_MS_MAX,
                        () -> world.startRedis(kept(fault, redis.data().size())));
            }
            case REDIS_FROZEN -> {
                if (redis.isDead() || redis.isFrozen()) {
                    return false;
                }
                world.freezeRedis(true);
                plan(BROKEN_MS_MAX, () -> {
                    if (world.redis() == redis && !redis.isDead()) {
                        world.freezeRedis(false);
                    }
                });
            }
            case NETWORK_PARTED -> {
                schedule.note("the network parts");
                world.part(true);
                plan(BROKEN_MS_MAX, () -> {
                    schedule.note("the network heals");
                    world.part(false);
                });
            }
            case LINKS_CUT -> {
                schedule.note("links are cut");
                world.cutLinks();
            }
            case HOLDFAST_KILLED -> {
                if (!world.isUp()) {
                    return false;
                }
                world.killHoldfast();
                plan(BROKEN_MS_MAX, world::startHoldfast);
            }
        }
        return true;
    }

    private int kept(Fault fault, int entries) {
        return switch (fault) {
            case REDIS_EMPTY -> 0;
            case REDIS_STALE -> Math.max(0, entries - random.nextInt(LOST_ENTRIES_MAX));
            case REDIS_KILLED, REDIS_FROZEN, NETWORK_PARTED, LINKS_CUT, HOLDFAST_KILLED -> entries;
        };
    }
}
