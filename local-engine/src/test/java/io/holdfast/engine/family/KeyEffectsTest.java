package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.OfflineRules;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.MemoryJournal;
import io.holdfast.testing.TestClock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What commands on keys leave in the journal, and when they are refused. */
class KeyEffectsTest {
    private static final long NOW_MS = 1_800_000_000_000L;

    private final MemoryJournal journal = new MemoryJournal();
    private final TestClock clock = new TestClock(NOW_MS);
    private final EngineClient client = EngineClient.start(RedisVersion.STANDALONE, journal, clock);

    @Test
    void delJournalsOnlyTheKeysThatWereThere() {
        client.call("MSET", "a", "1", "b", "2");
        assertThat(effectsOf("DEL", "nokey", "b", "a", "b")).containsExactly("DEL b a");
    }

    @Test
    void whatChangesNothingIsNotJournaled() {
        assertThat(effectsOf("DEL", "nokey")).isEmpty();
        assertThat(effectsOf("EXPIRE", "nokey", "10")).isEmpty();
        assertThat(effectsOf("PERSIST", "nokey")).isEmpty();
        assertThat(effectsOf("COPY", "nokey", "other")).isEmpty();
        assertThat(effectsOf("RENAME", "nokey", "other")).isEmpty();
        assertThat(effectsOf("SORT", "nokey", "STORE", "other")).isEmpty();
    }

    @Test
    void expireTravelsAsAnAbsoluteTime() {
        client.call("SET", "k", "v");
        assertThat(effectsOf("EXPIRE", "k", "10")).containsExactly("PEXPIREAT k " + (NOW_MS + 10_000));
    }

    @Test
    void anExpiryInThePastTravelsAsADeletion() {
        client.call("SET", "k", "v");
        assertThat(effectsOf("EXPIRE", "k", "-1")).containsExactly("DEL k");
    }

    @Test
    void aRenamedKeyTravelsAsItsValueAndItsExpiry() {
        client.call("SET", "k", "v", "EX", "10");
        assertThat(effectsOf("RENAME", "k", "to"))
                .containsExactly("DEL k", "SET to v", "PEXPIREAT to " + (NOW_MS + 10_000));
    }

    @Test
    void aKeyMovedToAnotherDatabaseIsWrittenThere() {
        client.call("SET", "k", "v");
        client.call("MOVE", "k", "3");
        var effects = journal.entries().get(1).effects();
        assertThat(effects).extracting(effect -> effect.db()).containsExactly(0, 3);
    }

    @Test
    void aCopyIsIndependentOfItsSource() {
        client.call("SET", "k", "v");
        client.call("COPY", "k", "to");
        client.call("APPEND", "to", "w");
        assertThat(client.call("GET", "k")).isEqualTo(Reply.bulk("v"));
    }

    @Test
    void sortStoreTravelsAsTheListItStored() {
        client.call("SET", "w_x", "1");
        client.call("SET", "out", "old");
        assertThat(effectsOf("SORT", "nokey", "STORE", "out")).containsExactly("DEL out");
    }

    @Test
    void flushingIsRefusedWhileAnUpstreamIsAway() {
        client.call("SET", "k", "v");
        client.engine().journalForUpstream(OfflineRules.DEFAULT);
        for (String[] command : List.of(
                new String[] {"FLUSHALL"}, new String[] {"FLUSHDB", "ASYNC"}, new String[] {"SWAPDB", "0", "1"})) {
            assertThat(client.call(command)).isInstanceOf(Reply.Failure.class);
        }
        assertThat(client.call("EXISTS", "k")).isEqualTo(Reply.ONE);
    }

