package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.resp.Reply;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A person works through what a real upstream refused, while it is in charge and while it is away. */
class DeadLettersTest {
    private static final int TIMEOUT_MS = 10_000;

    private Rig rig;
    private RespClient client;
    private RespClient direct;

    @BeforeEach
    void start(@TempDir Path dataDir) throws Exception {
        rig = new Rig(dataDir, TIMEOUT_MS);
        client = rig.client();
        direct = rig.direct();
    }

    @AfterEach
    void end() {
        rig.close();
    }

    /** {@code INCRBY key 5}, written here and refused there, where another client made a list of it. */
    private void refuse(String... keys) {
        rig.goOffline();
        for (String key : keys) {
            client.call("INCRBY", key, "5");
            direct.call("RPUSH", key, "in the way");
        }
        rig.goOnline();
    }

    private String ask(String... command) {
        return text(client.call(command));
    }

    private void awaitUpstream(String key, String value) {
        await().atMost(Rig.PATIENCE)
                .pollInterval(5, TimeUnit.MILLISECONDS)
                .until(() -> text(direct.call("GET", key)).equals(value));
    }

    @Test
    void whatWasRefusedIsListedShownAndRequeuedWhileTheUpstreamIsInCharge() {
        refuse("k");

        assertThat(ask("HOLDFAST", "DEADLETTERS", "LIST"))
                .startsWith("[[id, 1, sequence, ")
                .contains(", db, 0, command, INCRBY, key, k, reply, WRONGTYPE ")
                .endsWith("state, open]]");
        assertThat(ask("HOLDFAST", "DEADLETTERS", "SHOW", "1")).endsWith("effect, [INCRBY, k, 5]]");
        direct.call("DEL", "k");

        assertThat(ask("HOLDFAST", "DEADLETTERS", "REQUEUE", "1")).isEqualTo("1");

        awaitUpstream("k", "5");
        assertThat(ask("INCRBY", "k", "1")).isEqualTo("6");
        assertThat(ask("HOLDFAST", "DEADLETTERS", "LIST")).isEqualTo("[]");
        assertThat(ask("HOLDFAST", "DEADLETTERS", "LIST", "STATE", "requeued")).contains("state, requeued");
        assertThat(text(client.call("INFO", "holdfast"))).contains("mode:online\r\n", "dead_letters:0\r\n");
        rig.goOffline();
        assertThat(ask("GET", "k")).as("the warm copy").isEqualTo("6");
    }

    @Test
    void aRequeueDisturbsNoClientWhileTheUpstreamIsInCharge() {
        refuse("k");
        direct.call("DEL", "k");
        RespClient waiting = rig.client();
        waiting.send("BLPOP", "queue", "0");
        String epoch = Rig.epoch(client);

        client.call("HOLDFAST", "DEADLETTERS", "REQUEUE", "1");
        awaitUpstream("k", "5");
        client.call("RPUSH", "queue", "job");

        assertThat(text(waiting.read())).isEqualTo("[queue, job]");
        assertThat(Rig.epoch(client)).isEqualTo(epoch);
    }

    @Test
    void aRequeueWhileTheUpstreamIsAwayIsNotAppliedHereAgain() {
        refuse("k");
        direct.call("DEL", "k");
        rig.goOffline();
        client.call("SET", "k", "7");

        assertThat(ask("HOLDFAST", "DEADLETTERS", "REQUEUE", "1")).isEqualTo("1");

        assertThat(ask("GET", "k")).isEqualTo("7");
        rig.goOnline();
        assertThat(ask("GET", "k")).isEqualTo("12");
    }

    @Test
    void anEditedEffectIsWhatGoesUpstream() {
        refuse("k");

        assertThat(ask("HOLDFAST", "DEADLETTERS", "EDIT", "1", "GET", "k")).startsWith("-ERR an effect is a command");
        assertThat(ask("HOLDFAST", "DEADLETTERS", "EDIT", "1", "NOSUCH", "k")).startsWith("-ERR unknown command");
        assertThat(ask("HOLDFAST", "DEADLETTERS", "EDIT", "1", "RPUSH", "k"))
                .isEqualTo("-ERR wrong number of arguments for 'rpush' command");
        assertThat(ask("HOLDFAST", "DEADLETTERS", "EDIT", "1", "RPUSH", "k", "5"))
                .isEqualTo("OK");
        assertThat(ask("HOLDFAST", "DEADLETTERS", "REQUEUE", "1")).isEqualTo("1");

        await().atMost(Rig.PATIENCE)
                .pollInterval(5, TimeUnit.MILLISECONDS)
                .until(() -> text(direct.call("LRANGE", "k", "0", "-1")).equals("[in the way, 5]"));
        assertThat(ask("HOLDFAST", "DEADLETTERS", "EDIT", "1", "DEL", "k"))
                .isEqualTo("-ERR dead letter 1 is requeued already");
    }

