package io.holdfast.proxy.simulation;

import io.holdfast.proxy.routing.Phase;
import io.holdfast.proxy.simulation.Command.Kind;
import io.holdfast.resp.Reply;
import java.util.ArrayDeque;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A client of Holdfast that sends one command behind the other without waiting for each reply, and connects again when cut. */
final class Client implements Actor, Wire.End {
    private static final int AHEAD_MAX = 4;
    private static final int KEYS = 3;
    private static final long PAUSE_NANOS_MAX = World.nanos(20);
    private static final int COMMANDS_A_BURST = 30;
    private static final long BURST_NANOS_MAX = 500_000;
    private static final long WAIT_MS_MAX = 300;
    static final long BRIEF_MS_MAX = 400;

    private final String name;
    private final World world;
    private final Schedule schedule;
    private final Ledger ledger;
    private final SplittableRandom random;
    private final ArrayDeque<Command> pending = new ArrayDeque<>();
    private ReplyStream replies = new ReplyStream();
    private @Nullable Wire wire;
    private long nextNanos;
    private long lastReplyNanos;
    private long askedNanos;
    private int number;
    private int burst;
    private boolean leaving;
    /** Its transaction is still to come, and what else this client wants comes behind that. */
    private @Nullable Command watching;

    private int movesThen;

    Client(String name, World world, Ledger ledger) {
        this.name = name;
        this.world = world;
        this.schedule = world.schedule();
        this.ledger = ledger;
        this.random = schedule.random().split();
    }

    /** Asks nothing more. */
    void leave() {
        leaving = true;
    }

    boolean isAnswered() {
        return pending.isEmpty();
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
        if (watching != null) {
            return watching.hasWatched();
        }
        return !leaving && pending.size() < AHEAD_MAX && world.isUp();
    }

    @Override
    public void act() {
        if (random.nextInt(COMMANDS_A_BURST) == 0) {
            burst = COMMANDS_A_BURST;
        }
        nextNanos = schedule.nanos() + random.nextLong(burst-- > 0 ? BURST_NANOS_MAX : PAUSE_NANOS_MAX);
        askedNanos = schedule.nanos();
        Wire open = wire;
        if (open != null && watching != null) {
            exec(open, watching);
            watching = null;
            return;
        }
        if (open == null) {
            open = world.connect(this);
            wire = open;
            replies = new ReplyStream();
        }
        if (open != null) {
            ask(open);
        }
    }

    private void ask(Wire open) {
        Kind[] kinds = Kind.values();
        Kind kind = kinds[random.nextInt(kinds.length)];
        boolean own = kind.prefix.equals("own:") || kind.prefix.equals("brief:");
        String key = kind.prefix + (own ? name + ":" : "") + random.nextInt(KEYS);
        number++;
        long waitsMs = kind == Kind.QUEUE_WAIT
                ? 1 + random.nextLong(WAIT_MS_MAX)
                : kind == Kind.BRIEF_SET ? 1 + random.nextLong(BRIEF_MS_MAX) : 0;
        String value = switch (kind) {
            case LOG_PUSH, OWN_SET, MEMBER_ADD, QUEUE_PUSH, PAIR, WATCHED_PUSH, BRIEF_SET -> name + "-" + number;
            case LOG_READ, COUNT, OWN_GET, MEMBER_READ, QUEUE_POP, QUEUE_WAIT, BRIEF_GET -> "";
        };
        var command = new Command(name, number, kind, key, value, schedule.nanos(), waitsMs);
        pending.add(command);
        ledger.sent(command);
        schedule.note(name + " asks " + kind + " " + key + " " + value);
        watching = kind == Kind.WATCHED_PUSH ? command : null;
        send(open, command);
    }

    private void exec(Wire open, Command command) {
        command.movedMeanwhile = ledger.moves() != movesThen;
        send(open, "MULTI");
        send(open, "RPUSH", command.key, command.value);
        send(open, "EXEC");
    }

