package io.holdfast.proxy.http;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** What waits for the upstream, and what operators do about it. Used on the loop {@code http}. */
final class SyncRoutes {
    private static final int LISTED_DEFAULT = 100;
    private static final int LISTED_MAX = 1_000;

    private static final String PENDING = "pending";
    private static final String FAILED = "failed";

    void addTo(Routes routes) {
        routes.add("GET", "/api/fallback/sync-queue", this::queue)
                .add("DELETE", "/api/fallback/sync-queue", this::discard)
                .add("POST", "/api/fallback/sync", this::syncNow)
                .add("POST", "/api/fallback/cleanup", this::cleanUp);
    }

    // ---- the queue

    /** Where a page of the queue begins: what was refused comes first, as it has to be decided on. */
    private record Place(String state, long from) {
        static Place of(Request request) {
            String status = request.query().get("status");
            if (status != null && !status.equals(PENDING) && !status.equals(FAILED)) {
                throw new Refusal(Answer.error(400, "status takes pending or failed, not '" + status + "'"));
            }
            String cursor = request.query().get("cursor");
            if (cursor == null) {
                return new Place(status == null ? FAILED : status, 0);
            }
            int dash = cursor.indexOf('-');
            String state = dash < 0 ? "" : cursor.substring(0, dash);
            boolean fits = state.equals(PENDING) || state.equals(FAILED);
            try {
                long from = Long.parseLong(cursor.substring(dash + 1));
                if (fits && from >= 0 && (status == null || status.equals(state))) {
                    return new Place(state, from);
                }
            } catch (NumberFormatException e) {
                throw unknown(cursor);
            }
            throw unknown(cursor);
        }

        private static Refusal unknown(String cursor) {
            return new Refusal(Answer.error(
                    400,
                    "cursor takes the next_cursor of the page before, with the same status, not '" + cursor + "'"));
        }
    }

    private CompletableFuture<Answer> queue(Request request, Errand errand) {
        request.requireParameters("limit", "cursor", "status");
        int limit = request.number("limit", LISTED_DEFAULT, 1, LISTED_MAX);
        Place place = Place.of(request);
        boolean alsoPending = place.state().equals(FAILED) && request.query().get("status") == null;
        var listed = new Listed(new ArrayList<>(), new ArrayList<>());
        return page(errand, place, limit, listed)
                .thenCompose(next -> {
                    if (!alsoPending || next != 0 || listed.rows.size() >= limit) {
                        String cursor = next != 0 ? place.state() + "-" + next : alsoPending ? PENDING + "-0" : null;
                        return CompletableFuture.completedFuture(Optional.ofNullable(cursor));
                    }
                    return page(errand, new Place(PENDING, 0), limit - listed.rows.size(), listed)
                            .thenApply(behind -> Optional.ofNullable(behind == 0 ? null : PENDING + "-" + behind));
                })
                .thenCompose(cursor -> errand.ask(ServerState::now)
                        .thenApply(facts -> Answer.of(StatusRoutes.object(
                                "pending_operations", facts.pending(),
                                "failed_operations", facts.failed(),
                                "operations", listed.rows,
                                "unreadable", listed.unreadable,
                                "next_cursor", cursor.orElse(null),
                                "timestamp", facts.atMs()))));
    }

    /**
     * What is answered.
     *
     * @param unreadable what is damaged on the way, in words
     */
    private record Listed(List<Map<String, Object>> rows, List<String> unreadable) {}

    /** Adds a page to {@code listed}, and gives where the next begins; 0: nowhere. */
    private static CompletableFuture<Long> page(Errand errand, Place place, int limit, Listed listed) {
        return errand.call(
                        "HOLDFAST",
                        "SYNC",
                        "QUEUE",
                        "STATE",
                        place.state(),
                        "FROM",
                        Long.toString(place.from()),
                        "COUNT",
                        Integer.toString(limit))
                .thenApply(reply -> {
                    Map<String, Object> page = Replies.object(Routes.requireDone(reply));
                    if (page.get("operations") instanceof Reply.Array operations) {
                        operations.items().forEach(row -> listed.rows.add(Replies.row(row)));
                    }
                    if (page.get("unreadable") instanceof Reply.Array damages) {
                        damages.items().forEach(each -> {
                            if (each instanceof Reply.Bulk words) {
                                listed.unreadable.add(words.value().utf8());
                            }
                        });
                    }
                    return page.get("next") instanceof Reply.Int next ? next.value() : 0L;
                });
    }

    // ---- an operator's hand

    private CompletableFuture<Answer> syncNow(Request request, Errand errand) {
        request.requireParameters();
        return errand.call("HOLDFAST", "SYNC", "NOW")
                .thenCompose(reply -> {
                    Routes.requireDone(reply);
                    return errand.ask(ServerState::now);
                })
                .thenApply(facts -> Answer.of(StatusRoutes.object(
                        "success",
                        true,
                        "message",
                        facts.pending() == 0
                                ? "nothing waits for the upstream"
                                : "the upstream is tried at once, and what waits is replayed as soon as it answers",
                        "pending_operations",
                        facts.pending(),
                        "timestamp",
                        facts.atMs())));
    }

    /** Gives up what was refused. What waits was acknowledged, so nobody can have it forgotten. */
    private CompletableFuture<Answer> discard(Request request, Errand errand) {
        request.requireParameters("status");
        String status = request.query().getOrDefault("status", FAILED);
        if (status.equals(PENDING)) {
            throw new Refusal(Answer.error(
                    409,
                    "what is pending was acknowledged and is never discarded: POST /api/fallback/sync has it sent, and what"
                            + " Redis refuses becomes failed, which can be discarded"));
        } else if (!status.equals(FAILED)) {
            throw new Refusal(Answer.error(400, "status takes failed, not '" + status + "'"));
        }
        return errand.call("HOLDFAST", "DEADLETTERS", "DISCARD", "ALL").thenCompose(reply -> {
            Object discarded = Replies.value(Routes.requireDone(reply));
            return errand.ask(ServerState::now)
                    .thenApply(facts -> Answer.of(StatusRoutes.object(
                            "success", true,
                            "discarded_operations", discarded,
                            "pending_operations", facts.pending(),
                            "failed_operations", facts.failed(),
                            "timestamp", facts.atMs())));
        });
    }

    /** Deletes what is kept no longer, which may take the disk a while: then it goes on behind the answer. */
    private CompletableFuture<Answer> cleanUp(Request request, Errand errand) {
        request.requireParameters();
        return errand.callAnywhere(Bytes.of("HOLDFAST"), Bytes.of("CLEANUP")).handle((reply, failure) -> {
            if (reply != null) {
                Map<String, Object> cleaned = Replies.row(Routes.requireDone(reply));
                return Answer.of(StatusRoutes.object("success", true, "cleaned", cleaned));
            }
            if (!(failure instanceof Errand.Unanswered)) {
                throw new IllegalStateException("a clean-up could not be ordered", failure);
            }
            errand.endWhenAnswered(() -> {});
            return Answer.of(
                    202,
                    StatusRoutes.object(
                            "success",
                            true,
                            "message",
                            "the clean-up is under way; total_size_mb of the status shows what it gives back"));
        });
    }
}
