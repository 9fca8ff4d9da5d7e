package io.holdfast.sync.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Copies of touched keys of which the upstream tells when others change them. */
class FollowedCopiesTest extends MirrorScene {
    private String read(String key) {
        return copy.call("GET", key) instanceof Reply.Bulk bulk ? bulk.value().utf8() : "nil";
    }

    private void secondsPass(int seconds) {
        nowMs += seconds * 1_000L;
        mirror.tick();
        another.answerAll();
    }

    private void followed(String key) {
        mirror.touched().begin(another, "");
        write("SET", key, "ours");
        secondsPass(10);
    }

    @Test
    void aTouchedKeyThatOthersChangeIsInDoubtUntilItIsReadAgain() {
        followed("k");
        redis.cli("SET", "k", "theirs");
        mirror.touched().changed(List.of(Bytes.of("k")));

        mirror.tick();
        assertThat(mirror.view().knowledge(0, Bytes.of("k")).state()).isEqualTo(KeyKnowledge.State.IN_DOUBT);

        another.answerAll();
        assertThat(mirror.view().knowledge(0, Bytes.of("k")).state()).isEqualTo(KeyKnowledge.State.KNOWN);
        assertThat(read("k")).isEqualTo("theirs");
    }

    @Test
    void aChangeThatIsToldJustBeforeTheCutPutsTheKeyInDoubt() {
        followed("k");
        redis.cli("SET", "k", "theirs");
        mirror.touched().changed(List.of(Bytes.of("k")));

        mirror.offline();

        assertThat(mirror.view().knowledge(0, Bytes.of("k")).state()).isEqualTo(KeyKnowledge.State.IN_DOUBT);
    }

    @Test
    void aChangeThatIsToldOfAKeyWeHaveWrittenSinceIsTakenForThat() {
        followed("k");
        int fetches = another.fetches();
        write("SET", "k", "anew");
        mirror.touched().changed(List.of(Bytes.of("k")));

        mirror.tick();
        another.answerAll();

        assertThat(another.fetches()).isEqualTo(fetches);
        assertThat(mirror.view().knowledge(0, Bytes.of("k")).state()).isEqualTo(KeyKnowledge.State.KNOWN);
    }

    @Test
    void aWriteOfOursThatIsToldBeforeItsReplyIsTakenForOurs() {
        followed("k");
        int fetches = another.fetches();
        link.send("SET", "k", "anew");
        mirror.touched().changed(List.of(Bytes.of("k")));
        link.answerAll();

        mirror.tick();
        another.answerAll();

        assertThat(another.fetches()).isEqualTo(fetches);
        assertThat(mirror.view().knowledge(0, Bytes.of("k")).state()).isEqualTo(KeyKnowledge.State.KNOWN);
    }

    @Test
    void whoReadsAKeyThatOthersRemovedIsNotServedItInTheNextMoment() {
        followed("k");
        redis.cli("DEL", "k");
        mirror.touched().changed(List.of(Bytes.of("k")));
        link.read("GET", "k");
        link.answerAll();
        mirror.sentAll();
        another.answerAll();
        link.answerAll(); // the two readings met, so it was read once more

        mirror.offline();

        assertThat(read("k")).isEqualTo("nil");
    }

    @Test
    void aKeyThatIsFollowedIsNotReadAgainAndAsOfTheLastWord() {
        followed("k");
        int fetches = another.fetches();
        secondsPass(100);
        mirror.touched().heard();

        assertThat(another.fetches()).isEqualTo(fetches);
        assertThat(mirror.view().knowledge(0, Bytes.of("k")).asOfMs()).isEqualTo(nowMs);
    }

    @Test
    void whereNothingIsToldTouchedKeysAreReadAgainEachMinute() {
        mirror.touched().begin(another, "NOPERM");
        write("SET", "k", "ours");
        redis.cli("SET", "k", "theirs");

        secondsPass(30);
        assertThat(read("k")).isEqualTo("ours");

        secondsPass(60);
        assertThat(read("k")).isEqualTo("theirs");
    }

    @Test
    void copiesOfAnEarlierPeriodAreReadAgainWithoutBeingTouched() {
        write("SET", "k", "ours");
        mirror.offline();
        redis.cli("SET", "k", "theirs");
        mirror.online();
        mirror.touched().begin(another, "");

        secondsPass(1);

        assertThat(read("k")).isEqualTo("theirs");
    }

    @Test
    void anAbsentKeyThatOthersMakeIsUnknown() {
        mirror.touched().begin(another, "");
        write("SET", "k", "ours");
        write("DEL", "k");
        assertThat(mirror.view().knowledge(0, Bytes.of("k")).state()).isEqualTo(KeyKnowledge.State.ABSENT);

        mirror.touched().changed(List.of(Bytes.of("k")));
        mirror.tick();

        assertThat(mirror.view().knowledge(0, Bytes.of("k")).state()).isEqualTo(KeyKnowledge.State.UNKNOWN);
    }

    @Test
    void aCopyThatCannotBeReadAgainStaysInDoubt() {
        followed("k");
        redis.cli("ACL", "SETUSER", "default", "-type");
        redis.cli("SET", "k", "theirs");
        mirror.touched().changed(List.of(Bytes.of("k")));

        mirror.tick();
        another.answerAll();

        assertThat(mirror.view().knowledge(0, Bytes.of("k")).state()).isEqualTo(KeyKnowledge.State.IN_DOUBT);
        assertThat(read("k")).isEqualTo("ours");
        redis.cli("ACL", "SETUSER", "default", "+type");
        secondsPass(1);
        assertThat(read("k")).isEqualTo("theirs");
    }
}
