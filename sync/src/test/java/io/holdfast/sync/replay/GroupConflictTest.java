package io.holdfast.sync.replay;

import static io.holdfast.sync.replay.ReplayFixture.effect;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.journal.Conflict.Winner;
import io.holdfast.sync.replay.Heard.News;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a consumer group of a stream that was used here and by others while the upstream was away: decision 0016. */
class GroupConflictTest extends ReplayNodeTest {
    private static final String NOW = Long.toString(ReplayFixture.START_MS);
    /** Before anything that is written here, Unix milliseconds. */
    private static final String EARLIER = Long.toString(ReplayFixture.START_MS - 60_000);

    @BeforeEach
    void makeAStreamWithAGroup() {
        for (int i = 1; i <= 4; i++) {
            redis.cli("XADD", "s", i + "-1", "f", "v");
        }
        redis.cli("XGROUP", "CREATE", "s", "g", "0");
    }

    // ---- what is done here, as the engine journals it

    private static Effect claim(String consumer, String count, String... ids) {
        List<String> words = new ArrayList<>(List.of("XCLAIM", "s", "g", consumer, "0"));
        words.addAll(Arrays.asList(ids));
        words.addAll(List.of("TIME", NOW, "RETRYCOUNT", count, "FORCE", "JUSTID"));
        return effect(0, words.toArray(String[]::new));
    }

    private static Effect at(String id) {
        return effect(0, "XGROUP", "SETID", "s", "g", id);
    }

    /** XREADGROUP of new entries. */
    private void readHere(String consumer, String... ids) {
        node.write(
                Scope.UPSTREAM,
                effect(0, "XGROUP", "CREATECONSUMER", "s", "g", consumer),
                claim(consumer, "1", ids),
                at(ids[ids.length - 1]));
    }

    /** XGROUP SETID. */
    private void setHere(String id) {
        if (id.equals("0-0")) {
            node.write(Scope.UPSTREAM, at(id));
        } else {
            node.write(Scope.UPSTREAM, at("0-0"), at(id));
        }
    }

    // ---- what others do

    private void othersRead(String consumer, int count) {
        redis.cli("XREADGROUP", "GROUP", "g", consumer, "COUNT", Integer.toString(count), "STREAMS", "s", ">");
    }

    private void replay() {
        assertThat(node.replay()).isInstanceOf(News.CaughtUp.class);
        assertThat(node.deadLetters()).isEmpty();
    }

    // ---- what is upstream then

    private String position() {
        List<String> words = redis.cli("XINFO", "GROUPS", "s").lines().toList();
        return words.get(words.indexOf("last-delivered-id") + 1);
    }

    /** Each with its consumer, like {@code 1-1 ann}. */
    private List<String> pending() {
        List<String> lines = redis.cli("XPENDING", "s", "g", "-", "+", "5000")
                .lines()
                .filter(line -> !line.isEmpty())
                .toList();
        return IntStream.range(0, lines.size() / 4)
                .mapToObj(row -> lines.get(4 * row) + " " + lines.get(4 * row + 1))
                .toList();
    }

    private List<String> twice() {
        assertThat(node.conflicts()).allMatch(conflict -> conflict.winner() == Winner.BOTH_TOOK);
        return node.conflicts().stream()
                .map(conflict -> String.valueOf(conflict.part()))
                .toList();
    }

    private Conflict onlyConflict() {
        assertThat(node.conflicts()).hasSize(1);
        return node.conflicts().get(0);
    }

    // ---- reading

    @Test
    void whatWasReadHereAloneIsPendingForWhoReadIt() {
        readHere("ann", "1-1", "2-1");
        node.write("XACK", "s", "g", "1-1");
        readHere("bob", "3-1");

        replay();

        assertThat(position()).isEqualTo("3-1");
        assertThat(pending()).containsExactly("2-1 ann", "3-1 bob");
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void aGroupThatOthersHaveReadFurtherDoesNotGoBack() {
        readHere("ann", "1-1");
        othersRead("zoe", 3);

        replay();

        assertThat(position()).isEqualTo("3-1");
        assertThat(pending()).containsExactly("1-1 zoe", "2-1 zoe", "3-1 zoe");
        assertThat(twice()).containsExactly("1-1");
    }

    @Test
    void whatBothReadIsPendingForWhoGotItLast() {
        othersRead("zoe", 2);
        redis.cli("XCLAIM", "s", "g", "zoe", "0", "1-1", "TIME", EARLIER, "JUSTID");
        readHere("ann", "1-1", "2-1", "3-1");

        replay();

        assertThat(position()).isEqualTo("3-1");
        assertThat(pending()).containsExactly("1-1 ann", "2-1 zoe", "3-1 ann");
        assertThat(twice()).containsExactly("1-1", "2-1");
    }

    @Test
    void whatOthersAcknowledgedDoesNotComeBack() {
        othersRead("zoe", 2);
        redis.cli("XACK", "s", "g", "1-1");
        readHere("ann", "1-1");

        replay();

        assertThat(pending()).containsExactly("2-1 zoe");
        assertThat(position()).isEqualTo("2-1");
        assertThat(twice()).containsExactly("1-1");
        assertThat(onlyConflict().local())
                .containsExactlyElementsOf(claim("ann", "1", "1-1").command());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 500})
    void whatWasAcknowledgedHereIsNotPendingForOthers(int batch) {
        node.batchEntriesMax = batch;
        othersRead("zoe", 2);
        readHere("ann", "1-1");
        node.write("XACK", "s", "g", "1-1");

        replay();

        assertThat(pending()).containsExactly("2-1 zoe");
    }

