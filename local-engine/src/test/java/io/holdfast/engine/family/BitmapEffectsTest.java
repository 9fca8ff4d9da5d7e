package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.InDoubt;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.MemoryJournal;
import io.holdfast.testing.TestClock;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What commands on bits leave in the journal, when they may run twice, and what Redis 7.2 answers otherwise than 7.0. */
class BitmapEffectsTest {
    private final MemoryJournal journal = new MemoryJournal();
    private final EngineClient client =
            EngineClient.start(RedisVersion.STANDALONE, journal, new TestClock(1_800_000_000_000L));

    @Test
    void aBitThatIsSetAlreadyIsNotJournaled() {
        assertThat(effectsOf("SETBIT", "k", "7", "1")).containsExactly("SETBIT k 7 1");
        assertThat(effectsOf("SETBIT", "k", "7", "1")).isEmpty();
        assertThat(effectsOf("SETBIT", "k", "8", "0")).containsExactly("SETBIT k 8 0"); // it made the string longer
        assertThat(effectsOf("SETBIT", "new", "0", "0")).containsExactly("SETBIT new 0 0");
    }

    @Test
    void theResultOfAnOperationTravelsNotItsSources() {
        client.call("SET", "a", "abc");
        assertThat(effectsOf("BITOP", "NOT", "b", "none")).isEmpty();
        assertThat(effectsOf("BITOP", "OR", "b", "a")).containsExactly("SET b abc");
        assertThat(effectsOf("BITOP", "OR", "b", "none")).containsExactly("DEL b");
    }

    @Test
    void numbersTravelAsTheyWereSentUnlessNothingChanged() {
        assertThat(effectsOf("BITFIELD", "k", "GET", "u8", "0")).isEmpty();
        assertThat(effectsOf("BITFIELD", "k", "SET", "u8", "0", "5")).containsExactly("BITFIELD k SET u8 0 5");
        assertThat(effectsOf("BITFIELD", "k", "SET", "u8", "0", "5")).isEmpty();
        assertThat(effectsOf("BITFIELD", "k", "OVERFLOW", "FAIL", "INCRBY", "u8", "0", "300"))
                .isEmpty();
        assertThat(effectsOf("BITFIELD", "k", "OVERFLOW", "FAIL", "INCRBY", "u8", "8", "300"))
                .containsExactly("BITFIELD k OVERFLOW FAIL INCRBY u8 8 300"); // it made the string longer
    }

    @Test
    void onlyWhatMayBeRepeatedIsAbsorbed() {
        assertThat(inDoubt("SETBIT", "k", "7", "1")).isEqualTo(InDoubt.ABSORB);
        assertThat(inDoubt("BITOP", "OR", "a", "a", "b")).isEqualTo(InDoubt.ABSORB);
        assertThat(inDoubt("BITOP", "xor", "a", "a", "b")).isEqualTo(InDoubt.UNCERTAIN);
        assertThat(inDoubt("BITFIELD", "k", "SET", "u8", "0", "5")).isEqualTo(InDoubt.ABSORB);
        assertThat(inDoubt("BITFIELD", "k", "INCRBY", "u8", "0", "5")).isEqualTo(InDoubt.UNCERTAIN);
    }

    @Test
    void fromRedis72OnTheRangeIsCheckedBeforeTheKey() {
        assertThat(client.call("BITCOUNT", "none", "x", "y")).isInstanceOf(Reply.Failure.class);
        assertThat(client.call("BITPOS", "none", "1", "0", "1", "FOO")).isInstanceOf(Reply.Failure.class);
        assertThat(client.call("BITCOUNT", "none", "0", "1")).isEqualTo(Reply.ZERO);
    }

    private InDoubt inDoubt(String... command) {
        Bytes[] args = Arrays.stream(command).map(Bytes::of).toArray(Bytes[]::new);
        return client.engine().commands().resolve(args).inDoubt(args);
    }

    private List<String> effectsOf(String... command) {
        int before = journal.effects().size();
        client.call(command);
        return journal.effects().stream()
                .skip(before)
                .map(effect -> String.join(
                        " ", effect.command().stream().map(Bytes::utf8).toList()))
                .toList();
    }
}