    /** The upstream may hold something else than the warm copy knows. */
    @Test
    void whatSaysWhatIsToBeIsJournaledForTheUpstreamAlsoWhereItChangesNothingHere() {
        client.call("SADD", "s", "here");
        client.call("ZADD", "z", "1", "here");
        client.call("HSET", "h", "f", "v");
        client.engine().journalForUpstream(OfflineRules.DEFAULT);

        assertThat(effectsOf("DEL", "nokey")).containsExactly("DEL nokey");
        assertThat(effectsOf("UNLINK", "s", "nokey")).containsExactly("UNLINK s nokey");
        assertThat(effectsOf("SADD", "t", "a")).containsExactly("SADD t a");
        assertThat(effectsOf("SADD", "t", "a", "b")).containsExactly("SADD t a b");
        assertThat(effectsOf("SREM", "t", "a", "c")).containsExactly("SREM t a c");
        assertThat(effectsOf("ZADD", "z", "1", "here")).containsExactly("ZADD z 1 here");
        assertThat(effectsOf("ZREM", "z", "gone")).containsExactly("ZREM z gone");
        assertThat(effectsOf("HSET", "h", "f", "v")).containsExactly("HSET h f v");
        assertThat(effectsOf("HDEL", "h", "gone")).containsExactly("HDEL h gone");
        assertThat(effectsOf("SINTERSTORE", "out", "t", "nokey")).containsExactly("DEL out");
    }

    @Test
    void whatAsksFirstOrIsRefusedIsJournaledOnlyForWhatItChanged() {
        client.call("ZADD", "z", "1", "here");
        client.call("SET", "k", "v");
        client.engine().journalForUpstream(OfflineRules.DEFAULT);

        assertThat(effectsOf("ZADD", "z", "NX", "5", "here")).isEmpty();
        assertThat(effectsOf("ZADD", "z", "XX", "5", "gone")).isEmpty();
        assertThat(effectsOf("GETDEL", "nokey")).isEmpty();
        assertThat(effectsOf("EXPIRE", "nokey", "5")).isEmpty();
        assertThat(effectsOf("SADD", "k", "a")).isEmpty();
    }

    @Test
    void flushingAnEmptyDatabaseIsJournaledForTheUpstreamMayHoldKeys() {
        assertThat(effectsOf("FLUSHDB", "SYNC")).containsExactly("FLUSHDB");
    }

    @Test
    void keysThatHaveExpiredAreNotShown() {
        client.call("SET", "gone", "v", "PX", "5");
        client.call("SET", "here", "v");
        clock.advance(Duration.ofMillis(6));
        assertThat(client.call("KEYS", "*")).isEqualTo(Reply.array(Reply.bulk("here")));
        assertThat(client.call("SCAN", "0")).isEqualTo(Reply.array(Reply.bulk("0"), Reply.array(Reply.bulk("here"))));
        assertThat(client.call("RANDOMKEY")).isEqualTo(Reply.bulk("here"));
        assertThat(client.call("TTL", "gone")).isEqualTo(Reply.of(-2));
    }

    @Test
    void scanGivesEveryKeyThatStaysWhileOthersAreDeleted() {
        for (int i = 0; i < 100; i++) {
            client.call("SET", "stays:" + i, "v");
            client.call("SET", "goes:" + i, "v");
        }
        var seen = new java.util.HashSet<Bytes>();
        String cursor = "0";
        int deleted = 0;
        do {
            var reply = (Reply.Array) client.call("SCAN", cursor, "COUNT", "7", "MATCH", "stays:*");
            cursor = ((Reply.Bulk) reply.items().get(0)).value().latin1();
            ((Reply.Array) reply.items().get(1)).items().forEach(key -> seen.add(((Reply.Bulk) key).value()));
            client.call("DEL", "goes:" + deleted++);
        } while (!cursor.equals("0"));
        assertThat(seen).hasSize(100);
    }

    private List<String> effectsOf(String... command) {
        int before = journal.effects().size();
        client.call(command);
        return journal.effects().stream()
                .skip(before)
                .map(effect -> String.join(
                        " ", effect.command().stream().map(Bytes::latin1).toList()))
                .toList();
    }
}
