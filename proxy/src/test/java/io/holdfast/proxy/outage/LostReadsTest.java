package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** C14 when an outage begins: what was under way is settled in order, and no faster than its client reads. */
@Execution(ExecutionMode.CONCURRENT)
class LostReadsTest {
    private static final String MEGABYTE = "x".repeat(1_000_000);
    private static final int READS = 200;
    /** What one turn answers, and what lies in buffers on the way: far from all that was asked for. */
    private static final long UNREAD_BYTES_MAX = 8_000_000;

    /** So many may be under way at a time, with small replies. */
    private static final int WINDOW = 10_000;

    @Test
    void largeValuesAreReadHereOnlyAsTheirClientTakesThem(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient other = clientThatHasSetLarge(rig);
            RespClient greedy = rig.client();
            greedy.call("CLIENT", "SETNAME", "greedy");
            hadManyReplies(greedy);
            rig.cable.swallow();
            for (int i = 0; i < READS; i++) {
                greedy.send("GET", "large");
                greedy.send("SET", "n", Integer.toString(i));
            }
            greedy.send("GET", "n");
            rig.cable.cut();
            rig.awaitMode("offline");

            assertThat(figure(other, "greedy", "omem")).isPositive().isLessThan(UNREAD_BYTES_MAX);
            assertThat(text(other.call("INCR", "others"))).isEqualTo("1");

            rig.cable.mend();
            rig.awaitMode("replaying"); // the upstream is not in charge before everything is settled
            for (int i = 0; i < READS; i++) {
                assertThat(text(greedy.read())).hasSize(MEGABYTE.length());
                assertThat(text(greedy.read())).isEqualTo("OK");
            }
            assertThat(text(greedy.read())).isEqualTo(Integer.toString(READS - 1));
            rig.awaitMode("online");
            assertThat(text(rig.direct().call("GET", "n"))).isEqualTo(Integer.toString(READS - 1));
        }
    }

    @Test
    void whatIsSentBehindWhatWasUnderWayIsCarriedOutBehindIt(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            hadManyReplies(client);
            rig.cable.swallow();
            for (int i = 0; i < WINDOW; i++) {
                client.send("SET", "k", "under way");
            }
            client.send("SET", "k", "sent behind it");
            rig.awaitMode("online"); // by then Holdfast has taken as many as it may
            rig.cable.cut();
            for (int i = 0; i <= WINDOW; i++) {
                assertThat(text(client.read())).isEqualTo("OK");
            }

            assertThat(text(client.call("GET", "k"))).isEqualTo("sent behind it");
            rig.goOnline();
            assertThat(text(rig.direct().call("GET", "k"))).isEqualTo("sent behind it");
        }
    }

    @Test
    void aWriteThatWasHeldIsCarriedOutBehindThem(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient other = clientThatHasSetLarge(rig);
            other.call("SET", "k", "before");
            Rig.awaitKnown(other, "k");
            RespClient client = rig.client();
            client.call("CLIENT", "SETNAME", "writer");
            rig.cable.swallow();
            for (int i = 0; i < Rig.UNDER_WAY - 2; i++) {
                client.send("GET", "large");
            }
            client.send("GET", "k");
            other.call("CLIENT", "PAUSE", "60000", "WRITE");
            client.send("SET", "k", "behind");
            await().atMost(Rig.PATIENCE)
                    .pollInterval(5, TimeUnit.MILLISECONDS)
                    .until(() -> figure(other, "writer", "argv-mem") > 0); // held
            rig.cable.cut();
            rig.awaitMode("offline");

            other.call("CLIENT", "UNPAUSE");

            for (int i = 0; i < Rig.UNDER_WAY - 2; i++) {
                assertThat(text(client.read())).hasSize(MEGABYTE.length());
            }
            assertThat(text(client.read())).isEqualTo("before");
            assertThat(text(client.read())).isEqualTo("OK");
            assertThat(text(other.call("GET", "k"))).isEqualTo("behind");
        }
    }

    @Test
    void aClientThatGoesMeanwhileKeepsNobodyFromTheUpstream(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient other = clientThatHasSetLarge(rig);
            RespClient greedy = rig.client();
            rig.cable.swallow();
            for (int i = 0; i < READS; i++) {
                greedy.send("GET", "large");
            }
            rig.cable.cut();
            rig.awaitMode("offline");
            greedy.close();

            rig.goOnline();

            assertThat(text(other.call("STRLEN", "large"))).isEqualTo(Integer.toString(MEGABYTE.length()));
        }
    }

    private static RespClient clientThatHasSetLarge(Rig rig) {
        RespClient client = rig.client();
        client.call("SET", "large", MEGABYTE);
        Rig.awaitKnown(client, "large");
        return client;
    }

    /** It is known for small replies, and may have as many requests under way as any. */
    private static void hadManyReplies(RespClient client) {
        for (int i = 0; i < WINDOW; i++) {
            client.send("GET", "nothing");
        }
        for (int i = 0; i < WINDOW; i++) {
            assertThat(text(client.read())).isEqualTo("nil");
        }
    }

    /** Of what CLIENT LIST says of the client of that name. */
    private static long figure(RespClient looking, String name, String field) {
        return text(looking.call("CLIENT", "LIST"))
                .lines()
                .filter(line -> line.contains(" name=" + name + " "))
                .mapToLong(line -> Long.parseLong(line.replaceAll(".* " + field + "=(\\d+) .*", "$1")))
                .sum();
    }
}
