package io.holdfast.engine.command;

import io.holdfast.engine.config.EngineConfig;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Keyspace;
import io.holdfast.engine.keyspace.ValueLostException;
import io.holdfast.engine.rule.BadArgument;
import io.holdfast.engine.rule.RedisDouble;
import io.holdfast.engine.rule.RedisInteger;
import io.holdfast.engine.value.Value;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RespVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One command being executed: its arguments, its client, one reading of the clock, the data, and the effects it has had
 * so far. Valid only during {@link Handler#handle}; owned by the engine loop.
 */
public final class CommandContext {
    private final Server server;
    private final Session session;
    private final CommandSpec spec;
    private final Bytes[] args;
    private final long nowMs;
    private final Keyspace keyspace;
    /** Null where nobody wants to know them. */
    private final @Nullable List<Effect> effects;

    private boolean mayBlock;
    private boolean inScript;
    /** A client has sent it, itself or in a script or transaction. */
    private boolean recorded;

    /**
     * @param effects takes the effects of this command behind those of earlier ones of the same transaction; null when
     *     nobody wants to know them
     */
    public CommandContext(
            Server server,
            Session session,
            CommandSpec spec,
            Bytes[] args,
            long nowMs,
            @Nullable List<Effect> effects) {
        this.server = server;
        this.session = session;
        this.spec = spec;
        this.args = args;
        this.nowMs = nowMs;
        this.keyspace = server.keyspaces().get(session.db());
        this.effects = effects;
    }

    // ---- who, what, when

    public Server server() {
        return server;
    }

    public EngineConfig config() {
        return server.config();
    }

    public Session session() {
        return session;
    }

    public CommandSpec spec() {
        return spec;
    }

    /** The one clock reading of this command, Unix milliseconds. */
    public long nowMs() {
        return nowMs;
    }

    public boolean resp3() {
        return session.resp() == RespVersion.RESP3;
    }

    // ---- arguments; 0 is the command's name

    public int argc() {
        return args.length;
    }

    public Bytes arg(int i) {
        return args[i];
    }

    public Bytes[] args() {
        return args;
    }

    public boolean argIs(int i, String asciiIgnoringCase) {
        return args[i].equalsIgnoreCase(asciiIgnoringCase);
    }

    /** An integer as Redis reads it. @throws RedisError "value is not an integer or out of range" */
    public long longArg(int i) {
        if (!RedisInteger.isLong(args[i])) {
            throw RedisError.notAnInteger();
        }
        return RedisInteger.parse(args[i]);
    }

    /** A long between {@code min} and {@code max}, as Redis's getRangeLongFromObjectOrReply without own text. */
    public long longArg(int i, long min, long max) {
        long value = longArg(i);
        if (value < min || value > max) {
            throw RedisError.of(
                    min == 0 && max == Long.MAX_VALUE
                            ? "ERR value is out of range, must be positive"
                            : "ERR value is out of range, value must between " + min + " and " + max);
        }
        return value;
    }

    /** At least {@code min}. @throws RedisError {@code refusal} for a smaller number and for what is none */
    public long longArg(int i, long min, String refusal) {
        return longArg(i, min, () -> RedisError.of(refusal));
    }

    /** A long of at least {@code min}; whatever else stands there is refused with the command's own words. */
    public long longArg(int i, long min, Supplier<RedisError> refusal) {
        if (!RedisInteger.isLong(args[i]) || RedisInteger.parse(args[i]) < min) {
            throw refusal.get();
        }
        return RedisInteger.parse(args[i]);
    }

    /** A score or increment. @throws RedisError "value is not a valid float" */
    public double doubleArg(int i) {
        double value = RedisDouble.parse(args[i]);
        if (Double.isNaN(value)) {
            throw RedisError.notAFloat();
        }
        return value;
    }

    // ---- data

    /** The database that the client has selected. */
    public Keyspace keyspace() {
        return keyspace;
    }

    /** The key's record, whatever its type; null when it is not there. Does not count as a hit or miss. */
    public @Nullable KeyRecord find(Bytes key) {
        return keyspace.find(key, nowMs);
    }

    /** The key's value for reading; null when it is not there. @throws RedisError WRONGTYPE */
    public <V extends Value> @Nullable V read(Bytes key, Class<V> type) {
        KeyRecord record = keyspace.find(key, nowMs);
        if (record == null) {
            server.stats().keyspaceMisses++;
            event(KeyEvent.KEYMISS, key);
            return null;
        }
        server.stats().keyspaceHits++;
        used(record);
        return typed(record.value(), type);
    }

    /** As {@link #read}, but does not count as a hit or miss. */
    public <V extends Value> @Nullable V peek(Bytes key, Class<V> type) {
        KeyRecord record = find(key);
        return record == null ? null : typed(record.value(), type);
    }

    /**
     * The key's value for changing it in place; null when it is not there. Call {@link #changed} after the change.
     *
     * @throws RedisError WRONGTYPE
     */
    public <V extends Value> @Nullable V change(Bytes key, Class<V> type) {
        KeyRecord record = keyspace.find(key, nowMs);
        if (record == null) {
            return null;
        }
        used(record);
        V value = typed(record.value(), type);
        keyspace.aboutToChange(record);
        return value;
    }

    private void used(KeyRecord record) {
        if (!session.noTouch()) {
            keyspace.used(record);
        }
    }

    /** As {@link #change}, but makes the value when the key is not there. Nothing may be refused afterwards. */
    public <V extends Value> V changeOrCreate(Bytes key, Class<V> type, Supplier<V> fresh) {
        return changeOrCreate(key, type, fresh, keyspace::insert);
    }

    /** As {@link #changeOrCreate}, but no watcher of the key is told that it is there; {@link #changed} would tell. */
    public <V extends Value> V changeOrCreateUnwatched(Bytes key, Class<V> type, Supplier<V> fresh) {
        return changeOrCreate(key, type, fresh, keyspace::insertUnwatched);
    }

    private <V extends Value> V changeOrCreate(
            Bytes key, Class<V> type, Supplier<V> fresh, BiFunction<Bytes, Value, KeyRecord> insert) {
        V value = change(key, type);
        if (value == null) {
            value = fresh.get();
            var unused = insert.apply(key, value);
        }
        return value;
    }

    private static <V extends Value> V typed(Value value, Class<V> type) {
        if (!type.isInstance(value)) {
            throw RedisError.wrongType();
        }
        return type.cast(value);
    }

    /** The value at {@code key} was changed in place; an emptied collection goes, with its key. */
    public void changed(Bytes key) {
        KeyRecord record = keyspace.find(key, nowMs);
        if (record != null) {
            keyspace.changed(record);
        }
    }

    /**
     * The value at {@code key} was changed in place, but not in what a watcher of the key looks at: as Redis, which tells
     * no watcher of what becomes of consumer groups.
     */
    public void changedUnwatched(Bytes key) {
        KeyRecord record = keyspace.find(key, nowMs);
        if (record != null) {
            keyspace.changedUnwatched(record);
        }
    }

    /** As {@link #changedUnwatched(Bytes)}, and tells what happened to the key. */
    public void changedUnwatched(Bytes key, KeyEvent what) {
        changedUnwatched(key);
        event(what, key);
    }

    /** As {@link #changed(Bytes)}, and tells what happened to the key; then that it has gone, if it has. */
    public void changed(Bytes key, KeyEvent what) {
        KeyRecord record = keyspace.find(key, nowMs);
        if (record != null) {
            boolean emptied = record.value().isEmpty();
            keyspace.changed(record);
            event(what, key);
            if (emptied) {
                event(KeyEvent.DEL, key);
            }
        }
    }

    /** Tells those who listen to keyspace notifications what has happened to the key. */
    public void event(KeyEvent what, Bytes key) {
        server.keyEvents().tell(what, session.db(), key);
    }

    /** As {@link #find}, for a command that reads: whoever listens is told that the key is not there. */
    public @Nullable KeyRecord look(Bytes key) {
        KeyRecord record = find(key);
        if (record == null) {
            event(KeyEvent.KEYMISS, key);
        }
        return record;
    }

    /** Gives the key a value and no expiry, whatever stood there. */
    public KeyRecord put(Bytes key, Value value) {
        return keyspace.put(key, value);
    }

    /** As {@link #put(Bytes, Value)} with a string. */
    public KeyRecord put(Bytes key, Bytes string) {
        return keyspace.put(key, string);
    }

    public boolean remove(Bytes key) {
        return keyspace.remove(key, nowMs);
    }

    // ---- effects

    /** The command has changed the data just as it was sent; its arguments are its effect. */
    public void effectAsSent() {
        effectIn(session.db(), args);
    }

    /** The command has changed the data as this canonical command would. */
    public void effect(Bytes... command) {
        effectIn(session.db(), command);
    }

    /** As {@link #effect(Bytes...)}, in another database. */
    public void effectIn(int db, Bytes... command) {
        if (effects != null) {
            effects.add(Effect.of(db, command));
        }
    }

    /** The command has changed the data as these canonical commands would, one after another. */
    public void effects(List<Effect> made) {
        if (effects != null) {
            effects.addAll(made);
        }
    }

    /** {@link #effect(Bytes...)} of a name and a list of arguments. */
    public void effect(Bytes name, Bytes key, List<Bytes> rest) {
        if (effects == null) {
            return;
        }
        var command = new ArrayList<Bytes>(rest.size() + 2);
        command.add(name);
        command.add(key);
        command.addAll(rest);
        effects.add(new Effect(session.db(), command));
    }

    // ---- replies

    /** A score, as the reported version prints it: a bulk in RESP2, a double in RESP3. */
    public Reply real(double value) {
        return new Reply.Real(value, RedisDouble.format(value, config().doubleStyle()));
    }

    /** The error for a wrong number of arguments that only the handler can see. */
    public RedisError wrongNumberOfArguments() {
        return RedisError.wrongNumberOfArguments(spec.fullName());
    }

    // ---- waiting

    /** The client sent this command by itself, so it may wait in it: not as a part of a transaction or script. */
    public CommandContext mayBlock() {
        mayBlock = true;
        return this;
    }

    /** Whether it runs as a part of a transaction or script. */
    public boolean isPart() {
        return !mayBlock;
    }

    /** Whether a script calls it. */
    public boolean isInScript() {
        return inScript;
    }

    /**
     * There is nothing for the client yet: it waits, where it may, and otherwise is told so at once.
     *
     * @return what the handler has to give back
     */
    public Reply block(Wait wait) {
        if (!mayBlock) {
            return wait.insteadOfWaiting();
        }
        server.blocking().begin(this, wait);
        return Reply.NONE;
    }

    /**
     * The client gets this error only after a while, and nothing that it sent behind it is looked at before; where it may
     * not wait, at once.
     *
     * @return what the handler has to give back
     */
    public Reply hold(Reply.Failure error, long ms) {
        server.stats().failed(error);
        if (!mayBlock || ms == 0) {
            return error;
        }
        server.blocking().hold(this, error, ms);
        return Reply.NONE;
    }

    /**
     * Another thread makes the reply, and nothing that the client sent behind this is looked at before: the handler gives
     * back {@link Reply#NONE}. Only for commands that are kept out of transactions and scripts.
     *
     * @return takes the reply, on the engine loop
     */
    public Consumer<Reply> answerLater() {
        if (!mayBlock) {
            throw RedisError.notInTransaction();
        }
        return server.blocking().defer(this);
    }

    /** Tells who waits for {@code key} that it holds more than before; a key that is new tells them by itself. */
    public void ready(Bytes key) {
        server.keyspaces().blocked().ready(session.db(), key);
    }

    /** Tries a command again that waits; null when it has to go on waiting. */
    public @Nullable Reply retry(Wait.Retry retry, Bytes ready) {
        try {
            return retry.retry(this, ready);
        } catch (RedisError refused) {
            return refused(refused);
        } catch (ValueLostException lost) {
            return lost(lost);
        }
    }

    // ---- running

    /** Runs the command; an error it is refused with is its reply. */
    public Reply run() {
        Reply reply = handle();
        rememberRead(spec, args);
        return reply;
    }

    private void rememberRead(CommandSpec read, Bytes[] readArgs) {
        if (session.tracker().remembers() && read.is(Flag.READONLY)) {
            read.forEachKey(readArgs, i -> server.invalidations().read(session.tracker(), readArgs[i]));
        }
    }

    private Reply handle() {
        try {
            if (recorded) {
                tellOfReads();
            }
            return spec.handler().handle(this);
        } catch (RedisError refused) {
            return refused(refused);
        } catch (ValueLostException lost) {
            return lost(lost);
        } catch (BadArgument refused) {
            return refused(RedisError.of("ERR " + refused.getMessage()));
        }
    }

    /** A script's own commands say what they read. */
    private void tellOfReads() {
        UnknownKeys unknown = server.unknownKeys();
        if (unknown != null && spec.is(Flag.READONLY) && spec.kind() != CommandKind.SCRIPT) {
            spec.forEachKey(args, i -> unknown.read(session.db(), args[i], nowMs));
        }
    }

    private Reply lost(ValueLostException lost) {
        return refused(RedisError.valueLost(String.valueOf(lost.getMessage())));
    }

    private Reply refused(RedisError refused) {
        server.stats().failed(refused.reply());
        return refused.reply();
    }

    /**
     * As {@link #call}, for another client's account: a script's, which has a database and a protocol of its own. What it
     * reads, the client that runs it has read.
     */
    public Reply callAs(Session other, CommandSpec part, Bytes[] partArgs) {
        var context = new CommandContext(server, other, part, partArgs, nowMs, effects);
        context.inScript = true;
        Reply reply = context.runRecorded(session);
        rememberRead(part, partArgs);
        return reply;
    }

    /** Runs the command as one that a client has sent: it is timed, and shown to those who watch. */
    public Reply runRecorded() {
        return runRecorded(session);
    }

    /** @param sender whom the slow log names */
    private Reply runRecorded(Session sender) {
        long began = server.timers().nanoTime();
        server.records().begins(session, spec, args, nowMs);
        recorded = true;
        int earlier = effects == null ? 0 : effects.size();
        Reply reply = run();
        if (effects != null
                && server.journalsForUpstream()
                && spec.isAbsolute(args)
                && !(reply instanceof Reply.Failure)) {
            effects.subList(earlier, effects.size()).clear();
            effectAsSent();
        }
        server.records()
                .ran(
                        session,
                        sender,
                        spec,
                        args,
                        nowMs,
                        server.timers().nanoTime() - began,
                        reply instanceof Reply.Failure);
        return reply;
    }

    /** Runs a command of the same client as a part of this one (EXEC); its effects join this one's. */
    public Reply call(CommandSpec part, Bytes[] partArgs) {
        return new CommandContext(server, session, part, partArgs, nowMs, effects).runRecorded();
    }

    /** Lets another command do the work of this one, which alone is counted and shown. */
    public Reply instead(CommandSpec other, Bytes[] otherArgs) {
        return new CommandContext(server, session, other, otherArgs, nowMs, effects).run();
    }
}