    @Test
    void aDiscardedLetterIsNeverSentAgain() {
        refuse("k");

        assertThat(ask("HOLDFAST", "DEADLETTERS", "DISCARD", "1")).isEqualTo("1");

        assertThat(ask("HOLDFAST", "DEADLETTERS", "DISCARD", "1")).isEqualTo("-ERR dead letter 1 is discarded already");
        assertThat(ask("HOLDFAST", "DEADLETTERS", "REQUEUE", "1")).isEqualTo("-ERR dead letter 1 is discarded already");
        assertThat(ask("HOLDFAST", "DEADLETTERS", "SHOW", "2")).isEqualTo("-ERR no dead letter has the id 2");
        assertThat(ask("HOLDFAST", "DEADLETTERS", "LIST", "STATE", "any")).contains("state, discarded");
    }

    @Test
    void oneRuleDecidesOnManyLetters() {
        refuse("cart:1", "cart:2", "other:1", "cart:3");
        direct.call("DEL", "cart:1", "cart:2", "cart:3");

        assertThat(client.call("HOLDFAST", "DEADLETTERS", "LIST", "MATCH", "cart:*", "COUNT", "2", "FROM", "2"))
                .isInstanceOfSatisfying(
                        Reply.Array.class, rows -> assertThat(rows.items()).hasSize(2));
        assertThat(ask("HOLDFAST", "DEADLETTERS", "LIST", "TYPE", "set")).isEqualTo("[]");
        assertThat(ask("HOLDFAST", "DEADLETTERS", "REQUEUE", "ALL", "MATCH", "cart:*", "TYPE", "incrby"))
                .isEqualTo("3");
        assertThat(ask("HOLDFAST", "DEADLETTERS", "DISCARD", "ALL")).isEqualTo("1");

        awaitUpstream("cart:3", "5");
        assertThat(text(direct.call("MGET", "cart:1", "cart:2", "cart:3"))).isEqualTo("[5, 5, 5]");
    }

    @Test
    void whatIsAskedWrongIsRefusedAndRepliesKeepTheirOrder() {
        client.send("HOLDFAST", "DEADLETTERS", "LIST");
        client.send("PING");
        client.send("HOLDFAST", "DEADLETTERS", "LIST", "COUNT");
        client.send("HOLDFAST", "DEADLETTERS", "LIST", "COUNT", "0");
        client.send("HOLDFAST", "DEADLETTERS", "REQUEUE", "x");
        client.send("HOLDFAST", "DEADLETTERS", "EXPLODE");
        client.send("ECHO", "last");

        assertThat(text(client.read())).isEqualTo("[]");
        assertThat(text(client.read())).isEqualTo("PONG");
        assertThat(text(client.read())).isEqualTo("-ERR syntax error");
        assertThat(text(client.read())).startsWith("-ERR value is out of range");
        assertThat(text(client.read())).startsWith("-ERR value is not an integer");
        assertThat(text(client.read())).contains("Try HOLDFAST HELP.");
        assertThat(text(client.read())).isEqualTo("last");
    }

    @Test
    void nothingOfItRunsInATransaction() {
        client.call("MULTI");

        assertThat(ask("HOLDFAST", "DEADLETTERS", "LIST")).isEqualTo("-ERR Command not allowed inside a transaction");
        assertThat(ask("EXEC")).startsWith("-EXECABORT");
    }

    @Test
    void inResp3ALetterIsAMap() {
        refuse("k");
        client.speak(RespVersion.RESP3);

        assertThat(client.call("HOLDFAST", "DEADLETTERS", "SHOW", "1")).isInstanceOf(Reply.MapOf.class);
    }
}
