package io.holdfast.proxy.admin.cli;

import io.holdfast.resp.Reply;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Says how far the replay of a running Holdfast got, pauses it, and follows it. */
@Command(
        name = "sync",
        description =
                "Says how far replay got and what it would do, pauses it, resumes it, begins it at once, or follows it.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "[COMMAND]")
public final class SyncCommand extends AskingCommand implements Callable<Integer> {
    private static final int LOOK_MS = 250;

    @Override
    public Integer call() {
        return status();
    }

    @Command(name = "status", description = "Says how far replay got.", mixinStandardHelpOptions = true)
    int status() {
        return fields(holdfast("SYNC", "STATUS"));
    }

    @Command(
            name = "pause",
            description = "Replays nothing more after the batch in hand, also after a restart.",
            mixinStandardHelpOptions = true)
    int pause() {
        return done(holdfast("SYNC", "PAUSE"), "paused");
    }

    @Command(name = "resume", description = "Replays again.", mixinStandardHelpOptions = true)
    int resume() {
        return done(holdfast("SYNC", "RESUME"), "resumed");
    }

    @Command(name = "now", description = "Tries the upstream at once.", mixinStandardHelpOptions = true)
    int now() {
        return done(holdfast("SYNC", "NOW"), "trying");
    }

    @Command(
            name = "accept",
            description = "Replays into an upstream that lost its data, where that was halted.",
            mixinStandardHelpOptions = true)
    int accept() {
        return done(holdfast("SYNC", "ACCEPT"), "accepted");
    }

    @Command(
            name = "dry-run",
            description = "Says what replay would do to each key if it began now, and changes nothing.",
            mixinStandardHelpOptions = true)
    int dryRun(
            @Option(names = "--match", paramLabel = "GLOB", description = "keys like this") @Nullable String match,
            @Option(names = "--count", paramLabel = "N", description = "at most so many") @Nullable Long count,
            @Option(
                            names = "--state",
                            paramLabel = "OUTCOME",
                            description = "those that come to apply, merge, expired, conflict or dead-letter")
                    @Nullable String state) {
        List<String> command = holdfast("SYNC", "DRYRUN");
        Which.add(command, "MATCH", match);
        Which.add(command, "COUNT", count);
        Which.add(command, "STATE", state);
        return report(
                command, "keys", "db", "key", "outcome", "effects", "first", "last", "policy", "winner", "reason");
    }

    @Command(
            name = "follow",
            description = "Shows entries left, rate and time left until nothing is left.",
            mixinStandardHelpOptions = true)
    int follow() {
        return server.ask(spec, SyncCommand::follow);
    }

    private static void follow(Conversation holdfast, Printed out) throws IOException {
        Reply reply = holdfast.ask("HOLDFAST", "SYNC", "STATUS");
        Map<String, @Nullable Object> first = Printed.map(reply);
        Map<String, @Nullable Object> last = first;
        while (number(last, "pending") > 0) {
            out.progress(line(first, last));
            breathe();
            reply = holdfast.ask("HOLDFAST", "SYNC", "STATUS");
            last = Printed.map(reply);
        }
        out.progress(line(first, last));
        out.endOfProgress();
        out.done(reply, "nothing is left to replay");
    }

    private static void breathe() throws IOException {
        try {
            Thread.sleep(LOOK_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** The rate is that since the first look, by the server's own clock. */
    static String line(Map<String, @Nullable Object> first, Map<String, @Nullable Object> now) {
        long pending = number(now, "pending");
        long done = number(now, "confirmed_sequence") - number(first, "confirmed_sequence");
        long ms = number(now, "time") - number(first, "time");
        long rate = ms <= 0 ? 0 : done * Duration.ofSeconds(1).toMillis() / ms;
        String left = rate <= 0 ? "unknown" : (pending + rate - 1) / rate + " s";
        return now.get("mode") + ": " + pending + " entries left, " + rate + " entries/s, time left "
                + (pending == 0 ? "0 s" : left);
    }

    private static long number(Map<String, @Nullable Object> fields, String name) {
        return Objects.requireNonNull((Long) fields.get(name), name);
    }
}
