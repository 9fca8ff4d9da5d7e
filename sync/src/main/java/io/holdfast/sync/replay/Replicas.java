package io.holdfast.sync.replay;

import io.holdfast.resp.Reply;
import java.io.IOException;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits until enough replicas of the upstream have all that was written on this connection. Nothing is sent again for that: what
 * is asked again is WAIT. Lives on the replay thread.
 */
final class Replicas {
    private static final Logger log = LoggerFactory.getLogger(Replicas.class);

    /** One WAIT takes no less, so that asking again is no busy loop. */
    private static final int WAIT_MS_MIN = 10;

    private final Upstream upstream;
    private final Supplier<ReplaySettings> settings;
    private final ReplayProgress progress;
    private final int waitMsMax;
    private final BooleanSupplier isOver;

    /**
     * @param timeoutMs after so long without a reply the connection is given up
     * @param isOver whether the session is to end
     */
    Replicas(
            Upstream upstream,
            Supplier<ReplaySettings> settings,
            ReplayProgress progress,
            int timeoutMs,
            BooleanSupplier isOver) {
        this.upstream = upstream;
        this.settings = settings;
        this.progress = progress;
        this.isOver = isOver;
        waitMsMax = Math.max(WAIT_MS_MIN, timeoutMs / 2);
    }

    /** False when the session ends before there are enough; true at once where none are asked for. */
    boolean haveIt() throws IOException, ReplayFailedException {
        boolean warned = false;
        for (ReplaySettings now = settings.get(); now.replicas() > 0; now = settings.get()) {
            long have = ask(now);
            progress.replicas(have + "/" + now.replicas());
            if (have >= now.replicas()) {
                return true;
            }
            if (isOver.getAsBoolean()) {
                return false;
            }
            progress.enter(ReplayStatus.State.AWAITING_REPLICAS);
            if (!warned) {
                warned = true;
                log.warn(
                        "{} of {} replicas of the upstream have what was replayed, after {} ms: it stays pending here until"
                                + " they do",
                        have,
                        now.replicas(),
                        now.replicasWaitMs());
            }
        }
        progress.replicas("");
        return true;
    }

    private long ask(ReplaySettings now) throws IOException, ReplayFailedException {
        int waitMs = Math.min(waitMsMax, Math.max(WAIT_MS_MIN, now.replicasWaitMs()));
        upstream.send(List.of(Greeting.command("WAIT", Integer.toString(now.replicas()), Integer.toString(waitMs))));
        Reply reply = upstream.receive(1).get(0);
        if (reply instanceof Reply.Int have) {
            return have.value();
        }
        throw new ReplayFailedException("the upstream refuses WAIT, which sync.wait_replicas asks for"
                + (reply instanceof Reply.Failure failure
                        ? ": " + Refusal.of(failure).code()
                        : ""));
    }
}
