package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.awaitInfo;
import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Rows U1 to U9 of the contract's table of faults, those of the connection, with a real redis-server behind a cable; those of
 * what the upstream answers and holds are in {@link UpstreamFaultsTest}. U5 is {@link UpstreamNameTest}, U9 also {@link CutRepliesTest}.
 */
@Execution(ExecutionMode.CONCURRENT)
class ConnectionFaultsTest {
    /** Of {@code INCR n} on its way. */
    private static final int INCR_BYTES = 21;

    /** What became of a row of INCRs. */
    private record Increments(int done, int uncertain) {
        /** The counter may hold one more for each whose reply did not come. */
        void assertCount(String counter) {
            assertThat(Integer.parseInt(counter)).isBetween(done, done + uncertain);
        }
    }

    private static Increments readIncrements(RespClient client, int count) {
        int done = 0;
        int uncertain = 0;
        for (int i = 0; i < count; i++) {
            String reply = text(client.read());
            if (reply.startsWith("-")) {
                assertThat(reply).startsWith("-UNCERTAIN incr outcome unknown");
                uncertain++;
            } else {
                Integer.parseInt(reply);
                done++;
            }
        }
        return new Increments(done, uncertain);
    }

    @Test
    void u1KilledInTheMiddleOfAPipeline(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "n", "0");
            // By requests: on a slow machine the replies to all of them come at once, and arrive whole.
            rig.cable.tripAfter(Cable.Way.TO_UPSTREAM, 500 * INCR_BYTES, rig.redis::kill);
            for (int i = 0; i < 1000; i++) {
                client.send("INCR", "n");
            }
            Increments increments = readIncrements(client, 1000);
            assertThat(increments.uncertain).isPositive();
            rig.redis.restart();
            rig.awaitMode("online");
            increments.assertCount(text(rig.direct().call("GET", "n")));
        }
    }

    /** U4, and U2 with a middlebox that keeps the bytes: nothing of them is carried out once the fence stands. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void u4SwallowedBytesThatAreDeliveredLate(boolean whileAway, @TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "n", "0");
            rig.cable.swallow();
            for (int i = 0; i < Rig.UNDER_WAY; i++) {
                client.send("INCR", "n");
            }
            rig.waitBriefly();
            Increments increments = readIncrements(client, Rig.UNDER_WAY);
            assertThat(increments.uncertain).isEqualTo(Rig.UNDER_WAY);
            rig.waitLong();
            if (whileAway) {
                rig.cable.deliverLate();
            }
            rig.awaitMode("online");
            String afterReturn = text(rig.direct().call("GET", "n"));
            increments.assertCount(afterReturn);
            rig.cable.deliverLate();
            for (int i = 0; i < 100; i++) {
                client.call("INCR", "m");
            }
            assertThat(text(rig.direct().call("GET", "n"))).isEqualTo(afterReturn);
            assertThat(text(rig.direct().call("GET", "m"))).isEqualTo("100");
        }
    }

    @Test
    void u3AnUpstreamThatHangsUpIsGoneEvenIfItStillReads(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "k", "v");
            client.call("INCR", "n");
            rig.cable.hangUpTowardsHoldfast();
            assertThat(text(client.call("GET", "k"))).isEqualTo("v");
            assertThat(text(client.call("SET", "k", "w"))).isEqualTo("OK");
            String reply = text(client.call("INCR", "n"));
            rig.awaitMode("online");
            assertThat(text(rig.direct().call("GET", "k"))).isEqualTo("w");
            if (!reply.startsWith("-UNCERTAIN")) {
                assertThat(text(rig.direct().call("GET", "n"))).isEqualTo(reply);
            }
        }
    }

    @Test
    void u6ASlowUpstreamIsNoOutage(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            rig.cable.delay(30);
            RespClient client = rig.client();
            String before = Rig.epoch(client);
            for (int i = 1; i <= 20; i++) {
                assertThat(text(client.call("INCR", "n"))).isEqualTo(Integer.toString(i));
            }
            assertThat(Rig.epoch(client)).isEqualTo(before);
            assertThat(text(rig.direct().call("GET", "n"))).isEqualTo("20");
        }
    }

    @Test
    void u7AFlappingUpstreamCostsNothingThatWasAnswered(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "n", "0");
            int done = 0;
            int uncertain = 0;
            for (int flap = 0; flap < 15; flap++) {
                rig.cable.cut();
                for (int i = 0; i < 20; i++) {
                    client.send("INCR", "n");
                }
                rig.cable.mend();
                Increments increments = readIncrements(client, 20);
                done += increments.done;
                uncertain += increments.uncertain;
                if (flap % 3 == 0) {
                    rig.awaitMode("online");
                }
            }
            rig.awaitMode("online");
            new Increments(done, uncertain).assertCount(text(rig.direct().call("GET", "n")));
            awaitInfo(client, "journal_pending:0\r\n");
        }
    }

    @Test
    void u8RepliesThatAreLostLeaveTheirWritesUncertain(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "n", "0");
            rig.cable.tripAfter(Cable.Way.FROM_UPSTREAM, 0, rig.cable::cut);
            for (int i = 0; i < 10; i++) {
                client.send("INCR", "n");
            }
            Increments increments = readIncrements(client, 10);
            rig.goOnline();
            increments.assertCount(text(rig.direct().call("GET", "n")));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 5, 6, 9, 14, 15, 16})
    void u9AReplyThatIsCutIsNeverHandedOnInParts(int bytes, @TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "k", "0123456789");
            client.call("GET", "k"); // now the copy has it
            rig.cable.tripAfter(Cable.Way.FROM_UPSTREAM, bytes, rig.cable::cut);
            assertThat(text(client.call("GET", "k"))).isEqualTo("0123456789");
            assertThat(text(client.call("ECHO", "next"))).isEqualTo("next");
        }
    }

    @Test
    void u9RepliesInSlicesAreRepliesLikeAnyOther(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            rig.cable.slice(7);
            RespClient client = rig.client();
            for (int i = 0; i < 200; i++) {
                client.send("RPUSH", "list", "element-" + i);
            }
            for (int i = 1; i <= 200; i++) {
                assertThat(text(client.read())).isEqualTo(Integer.toString(i));
            }
            assertThat(text(client.call("LRANGE", "list", "0", "-1")))
                    .isEqualTo(text(rig.direct().call("LRANGE", "list", "0", "-1")));
        }
    }

    /** While its link takes no more a client is not read from; with the link that ends. */
    @Test
    void u2AFrozenUpstreamLeavesNoDeepPipelineWithoutAnswers(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "k", "v");
            rig.redis.freeze();
            String value = "x".repeat(10_000);
            int count = 2_000; // more than all buffers on the way hold
            var writer = new Thread(() -> {
                for (int i = 0; i < count; i++) {
                    client.send("SET", "k" + i, value);
                }
            });
            writer.start();
            rig.waitBriefly();
            for (int i = 0; i < count; i++) {
                assertThat(text(client.read())).isEqualTo("OK");
            }
            writer.join();
            rig.thaw();
            rig.awaitMode("online");
            assertThat(text(rig.direct().call("EXISTS", "k0", "k" + (count - 1))))
                    .isEqualTo("2");
        }
    }
}