    private static void send(Wire to, Command command) {
        String key = command.key;
        String value = command.value;
        String ms = Long.toString(command.waitsMs);
        switch (command.kind) {
            case LOG_PUSH, QUEUE_PUSH -> send(to, "RPUSH", key, value);
            case LOG_READ -> send(to, "LRANGE", key, "0", "-1");
            case COUNT -> send(to, "INCR", key);
            case OWN_SET -> send(to, "SET", key, value);
            case OWN_GET, BRIEF_GET -> send(to, "GET", key);
            case MEMBER_ADD -> send(to, "SADD", key, value);
            case MEMBER_READ -> send(to, "SMEMBERS", key);
            case QUEUE_POP -> send(to, "LPOP", key);
            case QUEUE_WAIT -> send(to, "BLPOP", key, Double.toString(command.waitsMs / 1e3));
            case PAIR -> {
                send(to, "MULTI");
                send(to, "RPUSH", key + ":a", value);
                send(to, "RPUSH", key + ":b", value);
                send(to, "EXEC");
            }
            case WATCHED_PUSH -> {
                send(to, "WATCH", key);
                send(to, "LLEN", key);
            }
            case BRIEF_SET -> send(to, "SET", key, value, "PX", ms);
        }
    }

    private static void send(Wire to, String... command) {
        to.sendToFar(ModelRedis.encoded(command));
    }

    @Override
    public void arrived(byte[] bytes) {
        replies.add(bytes);
        for (Reply reply = replies.replies().poll();
                reply != null;
                reply = replies.replies().poll()) {
            Command command = pending.element();
            command.replies.add(reply);
            lastReplyNanos = schedule.nanos();
            if (command.hasWatched()) {
                movesThen = ledger.moves();
                nextNanos = schedule.nanos() + random.nextLong(PAUSE_NANOS_MAX);
            }
            if (command.replies.size() == command.repliesWanted()) {
                pending.remove();
                command.answeredNanos = schedule.nanos();
                ledger.answered(command);
                schedule.note(command.toString());
            }
        }
    }

    @Override
    public void closed() {
        wire = null;
        watching = null;
        schedule.note(name + " is cut off");
        for (Command command : pending) {
            command.answeredNanos = schedule.nanos();
            ledger.cutOff(command);
        }
        pending.clear();
    }

    /** Writers are held for some milliseconds then: those that ask nothing just now would miss them. */
    void phaseIs(Phase phase) {
        if (phase == Phase.DRAINING && random.nextBoolean()) {
            nextNanos = Math.min(nextNanos, schedule.nanos() + random.nextLong(BURST_NANOS_MAX));
        }
    }

    /**
     * Fails when the oldest command has waited too long.
     *
     * @param onlineBoundNanos the bound where it has waited while the upstream was in charge
     */
    void checkBound(long boundNanos, long onlineBoundNanos) {
        Command oldest = pending.peek();
        if (oldest == null || (oldest == watching && oldest.hasWatched())) {
            return; // it waits for nobody, or others for it
        }
        long sinceNanos = Math.max(oldest.kind == Kind.WATCHED_PUSH ? askedNanos : oldest.sentNanos, lastReplyNanos);
        checkWait(oldest, sinceNanos, boundNanos);
        Long online = ledger.onlineSinceNanos();
        if (online != null && oldest.kind != Kind.QUEUE_WAIT) { // whose end is only looked for from time to time
            checkWait(oldest, Math.max(sinceNanos, online), onlineBoundNanos);
        }
    }

    private void checkWait(Command oldest, long sinceNanos, long boundNanos) {
        long allowed = boundNanos + (oldest.kind == Kind.QUEUE_WAIT ? World.nanos(oldest.waitsMs) : 0);
        Invariant.ANSWERED_WITHIN_THE_BOUND.check(
                schedule.nanos() - sinceNanos <= allowed, oldest + " waits since " + sinceNanos / 1_000_000 + " ms");
    }
}
