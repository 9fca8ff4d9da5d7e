package io.holdfast.engine.exec;

import io.holdfast.engine.command.Blocked;
import io.holdfast.engine.command.Blocking;
import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.Effect;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.KeyEvent;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Scripting;
import io.holdfast.engine.command.Server;
import io.holdfast.engine.command.Session;
import io.holdfast.engine.command.ValueEffects;
import io.holdfast.engine.command.Wait;
import io.holdfast.engine.keyspace.Changes;
import io.holdfast.engine.keyspace.Eviction;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RespVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs commands one at a time: checks, handler, journal. What a client's command changed is staged in the journal as one
 * entry before its reply is given out; what comes from the mirror or from recovery is not. Owned by the engine loop.
 */
public final class CommandExecutor implements Changes.BaseListener {
    private final Server server;
    private final Journal journal;
    private final WriteGuard writes;
    private final LongSupplier clock;
    private final List<Effect> effects = new ArrayList<>();
    private final Session mirrorSession;
    private final BlockedCommands blocked;
    private Journal.Scope scope = Journal.Scope.LOCAL;
    private long lastNowMs;
    private long nowMs;

    /** @param clock Unix milliseconds */
    public CommandExecutor(Server server, Journal journal, WriteGuard writes, LongSupplier clock) {
        this.server = server;
        this.journal = journal;
        this.writes = writes;
        this.clock = clock;
        this.mirrorSession = new Session(0, new NoOutput(), "", "", 0);
        this.blocked = new BlockedCommands(server.keyspaces().blocked(), server.timers());
        EngineSettings.addTo(server.settings(), server);
    }

    /** The clients that wait in the middle of a command. */
    public Blocking blocking() {
        return blocked;
    }

    /** A client's command is carried out elsewhere: it waits no longer. Null when it did not wait for a key. */
    public Bytes @Nullable [] stopWaiting(Session session) {
        Blocked waits = session.blocked();
        if (waits == null || waits.isHeld()) {
            return null;
        }
        blocked.abandon(session);
        return blocked.resumed(waits);
    }

    /** Whom the entries of the following commands are for. */
    public void scope(Journal.Scope of) {
        scope = of;
    }

    /** The clock of commands: never behind an earlier reading, so that an expired key does not come back. */
    public long nowMs() {
        lastNowMs = Math.max(lastNowMs, clock.getAsLong());
        return lastNowMs;
    }

    /**
     * Runs a client's command, or queues it between MULTI and EXEC.
     *
     * @param spec the command or subcommand asked for; null when the table does not have it
     */
    public Reply execute(Session session, @Nullable CommandSpec spec, Bytes[] args) {
        server.stats().commandsProcessed++;
        nowMs = nowMs();
        session.called(spec, nowMs);
        CommandSpec known = spec;
        try {
            if (known == null) {
                known = server.commands().resolve(args);
                session.called(known, nowMs);
            }
            check(session, known, args);
            makeRoom();
            if (session.inMulti() && !known.isRunInMulti()) {
                return queue(session, known, args);
            }
            if (!isScriptRunning()) {
                server.invalidations().running(session.tracker());
            }
            Reply reply = run(session, known, args);
            if (!known.isCachingKept() && !session.inMulti()) {
                session.tracker().caching(false); // of a transaction it counts for all
            }
            return reply;
        } catch (RedisError refused) {
            server.stats().failed(refused.reply());
            server.records().refused(known);
            if (known != null && known.isEndOfTransaction()) {
                session.takeQueued();
                session.unwatchAll(server.keyspaces().watches());
                return RedisError.execAbort(refused).reply();
            }
            session.refuseQueue();
            return refused.reply();
        }
    }

    /** Runs one command of a transaction whose others run elsewhere: it is never queued, and does not wait. */
    public Reply executePart(Session session, Session.Queued part) {
        server.stats().commandsProcessed++;
        nowMs = nowMs();
        try {
            CommandSpec spec = server.commands().resolve(part.args());
            check(session, spec, part.args());
            var context = new CommandContext(server, session, spec, part.args(), nowMs, new ArrayList<>());
            Reply reply = context.runRecorded();
            return isScriptRunning() ? reply : done(reply);
        } catch (RedisError refused) {
            server.stats().failed(refused.reply());
            return refused.reply();
        }
    }

