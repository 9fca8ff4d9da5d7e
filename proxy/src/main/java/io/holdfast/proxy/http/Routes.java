package io.holdfast.proxy.http;

import io.holdfast.engine.rule.NearestName;
import io.holdfast.resp.Reply;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The table of what can be asked for, and who may. Used on the loop {@code http}. */
final class Routes {
    private static final Logger log = LoggerFactory.getLogger(Routes.class);

    /** What a segment of a route that begins with it stands for any text. */
    private static final String ANY = ":";

    private final List<Route> routes = new ArrayList<>();

    /** Answers a request. */
    @FunctionalInterface
    interface Handler {
        /**
         * Its answer, completed on the loop http.
         *
         * @throws Refusal when the request is not as it should be
         */
        CompletableFuture<Answer> answer(Request request, Errand errand);
    }

    /** @param isOpen whether it asks nobody who they are */
    private record Route(String method, String path, List<String> segments, boolean isOpen, Handler handler) {
        boolean fits(List<String> asked) {
            if (asked.size() != segments.size()) {
                return false;
            }
            for (int i = 0; i < asked.size(); i++) {
                if (!segments.get(i).startsWith(ANY) && !segments.get(i).equals(asked.get(i))) {
                    return false;
                }
            }
            return true;
        }
    }

    /** For those who may run the commands that the handler runs. */
    Routes add(String method, String path, Handler handler) {
        routes.add(new Route(method, path, List.of(path.substring(1).split("/")), false, handler));
        return this;
    }

    /** For everybody who reaches the port. */
    Routes addOpen(String path, Handler handler) {
        routes.add(new Route("GET", path, List.of(path.substring(1).split("/")), true, handler));
        return this;
    }

    /** Has a request answered; fails with {@link Refusal} or what else went wrong. */
    CompletableFuture<Answer> answer(HttpRequest head, byte[] body, Errand errand) {
        try {
            String method = Connection.method(head);
            List<String> segments = segments(head.uri());
            Route route = find(method, segments);
            boolean changes = !method.equals("GET");
            if (changes && body.length > 0) {
                Gate.checkBody(head.headers());
            }
            var request = new Request(
                    method,
                    segments,
                    Request.queryOf(head.uri()),
                    changes ? body : new byte[0],
                    Credentials.of(head.headers().get(HttpHeaderNames.AUTHORIZATION)));
            if (route.isOpen() || request.who() == null) {
                return route.handler().answer(request, errand);
            }
            return errand.login(request.who()).thenCompose(reply -> {
                requireDone(reply);
                return route.handler().answer(request, errand);
            });
        } catch (Refusal refusal) {
            return CompletableFuture.failedFuture(refusal);
        }
    }

    private static List<String> segments(String uri) {
        String path = new QueryStringDecoder(uri).rawPath();
        if (!path.startsWith("/")) {
            throw new Refusal(Answer.error(400, "a path begins with a slash"));
        }
        try {
            return Arrays.stream(path.substring(1).split("/", -1))
                    .map(segment ->
                            QueryStringDecoder.decodeComponent(segment.replace("+", "%2B"), StandardCharsets.UTF_8))
                    .toList();
        } catch (IllegalArgumentException e) {
            throw new Refusal(Answer.error(400, "the path cannot be read: " + e.getMessage()));
        }
    }

    private Route find(String method, List<String> segments) {
        List<Route> there =
                routes.stream().filter(route -> route.fits(segments)).toList();
        if (there.isEmpty()) {
            throw new Refusal(noSuchRoute(segments));
        }
        return there.stream()
                .filter(route -> route.method().equals(method))
                .findFirst()
                .orElseThrow(() -> new Refusal(wrongMethod(method, there)));
    }

    private Answer noSuchRoute(List<String> segments) {
        String asked = "/" + String.join("/", segments);
        var paths = routes.stream().map(Route::path).collect(Collectors.toCollection(TreeSet::new));
        return Answer.error(404, "there is no " + asked + "; the nearest is " + NearestName.of(asked, paths));
    }

    private static Answer wrongMethod(String method, List<Route> there) {
        var allowed = new TreeSet<String>();
        for (Route route : there) {
            allowed.add(route.method());
            if (route.method().equals("GET")) {
                allowed.add("HEAD");
            }
        }
        String list = String.join(", ", allowed);
        Answer error = Answer.error(405, method + " is not for " + there.get(0).path() + "; what is: " + list);
        return new Answer(error.status(), error.body(), Map.of("Allow", list));
    }

    /** @throws Refusal when the reply is an error */
    static Reply requireDone(Reply reply) {
        if (reply instanceof Reply.Failure failure) {
            throw new Refusal(Answer.refused(failure));
        }
        return reply;
    }

    /** What is answered when there is no answer. */
    static Answer answerTo(Throwable failure) {
        Throwable why =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (why instanceof Refusal refusal) {
            return refusal.answer();
        } else if (why instanceof Errand.Unanswered) {
            return Answer.engineIsBusy();
        }
        log.error("A request by HTTP ended with an error of ours: please report it", why);
        return Answer.error(500, "an internal error: the log says more");
    }
}
