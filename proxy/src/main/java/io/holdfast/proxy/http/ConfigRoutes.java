package io.holdfast.proxy.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The configuration, and what of it can be changed while the server runs. Used on the loop {@code http}. */
final class ConfigRoutes {
    private static final String ENABLED = "enabled";
    private static final String SECTION = "sync.";
    private static final String ERROR = "ERR ";

    void addTo(Routes routes) {
        routes.add("GET", "/api/fallback/config", this::config)
                .add("PUT", "/api/fallback/sync-config", this::syncConfig);
    }

    private CompletableFuture<Answer> config(Request request, Errand errand) {
        request.requireParameters();
        return StatusRoutes.facts(errand)
                .thenCompose(facts -> errand.ask(ServerState::configuration))
                .thenApply(Answer::of);
    }

    private CompletableFuture<Answer> syncConfig(Request request, Errand errand) {
        request.requireParameters();
        JsonNode given = request.object();
        if (given.isEmpty()) {
            throw new Refusal(Answer.error(400, "nothing is to be changed: name settings of the section sync"));
        }
        Boolean enabled = enabled(given.get(ENABLED));
        String[] settings = settings(given);
        return (settings.length == 0 ? CompletableFuture.completedFuture(Reply.OK) : errand.call(settings))
                .thenCompose(reply -> {
                    requireTaken(reply);
                    return enabled == null
                            ? CompletableFuture.completedFuture(Reply.OK)
                            : errand.call("HOLDFAST", "SYNC", enabled ? "RESUME" : "PAUSE");
                })
                .thenCompose(reply -> {
                    Routes.requireDone(reply);
                    return errand.ask(ServerState::configuration);
                })
                .thenApply(config -> Answer.of(StatusRoutes.object("success", true, "config", config.get("sync"))));
    }

    /** An operator's pause, which unlike the other settings survives a restart; null where it is not given. */
    private static @Nullable Boolean enabled(@Nullable JsonNode given) {
        if (given == null) {
            return null;
        }
        if (!given.isBoolean()) {
            throw new Refusal(Answer.error(400, SECTION + ENABLED + " takes true or false, not " + given));
        }
        return given.asBoolean();
    }

    /** @throws Refusal when a setting was not taken: the request is wrong then, and not the moment */
    private static void requireTaken(Reply reply) {
        if (reply instanceof Reply.Failure failure && failure.text().utf8().startsWith(ERROR)) {
            throw new Refusal(Answer.error(400, failure.text().utf8().substring(ERROR.length())));
        }
        Routes.requireDone(reply);
    }

    /** The command that changes all of them or none; of no words where there are none. */
    private static String[] settings(JsonNode given) {
        List<String> command = new ArrayList<>();
        given.properties().forEach(field -> {
            if (!field.getKey().equals(ENABLED)) {
                String key = SECTION + field.getKey();
                Iterable<JsonNode> values = field.getValue().isArray() ? field.getValue() : List.of(field.getValue());
                for (JsonNode value : values) {
                    if (!value.isValueNode() || value.isNull()) {
                        throw new Refusal(
                                Answer.error(400, key + " takes a number, a text, or a list of them, not " + value));
                    }
                    command.add(key);
                    command.add(value.asText());
                }
            }
        });
        if (!command.isEmpty()) {
            command.addAll(0, List.of("HOLDFAST", "CONFIG", "SET"));
        }
        return command.toArray(String[]::new);
    }
}