    /**
     * Runs a command that was sent upstream and is to be carried out here instead, in the database that was selected
     * when the client sent it, whatever the client has sent since.
     */
    public Reply rerun(Session session, int db, CommandSpec spec, Bytes[] args) {
        int selected = session.db();
        session.select(db);
        try {
            nowMs = nowMs();
            check(session, spec, args);
            return run(session, spec, args);
        } catch (RedisError refused) {
            server.stats().failed(refused.reply());
            return refused.reply();
        } finally {
            session.select(selected);
        }
    }

    /** As {@link #rerun}, of a command that has waited elsewhere: if it waits here too, then for as long as is left. */
    public Reply waitOn(Session session, int db, CommandSpec spec, Bytes[] args, long waitedMs) {
        Reply reply = rerun(session, db, spec, args);
        blocked.hasWaited(session, waitedMs);
        return reply;
    }

    /** As {@link #rerun}, for a whole transaction; a command that the table does not have makes it be discarded. */
    public Reply rerunTransaction(Session session, int db, List<Session.Queued> commands) {
        int selected = session.db();
        session.select(db);
        try {
            nowMs = nowMs();
            for (Session.Queued command : commands) {
                check(session, server.commands().resolve(command.args()), command.args());
            }
            List<Reply> replies = new ArrayList<>(commands.size());
            for (Session.Queued command : commands) {
                CommandSpec spec = server.commands().resolve(command.args());
                replies.add(new CommandContext(server, session, spec, command.args(), nowMs, effects).runRecorded());
            }
            if (!effects.isEmpty()) {
                stage(session, nowMs, effects);
                effects.clear();
            }
            return done(new Reply.Array(replies));
        } catch (RedisError refused) {
            server.stats().failed(refused.reply());
            return RedisError.execAbort().reply();
        } finally {
            effects.clear();
            session.select(selected);
        }
    }

    /** Keys that the policy gives up are gone for recovery as well. Not so where an upstream has to hear of every key first. */
    private void makeRoom() {
        Eviction eviction = server.keyspaces().eviction();
        if (eviction.isDue() && scope == Journal.Scope.LOCAL && !journal.hasFailed() && !isScriptRunning()) {
            eviction.makeRoom(this::evicted);
        }
    }

    private void evicted(KeyRecord gone) {
        journal.stage(scope, nowMs, List.of(Effect.of(gone.db(), Bytes.of("DEL"), gone.key())));
        server.keyEvents().tell(KeyEvent.EVICTED, gone.db(), gone.key());
    }

    private Reply run(Session session, CommandSpec spec, Bytes[] args) {
        return isScriptRunning() ? runBeside(session, spec, args) : done(runAlone(session, spec, args));
    }

    private boolean isScriptRunning() {
        return server.scripting().running() != null;
    }

    private Reply runAlone(Session session, CommandSpec spec, Bytes[] args) {
        long beganMs = nowMs;
        try {
            Reply reply = new CommandContext(server, session, spec, args, beganMs, effects)
                    .mayBlock()
                    .runRecorded();
            if (!effects.isEmpty()) {
                stage(session, beganMs, effects);
            }
            return reply;
        } finally {
            effects.clear();
        }
    }

    /**
     * What may be done while a script runs, whose effects so far are not these. Who waits for what the script has changed
     * is told when the script is done.
     */
    private Reply runBeside(Session session, CommandSpec spec, Bytes[] args) {
        List<Effect> own = new ArrayList<>();
        Reply reply = new CommandContext(server, session, spec, args, nowMs, own).runRecorded();
        if (!own.isEmpty()) {
            stage(session, nowMs, own);
        }
        return reply;
    }

    private void stage(Session session, long timeMs, List<Effect> changes) {
        Bytes client = scope.isForUpstream() ? session.who() : Bytes.EMPTY; // others are never asked who wrote them
        journal.stage(scope, timeMs, client, changes);
        server.stats().unsavedChanges += changes.size();
    }

    /** Time has passed: who waits for what it took away is told. A bound on memory may have been lowered meanwhile. */
    public void timePassed() {
        nowMs = nowMs();
        makeRoom();
        done(Reply.NONE);
    }

