package io.holdfast.proxy.routing;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.AclUser;
import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Session;
import io.holdfast.proxy.client.ClientHandler;
import io.holdfast.proxy.upstream.InFlight;
import io.holdfast.proxy.upstream.UpstreamLinks;
import io.holdfast.proxy.upstream.UpstreamLogin;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RespVersion;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.EventExecutor;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clients that say who they are where Holdfast has no users of its own: while the upstream is in charge it is asked, and
 * the client's commands run there as that user; while it is away, whom it has accepted before is believed. A client waits
 * meanwhile, and what it sends behind AUTH with it. Lives on the engine loop.
 */
public final class Logins {
    private static final Logger log = LoggerFactory.getLogger(Logins.class);
    private static final String WRONG_PASSWORD = "WRONGPASS ";
    /** Redis's own, without the minus. */
    static final String NO_LOGIN = "WRONGPASS invalid username-password pair or user is disabled.";

    private final LocalEngine engine;
    private final RoutingStateMachine machine;
    private final UpstreamLinks links;
    private final EventExecutor loop;
    private final UpstreamUsers users;
    private final LoginProofs proofs;
    private final CommandSpec auth;
    private final CommandSpec hello;
    private Consumer<ClientHandler> onChanged = client -> {};
    private Consumer<UpstreamLogin> onRemoved = login -> {};

    /** @param hashing where slow hashes are made */
    public Logins(
            LocalEngine engine,
            RoutingStateMachine machine,
            UpstreamLinks links,
            EventExecutor loop,
            Executor hashing,
            SecureRandom random) {
        this.engine = engine;
        this.machine = machine;
        this.links = links;
        this.loop = loop;
        users = new UpstreamUsers(engine.acl(), links, login -> onRemoved.accept(login));
        proofs = new LoginProofs(hashing, new BesideLoop(loop), random);
        auth = KnownCommands.row(engine, "AUTH");
        hello = KnownCommands.row(engine, "HELLO");
    }

    /** Who hears of each client whose user is another one now. */
    void onChanged(Consumer<ClientHandler> follower) {
        onChanged = follower;
    }

    /** Who cuts the clients of a login off whose user the upstream does not have any more. */
    void onRemoved(Consumer<UpstreamLogin> follower) {
        onRemoved = follower;
    }

    /** What the client asks for, if that is the upstream's to decide; null: it is not. */
    @Nullable LoginRequest read(Session session, @Nullable CommandSpec spec, Bytes[] args) {
        if ((spec != auth && spec != hello) || engine.acl().hasUsersOfItsOwn()) {
            return null;
        }
        boolean mayNot =
                session.resp() == RespVersion.RESP2 && session.subscriber().isSubscribed();
        return mayNot ? null : spec == auth ? LoginRequest.ofAuth(args) : LoginRequest.ofHello(args);
    }

    /** Whether {@link #read} is worth to be called. */
    boolean concerns(@Nullable CommandSpec spec) {
        return spec == auth || spec == hello;
    }

    /** The client waits until this is answered. */
    void begin(ClientHandler client, LoginRequest request) {
        client.session().called(request.greeting() == null ? auth : hello, engine.nowMs());
        client.await();
        if (machine.phase() == Phase.ONLINE) {
            links.door().send(request.question(), new Question(client, request));
        } else {
            askHere(client, request);
        }
    }

    /** AUTH on its way upstream. */
    private final class Question extends InFlight {
        private final ClientHandler client;
        private final LoginRequest request;

        Question(ClientHandler client, LoginRequest request) {
            this.client = client;
            this.request = request;
        }

        @Override
        public void onReply(ByteBuf frame, byte type) {
            String answer = frame.toString(StandardCharsets.ISO_8859_1).trim();
            frame.release();
            if (type == '-') {
                refused(client, request, answer.substring(1));
            } else {
                accepted(client, request);
            }
        }

        @Override
        public void onLost(boolean maybeSent) {
            askHere(client, request);
        }
    }

