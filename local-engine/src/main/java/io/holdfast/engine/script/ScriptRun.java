package io.holdfast.engine.script;

import io.holdfast.engine.command.CommandContext;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.Flag;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Scripting;
import io.holdfast.engine.command.Scripting.Kind;
import io.holdfast.engine.command.Server;
import io.holdfast.engine.command.Session;
import io.holdfast.engine.rule.DoubleStyle;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RespVersion;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One script or function while it runs: the commands it calls go by the caller's clock and database, and their effects
 * join those of the command that runs it. Owned by the engine loop.
 */
final class ScriptRun implements ScriptVm.Options {
    private static final String MONITORED_AS = "lua";

    private final Server server;
    private final CommandContext context;
    private final Session session;
    private final Kind kind;
    private final String name;
    private final boolean readOnly;
    private final boolean allowsOom;
    private final Supplier<@Nullable RedisError> writeRefusal;
    private final long beganNanos = System.nanoTime();
    private boolean wrote;
    private boolean killed;

    ScriptRun(
            Server server,
            Scripting.Call call,
            Kind kind,
            String name,
            boolean readOnly,
            boolean allowsOom,
            Supplier<@Nullable RedisError> writeRefusal) {
        this.server = server;
        this.context = call.context();
        this.kind = kind;
        this.name = name;
        this.readOnly = readOnly;
        this.allowsOom = allowsOom;
        this.writeRefusal = writeRefusal;
        session = new Session(context.session().id(), new NoOutput(), MONITORED_AS, "", context.nowMs());
        session.authenticated(context.session().user());
        session.select(context.session().db());
    }

    Kind kind() {
        return kind;
    }

    @Override
    public boolean resp3() {
        return session.resp() == RespVersion.RESP3;
    }

    void speakResp3(boolean on) {
        session.speak(on ? RespVersion.RESP3 : RespVersion.RESP2);
    }

    @Override
    public DoubleStyle doubles() {
        return server.config().doubleStyle();
    }

    @Override
    public void failed(Reply.Failure error) {
        server.stats().failed(error);
    }

    // ---- commands

    /** Runs a command for the script; a refusal is its reply. */
    Reply call(Bytes[] args) {
        CommandSpec named = find(args);
        CommandSpec spec;
        try {
            spec = check(named, args);
        } catch (RedisError refused) {
            server.stats().failed(refused.reply());
            server.records().refused(named);
            return refused.reply();
        }
        server.stats().commandsProcessed++;
        wrote |= spec.writes();
        return context.callAs(session, spec, args);
    }

    private CommandSpec check(@Nullable CommandSpec spec, Bytes[] args) {
        if (spec == null) {
            throw RedisError.of("ERR Unknown Redis command called from script");
        }
        if (!spec.arity(server.config().version()).accepts(args.length)) {
            throw RedisError.of("ERR Wrong number of args calling Redis command from script");
        }
        if (spec.is(Flag.NOSCRIPT)
                && !(spec.is(Flag.ADMIN) && server.scripting().allowsAdministration())) {
            throw RedisError.of("ERR This Redis command is not allowed from script");
        }
        Session client = context.session();
        server.acl().requireInScript(client, spec, args, server.config().version(), context.nowMs());
        if (readOnly && (spec.writes() || spec.is(Flag.MAY_REPLICATE))) {
            throw RedisError.of("ERR Write commands are not allowed from read-only scripts.");
        }
        RedisError refusal = spec.writes() ? writeRefusal.get() : null;
        if (refusal != null) {
            throw refusal;
        }
        // What has begun to write may go on: it cannot be stopped in the middle.
        RedisError full = spec.is(Flag.DENYOOM) && !allowsOom && !wrote ? server.growthRefusal() : null;
        if (full != null) {
            throw full;
        }
        return spec;
    }

    private @Nullable CommandSpec find(Bytes[] args) {
        CommandSpec spec = server.commands().find(args[0]);
        return spec == null || !spec.hasSubcommands() || args.length < 2 ? spec : spec.subcommand(args[1]);
    }

    /** Whether the client's user may call it. @throws RedisError when there is no such command */
    boolean mayCall(Bytes[] args) {
        CommandSpec spec = find(args);
        if (spec == null) {
            throw RedisError.of("ERR Invalid command passed to redis.acl_check_cmd()");
        }
        return context.session().user().check(spec, args) == null;
    }

    // ---- time

    long forMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos);
    }

    /** @param busyAfterMs 0: never */
    boolean isOverdue(long busyAfterMs) {
        return busyAfterMs > 0 && forMs() >= busyAfterMs;
    }

    Scripting.Running running() {
        return new Scripting.Running(kind, name, List.of(context.args()), forMs());
    }

    /** @throws RedisError when the other command has to be used, or the script has written */
    void kill(Kind by) {
        if (by != kind) {
            throw RedisError.busy(kind);
        }
        if (wrote) {
            throw RedisError.unkillable();
        }
        killed = true;
    }

    /** The error that a killed script ends with; null when nobody has killed it. */
    @Nullable String killedBy() {
        return killed ? "Script killed by user with " + kind + " KILL." : null;
    }

    private static final class NoOutput implements Session.Output {
        @Override
        public void push(Reply reply) {
            throw new IllegalStateException("a script subscribes to nothing");
        }

        @Override
        public void pushBehindReplies(Reply reply) {
            push(reply);
        }

        @Override
        public void answer(Reply reply) {
            throw new IllegalStateException("a script waits for nothing");
        }

        @Override
        public void close() {
            throw new IllegalStateException("a script has no connection");
        }
    }
}
