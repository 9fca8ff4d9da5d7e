package io.holdfast.sync.replay;

import io.holdfast.resp.Bytes;
import io.holdfast.sync.replay.FaultyUpstream.Step;
import io.holdfast.sync.replay.Heard.News;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Sessions of one node's replay, in each of which one thing fails at one step. For one test thread. */
final class FaultySession {
    private static final int FROZEN_TIMEOUT_MS = 60;
    private static final int TIMEOUT_MS = 10_000;
    private static final Bytes MULTI = Bytes.of("MULTI");

    private final ReplayFixture node;
    private final SplittableRandom random;
    private final Map<Fault, Integer> met = new EnumMap<>(Fault.class);

    /** Connections that were given up, and what is still on its way over them. */
    private final List<Postponing> late = new ArrayList<>();
    /** The same, where it does not arrive before the next connection has claimed the cursor, or sent a batch. */
    private final List<Postponing> later = new ArrayList<>();

    private @Nullable Path crash;

    FaultySession(ReplayFixture node, SplittableRandom random) {
        this.node = node;
        this.random = random;
    }

    /** How often each fault has struck. */
    Map<Fault, Integer> met() {
        return met;
    }

    /**
     * Runs one session until it is through or lost, and the node's next start if it has to have one.
     *
     * @param at the step that it fails at, from 0, or, where bytes are to be late, the next one that sends some; a session that
     *     has fewer does not fail
     * @param outside does what is done to the upstream, on the replay thread
     */
    News run(Fault fault, int at, Consumer<Fault> outside) {
        node.timeoutMs = fault == Fault.FREEZE ? FROZEN_TIMEOUT_MS : TIMEOUT_MS;
        var passed = new int[1];
        var struck = new boolean[1];
        node.connection = real -> {
            var slow = new Postponing(real);
            return new FaultyUpstream(slow, (step, sent) -> {
                boolean isDue = passed[0]++ >= at && !struck[0];
                if (isDue && (fault != Fault.LATE_BYTES || step == Step.BEFORE_SEND)) {
                    struck[0] = true;
                    met.merge(fault, 1, Integer::sum);
                    strike(fault, slow, sent, outside);
                } else if (struck[0] && fault == Fault.FREEZE) {
                    // Who is frozen takes no late bytes, and to wait for that takes true time, of which the nodes'
                    // clock has none.
                    return;
                } else if (random.nextInt(4) == 0) {
                    deliver(late);
                } else if (step == Step.AFTER_RECEIVE && sent.contains(List.of(MULTI)) && random.nextBoolean()) {
                    deliver(later);
                }
            });
        };
        News news = node.replay();
        if (fault == Fault.FREEZE) {
            node.redis.thaw();
        }
        Path left = crash;
        crash = null;
        if (left != null) {
            node.restartAfter(left);
        } else {
            node.stopReplayer();
        }
        node.connection = real -> real;
        return news;
    }

    /** Lets everything arrive, and one session run in which nothing fails. */
    News heal() {
        deliver(late);
        node.timeoutMs = TIMEOUT_MS;
        News news = node.replay();
        deliver(later);
        node.stopReplayer();
        return news;
    }

    /** On the replay thread. */
    private void strike(Fault fault, Postponing connection, List<List<Bytes>> sent, Consumer<Fault> outside)
            throws IOException {
        switch (fault) {
            case RESET -> throw lostConnection();
            case CRASH -> {
                crash = node.snapshot();
                throw lostConnection();
            }
            case POWER_LOSS -> {
                crash = node.snapshotAfterPowerLoss(random);
                throw lostConnection();
            }
            case LATE_BYTES -> {
                connection.postpone(sent);
                (random.nextBoolean() ? late : later).add(connection);
                throw lostConnection();
            }
            case DUPLICATE_BYTES -> {
                connection.postpone(sent);
                later.add(connection);
                throw lostConnection();
            }
            case FREEZE -> node.redis.freeze();
            case UPSTREAM_RESTART, UPSTREAM_EMPTY, FLUSH, EVICT, STALE_REPLICA, STRANGER -> outside.accept(fault);
        }
    }

    private static IOException lostConnection() {
        return new IOException("lost, as the run asked");
    }

    private static void deliver(List<Postponing> connections) {
        connections.forEach(Postponing::deliver);
        connections.clear();
    }
}
