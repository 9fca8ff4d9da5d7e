package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.MirrorRule;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.MemoryJournal;
import io.holdfast.testing.TestClock;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What commands on hashes and lists leave in the journal, and how the warm copy takes over their results. */
class HashAndListEffectsTest {
    private static final long NOW_MS = 1_800_000_000_000L;

    private final MemoryJournal journal = new MemoryJournal();
    private final EngineClient client = EngineClient.start(RedisVersion.STANDALONE, journal, new TestClock(NOW_MS));

    @Test
    void hsetJournalsOnlyTheFieldsThatChanged() {
        client.call("HSET", "h", "a", "1", "b", "2");
        assertThat(effectsOf("HMSET", "h", "a", "1", "b", "3", "c", "4")).containsExactly("HSET h b 3 c 4");
    }

    @Test
    void hdelJournalsOnlyTheFieldsThatWereThere() {
        client.call("HSET", "h", "a", "1", "b", "2");
        assertThat(effectsOf("HDEL", "h", "x", "b", "b", "a")).containsExactly("HDEL h b a");
    }

    @Test
    void countersInHashesStayDeltas() {
        assertThat(effectsOf("hincrby", "h", "n", "5")).containsExactly("HINCRBY h n 5");
        assertThat(effectsOf("HINCRBYFLOAT", "h", "n", "0.50")).containsExactly("HINCRBYFLOAT h n 0.50");
    }

    @Test
    void aConditionStaysInTheEffect() {
        client.call("RPUSH", "l", "a");
        assertThat(effectsOf("HSETNX", "h", "f", "v")).containsExactly("HSETNX h f v");
        assertThat(effectsOf("RPUSHX", "l", "b", "c")).containsExactly("RPUSHX l b c");
    }

    @Test
    void aPopTravelsAsTheRemovalOfThatElement() {
        client.call("RPUSH", "l", "a", "b", "a", "c", "a");
        assertThat(effectsOf("LPOP", "l")).containsExactly("LREM l 1 a");
        assertThat(effectsOf("RPOP", "l", "2")).containsExactly("LREM l -1 a", "LREM l -1 c");
        assertThat(effectsOf("LMPOP", "2", "none", "l", "LEFT", "COUNT", "9"))
                .containsExactly("LREM l 1 b", "LREM l 1 a");
    }

    @Test
    void aMoveTravelsAsARemovalAndAPush() {
        client.call("RPUSH", "l", "a", "b");
        assertThat(effectsOf("LMOVE", "l", "to", "LEFT", "RIGHT")).containsExactly("LREM l 1 a", "RPUSH to a");
        assertThat(effectsOf("RPOPLPUSH", "l", "to")).containsExactly("LREM l -1 b", "LPUSH to b");
    }

    @Test
    void turningAListRoundTravelsOnlyWhenItsOrderChanges() {
        client.call("RPUSH", "single", "a");
        client.call("RPUSH", "l", "a", "b");
        assertThat(effectsOf("RPOPLPUSH", "single", "single")).isEmpty();
        assertThat(effectsOf("LMOVE", "l", "l", "LEFT", "LEFT")).isEmpty();
        assertThat(effectsOf("RPOPLPUSH", "l", "l")).containsExactly("LREM l -1 b", "LPUSH l b");
    }

    @Test
    void whatChangesNothingIsNotJournaled() {
        client.call("HSET", "h", "f", "1");
        client.call("RPUSH", "l", "a");
        client.call("SET", "string", "v");
        for (String[] command : new String[][] {
            {"HSET", "h", "f", "1"},
            {"HSETNX", "h", "f", "2"},
            {"HDEL", "h", "none"},
            {"HSET", "string", "f", "v"},
            {"HINCRBY", "h", "f", "9223372036854775807"},
            {"LPUSHX", "none", "a"},
            {"LPOP", "none"},
            {"LPOP", "l", "0"},
            {"LTRIM", "l", "0", "-1"},
            {"LREM", "l", "0", "none"},
            {"LINSERT", "l", "BEFORE", "none", "x"},
            {"LSET", "l", "7", "x"},
            {"LMOVE", "l", "string", "LEFT", "LEFT"},
            {"LMPOP", "1", "none", "LEFT"},
        }) {
            assertThat(effectsOf(command)).as(String.join(" ", command)).isEmpty();
        }
    }

    @Test
    void aRefusedMoveLeavesBothListsAsTheyWere() {
        client.call("RPUSH", "l", "a");
        client.call("SET", "string", "v");
        client.call("LMOVE", "l", "string", "LEFT", "LEFT");
        assertThat(client.call("LLEN", "l")).isEqualTo(Reply.ONE);
    }

    @Test
    void theWarmCopyTakesOverTheResultOfACounter() {
        assertThat(mirrored(new Reply.Int(49), "HINCRBY", "h", "n", "2")).containsExactly("HSET h n 49");
        assertThat(mirrored(Reply.bulk("1.5"), "HINCRBYFLOAT", "h", "n", "0.5")).containsExactly("HSET h n 1.5");
    }

    @Test
    void moreRandomFieldsThanAReplyMayHoldAreRefused() {
        client.call("HSET", "h", "f", "v");
        assertThat(client.call("HRANDFIELD", "h", "-9223372036854775807")).isInstanceOf(Reply.Failure.class);
    }

    @Test
    void randomFieldsAreDifferentOnesUnlessTheCountIsNegative() {
        client.call("HSET", "h", "a", "1", "b", "2", "c", "3", "d", "4");
        var two = (Reply.Array) client.call("HRANDFIELD", "h", "2");
        var nine = (Reply.Array) client.call("HRANDFIELD", "h", "-9");
        assertThat(two.items()).hasSize(2).doesNotHaveDuplicates();
        assertThat(nine.items()).hasSize(9);
    }

    private List<String> effectsOf(String... command) {
        int before = journal.entries().size();
        client.call(command);
        return journal.entries().stream()
                .skip(before)
                .flatMap(entry -> entry.effects().stream())
                .map(effect -> text(effect.command()))
                .toList();
    }

    private List<String> mirrored(Reply reply, String... command) {
        Bytes[] args = Arrays.stream(command).map(Bytes::of).toArray(Bytes[]::new);
        CommandSpec spec = client.engine().commands().resolve(args);
        MirrorRule rule = Objects.requireNonNull(spec.mirrorRule());
        return Objects.requireNonNull(rule.effects(args, reply)).stream()
                .map(effect -> text(List.of(effect)))
                .toList();
    }

    private static String text(List<Bytes> command) {
        return String.join(" ", command.stream().map(Bytes::utf8).toList());
    }
}
