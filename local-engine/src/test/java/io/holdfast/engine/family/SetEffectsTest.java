package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.InDoubt;
import io.holdfast.engine.command.MirrorRule;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.MemoryJournal;
import io.holdfast.testing.TestClock;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What commands on sets and sorted sets leave in the journal and on a warm copy, and what Redis 7.2 answers. */
class SetEffectsTest {
    private final MemoryJournal journal = new MemoryJournal();
    private final EngineClient client =
            EngineClient.start(RedisVersion.STANDALONE, journal, new TestClock(1_800_000_000_000L));
    private final CommandTable commands = CommandTable.of(Families.all());

    // ---- the journal

    @Test
    void onlyTheMembersThatChangedAreJournaled() {
        call("SADD s a b");
        call("ZADD z 1 a 2 b");
        assertThat(effectsOf("SADD s a c d")).containsExactly("SADD s c d");
        assertThat(effectsOf("SREM s a x b")).containsExactly("SREM s a b");
        assertThat(effectsOf("ZADD z GT 1 a 5 b 0.1 c")).containsExactly("ZADD z 5 b 0.10000000000000001 c");
        assertThat(effectsOf("ZREM z x a")).containsExactly("ZREM z a");
        assertThat(effectsOf("ZREMRANGEBYSCORE z 0 1")).containsExactly("ZREM z c");
    }

    @Test
    void whatChangesNothingIsNotJournaled() {
        call("SADD s a");
        call("ZADD z 1 a");
        for (String command : List.of(
                "SADD s a",
                "SREM s x",
                "SMOVE s t x",
                "SMOVE s s a",
                "SPOP s 0",
                "SINTERSTORE none s none2",
                "ZADD z 1 a",
                "ZADD z NX 2 a",
                "ZADD none XX 1 a",
                "ZADD z INCR 0 a",
                "ZREM z x",
                "ZPOPMIN none",
                "ZRANGESTORE none z 5 6",
                "ZUNIONSTORE none 1 none2",
                "ZREMRANGEBYRANK z 5 6")) {
            assertThat(effectsOf(command)).describedAs(command).isEmpty();
        }
    }

    @Test
    void aRefusedCommandLeavesNoTrace() {
        call("ZADD z inf a");
        assertThat(effectsOf("ZINCRBY z -inf a")).isEmpty();
        assertThat(effectsOf("ZADD z 1 b x c")).isEmpty();
        assertThat(effectsOf("ZADD new 1 b x c")).isEmpty();
        assertThat(call("EXISTS new")).isEqualTo(Reply.ZERO);
        assertThat(call("ZCARD z")).isEqualTo(Reply.ONE);
    }

    @Test
    void aRandomRemovalIsJournaledAsTheMembersThatWent() {
        call("SADD s a b c d e f");
        var popped = (Reply.SetOf) call("SPOP s 2");
        List<String> gone = popped.items().stream()
                .map(member -> ((Reply.Bulk) member).value().latin1())
                .toList();
        assertThat(lastEffect()).isEqualTo("SREM s " + String.join(" ", gone));
        assertThat(call("SCARD s")).isEqualTo(Reply.of(4));
    }

    @Test
    void anIncrementStaysADelta() {
        assertThat(effectsOf("ZINCRBY z 1.5 a")).containsExactly("ZINCRBY z 1.5 a");
        assertThat(effectsOf("ZADD z XX INCR 2 a")).containsExactly("ZINCRBY z 2 a");
    }

    @Test
    void endsAreJournaledAsTheMembersThatWent() {
        call("ZADD z 1 a 2 b 3 c");
        assertThat(effectsOf("ZPOPMAX z 2")).containsExactly("ZREM z c b");
        assertThat(effectsOf("ZMPOP 2 none z MIN")).containsExactly("ZREM z a");
    }

    @Test
    void aMoveIsARemovalAndAnAddition() {
        call("SADD from a b");
        call("SADD to b");
        assertThat(effectsOf("SMOVE from to a")).containsExactly("SREM from a", "SADD to a");
        assertThat(effectsOf("SMOVE from to b")).containsExactly("SREM from b");
    }

    @Test
    void aStoredResultIsJournaledWhole() {
        call("SADD s 1 2");
        call("SET out old EX 10");
        assertThat(effectsOf("SUNIONSTORE out s")).containsExactly("DEL out", "SADD out 1 2");
        assertThat(effectsOf("ZUNIONSTORE out 1 s WEIGHTS 0.5")).containsExactly("DEL out", "ZADD out 0.5 1 0.5 2");
        assertThat(effectsOf("ZRANGESTORE out out 1 1")).containsExactly("DEL out", "ZADD out 0.5 2");
        assertThat(effectsOf("SINTERSTORE out s none")).containsExactly("DEL out");
    }

    // ---- the warm copy

