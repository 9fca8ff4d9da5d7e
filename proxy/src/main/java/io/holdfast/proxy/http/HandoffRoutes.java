package io.holdfast.proxy.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.engine.rule.NearestName;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What one session leaves for the next: keys {@code handoff:project:<project>:<YYYYMMDD_HHMMSS>}, of which the greatest stamp is
 * the newest. Read and written by commands like everybody's, and by the local copy where the upstream does not answer in
 * time. Used on the loop {@code http}.
 */
final class HandoffRoutes {
    private static final String PREFIX = "handoff:project:";
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd_HHmmss");
    private static final Pattern IS_STAMP = Pattern.compile("\\d{8}_\\d{6}");

    /** As the system's own hooks let them expire: 30 days. */
    private static final String KEPT_SECONDS = "2592000";

    private static final int PROJECT_BYTES_MAX = 200;
    private static final int SESSION_CHARS_MAX = 1_000;
    private static final int GIVEN_MAX = 100;
    /** Asked for at a time, so that other clients get in between. */
    private static final Bytes SCANNED_AT_ONCE = Bytes.of("1000");
    /** Steps of SCAN, after which what was found is all that is looked at. */
    private static final int STEPS_MAX = 10_000;
    /** Writes whose fate is not known yet, of requests that are answered. */
    private static final int UNDECIDED_MAX = 64;
    /** Projects whose newest stamp is remembered, so that two handoffs of a second are two. */
    private static final int REMEMBERED_MAX = 1_000;

    private static final String CONTENT = "handoff_content";
    private static final String SESSION = "session_id";
    private static final String METADATA = "metadata";
    private static final Set<String> FIELDS =
            new TreeSet<>(Set.of(CONTENT, SESSION, METADATA, "project_name", "timestamp"));