    @Test
    void whatNobodyReadIsPendingForWhoReadPastIt() {
        redis.cli("XADD", "s", "5-1", "by", "others");
        node.write("XADD", "s", "6-1", "f", "v");
        readHere("ann", "1-1", "2-1", "3-1", "4-1", "6-1");
        node.write("XACK", "s", "g", "1-1", "2-1", "3-1", "4-1", "6-1");

        replay();

        assertThat(position()).isEqualTo("6-1");
        assertThat(pending()).containsExactly("5-1 ann");
        assertThat(redis.cli("XAUTOCLAIM", "s", "g", "zoe", "60000", "0")).contains("5-1");
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void whatWasReadWithoutAcknowledgingIsNeitherPendingNorReadAgain() {
        node.write(Scope.UPSTREAM, effect(0, "XACK", "s", "g", "1-1", "2-1"), at("2-1"));

        replay();

        assertThat(position()).isEqualTo("2-1");
        assertThat(pending()).isEmpty();
    }

    @Test
    void aGroupStaysWhereItIsIfTooManyEntriesWouldBeSkipped() {
        for (int i = 5; i < 1_500; i++) {
            redis.cli("XADD", "s", i + "-1", "by", "others");
        }
        node.write("XADD", "s", "2000-1", "f", "v");
        readHere("ann", "1-1", "2-1", "3-1", "4-1", "2000-1");

        replay();

        assertThat(position()).isEqualTo("0-0");
        assertThat(onlyConflict().winner()).isEqualTo(Winner.UPSTREAM);
        assertThat(onlyConflict().local())
                .containsExactlyElementsOf(at("2000-1").command());
    }

    // ---- claiming

    @Test
    void aClaimOfWhatWasPendingBeforeIsNoConflict() {
        othersRead("zoe", 1);
        redis.cli("XCLAIM", "s", "g", "zoe", "0", "1-1", "TIME", EARLIER, "JUSTID");
        node.write(Scope.UPSTREAM, claim("ann", "2", "1-1"));

        replay();

        assertThat(pending()).containsExactly("1-1 ann");
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void aClaimOfWhatOthersClaimedLaterIsLost() {
        othersRead("zoe", 1);
        node.write(Scope.UPSTREAM, claim("ann", "2", "1-1"));

        replay();

        assertThat(pending()).containsExactly("1-1 zoe");
        assertThat(twice()).containsExactly("1-1");
    }

    @Test
    void aClaimOfWhatOthersAcknowledgedIsLost() {
        othersRead("zoe", 1);
        redis.cli("XACK", "s", "g", "1-1");
        node.write(Scope.UPSTREAM, claim("ann", "2", "1-1"));

        replay();

        assertThat(pending()).isEmpty();
        assertThat(twice()).containsExactly("1-1");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 500})
    void aClaimThatIsSaidToBeOldIsNoConflictWithOurOwnReading(int batch) {
        node.batchEntriesMax = batch;
        readHere("ann", "1-1");
        node.nowMs.addAndGet(10);
        node.write("XCLAIM", "s", "g", "bob", "0", "1-1", "TIME", EARLIER, "RETRYCOUNT", "2", "FORCE", "JUSTID");

        replay();

        assertThat(pending()).containsExactly("1-1 bob");
        assertThat(node.conflicts()).isEmpty();
    }

    // ---- XGROUP

    @Test
    void whereAGroupWasSetHereItIs() {
        othersRead("zoe", 4);
        redis.cli("XACK", "s", "g", "1-1", "2-1", "3-1", "4-1");
        setHere("2-1");
        readHere("ann", "3-1");

        replay();

        assertThat(position()).isEqualTo("3-1");
        assertThat(pending()).containsExactly("3-1 ann");
        assertThat(node.conflicts()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 500})
    void whatIsReadAgainAfterAGroupWasSetToTheStartIsPending(int batch) {
        node.batchEntriesMax = batch;
        readHere("ann", "1-1", "2-1");
        node.write("XACK", "s", "g", "1-1", "2-1");
        setHere("0-0");
        readHere("bob", "1-1");

        replay();

        assertThat(position()).isEqualTo("1-1");
        assertThat(pending()).containsExactly("1-1 bob");
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void whatASetGroupPassesIsPendingForNobody() {
        setHere("3-1");

        replay();

        assertThat(position()).isEqualTo("3-1");
        assertThat(pending()).isEmpty();
    }

    @Test
    void aGroupThatBothMadeIsTheirs() {
        redis.cli("XGROUP", "CREATE", "s", "new", "2-1");
        node.write("XGROUP", "CREATE", "s", "new", "0-0");

        replay();

        assertThat(redis.cli("XINFO", "GROUPS", "s")).contains("2-1");
        assertThat(onlyConflict().winner()).isEqualTo(Winner.UPSTREAM);
    }

    @Test
    void aGroupThatBothMadeAlikeIsNoConflict() {
        redis.cli("XGROUP", "CREATE", "s", "new", "2-1");
        node.write("XGROUP", "CREATE", "s", "new", "2-1");

        replay();

        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void aGroupThatWasDestroyedHereIsGone() {
        othersRead("zoe", 1);
        redis.cli("XCLAIM", "s", "g", "zoe", "0", "1-1", "TIME", EARLIER, "JUSTID");
        node.write("XGROUP", "DESTROY", "s", "g");

        replay();

        assertThat(redis.cli("XINFO", "GROUPS", "s")).isEmpty();
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void aGroupThatWasDestroyedHereAndReadLaterByOthersStays() {
        node.write("XGROUP", "DESTROY", "s", "g");
        othersRead("zoe", 1);

        replay();

        assertThat(pending()).containsExactly("1-1 zoe");
        assertThat(onlyConflict().winner()).isEqualTo(Winner.UPSTREAM);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 500})
    void aGroupThatWasDestroyedAndMadeAgainHereIsNew(int batch) {
        node.batchEntriesMax = batch;
        readHere("ann", "1-1", "2-1");
        node.write("XGROUP", "DESTROY", "s", "g");
        node.write("XGROUP", "CREATE", "s", "g", "0-0");
        readHere("bob", "1-1");

        replay();

        assertThat(position()).isEqualTo("1-1");
        assertThat(pending()).containsExactly("1-1 bob");
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void aStreamThatIsWrittenWholeHasTheGroupsOfHere() {
        node.write(
                Scope.UPSTREAM,
                effect(0, "DEL", "s"),
                effect(0, "XADD", "s", "9-1", "f", "v"),
                effect(0, "XGROUP", "CREATE", "s", "g", "9-1"),
                claim("ann", "1", "9-1"));

        replay();

        assertThat(position()).isEqualTo("9-1");
        assertThat(pending()).containsExactly("9-1 ann");
        assertThat(node.conflicts()).isEmpty();
    }

    @Test
    void whatIsDoneToAGroupThatOthersDestroyedIsADeadLetter() {
        redis.cli("XGROUP", "DESTROY", "s", "g");
        node.write(Scope.UPSTREAM, claim("ann", "1", "1-1"), at("1-1"));

        assertThat(node.replay()).isInstanceOf(News.CaughtUp.class);

        assertThat(node.deadLetters())
                .hasSize(2)
                .allMatch(dead -> dead.letter().error().startsWith("NOGROUP"));
    }

    @Test
    void aConsumerThatWasDeletedHereAndReadBeforeIsGoneWithWhatItHad() {
        othersRead("zoe", 1);
        redis.cli("XCLAIM", "s", "g", "zoe", "0", "1-1", "TIME", EARLIER, "JUSTID");
        node.write("XGROUP", "DELCONSUMER", "s", "g", "zoe");

        replay();

        assertThat(pending()).isEmpty();
    }

    @Test
    void aConsumerThatWasDeletedHereAndReadLaterStaysWithWhatItHas() {
        node.write("XGROUP", "DELCONSUMER", "s", "g", "zoe");
        othersRead("zoe", 2);

        replay();

        assertThat(pending()).containsExactly("1-1 zoe", "2-1 zoe");
        assertThat(onlyConflict().part()).isEqualTo(Bytes.of("zoe"));
    }

    // ---- faults

    @Test
    void aLostReplyRepeatsNothing() {
        othersRead("zoe", 1);
        readHere("ann", "1-1", "2-1");

        replayAndLoseTheReplyTo("XGROUP", "SETID", "s", "g", "2-1");
        redis.cli("XACK", "s", "g", "2-1");
        replay();

        assertThat(pending()).containsExactly("1-1 zoe");
        assertThat(position()).isEqualTo("2-1");
        assertThat(twice()).containsExactly("1-1");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void whatOthersDoBetweenALostConnectionAndTheNextIsSeen(int lostAt) {
        node.batchEntriesMax = 1;
        readHere("ann", "1-1");
        readHere("ann", "2-1");
        var steps = new int[1];
        node.connection = real -> new FaultyUpstream(real, (step, sent) -> {
            if (step == FaultyUpstream.Step.BEFORE_SEND && steps[0]++ == lostAt) {
                throw new IOException("lost, as the test asked");
            }
        });
        node.replay();
        node.stopReplayer();
        String before = position();
        othersRead("zoe", 4);
        node.connection = real -> real;
        node.nextStart();

        replay();

        assertThat(position()).isEqualTo("4-1");
        assertThat(pending()).hasSize(4).contains("4-1 zoe");
        long byAnn = pending().stream().filter(line -> line.endsWith("ann")).count();
        assertThat(byAnn).isEqualTo(before.equals("0-0") ? 0 : Long.parseLong(before.substring(0, 1)));
        assertThat(twice()).hasSize((int) (2 - byAnn));
    }
}