    @Test
    void theCopyTakesTheScoreThatTheUpstreamAnswered() {
        var score = new Reply.Real(5.5, Bytes.of("5.5"));
        assertThat(mirrored("ZINCRBY z 1 a", score)).containsExactly("ZADD z 5.5 a");
        assertThat(mirrored("ZINCRBY z 1 a", Reply.bulk("5.5"))).containsExactly("ZADD z 5.5 a");
        assertThat(mirrored("ZADD z XX INCR 1 a", score)).containsExactly("ZADD z 5.5 a");
        assertThat(mirrored("ZADD z XX INCR 1 a", Reply.Null.BULK)).isEmpty();
        assertThat(mirrored("ZADD z NX 1 a", Reply.ZERO)).containsExactly("ZADD z NX 1 a");
    }

    @Test
    void theCopyLosesTheMembersThatTheUpstreamPopped() {
        var members = List.of(Reply.bulk("a"), Reply.bulk("b"));
        assertThat(mirrored("SPOP s", Reply.bulk("a"))).containsExactly("SREM s a");
        assertThat(mirrored("SPOP s 2", new Reply.SetOf(members))).containsExactly("SREM s a b");
        assertThat(mirrored("SPOP s 2", new Reply.Array(members))).containsExactly("SREM s a b");
        assertThat(mirrored("SPOP s", Reply.Null.BULK)).isEmpty();
        assertThat(mirrored("SPOP s 2", Reply.EMPTY_SET)).isEmpty();
    }

    @Test
    void onlyWhatMayRunTwiceIsAbsorbed() {
        assertThat(List.of("SADD s a", "SREM s a", "ZADD z 1 a", "ZREM z a", "SUNIONSTORE d s", "ZRANGESTORE d z 0 1"))
                .allMatch(command -> inDoubt(command) == InDoubt.ABSORB);
        assertThat(List.of("SPOP s", "SMOVE s t a", "ZADD z INCR 1 a", "ZINCRBY z 1 a", "ZPOPMIN z", "ZMPOP 1 z MIN"))
                .allMatch(command -> inDoubt(command) == InDoubt.UNCERTAIN);
    }

    // ---- random members

    @Test
    void everyMemberIsPickedSometimesAndADistinctPickHasNoneTwice() {
        call("SADD s a b c d e f g h");
        Set<Reply> seen = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            var picked = ((Reply.Array) call("SRANDMEMBER s 3")).items();
            assertThat(picked).hasSize(3).doesNotHaveDuplicates();
            seen.addAll(picked);
        }
        assertThat(seen).hasSize(8);
        assertThat(((Reply.Array) call("SRANDMEMBER s -20")).items()).hasSize(20);
    }

    @Test
    void aCountNeverSizesAReplyWithoutBound() {
        call("SADD s a");
        call("ZADD z 1 a");
        assertThat(call("SRANDMEMBER s -9223372036854775807")).isInstanceOf(Reply.Failure.class);
        assertThat(call("ZRANDMEMBER z -4611686018427387903 WITHSCORES")).isInstanceOf(Reply.Failure.class);
    }

    // ---- Redis 7.2

    @Test
    void aRankCanBringItsScoreFromRedis72On() {
        call("ZADD z 0.1 a 2 b");
        assertThat(wire("ZRANK z b WITHSCORE")).isEqualTo("*2|:1|$1|2|");
        assertThat(wire("ZREVRANK z a withscore")).isEqualTo("*2|:1|$3|0.1|");
        assertThat(wire("ZRANK z nosuch WITHSCORE")).isEqualTo("*-1|");
        assertThat(wire("ZRANK none a WITHSCORE")).isEqualTo("*-1|");
        assertThat(wire("ZRANK z a BOGUS")).isEqualTo("-ERR syntax error|");
        assertThat(wire("ZRANK z a WITHSCORE x")).isEqualTo("-ERR wrong number of arguments for 'zrank' command|");
        client.speak(RespVersion.RESP3);
        assertThat(wire("ZRANK z a WITHSCORE")).isEqualTo("*2|:0|,0.1|");
        assertThat(wire("ZRANK z nosuch WITHSCORE")).isEqualTo("_|");
    }

    // ---- how it is asked

    private Reply call(String command) {
        return client.call(command.split(" "));
    }

    private String wire(String command) {
        byte[] reply = client.raw(args(command));
        return new String(reply, StandardCharsets.ISO_8859_1).replace("\r\n", "|");
    }

    private List<String> effectsOf(String command) {
        int before = journal.effects().size();
        call(command);
        return journal.effects().stream()
                .skip(before)
                .map(effect -> text(effect.command()))
                .toList();
    }

    private String lastEffect() {
        return text(journal.effects().get(journal.effects().size() - 1).command());
    }

    private List<String> mirrored(String command, Reply reply) {
        MirrorRule rule = Objects.requireNonNull(spec(command).mirrorRule());
        return Objects.requireNonNull(rule.effects(args(command), reply)).stream()
                .map(effect -> text(Arrays.asList(effect)))
                .toList();
    }

    private InDoubt inDoubt(String command) {
        return spec(command).inDoubt(args(command));
    }

    private CommandSpec spec(String command) {
        return commands.resolve(args(command));
    }

    private static Bytes[] args(String command) {
        return Arrays.stream(command.split(" ")).map(Bytes::of).toArray(Bytes[]::new);
    }

    private static String text(List<Bytes> command) {
        return String.join(" ", command.stream().map(Bytes::latin1).toList());
    }
}
