package io.holdfast.proxy.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/** The configuration, and what of it can be changed while the server runs. Used on the loop {@code http}. */
final class ConfigRoutes {
    private static final String ENABLED = "enabled";
    private static final Set<String> AT_ONCE = new TreeSet<>(Set.of(ENABLED));
    private static final Set<String> IN_THE_FILE = new TreeSet<>(Set.of(
            "conflict_policy", "conflict_rules", "batch_size", "sync_interval", "backoff_strategy", "max_retries"));

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
        check(given);
        return errand.call("HOLDFAST", "SYNC", given.get(ENABLED).asBoolean() ? "RESUME" : "PAUSE")
                .thenCompose(reply -> {
                    Routes.requireDone(reply);
                    return errand.ask(ServerState::configuration);
                })
                .thenApply(config -> Answer.of(StatusRoutes.object("success", true, "config", config.get("sync"))));
    }

    private static void check(JsonNode given) {
        given.fieldNames().forEachRemaining(name -> {
            if (IN_THE_FILE.contains(name)) {
                throw new Refusal(Answer.error(
                        400,
                        "sync." + name
                                + " is changed in the configuration file: HOLDFAST CONFIG RELOAD reads it again"));
            } else if (!AT_ONCE.contains(name)) {
                throw new Refusal(Answer.error(
                        400,
                        "unknown setting 'sync." + name + "'; what can be changed here: "
                                + String.join(", ", AT_ONCE)));
            }
        });
        if (given.isEmpty()) {
            throw new Refusal(
                    Answer.error(400, "nothing is to be changed; what can be: " + String.join(", ", AT_ONCE)));
        }
        if (!given.get(ENABLED).isBoolean()) {
            throw new Refusal(Answer.error(400, "sync." + ENABLED + " takes true or false, not " + given.get(ENABLED)));
        }
    }
}