    /** What has to happen after a command, transaction or script as a whole. */
    private Reply done(Reply reply) {
        Reply complete = server.invalidations().afterCommand(reply);
        serveBlocked();
        return complete;
    }

    /** After the command, transaction or script that made keys ready, clients that wait for them get their turn. */
    private void serveBlocked() {
        if (blocked.hasReady()) {
            blocked.serve(this::attempt);
        }
    }

    private @Nullable Reply attempt(Blocked waiting, Bytes ready) {
        Wait wait = waiting.waitsFor();
        KeyRecord record = server.keyspaces().get(waiting.db()).find(ready, nowMs);
        boolean fits = record != null && record.type() == wait.type();
        if (!fits && !wait.alsoWhenGone()) {
            return null;
        }
        Session session = waiting.session();
        int selected = session.db();
        session.select(waiting.db());
        try {
            var context = new CommandContext(server, session, waiting.spec(), waiting.args(), nowMs, effects);
            if (!session.isUnrestricted()) {
                // The user's rules may have changed since.
                server.acl()
                        .require(
                                session,
                                waiting.spec(),
                                waiting.args(),
                                server.config().version(),
                                nowMs);
            }
            server.invalidations().running(session.tracker());
            long began = server.timers().nanoTime();
            Reply reply = context.retry(wait.retry(), ready);
            if (reply != null) {
                server.records()
                        .served(
                                session,
                                waiting.spec(),
                                waiting.args(),
                                nowMs,
                                server.timers().nanoTime() - began,
                                reply instanceof Reply.Failure);
            }
            if (!effects.isEmpty()) {
                stage(session, nowMs, effects);
            }
            Reply complete = server.invalidations().afterCommand(reply == null ? Reply.NONE : reply);
            return reply == null ? null : complete;
        } catch (RedisError refused) {
            server.stats().failed(refused.reply());
            return refused.reply();
        } finally {
            effects.clear();
            session.select(selected);
        }
    }

    /** Checks that need no data, in Redis's order. */
    private void check(Session session, CommandSpec spec, Bytes[] args) {
        if (!spec.arity(server.config().version()).accepts(args.length)) {
            throw RedisError.wrongNumberOfArguments(spec.fullName());
        }
        if (session.mustAuthenticate() && !spec.is(Flag.NO_AUTH)) {
            throw RedisError.noAuth();
        }
        server.acl().require(session, spec, args, server.config().version(), nowMs);
        if (session.resp() == RespVersion.RESP2
                && !spec.isAllowedWhileSubscribed()
                && session.subscriber().isSubscribed()) {
            throw RedisError.onlyWhileSubscribed(server.config().version(), spec.fullName());
        }
        if (!spec.is(Flag.ALLOW_BUSY)) {
            RedisError busy = server.scripting().busy();
            if (busy != null) {
                throw busy;
            }
        }
        if (session.isMonitor() && (spec.is(Flag.WRITE) || spec.is(Flag.READONLY) || spec.is(Flag.MAY_REPLICATE))) {
            throw RedisError.replicaWithoutKeyspace();
        }
        RedisError refusal = writes.refusal();
        if (refusal != null && isToWrite(session, spec, args)) {
            throw refusal;
        }
        RedisError full = server.growthRefusal();
        if (full != null && needsMemory(session, spec)) {
            throw full;
        }
    }

    /** Code that says nothing of itself is refused, if at all, at the command that writes. */
    private boolean isToWrite(Session session, CommandSpec spec, Bytes[] args) {
        return spec.writes()
                || spec.intent(server.scripting(), args) == Scripting.Intent.WRITES
                || (spec.isEndOfTransaction() && session.queued().stream().anyMatch(queued -> isToWrite(queued)));
    }

    private boolean isToWrite(Session.Queued command) {
        CommandSpec spec = command.spec();
        return spec != null
                && (spec.writes() || spec.intent(server.scripting(), command.args()) == Scripting.Intent.WRITES);
    }

    /** To be queued needs memory too. */
    private static boolean needsMemory(Session session, CommandSpec spec) {
        return spec.is(Flag.DENYOOM)
                || (session.inMulti() && !spec.isRunInMulti())
                || (spec.isEndOfTransaction() && session.queued().stream().anyMatch(CommandExecutor::needsMemory));
    }