    private void accepted(ClientHandler client, LoginRequest request) {
        boolean isNew = users.find(request) == null;
        UpstreamUsers.Live live = users.enter(request, engine.nowMs());
        if (isNew) {
            proofs.accepted(request, engine.nowMs());
        }
        users.learn(
                live.known,
                () -> { // which may have been changed since another came
                    if (users.find(request) == live) {
                        enter(client, request, live);
                    } else {
                        client.answer(new Reply.Failure(Bytes.of(NO_LOGIN)));
                    }
                });
    }

    private void refused(ClientHandler client, LoginRequest request, String error) {
        long waitMs = 0;
        if (error.startsWith(WRONG_PASSWORD)) {
            users.refused(request);
            proofs.refused(request);
            waitMs = refusedElsewhere(client, request);
        }
        answerLater(client, new Reply.Failure(Bytes.ofLatin1(error)), waitMs);
    }

    private long refusedElsewhere(ClientHandler client, LoginRequest request) {
        Bytes command = Bytes.of(request.greeting() == null ? "AUTH" : "HELLO");
        return engine.acl().refusedElsewhere(client.session(), command, request.user(), engine.nowMs());
    }

    private void answerLater(ClientHandler client, Reply reply, long waitMs) {
        if (waitMs == 0) {
            client.answer(reply);
        } else {
            loop.schedule(() -> client.answer(reply), waitMs, TimeUnit.MILLISECONDS);
        }
    }

    /** The upstream cannot be asked. */
    private void askHere(ClientHandler client, LoginRequest request) {
        UpstreamUsers.Live live = users.find(request);
        if (live != null) {
            enter(client, request, live);
            return;
        }
        proofs.ask(request, engine.nowMs(), known -> {
            if (known) {
                enter(client, request, users.enter(request, engine.nowMs()));
            } else {
                long waitMs = refusedElsewhere(client, request);
                answerLater(client, RedisError.loginNotKnown().reply(), waitMs);
            }
        });
    }

    private void enter(ClientHandler client, LoginRequest request, UpstreamUsers.Live live) {
        Session session = client.session();
        if (client.isGone()) {
            return;
        }
        leave(client);
        users.joined(live);
        client.upstream().login(live.login);
        engine.acl().acceptedElsewhere(session, live.known.user);
        Bytes[] greeting = request.greeting();
        Reply reply = greeting == null ? Reply.OK : engine.execute(session, hello, greeting);
        onChanged.accept(client);
        client.answer(reply);
    }

    /** The client is nobody in particular any more, if it was: it has gone, or sent RESET, or is about to be somebody else. */
    void leave(ClientHandler client) {
        UpstreamLogin login = client.upstream().login();
        if (login != null) {
            client.upstream().login(null);
            users.left(login, engine.nowMs());
        }
    }

    /** RESET, or a user of Holdfast's own, may have taken the place of the upstream's. */
    void follow(ClientHandler client) {
        UpstreamLogin login = client.upstream().login();
        AclUser user = login == null ? null : users.userOf(login);
        if (login != null && user != client.session().user()) {
            leave(client);
        }
    }

    /** The upstream refuses on a new link what it accepted before: its clients have to say anew who they are. */
    void linkRefused(UpstreamLogin login, String error, Iterable<ClientHandler> clients) {
        log.info("The upstream does not accept the user {} any more, its clients are cut off: {}", login, error);
        users.remove(login);
        proofs.refused(LoginRequest.of(login));
        for (ClientHandler client : clients) {
            if (client.upstream().login() == login) {
                if (client.pending() == 0) {
                    client.reply(new Reply.Failure(Bytes.ofLatin1(error.substring(1))));
                }
                client.close();
            }
        }
    }

    /** The upstream is in charge now, or is not any more. */
    void online(boolean now) {
        users.online(now);
    }

    /** To be called about once a second. */
    void tick() {
        proofs.forgetOld(engine.nowMs());
        users.follow(engine.nowMs(), proofs::knows);
    }

    /** Holdfast logs in as somebody else from now on. On the engine loop. */
    public void holdfastChanged() {
        users.holdfastChanged();
    }
}
