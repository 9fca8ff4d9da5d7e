package io.holdfast.proxy.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that write and read back see nothing of one outage after another but the outcome that nobody knows. */
class ManyOutagesTest {
    private static final int CLIENTS = 5;
    private static final int FEW = 5;
    private static final int MANY = 100;
    /** They never rest, and an upstream that syncs each batch is slower: they are held back soon. */
    private static final String LAG_MAX = "200";
    /** Replies that each client gets before and within an outage. */
    private static final int REPLIES = 60;

    /** What HOLDFAST MIRROR says of a key that the upstream vouches for. */
    private static final Set<String> SETTLED = Set.of("known", "absent");

    private enum Fault {
        KILL,
        FREEZE,
        CUT,
        SWALLOW
    }

    private static final List<Fault> FAULTS = List.of(Fault.values());

    @Test
    void clientsSeeNothingOfAFewOutages(@TempDir Path dataDir) throws Exception {
        new Run(dataDir, Long.getLong("soak.seed", 1)).outages(FEW);
    }

    @Test
    @Tag("soak")
    void clientsSeeNothingOfAHundredOutages(@TempDir Path dataDir) throws Exception {
        new Run(dataDir, Long.getLong("soak.seed", 1)).outages(MANY);
    }

    /** One Holdfast with clients that never rest. For the test's thread. */
    private static final class Run {
        private final Path dataDir;
        private final SplittableRandom random;
        private final List<BusyClient> clients = new ArrayList<>();
        private final List<Future<?>> running = new ArrayList<>();

        Run(Path dataDir, long seed) {
            this.dataDir = dataDir;
            random = new SplittableRandom(seed);
        }

        void outages(int count) throws Exception {
            ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
            var end = new AtomicBoolean();
            try (var rig = new Rig(dataDir)) {
                for (int i = 0; i < CLIENTS; i++) {
                    var client = new BusyClient(i, rig.client(), random.split());
                    clients.add(client);
                    running.add(threads.submit(() -> client.run(end::get)));
                }
                RespClient operator = rig.client();
                operator.call("HOLDFAST", "CONFIG", "SET", "sync.max_lag", LAG_MAX);
                rig.waitLong(); // the configuration that this was read from has the usual time
                for (int i = 0; i < count; i++) {
                    awaitReplies();
                    awaitCopies(operator);
                    outage(rig, FAULTS.get(i % FAULTS.size()), operator);
                }
                awaitReplies();
                end.set(true);
                for (Future<?> one : running) {
                    one.get(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS);
                }
                rig.awaitMode("online");
                RespClient upstream = rig.direct();
                clients.forEach(client -> client.assertHolds(upstream));
                clients.forEach(client -> client.assertHolds(operator));
                assertThat(clients)
                        .allSatisfy(
                                client -> assertThat(client.burstsWithErrors()).isLessThanOrEqualTo(count));
            } finally {
                end.set(true);
                threads.shutdownNow();
            }
        }

        private void outage(Rig rig, Fault fault, RespClient operator) {
            String before = Rig.info(operator, "epoch");
            switch (fault) {
                case KILL -> rig.redis.kill();
                case FREEZE -> rig.redis.freeze();
                case CUT -> rig.cable.cut();
                case SWALLOW -> rig.cable.swallow();
            }
            if (fault == Fault.FREEZE || fault == Fault.SWALLOW) {
                rig.waitBriefly();
            }
            await().atMost(Rig.PATIENCE)
                    .pollInterval(5, TimeUnit.MILLISECONDS)
                    .until(() -> !Rig.info(operator, "epoch").equals(before));
            rig.waitLong(); // what is slow behind it is no outage more
            if (fault != Fault.SWALLOW) { // new connections pass, so it may be over in no time
                awaitMode(operator, "offline");
            }
            awaitReplies();
            switch (fault) {
                case KILL -> rig.redis.restart();
                case FREEZE -> rig.redis.thaw();
                case CUT -> rig.cable.mend();
                case SWALLOW -> rig.cable.deliverLate();
            }
            operator.call("HOLDFAST", "SYNC", "NOW"); // without the pauses of an upstream that flaps
            awaitMode(operator, "online");
        }

        /** Fails as soon as one of the clients has. */
        private void awaitReplies() {
            List<Long> enough =
                    clients.stream().map(client -> client.replies() + REPLIES).toList();
            await().atMost(Rig.PATIENCE).pollInterval(5, TimeUnit.MILLISECONDS).until(() -> {
                for (int i = 0; i < clients.size(); i++) {
                    if (running.get(i).isDone()) {
                        running.get(i).get(); // throws what the client did
                    }
                    if (clients.get(i).replies() < enough.get(i)) {
                        return false;
                    }
                }
                return true;
            });
        }

        /**
         * Of a key that the copy does not know (not written yet, or deleted in the last outage) the first write brings nothing
         * into it, and a copy of the last period goes where it gives another reply: until it is read behind that, and here the
         * outage comes later. From then on each reply is carried over.
         */
        private void awaitCopies(RespClient operator) {
            for (BusyClient client : clients) {
                for (String key : client.collections()) {
                    await().atMost(Rig.PATIENCE)
                            .pollInterval(5, TimeUnit.MILLISECONDS)
                            .until(() -> SETTLED.contains(Rig.copyState(operator, key)));
                }
            }
        }

        private static void awaitMode(RespClient operator, String mode) {
            await().atMost(Rig.PATIENCE)
                    .pollInterval(5, TimeUnit.MILLISECONDS)
                    .until(() -> Rig.info(operator, "mode").equals(mode));
        }
    }
}
