package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Reply;
import io.holdfast.sync.journal.DeadLetters;
import io.holdfast.sync.replay.FaultyUpstream.Step;
import io.holdfast.sync.replay.Heard.News;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Dead letters that go upstream once more, into a real one. */
class ReplayRequeueTest {
    private RealRedis redis;
    private ReplayFixture node;

    @BeforeEach
    void start(@TempDir Path directory) {
        redis = RealRedis.start();
        node = new ReplayFixture(directory, redis);
    }

    @AfterEach
    void end() {
        node.close();
        redis.close();
    }

    private void replayed(long sequence) {
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(sequence));
        node.stopReplayer();
    }

    /** {@code INCRBY k 5} as entry 1, which the upstream has refused; the cause is removed. */
    private void refuseAndMend() {
        redis.cli("RPUSH", "k", "in the way");
        node.write("INCRBY", "k", "5");
        replayed(1);
        assertThat(node.deadLetters()).hasSize(1);
        redis.cli("DEL", "k");
    }

    @Test
    void aRequeuedLetterIsReplayedOnce() {
        refuseAndMend();

        node.requeue();
        replayed(2);
        replayed(2);

        assertThat(redis.cli("GET", "k")).isEqualTo("5");
        assertThat(node.cursor()).isEqualTo("2");
        assertThat(node.deadLetters())
                .extracting(DeadLetters.Stored::state)
                .containsExactly(DeadLetters.State.REQUEUED);
    }

    @ParameterizedTest
    @EnumSource(Step.class)
    void aRequeuedLetterIsReplayedOnceWhereverTheConnectionIsLost(Step step) {
        refuseAndMend();
        node.requeue();
        node.connection = real -> new FaultyUpstream(real, (at, sent) -> {
            if (at == step) {
                throw new IOException("lost, as the test asked");
            }
        });
        assertThat(node.replay()).isInstanceOf(News.Failed.class);
        node.stopReplayer();
        node.connection = real -> real;

        replayed(2);

        assertThat(redis.cli("GET", "k")).isEqualTo("5");
    }

    @Test
    void aLetterThatIsRefusedAgainIsAnother() {
        refuseAndMend();
        redis.cli("RPUSH", "k", "in the way again");

        node.requeue();
        replayed(2);

        assertThat(node.deadLetters())
                .extracting(stored -> stored.letter().sequence())
                .containsExactly(1L, 2L);
        assertThat(node.store.deadLetters().count()).isEqualTo(1);
    }

    @Test
    void anEffectThatIsADeadLetterIsNotSentAgainWithItsEntryWhenTheUpstreamGoesBack() {
        refuseAndMend();
        node.requeue();
        replayed(2);
        redis.cli("DEL", "k");
        redis.cli("HSET", node.cursorKey(), "cur", "0"); // a replica that had none of it

        replayed(2);

        assertThat(redis.cli("GET", "k")).isEqualTo("5");
    }

    @Test
    void aReplayBesideClientsCommandsLeavesTheirConnectionsAlone() {
        refuseAndMend();
        node.requeue();
        try (RespClient client = redis.connect()) {
            long id = ((Reply.Int) client.call("CLIENT", "ID")).value();
            node.store.connections().remember(runId(), id, 1);

            node.replayer().startBeside();

            assertThat(node.heard.next()).isEqualTo(new News.CaughtUp(2));
            assertThat(client.call("GET", "k")).isEqualTo(Reply.bulk("5"));
            node.stopReplayer();
            assertThat(node.store.connections().all())
                    .extracting(each -> each.clientId())
                    .contains(id);
        }
    }

    @Test
    void entriesThatWereRequeuedAreForTheUpstreamInAnyDatabase() {
        try (RespClient client = redis.connect()) {
            client.call("SELECT", "3");
            client.call("RPUSH", "k", "in the way");
            node.write(Scope.UPSTREAM, ReplayFixture.effect(3, "SADD", "k", "m"));
            replayed(1);
            client.call("DEL", "k");

            node.requeue();
            replayed(2);

            assertThat(client.call("SISMEMBER", "k", "m")).isEqualTo(Reply.ONE);
        }
    }

    private String runId() {
        return redis.cli("INFO", "server")
                .lines()
                .filter(line -> line.startsWith("run_id:"))
                .map(line -> line.substring("run_id:".length()).strip())
                .findFirst()
                .orElseThrow();
    }
}
