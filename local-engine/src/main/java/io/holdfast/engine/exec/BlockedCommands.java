package io.holdfast.engine.exec;

import io.holdfast.engine.command.Blocked;
import io.holdfast.engine.command.Blocking;
import io.holdfast.engine.command.BlockingTimeout;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.Session;
import io.holdfast.engine.command.Timers;
import io.holdfast.engine.command.Wait;
import io.holdfast.engine.keyspace.BlockedClients;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the commands that wait, ends them when their time is over, and says which may be tried again, in Redis's order:
 * keys as they became ready, and of each the client that has waited for longest. Owned by the engine loop.
 *
 * <pre>
 *   handler ──block──► waiting ──key ready──► retry ──reply──► answered
 *                       ▲  │ │                  │
 *                       │  │ └── time over, CLIENT UNBLOCK ──► answered
 *                       │  └──── client gone, moved upstream ► forgotten
 *                       └────────── nothing for it ┘
 * </pre>
 */
final class BlockedCommands implements Blocking {
    private final BlockedClients keys;
    private final Timers timers;
    private int clients;
    private int withTimeout;

    BlockedCommands(BlockedClients keys, Timers timers) {
        this.keys = keys;
        this.timers = timers;
    }

    @Override
    public void begin(CommandContext c, Wait wait) {
        boolean forever = wait.timeout().isForever();
        add(wait(c, wait, forever ? null : alarm(c.session(), wait.timeout().ms())));
    }

    /** A command that has just begun to wait has waited elsewhere before, for so long. */
    void hasWaited(Session session, long ms) {
        Blocked blocked = session.blocked();
        if (blocked != null && !blocked.isHeld() && blocked.alarm() != null) {
            forget(session);
            long leftMs = Math.max(1, blocked.waitsFor().timeout().ms() - ms);
            Blocked longer =
                    blocked.since(blocked.sinceNanos() - TimeUnit.MILLISECONDS.toNanos(ms), alarm(session, leftMs));
            session.blocked(longer);
            add(longer);
        }
    }

    private Timers.Alarm alarm(Session session, long ms) {
        return timers.after(ms, () -> timeOut(session));
    }

    private void add(Blocked blocked) {
        keys.add(blocked, blocked.db(), blocked.waitsFor().keys());
        clients++;
        withTimeout += blocked.alarm() == null ? 0 : 1;
    }

    @Override
    public void hold(CommandContext c, Reply reply, long ms) {
        Session session = c.session();
        var unused = wait(c, Wait.untilLater(ms, reply), timers.after(ms, () -> {
            session.blocked(null);
            session.output().answer(reply);
        }));
    }

    @Override
    public Consumer<Reply> defer(CommandContext c) {
        Session session = c.session();
        Blocked waiting = wait(c, Wait.untilLater(0, Reply.NONE), null);
        return reply -> {
            if (waiting.equals(session.blocked())) {
                session.blocked(null);
                session.output().answer(reply);
            }
        };
    }

    private Blocked wait(CommandContext c, Wait wait, Timers.@Nullable Alarm alarm) {
        Session session = c.session();
        if (session.blocked() != null) {
            throw new IllegalStateException("a client waits in one command at a time");
        }
        var blocked = new Blocked(session, c.spec(), c.args(), session.db(), wait, timers.nanoTime(), alarm);
        session.blocked(blocked);
        return blocked;
    }

    /** True when somebody's key has become ready. */
    boolean hasReady() {
        return keys.hasReady();
    }

    /** Lets {@code attempt} try each command that what has become ready may answer; null from it means: not yet. */
    void serve(Attempt attempt) {
        while (keys.hasReady()) {
            var ready = keys.pollReady();
            if (ready != null) {
                for (BlockedClients.Waiter waiter : keys.waitingFor(ready)) {
                    serve((Blocked) waiter, ready.key(), attempt);
                }
            }
        }
    }

    private void serve(Blocked blocked, Bytes ready, Attempt attempt) {
        if (!blocked.equals(blocked.session().blocked())) {
            return; // answered meanwhile, by another key or by what an earlier one in the queue did
        }
        Reply reply = attempt.attempt(blocked, ready);
        if (reply != null) {
            interrupt(blocked.session(), reply);
        }
    }

    /** Tries a command again. */
    @FunctionalInterface
    interface Attempt {
        @Nullable Reply attempt(Blocked blocked, Bytes ready);
    }

    @Override
    public boolean interrupt(Session session, Reply reply) {
        Blocked blocked = session.blocked();
        if (blocked == null || blocked.isHeld() || forget(session) == null) {
            return false;
        }
        session.output().answer(reply);
        return true;
    }

    @Override
    public boolean timeOut(Session session) {
        return interrupt(session, Reply.Null.ARRAY); // as Redis, whatever the command would answer otherwise
    }

    @Override
    public void abandon(Session session) {
        forget(session);
    }

    /** The client's command waits no longer, and nobody answers it; null when it did not wait. */
    @Nullable Blocked forget(Session session) {
        Blocked blocked = session.blocked();
        if (blocked == null) {
            return null;
        }
        session.blocked(null);
        if (blocked.isHeld()) {
            if (blocked.alarm() != null) {
                blocked.alarm().cancel();
            }
            return blocked;
        }
        keys.remove(blocked, blocked.db(), blocked.waitsFor().keys());
        clients--;
        if (blocked.alarm() != null) {
            blocked.alarm().cancel();
            withTimeout--;
        }
        return blocked;
    }

    /** The command as it is to be sent elsewhere now: with the time that is left. */
    Bytes[] resumed(Blocked blocked) {
        if (blocked.alarm() == null) {
            return blocked.args();
        }
        BlockingTimeout timeout = blocked.waitsFor().timeout();
        long waitedMs = TimeUnit.NANOSECONDS.toMillis(timers.nanoTime() - blocked.sinceNanos());
        return timeout.with(Math.max(1, timeout.ms() - waitedMs), blocked.args());
    }

    @Override
    public int clients() {
        return clients;
    }

    @Override
    public int clientsWithTimeout() {
        return withTimeout;
    }
}