    private static boolean needsMemory(Session.Queued command) {
        CommandSpec spec = command.spec();
        return spec != null && spec.is(Flag.DENYOOM);
    }

    private static Reply queue(Session session, CommandSpec spec, Bytes[] args) {
        if (spec.is(Flag.NO_MULTI)) {
            throw RedisError.notInTransaction();
        }
        session.queue(spec, args);
        return Reply.QUEUED;
    }

    /**
     * Runs a command that the upstream has already carried out on the warm copy; nothing is journaled.
     *
     * @param stamp when the upstream vouches for what is left
     * @param resp the version in which the upstream answered, for the reply is to be compared with its own
     */
    public Reply mirror(int stamp, int db, RespVersion resp, CommandSpec spec, Bytes[] args) {
        server.keyspaces().changes().mirroringBegins(stamp);
        mirrorSession.select(db);
        mirrorSession.speak(resp);
        server.scripting().deferring(true);
        try {
            return new CommandContext(server, mirrorSession, spec, args, nowMs(), null).run();
        } finally {
            server.scripting().deferring(false);
            server.keyspaces().changes().mirroringEnds();
        }
    }

    /**
     * Applies what the journal says was done, with the clock as it stood then.
     *
     * @return the first refusal, which means that journal and storage do not fit; null when all went well
     */
    public Reply.@Nullable Failure recover(Journal.Entry entry) {
        if (entry.scope() == Journal.Scope.REQUEUED) {
            lastNowMs = Math.max(lastNowMs, entry.timeMs());
            return null;
        }
        server.scripting().deferring(true);
        try {
            return applyAll(entry);
        } finally {
            server.scripting().deferring(false);
        }
    }

    private Reply.@Nullable Failure applyAll(Journal.Entry entry) {
        Reply.Failure first = null;
        for (Effect effect : entry.effects()) {
            Bytes[] args = effect.command().toArray(Bytes[]::new);
            mirrorSession.select(effect.db());
            CommandSpec spec = server.commands().resolve(args);
            Reply reply = new CommandContext(server, mirrorSession, spec, args, entry.timeMs(), null).run();
            if (reply instanceof Reply.Failure failure && first == null) {
                first = failure;
            }
        }
        lastNowMs = Math.max(lastNowMs, entry.timeMs());
        return first;
    }

    @Override
    public void base(KeyRecord record, boolean vouched) {
        if (scope == Journal.Scope.UPSTREAM) {
            journal.stage(
                    vouched ? Journal.Scope.BASE : Journal.Scope.COPY,
                    nowMs,
                    ValueEffects.replace(
                            record.db(),
                            record.key(),
                            record.value(),
                            record.expiresAtMs(),
                            server.config().version()));
        }
    }

    @Override
    public void absentBase(int db, Bytes key, boolean vouched) {
        if (scope == Journal.Scope.UPSTREAM) {
            journal.stage(
                    vouched ? Journal.Scope.BASE : Journal.Scope.COPY,
                    nowMs,
                    List.of(Effect.of(db, Bytes.of("DEL"), key)));
        }
    }

    /** What was done to it before makes it anew upstream, where its time has come as well. */
    @Override
    public void expired(KeyRecord record) {
        if (scope == Journal.Scope.UPSTREAM && !journal.hasFailed() && !journal.isExhausted()) {
            long endMs = record.expiresAtMs();
            Effect end = Effect.of(record.db(), Bytes.of("PEXPIREAT"), record.key(), Bytes.of(endMs));
            journal.stage(scope, Math.max(nowMs, endMs + 1), List.of(end));
        }
    }

    private static final class NoOutput implements Session.Output {
        @Override
        public void push(Reply reply) {
            throw new IllegalStateException("the mirror subscribes to nothing");
        }

        @Override
        public void pushBehindReplies(Reply reply) {
            push(reply);
        }

        @Override
        public void answer(Reply reply) {
            throw new IllegalStateException("the mirror waits for nothing");
        }

        @Override
        public void close() {
            throw new IllegalStateException("the mirror has no connection");
        }
    }
}
