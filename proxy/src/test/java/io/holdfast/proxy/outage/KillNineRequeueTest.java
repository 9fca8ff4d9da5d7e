package io.holdfast.proxy.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holdfast is killed while an operator requeues: each letter ends upstream once, in the end. */
class KillNineRequeueTest {
    private static final int LETTERS = 300;
    private static final int KILLS = 6;
    private static final int DELAY_MICROS_MAX = 60_000;
    private static final long SEED = 11;

    @Test
    void aKillInTheMiddleOfARequeueNeitherLosesNorDoublesALetter(@TempDir Path directory) throws Exception {
        var random = new SplittableRandom(SEED);
        var program = HoldfastProgram.get();
        try (var redis = RealRedis.start("--appendonly", "yes", "--appendfsync", "always");
                var holdfast = HoldfastProcess.start(
                        program,
                        directory,
                        redis.port(),
                        Map.of("CLAUDE_REDIS_TIMEOUT", "60s"))) { // a slow disk is no outage
            holdfast.awaitMode("online");
            try (RespClient client = holdfast.connect();
                    RespClient direct = redis.connect()) {
                client.call("HOLDFAST", "OFFLINE");
                for (int i = 0; i < LETTERS; i++) {
                    client.call("INCRBY", "k" + i, "5");
                    direct.call("RPUSH", "k" + i, "in the way");
                }
                client.call("HOLDFAST", "ONLINE");
                holdfast.awaitMode("online");
                assertThat(Rig.text(client.call("INFO", "holdfast"))).contains("dead_letters:" + LETTERS + "\r\n");
                for (int i = 0; i < LETTERS; i++) {
                    direct.call("DEL", "k" + i);
                }
            }

            for (int kill = 0; kill < KILLS; kill++) {
                requeueAndKill(holdfast, TimeUnit.MICROSECONDS.toNanos(random.nextInt(DELAY_MICROS_MAX)));
                holdfast.restart();
            }
            try (RespClient client = holdfast.connect()) {
                holdfast.awaitMode("online");
                client.call("HOLDFAST", "DEADLETTERS", "REQUEUE", "ALL");
                await().atMost(Rig.PATIENCE)
                        .pollInterval(5, TimeUnit.MILLISECONDS)
                        .until(() -> Rig.text(client.call("INFO", "holdfast")).contains("journal_pending:0\r\n"));
                assertThat(Rig.text(client.call("HOLDFAST", "DEADLETTERS", "LIST", "STATE", "open")))
                        .isEqualTo("[]");
            }
            try (RespClient direct = redis.connect()) {
                for (int i = 0; i < LETTERS; i++) {
                    assertThat(Rig.text(direct.call("GET", "k" + i)))
                            .as("k%d, seed %d; %s", i, SEED, holdfast.log())
                            .isEqualTo("5");
                }
            }
        }
    }

    /** The moment differs from machine to machine: what is asserted holds at every one. */
    private static void requeueAndKill(HoldfastProcess holdfast, long afterNanos) {
        try (RespClient client = holdfast.connect()) {
            holdfast.awaitMode("online");
            client.send("HOLDFAST", "DEADLETTERS", "REQUEUE", "ALL", "COUNT", "50");
            long begun = System.nanoTime();
            while (System.nanoTime() - begun < afterNanos) {
                Thread.onSpinWait();
            }
            holdfast.kill();
        }
    }
}
