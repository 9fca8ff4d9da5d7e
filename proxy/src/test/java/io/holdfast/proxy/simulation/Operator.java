package io.holdfast.proxy.simulation;

import io.holdfast.proxy.routing.Phase;
import io.holdfast.resp.Reply;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Somebody who gives orders to Holdfast, one behind the other, at any moment, and relies on what was confirmed. */
final class Operator implements Actor, Wire.End {
    private static final long PAUSE_NANOS_MAX = World.nanos(200);
    /** The steps of a return are short: often an order comes just then. */
    private static final int STEPS_AN_ORDER = 4;

    private static final long STEP_NANOS = 4_000_000;
    private static final int TIMEOUT_MS_MIN = 50;
    private static final int BATCH_MAX = 50;

    /** What can be ordered. */
    enum Order {
        OFFLINE,
        ONLINE,
        PAUSE,
        RESUME,
        NOW,
        CONFIGURE
    }

    /** Whether something holds: while an order is under way, and when the connection broke meanwhile, nobody can tell. */
    private enum Held {
        NO,
        PERHAPS,
        YES
    }

    private final World world;
    private final Schedule schedule;
    private final SplittableRandom random;
    private final Map<Order, Set<Phase>> given = new EnumMap<>(Order.class);
    private ReplyStream replies = new ReplyStream();
    private @Nullable Wire wire;
    private @Nullable Order pending;
    private Held offline = Held.NO;
    private Held paused = Held.NO;
    private long nextNanos;
    private boolean leaving;

    Operator(World world) {
        this.world = world;
        this.schedule = world.schedule();
        this.random = schedule.random().split();
    }

    /** Which orders were given, and in which phases. */
    Map<Order, Set<Phase>> given() {
        return given;
    }

    /** Orders only what lets the upstream be in charge again. */
    void leave() {
        leaving = true;
        nextNanos = 0;
    }

    /** Whether nothing holds any more that was ordered. */
    boolean hasLeft() {
        return leaving && pending == null && offline == Held.NO && paused == Held.NO;
    }

    @Override
    public boolean isReady() {
        return mayAct() && schedule.nanos() >= nextNanos;
    }

    @Override
    public long wakesAtNanos() {
        return mayAct() ? nextNanos : Long.MAX_VALUE;
    }

    private boolean mayAct() {
        return pending == null && world.isUp() && !hasLeft();
    }

    void phaseIs(Phase phase) {
        switch (phase) {
            case DRAINING -> nextNanos = Math.min(nextNanos, schedule.nanos());
            case REPLAYING, ONLINE -> hurry();
            case STARTING, STANDALONE, OFFLINE -> {}
        }
    }

    private void hurry() {
        if (random.nextInt(STEPS_AN_ORDER) == 0) {
            nextNanos = Math.min(nextNanos, schedule.nanos() + random.nextLong(STEP_NANOS));
        }
    }

    @Override
    public void act() {
        nextNanos = schedule.nanos() + random.nextLong(PAUSE_NANOS_MAX);
        Wire open = wire;
        if (open == null) {
            open = world.connect(this);
            wire = open;
            replies = new ReplyStream();
        }
        if (open != null) {
            order(open, chosen());
        }
    }

    /** What holds ends soon: else the upstream would hardly ever be in charge. */
    private Order chosen() {
        if (paused != Held.NO && (leaving || random.nextBoolean())) {
            return Order.RESUME;
        } else if (offline != Held.NO && (leaving || random.nextBoolean())) {
            return Order.ONLINE;
        }
        return Order.values()[random.nextInt(Order.values().length)];
    }

    private void order(Wire to, Order order) {
        pending = order;
        schedule.note("an operator orders " + order);
        given.computeIfAbsent(order, first -> EnumSet.noneOf(Phase.class)).add(world.phase());
        switch (order) {
            case OFFLINE -> {
                offline = offline == Held.YES ? Held.YES : Held.PERHAPS;
                send(to, "OFFLINE");
            }
            case ONLINE -> {
                offline = offline == Held.NO ? Held.NO : Held.PERHAPS;
                send(to, "ONLINE");
            }
            case PAUSE -> {
                paused = paused == Held.YES ? Held.YES : Held.PERHAPS;
                send(to, "SYNC", "PAUSE");
            }
            case RESUME -> {
                paused = paused == Held.NO ? Held.NO : Held.PERHAPS;
                send(to, "SYNC", "RESUME");
            }
            case NOW -> send(to, "SYNC", "NOW");
            case CONFIGURE -> {
                int timeoutMs = TIMEOUT_MS_MIN + random.nextInt(World.TIMEOUT_MS - TIMEOUT_MS_MIN);
                String batch = Integer.toString(1 + random.nextInt(BATCH_MAX));
                send(to, "CONFIG", "SET", "redis.connection_timeout", timeoutMs + "ms", "sync.batch_size", batch);
            }
        }
    }

    private static void send(Wire to, String... order) {
        var command = new String[order.length + 1];
        command[0] = "HOLDFAST";
        System.arraycopy(order, 0, command, 1, order.length);
        to.sendToFar(ModelRedis.encoded(command));
    }

    @Override
    public void arrived(byte[] bytes) {
        replies.add(bytes);
        Reply reply = replies.replies().poll();
        Order order = pending;
        if (reply == null || order == null) {
            return;
        }
        pending = null;
        schedule.note("an operator hears of " + order + ": " + reply);
        boolean mayBeRefused = order == Order.NOW && (offline != Held.NO || paused != Held.NO);
        Invariant.OPERATORS_ARE_OBEYED.check(
                mayBeRefused || !(reply instanceof Reply.Failure), order + " was answered by " + reply);
        switch (order) {
            case OFFLINE -> offline = Held.YES;
            case ONLINE -> offline = Held.NO;
            case PAUSE -> paused = Held.YES;
            case RESUME -> paused = Held.NO;
            case NOW, CONFIGURE -> {}
        }
        check();
    }

    @Override
    public void closed() {
        wire = null;
        pending = null;
    }

    /** Behind each act: what was confirmed holds, also in the process that comes behind the one that confirmed it. */
    void check() {
        if (!world.isUp()) {
            return;
        }
        Phase phase = world.phase();
        Invariant.OPERATORS_ARE_OBEYED.check(
                offline != Held.YES || phase == Phase.OFFLINE, phase + " although an operator has ordered OFFLINE");
        Invariant.OPERATORS_ARE_OBEYED.check(
                paused != Held.YES || (phase != Phase.REPLAYING && phase != Phase.DRAINING),
                phase + " although an operator has ordered SYNC PAUSE");
        boolean startedPaused = paused == Held.YES && wire == null;
        Invariant.OPERATORS_ARE_OBEYED.check(
                !startedPaused || phase == Phase.OFFLINE, phase + " behind a restart although SYNC PAUSE was ordered");
    }
}
