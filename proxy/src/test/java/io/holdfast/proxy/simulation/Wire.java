package io.holdfast.proxy.simulation;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * A connection: bytes under way in both directions, each of which may be held, cut anywhere, or lost with the connection. The
 * far end is the one that was connected to.
 */
final class Wire implements Actor {
    /** Who sits at an end. */
    interface End {
        void arrived(byte[] bytes);

        /** The other end has closed, or the connection broke. */
        void closed();
    }

    private static final long LATE_NANOS_MAX = World.nanos(800);

    private final Schedule schedule;
    private final Direction toFar = new Direction();
    private final Direction toNear = new Direction();

    /** Bytes one way, and whether their sender has closed behind them. */
    private static final class Direction {
        final Deque<byte[]> bytes = new ArrayDeque<>();
        End receiver = NOBODY;
        boolean ends;
        boolean ended;
        boolean held;
        long notBeforeNanos;

        boolean isReady(long nowNanos) {
            return isDue() && nowNanos >= notBeforeNanos;
        }

        boolean isDue() {
            return !held && !ended && (!bytes.isEmpty() || ends);
        }
    }

    private static final End NOBODY = new End() {
        @Override
        public void arrived(byte[] bytes) {
            throw new IllegalStateException("bytes for nobody");
        }

        @Override
        public void closed() {
            throw new IllegalStateException("an end of nobody");
        }
    };

    Wire(Schedule schedule) {
        this.schedule = schedule;
        schedule.add(this);
    }

    void ends(End near, End far) {
        toNear.receiver = near;
        toFar.receiver = far;
    }

    void sendToFar(byte[] bytes) {
        send(toFar, bytes);
    }

    void sendToNear(byte[] bytes) {
        send(toNear, bytes);
    }

    private static void send(Direction direction, byte[] bytes) {
        if (!direction.ends && bytes.length > 0) {
            direction.bytes.add(bytes);
        }
    }

    /** The near end resets the connection: any part of what it has sent arrives, perhaps late, nothing comes back. */
    void resetByNear() {
        if (!toFar.ends && schedule.oneIn(2)) {
            toFar.notBeforeNanos = schedule.nanos() + schedule.random().nextLong(LATE_NANOS_MAX);
        }
        reset(toFar, toNear);
    }

    void resetByFar() {
        reset(toNear, toFar);
    }

    private void reset(Direction sent, Direction received) {
        received.bytes.clear();
        received.ended = true;
        if (!sent.ends) {
            sent.ends = true;
            int kept = schedule.random().nextInt(sent.bytes.size() + 1);
            while (sent.bytes.size() > kept) {
                sent.bytes.removeLast();
            }
        }
        leave();
    }

    /** The connection breaks in between: any part of what is under way is lost, and both ends hear of it. */
    void cut() {
        for (Direction each : new Direction[] {toFar, toNear}) {
            each.ends = true;
            int kept = schedule.random().nextInt(each.bytes.size() + 1);
            while (each.bytes.size() > kept) {
                each.bytes.removeLast();
            }
        }
    }

    /** Nothing arrives, either way, until it is let go. */
    void hold(boolean now) {
        toFar.held = now;
        toNear.held = now;
    }

    boolean isResetByNear() {
        return toFar.ends;
    }

    boolean isOver() {
        return toFar.ended && toNear.ended;
    }

    private void leave() {
        if (isOver()) {
            schedule.remove(this);
        }
    }

    @Override
    public boolean isReady() {
        return toFar.isReady(schedule.nanos()) || toNear.isReady(schedule.nanos());
    }

    @Override
    public long wakesAtNanos() {
        return Math.min(
                toFar.isDue() ? toFar.notBeforeNanos : Long.MAX_VALUE,
                toNear.isDue() ? toNear.notBeforeNanos : Long.MAX_VALUE);
    }

    @Override
    public void act() {
        long now = schedule.nanos();
        boolean far =
                toFar.isReady(now) && (!toNear.isReady(now) || schedule.random().nextBoolean());
        deliver(far ? toFar : toNear);
    }

    private void deliver(Direction direction) {
        byte[] bytes = direction.bytes.poll();
        if (bytes == null) {
            direction.ended = true;
            leave();
            direction.receiver.closed();
            return;
        }
        if (bytes.length > 1 && schedule.oneIn(8)) {
            int at = 1 + schedule.random().nextInt(bytes.length - 1);
            direction.bytes.addFirst(Arrays.copyOfRange(bytes, at, bytes.length));
            bytes = Arrays.copyOf(bytes, at);
        }
        direction.receiver.arrived(bytes);
    }
}
