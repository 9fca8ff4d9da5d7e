package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.MemoryJournal;
import io.holdfast.testing.TestClock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a transcript of one connection does not show of transactions: other clients, time, the journal. */
class TransactionCommandsTest {
    private final MemoryJournal journal = new MemoryJournal();
    private final TestClock clock = new TestClock(1_800_000_000_000L);
    private final EngineClient client = EngineClient.start(RedisVersion.STANDALONE, journal, clock);
    private final EngineClient other = client.another();

    @Test
    void aTransactionIsOneEntryOfTheJournal() {
        client.call("MULTI");
        client.call("SET", "a", "1");
        client.call("HINCRBY", "h", "n", "2");
        client.call("SELECT", "3");
        client.call("RPUSH", "l", "x");
        client.call("EXEC");
        assertThat(journal.entries()).hasSize(1);
        assertThat(journal.entries().get(0).effects())
                .extracting(effect -> effect.db())
                .containsExactly(0, 0, 3);
    }

    @Test
    void aTransactionThatWouldFillTheMemoryIsRefusedAndDiscarded() {
        String megabyte = "x".repeat(1024 * 1024);
        client.call("MULTI");
        for (int i = 0; i < 63; i++) {
            assertThat(client.call("APPEND", "k", megabyte)).isEqualTo(Reply.QUEUED);
        }

        assertThat(client.call("APPEND", "k", megabyte))
                .isEqualTo(RedisError.transactionTooLarge().reply());

        assertThat(client.call("PING")).isEqualTo(Reply.QUEUED);
        assertThat(client.call("EXEC")).isEqualTo(RedisError.execAbort().reply());
        assertThat(client.call("EXISTS", "k")).isEqualTo(Reply.ZERO);
    }

    @Test
    void aKeyThatAnotherClientChangedMakesExecAnswerNil() {
        client.call("WATCH", "k");
        other.call("SET", "k", "theirs");
        client.call("MULTI");
        client.call("SET", "k", "mine");
        assertThat(client.call("EXEC")).isEqualTo(Reply.Null.ARRAY);
        assertThat(client.call("GET", "k")).isEqualTo(Reply.bulk("theirs"));
    }

    @Test
    void aWatchedKeyThatExpiresUnseenMakesExecAnswerNil() {
        client.call("SET", "k", "v", "PX", "10");
        client.call("WATCH", "k");
        clock.advance(Duration.ofMillis(11));
        client.call("MULTI");
        client.call("PING");
        assertThat(client.call("EXEC")).isEqualTo(Reply.Null.ARRAY);
    }

    @Test
    void aKeyThatHadExpiredBeforeItWasWatchedIsNoChange() {
        client.call("SET", "k", "v", "PX", "10");
        clock.advance(Duration.ofMillis(11));
        client.call("WATCH", "k");
        client.call("MULTI");
        client.call("EXISTS", "k");
        assertThat(client.call("EXEC")).isEqualTo(Reply.array(Reply.ZERO));
    }

    @Test
    void aWatchedKeyThatIsExchangedForOneOrForNoneMakesExecAnswerNil() {
        client.call("SET", "here", "v");
        inDatabase1("SET", "there", "v");
        for (String key : List.of("here", "there")) {
            client.call("WATCH", key);
            other.call("SWAPDB", "0", "1");
            client.call("MULTI");
            client.call("PING");
            assertThat(client.call("EXEC")).describedAs(key).isEqualTo(Reply.Null.ARRAY);
            other.call("SWAPDB", "0", "1");
        }
    }

    @Test
    void aWatchedKeyThatIsInNeitherOfTheExchangedDatabasesHasNotChanged() {
        client.call("SET", "stale here", "v", "PX", "10");
        client.call("SET", "stale in both", "v", "PX", "10");
        inDatabase1("SET", "stale in both", "v", "PX", "10");
        inDatabase1("SET", "stale there", "v", "PX", "10");
        clock.advance(Duration.ofMillis(11));
        client.call("WATCH", "stale here", "stale there", "stale in both", "in none");

        other.call("SWAPDB", "0", "1");

        client.call("MULTI");
        client.call("PING");
        assertThat(client.call("EXEC")).isEqualTo(Reply.array(Reply.simple("PONG")));
    }

    @Test
    void flushingChangesOnlyTheWatchedKeysThatAreThere() {
        client.call("SET", "stale", "v", "PX", "10");
        clock.advance(Duration.ofMillis(11));
        client.call("WATCH", "stale", "in none");
        other.call("FLUSHALL");
        client.call("MULTI");
        client.call("PING");
        assertThat(client.call("EXEC")).isEqualTo(Reply.array(Reply.simple("PONG")));

        client.call("SET", "there", "v");
        client.call("WATCH", "there");
        other.call("FLUSHDB");
        client.call("MULTI");
        client.call("PING");
        assertThat(client.call("EXEC")).isEqualTo(Reply.Null.ARRAY);
    }

    private void inDatabase1(String... command) {
        other.call("SELECT", "1");
        other.call(command);
        other.call("SELECT", "0");
    }

    @Test
    void aClientThatWatchesTooManyKeysIsRefusedAndWatchesNoneOfThem() {
        var command = new String[10_002];
        for (int i = 0; i < command.length; i++) {
            command[i] = "k" + i;
        }
        command[0] = "WATCH";
        assertThat(client.call(command)).isInstanceOf(Reply.Failure.class);
        assertThat(client.session().watched()).isEmpty();
    }
}
