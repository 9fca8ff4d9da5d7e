package io.holdfast.sync.replay;

import io.holdfast.engine.failpoint.Failpoint;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.journal.UpstreamConnections;
import io.holdfast.sync.journal.UpstreamConnections.Opened;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes sure that nothing this node sent on an earlier connection is executed from now on: a Redis that was frozen would
 * otherwise go on with what lies in its buffers. Lives on the replay thread.
 */
final class Fence {
    private static final Logger log = LoggerFactory.getLogger(Fence.class);

    private final UpstreamConnections connections;
    private final ReplayProgress progress;
    private final CountDownLatch stopped;
    private final long quietMs;
    private final Waits waits;

    /** @param stopped ends a quiet period early */
    Fence(UpstreamConnections connections, ReplayProgress progress, CountDownLatch stopped, long quietMs, Waits waits) {
        this.connections = connections;
        this.progress = progress;
        this.stopped = stopped;
        this.quietMs = quietMs;
        this.waits = waits;
    }

    /** Remembers the connection {@code own}, durably, and kills every other one of the same upstream process. */
    void raise(Upstream upstream, Greeting.Met own, long atMs) throws IOException, ReplayFailedException {
        List<Opened> earlier = new ArrayList<>(connections.all());
        connections.remember(own.runId(), own.clientId(), atMs);
        earlier.removeIf(each -> each.runId().equals(own.runId()) && each.clientId() == own.clientId());
        List<List<Bytes>> kills = new ArrayList<>();
        for (Opened each : earlier) {
            if (each.runId().equals(own.runId())) { // ids begin again with each process: of another they say nothing
                kills.add(Greeting.command("CLIENT", "KILL", "ID", Long.toString(each.clientId())));
            }
        }
        Failpoint.REPLAY_BEFORE_FENCE.pass();
        if (!kills.isEmpty()) {
            upstream.send(kills);
            boolean refused = false;
            for (Reply reply : upstream.receive(kills.size())) {
                refused |= reply instanceof Reply.Failure;
            }
            if (refused) {
                waitInstead();
            } else {
                progress.fencedBy(ReplayStatus.Fence.KILL);
            }
        }
        if (!earlier.isEmpty()) {
            connections.forget(earlier);
        }
    }

    /** Remembers the connection {@code own}, durably, beside others that are in use. */
    void join(Greeting.Met own, long atMs) {
        connections.remember(own.runId(), own.clientId(), atMs);
    }

    private void waitInstead() throws ReplayFailedException {
        if (progress.fencedBy(ReplayStatus.Fence.WAIT)) {
            log.warn(
                    "The upstream refuses CLIENT KILL: before each replay, {} ms of quiet stand in for it, which is no proof"
                            + " that old requests are dead; grant +client|kill to Holdfast's user there",
                    quietMs);
        }
        try {
            if (waits.await(stopped, TimeUnit.MILLISECONDS.toNanos(quietMs))) {
                throw new ReplayFailedException("stopped");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ReplayFailedException("interrupted");
        }
    }
}