    private final Semaphore undecided = new Semaphore(UNDECIDED_MAX);
    private final Map<String, LocalDateTime> newest = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, LocalDateTime> eldest) {
            return size() > REMEMBERED_MAX;
        }
    };

    void addTo(Routes routes) {
        routes.add("GET", "/api/fallback/handoffs/:project", this::read)
                .add("POST", "/api/fallback/handoffs/:project", this::write);
    }

    private static String project(Request request) {
        String project = request.segments().get(request.segments().size() - 1);
        int length = project.getBytes(StandardCharsets.UTF_8).length;
        boolean isReadable = project.chars().noneMatch(c -> Character.isISOControl(c) || c == '\uFFFD');
        if (length == 0 || length > PROJECT_BYTES_MAX || !isReadable) {
            throw new Refusal(Answer.error(
                    400,
                    "a project's name has 1 to " + PROJECT_BYTES_MAX + " bytes of UTF-8 without control characters"));
        }
        return project;
    }

    // ---- reading

    /** A way to run a command: through the router, or on the local engine alone. */
    @FunctionalInterface
    private interface Way {
        CompletableFuture<Reply> run(Bytes... command);
    }

    private CompletableFuture<Answer> read(Request request, Errand errand) {
        request.requireParameters("limit");
        boolean wantsOne = !request.query().containsKey("limit");
        int limit = request.number("limit", 1, 1, GIVEN_MAX);
        String project = project(request);
        return errand.ask(ServerState::now).thenCompose(facts -> {
            boolean upstream = facts.mode().equals("online");
            CompletableFuture<List<Map<String, Object>>> found = upstream
                    ? handoffs(errand::callAnywhere, project, limit)
                            .handle((there, failure) -> failure == null
                                    ? CompletableFuture.completedFuture(there)
                                    : copy(errand, project, limit, failure))
                            .thenCompose(either -> either)
                    : handoffs(errand::callHere, project, limit);
            return found.thenApply(handoffs -> wantsOne
                    ? one(project, handoffs)
                    : Answer.of(StatusRoutes.object(
                            "project_name", project, "handoffs", handoffs, "timestamp", facts.atMs())));
        });
    }

    /** The upstream does not answer, or this client may not ask: only the former makes the copy a second best. */
    private CompletableFuture<List<Map<String, Object>>> copy(
            Errand errand, String project, int limit, Throwable failure) {
        Throwable why = failure.getCause() == null ? failure : failure.getCause();
        return why instanceof Errand.Unanswered
                ? handoffs(errand::callHere, project, limit)
                : CompletableFuture.failedFuture(why);
    }

    private static Answer one(String project, List<Map<String, Object>> handoffs) {
        if (!handoffs.isEmpty()) {
            return Answer.of(handoffs.get(0));
        }
        return Answer.of(StatusRoutes.object(
                "project_name",
                project,
                "timestamp",
                null,
                SESSION,
                null,
                CONTENT,
                "",
                METADATA,
                null,
                "has_content",
                false));
    }

    private static CompletableFuture<List<Map<String, Object>>> handoffs(Way way, String project, int limit) {
        Bytes pattern = Bytes.of(PREFIX + escaped(project) + ":????????_??????");
        return scan(way, pattern, Bytes.of("0"), STEPS_MAX, new TreeSet<String>(Comparator.reverseOrder()))
                .thenCompose(
                        keys -> values(way, project, keys.stream().limit(limit).toList()));
    }

    /** A name as a pattern that only it matches. */
    private static String escaped(String name) {
        return name.replaceAll("([\\\\*?\\[\\]^-])", "\\\\$1");
    }

    private static CompletableFuture<Set<String>> scan(
            Way way, Bytes pattern, Bytes cursor, int stepsLeft, Set<String> found) {
        return way.run(Bytes.of("SCAN"), cursor, Bytes.of("MATCH"), pattern, Bytes.of("COUNT"), SCANNED_AT_ONCE)
                .thenCompose(reply -> {
                    List<Reply> parts = items(Routes.requireDone(reply));
                    for (Reply key : items(parts.get(1))) {
                        String name = String.valueOf(Replies.value(key));
                        if (IS_STAMP.matcher(stamp(name)).matches()) {
                            found.add(name);
                        }
                    }
                    Bytes next = Bytes.of(String.valueOf(Replies.value(parts.get(0))));
                    return next.equals(Bytes.of("0")) || stepsLeft == 1
                            ? CompletableFuture.completedFuture(found)
                            : scan(way, pattern, next, stepsLeft - 1, found);
                });
    }

    private static String stamp(String key) {
        return key.substring(key.lastIndexOf(':') + 1);
    }

    private static CompletableFuture<List<Map<String, Object>>> values(Way way, String project, List<String> keys) {
        if (keys.isEmpty()) {
            return CompletableFuture.completedFuture(List.of());
        }
        List<Bytes> command = new ArrayList<>(List.of(Bytes.of("MGET")));
        keys.forEach(key -> command.add(Bytes.of(key)));
        return way.run(command.toArray(Bytes[]::new)).thenApply(reply -> {
            List<Reply> values = items(Routes.requireDone(reply));
            List<Map<String, Object>> handoffs = new ArrayList<>();
            for (int i = 0; i < keys.size(); i++) {
                if (values.get(i) instanceof Reply.Bulk value) {
                    handoffs.add(
                            handoff(project, stamp(keys.get(i)), value.value().utf8()));
                }
            }
            return handoffs;
        });
    }

    private static List<Reply> items(Reply reply) {
        if (reply instanceof Reply.Array array) {
            return array.items();
        }
        throw new IllegalStateException("no array: " + reply);
    }

    /** In the shape of the system's handoff files, whether it is kept as that or as mere text. */
    private static Map<String, Object> handoff(String project, String stamp, String value) {
        JsonNode node = object(value);
        JsonNode content = node == null ? null : node.get(CONTENT);
        String text = content == null ? value : content.isTextual() ? content.asText() : content.toString();
        JsonNode written = content == null || node == null ? null : node.get("timestamp");
        return StatusRoutes.object(
                "project_name",
                project,
                "timestamp",
                written != null && written.isTextual() ? written.asText() : iso(stamp),
                SESSION,
                content == null || node == null ? null : node.get(SESSION),
                CONTENT,
                text,
                METADATA,
                content == null || node == null ? null : node.get(METADATA),
                "has_content",
                !text.isEmpty());
    }

    private static @Nullable JsonNode object(String value) {
        if (!value.startsWith("{")) {
            return null;
        }
        try {
            JsonNode node = Json.STRICT.readTree(value);
            return node.isObject() ? node : null;
        } catch (IOException notJson) {
            return null;
        }
    }

    /** As the views of the profile read it. */
    private static String iso(String stamp) {
        return stamp.substring(0, 4) + "-" + stamp.substring(4, 6) + "-" + stamp.substring(6, 8) + "T"
                + stamp.substring(9, 11) + ":" + stamp.substring(11, 13) + ":" + stamp.substring(13) + "Z";
    }

    // ---- writing

    private CompletableFuture<Answer> write(Request request, Errand errand) {
        request.requireParameters();
        String project = project(request);
        JsonNode given = request.object();
        check(given, project);
        if (!undecided.tryAcquire()) {
            throw new Refusal(Answer.error(
                    503, UNDECIDED_MAX + " handoffs wait for an upstream that does not answer; nothing was stored"));
        }
        return errand.ask(ServerState::now)
                .thenCompose(facts -> {
                    String stamp = STAMP.format(fresh(project, facts.atMs()));
                    String key = PREFIX + project + ":" + stamp;
                    Way way = facts.mode().equals("online") ? errand::callAnywhere : errand::call;
                    return way.run(
                                    Bytes.of("SET"),
                                    Bytes.of(key),
                                    Bytes.of(stored(given, project, facts.atMs())),
                                    Bytes.of("EX"),
                                    Bytes.of(KEPT_SECONDS))
                            .handle((reply, failure) -> written(errand, reply, failure, project, key, facts.atMs()));
                })
                .whenComplete((answer, failure) -> {
                    if (answer == null || answer.status() != 202) {
                        undecided.release();
                    }
                });
    }

    private static void check(JsonNode given, String project) {
        given.fieldNames().forEachRemaining(name -> {
            if (!FIELDS.contains(name)) {
                throw new Refusal(Answer.error(
                        400, "unknown field '" + name + "'; the nearest is '" + NearestName.of(name, FIELDS) + "'"));
            }
        });
        JsonNode content = given.get(CONTENT);
        if (content == null || !content.isTextual() || content.asText().isEmpty()) {
            throw new Refusal(Answer.error(400, CONTENT + " is missing: a text that is not empty"));
        }
        JsonNode session = given.get(SESSION);
        if (session != null
                && !session.isNull()
                && (!session.isTextual() || session.asText().length() > SESSION_CHARS_MAX)) {
            throw new Refusal(
                    Answer.error(400, SESSION + " takes a text of " + SESSION_CHARS_MAX + " characters at most"));
        }
        JsonNode metadata = given.get(METADATA);
        if (metadata != null && !metadata.isNull() && !metadata.isObject()) {
            throw new Refusal(Answer.error(400, METADATA + " takes an object"));
        }
        JsonNode name = given.get("project_name");
        if (name != null && !name.asText().equals(project)) {
            throw new Refusal(
                    Answer.error(400, "project_name says '" + name.asText() + "' and the path says '" + project + "'"));
        }
    }

    private static String stored(JsonNode given, String project, long atMs) {
        ObjectNode handoff = Json.STRICT.createObjectNode();
        handoff.put("project_name", project);
        handoff.put("timestamp", Instant.ofEpochMilli(atMs / 1000 * 1000).toString());
        handoff.set(SESSION, given.get(SESSION));
        handoff.set(CONTENT, given.get(CONTENT));
        handoff.set(METADATA, given.get(METADATA));
        try {
            return Json.STRICT.writeValueAsString(handoff);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("what was read cannot be written", e);
        }
    }

    /** The second of now, as hooks stamp on this machine; or the one behind the last that was given out. */
    private LocalDateTime fresh(String project, long atMs) {
        LocalDateTime now = LocalDateTime.ofInstant(Instant.ofEpochMilli(atMs), ZoneId.systemDefault())
                .withNano(0);
        LocalDateTime last = newest.get(project);
        LocalDateTime stamp = last == null || now.isAfter(last) ? now : last.plusSeconds(1);
        newest.put(project, stamp);
        return stamp;
    }

    private Answer written(
            Errand errand, @Nullable Reply reply, @Nullable Throwable failure, String project, String key, long atMs) {
        if (reply != null) {
            Routes.requireDone(reply);
            return Answer.of(StatusRoutes.object(
                    "success", true,
                    "message", "Session handoff saved",
                    "project_name", project,
                    "key", key,
                    "timestamp", atMs));
        }
        Throwable why = failure == null || failure.getCause() == null ? failure : failure.getCause();
        if (!(why instanceof Errand.Unanswered)) {
            throw new IllegalStateException("a handoff could not be written", why);
        }
        errand.endWhenAnswered(undecided::release);
        return Answer.of(
                202,
                StatusRoutes.object(
                        "success", false,
                        "message",
                                "the upstream has not answered within " + Errand.OTHERS_MS_MAX
                                        + " ms: the handoff is on its way, and is stored there when it answers, or here as soon as"
                                        + " it counts as away; until then it is lost if Holdfast is killed",
                        "project_name", project,
                        "key", key,
                        "timestamp", atMs));
    }
}
