package io.holdfast.sync.replay;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.conflict.Touches;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Learns who answers and whether it would take writes, before anything is written. Lives on the replay thread. */
final class Greeting {
    private static final Pattern RUN_ID = Pattern.compile("(?m)^run_id:([0-9a-f]+)");
    private static final Pattern LOADING = Pattern.compile("(?m)^loading:([^\\r\\n]+)");
    private static final Pattern UPTIME = Pattern.compile("(?m)^uptime_in_seconds:(\\d{1,12})");
    /** For what Redis loads at its start it is given this long; it says nothing of it afterwards. */
    private static final long LOADING_MS = 30_000;

    private static final String CLIENT_NAME = "holdfast-replay";

    /** Answered for {@link #hasNoKey}. */
    static final List<Bytes> ASK_FOR_KEYS = command("INFO", "keyspace");

    private Greeting() {}

    static boolean hasNoKey(Reply keyspace) throws ReplayFailedException {
        if (accepted("INFO keyspace", keyspace) instanceof Reply.Bulk text) {
            return !text.value().latin1().contains("db");
        }
        throw new ReplayFailedException("the upstream does not say whether it has keys");
    }

    /**
     * Who answers.
     *
     * @param runId names the upstream's process
     * @param clientId names our connection there
     * @param stopwatch how it says how long it takes for something
     * @param clock how its clock goes
     * @param upSeconds how long ago it began
     * @param lineage of its data
     */
    record Met(String runId, long clientId, Stopwatch stopwatch, UpstreamClock clock, long upSeconds, Lineage lineage) {
        /** Where it was restarted since it was seen last, what it loaded then tells nothing of when it was used. */
        void tell(Touches touches, Optional<String> lastRunId, long nowMs) {
            if (lastRunId.isPresent() && !lastRunId.get().equals(runId)) {
                long startedMs = nowMs - TimeUnit.SECONDS.toMillis(upSeconds);
                touches.upstreamBegan(startedMs, Math.min(nowMs, startedMs + LOADING_MS));
            }
        }
    }

    /** @throws ReplayFailedException when it is loading, a replica, or does not let us in */
    static Met exchange(Upstream upstream, ReplayConfig config, ReplayEnvironment environment)
            throws IOException, ReplayFailedException {
        String password = config.password();
        if (password != null) {
            ask(upstream, "AUTH", credentials(config.user(), password));
        }
        long askedMs = environment.clockMs().getAsLong();
        upstream.send(List.of(
                command("CLIENT", "SETNAME", CLIENT_NAME),
                command("CLIENT", "ID"),
                command("INFO", "server"),
                command("INFO", "persistence"),
                command("ROLE"),
                command("TIME"),
                command("INFO", "replication"),
                command("INFO", "cpu")));
        List<Reply> replies = upstream.receive(8); // a name that is refused harms nobody
        long answeredMs = environment.clockMs().getAsLong();
        if (!(accepted("CLIENT ID", replies.get(1)) instanceof Reply.Int clientId)) {
            throw new ReplayFailedException("the upstream's CLIENT ID is not a number");
        }
        String runId = field(RUN_ID, "INFO server", replies.get(2));
        String loading = field(LOADING, "INFO persistence", replies.get(3));
        if (!loading.equals("0")) {
            throw new ReplayFailedException("the upstream is loading its data");
        }
        Reply role = accepted("ROLE", replies.get(4));
        if (!(role instanceof Reply.Array parts
                && !parts.items().isEmpty()
                && parts.items().get(0).equals(Reply.bulk("master")))) {
            throw new ReplayFailedException("the upstream is not a master");
        }
        long upSeconds = Long.parseLong(field(UPTIME, "INFO server", replies.get(2)));
        Stopwatch stopwatch = Stopwatch.of(replies.get(2), replies.get(5), replies.get(7));
        UpstreamClock clock = environment.clockIsReal()
                ? UpstreamClock.of(askedMs, answeredMs, replies.get(5))
                : UpstreamClock.AS_OURS;
        return new Met(runId, clientId.value(), stopwatch, clock, upSeconds, Lineage.of(replies.get(6)));
    }

    private static String[] credentials(@Nullable String user, String password) {
        return user == null ? new String[] {password} : new String[] {user, password};
    }

    private static void ask(Upstream upstream, String name, String... arguments)
            throws IOException, ReplayFailedException {
        var words = new ArrayList<String>(List.of(name));
        words.addAll(Arrays.asList(arguments));
        upstream.send(List.of(command(words.toArray(String[]::new))));
        accepted(name, upstream.receive(1).get(0));
    }

    private static Reply accepted(String asked, Reply reply) throws ReplayFailedException {
        if (reply instanceof Reply.Failure failure) {
            throw new ReplayFailedException(
                    "the upstream refuses " + asked + ": " + Refusal.of(failure).code());
        }
        return reply;
    }

    private static String field(Pattern pattern, String asked, Reply reply) throws ReplayFailedException {
        if (accepted(asked, reply) instanceof Reply.Bulk text) {
            Matcher found = pattern.matcher(text.value().latin1());
            if (found.find()) {
                return found.group(1);
            }
        }
        throw new ReplayFailedException("the upstream's " + asked + " does not say what is needed: " + pattern);
    }

    static List<Bytes> command(String... words) {
        return Arrays.stream(words).map(Bytes::of).toList();
    }
}
