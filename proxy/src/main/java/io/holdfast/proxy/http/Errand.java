package io.holdfast.proxy.http;

import io.holdfast.proxy.client.InternalClient;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one request does with the engine, as a client of its own. Nothing takes longer than its bound: what has no answer by
 * then fails with {@link Unanswered}, and the request is answered without it. Used on the loop {@code http}.
 */
final class Errand {
    private static final Logger log = LoggerFactory.getLogger(Errand.class);

    /** What others get of a request's time: an upstream that is well and near needs no more, a frozen one has no more. */
    static final int OTHERS_MS_MAX = 20;
    /** What the engine gets: it answers in well under a millisecond, unless a script runs or a value is loaded. */
    static final int ENGINE_MS_MAX = 2_000;
    /** A wrong password is answered late, to who gives it. */
    private static final int LOGIN_MS_MAX = 5_000;

    private static final Bytes AUTH = Bytes.of("AUTH");

    private final Engine engine;
    private final EventLoop http;
    private final String address;
    private final String localAddress;

    // Of the engine loop.
    private final ArrayDeque<CompletableFuture<Reply>> waiting = new ArrayDeque<>();
    private @Nullable InternalClient client;
    private boolean leavesWhenAnswered;
    private boolean left;
    private Runnable whenLeft = () -> {};

    private boolean outlivesItsRequest; // of the loop http

    /** There was no answer in time. */
    static final class Unanswered extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unanswered() {
            super("no answer in time", null, false, false);
        }
    }

    /**
     * @param address where the request is from, {@code host:port}
     * @param localAddress where it came to
     */
    Errand(Engine engine, EventLoop http, String address, String localAddress) {
        this.engine = engine;
        this.http = http;
        this.address = address;
        this.localAddress = localAddress;
    }

    /** Says who it is; an error when that is not so. */
    CompletableFuture<Reply> login(Credentials who) {
        return bounded(send(AUTH, Bytes.of(who.user()), Bytes.of(who.password())), LOGIN_MS_MAX);
    }

    /** The reply to a command that is answered here whatever the upstream does. */
    CompletableFuture<Reply> call(Bytes... command) {
        return bounded(send(command), ENGINE_MS_MAX);
    }

    CompletableFuture<Reply> call(String... command) {
        return call(Arrays.stream(command).map(Bytes::of).toArray(Bytes[]::new));
    }

    /** The reply to a command that goes upstream, if that is in charge. */
    CompletableFuture<Reply> callAnywhere(Bytes... command) {
        return bounded(send(command), OTHERS_MS_MAX);
    }

    /** The local engine's own reply, which while the upstream is in charge is that of the copy. */
    CompletableFuture<Reply> callHere(Bytes... command) {
        return engine(errand -> engine.here().apply(errand.client(), command));
    }

    /** What {@code question} gives on the engine loop. */
    <T> CompletableFuture<T> ask(Function<ServerState, T> question) {
        return engine(errand -> question.apply(engine.state()));
    }

    /** As {@link #ask}, of what others have to say: the upstream, the tables. */
    <T> CompletableFuture<T> await(Function<ServerState, CompletableFuture<T>> question) {
        var answer = new CompletableFuture<T>();
        onEngine(
                answer,
                () -> question.apply(engine.state()).whenComplete((value, failure) -> {
                    if (failure == null) {
                        answer.complete(value);
                    } else {
                        answer.completeExceptionally(failure);
                    }
                }));
        return bounded(answer, OTHERS_MS_MAX);
    }

    private <T> CompletableFuture<T> engine(Function<Errand, T> task) {
        var answer = new CompletableFuture<T>();
        onEngine(answer, () -> answer.complete(task.apply(this)));
        return bounded(answer, ENGINE_MS_MAX);
    }

    private CompletableFuture<Reply> send(Bytes... command) {
        var answer = new CompletableFuture<Reply>();
        onEngine(answer, () -> {
            if (!left) {
                waiting.add(answer);
                client().send(command);
            }
        });
        return answer;
    }

    private void onEngine(CompletableFuture<?> answer, Runnable task) {
        try {
            engine.loop().execute(() -> {
                try {
                    task.run();
                } catch (RuntimeException e) {
                    answer.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException stopping) {
            answer.completeExceptionally(stopping);
        }
    }

    private InternalClient client() {
        InternalClient open = client;
        if (open == null) {
            open = engine.clients().open(address, localAddress, this::replied);
            client = open;
            open.onClosed(this::leave);
        }
        return open;
    }

    private void replied(Reply reply) {
        CompletableFuture<Reply> answer = waiting.poll();
        if (answer != null) {
            answer.complete(reply);
        }
        if (leavesWhenAnswered && reply instanceof Reply.Failure failure) {
            log.warn(
                    "What a request by HTTP was promised is refused: {}",
                    failure.text().utf8());
        }
        if (leavesWhenAnswered && waiting.isEmpty()) {
            engine.loop().execute(this::leave); // not from within its own reply
        }
    }

    /** Completed on the loop http: with the answer, or without one when it is too late. */
    private <T> CompletableFuture<T> bounded(CompletableFuture<T> answer, long msMax) {
        var inTime = new CompletableFuture<T>();
        Future<?> tooLate =
                http.schedule(() -> inTime.completeExceptionally(new Unanswered()), msMax, TimeUnit.MILLISECONDS);
        var unused = answer.whenComplete((value, failure) -> onHttp(() -> {
            tooLate.cancel(false);
            if (failure == null) {
                inTime.complete(value);
            } else {
                inTime.completeExceptionally(failure);
            }
        }));
        return inTime;
    }

    private void onHttp(Runnable task) {
        if (!http.isShuttingDown()) {
            http.execute(task);
        }
    }

    /** The request is answered: its client goes, and what is under way is settled as for one whose connection breaks. */
    void end() {
        if (outlivesItsRequest) {
            return;
        }
        onEngine(new CompletableFuture<>(), this::leave);
    }

    /** As {@link #end}, but not before everything has its reply; {@code done} is run then, on the engine loop. */
    void endWhenAnswered(Runnable done) {
        outlivesItsRequest = true;
        onEngine(new CompletableFuture<>(), () -> {
            if (left) {
                done.run();
                return;
            }
            whenLeft = done;
            leavesWhenAnswered = true;
            if (waiting.isEmpty()) {
                leave();
            }
        });
    }

    private void leave() {
        if (left) {
            return;
        }
        left = true;
        waiting.clear();
        if (client != null) {
            client.close();
        }
        whenLeft.run();
    }
}
