package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sync.replay.Lineage.Kinship;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The state table of the contract's replay protocol, row by row: epoch 5, acknowledged 10, sent 20. */
class ClaimTest {
    private static Claim claim(
            @Nullable Long cursor, long epoch, String boot, boolean claimedBefore, boolean sameProcess) {
        return claim(cursor, epoch, boot, claimedBefore, sameProcess ? Kinship.SAME_PROCESS : Kinship.STRANGER);
    }

    private static Claim claim(@Nullable Long cursor, long epoch, String boot, boolean claimedBefore, Kinship kinship) {
        return Claim.of(new Cursor(cursor, epoch, boot), new Claim.Memory(5, "ours", 10, 20, claimedBefore, kinship));
    }

    @Test
    void aCursorThatWasNeverWrittenIsAFirstContact() {
        assertThat(claim(null, 0, "", false, false)).isEqualTo(new Claim.FirstContact());
    }

    @Test
    void aMissingCursorInTheSameProcessWasEvicted() {
        assertThat(claim(null, 0, "", true, true)).isEqualTo(new Claim.Evicted());
    }

    @Test
    void aMissingCursorInAnotherProcessMeansLostData() {
        assertThat(claim(null, 0, "", true, false)).isEqualTo(new Claim.Lost());
    }

    @Test
    void aMissingCursorInThePromotedReplicaOfThatProcessWasEvicted() {
        assertThat(claim(null, 0, "", true, Kinship.SAME_HISTORY)).isEqualTo(new Claim.Evicted());
    }

    @Test
    void aReplicaThatWasPromotedBeforeItGotTheCursorWentBackBehindTheFirstEntry() {
        assertThat(claim(null, 0, "", true, Kinship.BEFORE_CLAIM)).isEqualTo(new Claim.WentBack(0));
        assertThat(claim(null, 0, "", false, Kinship.BEFORE_CLAIM)).isEqualTo(new Claim.FirstContact());
    }

    @Test
    void theAcknowledgedCursorIsAgreedUpon() {
        assertThat(claim(10L, 4, "theirs", true, false)).isEqualTo(new Claim.Agreed(10));
    }

    @Test
    void aCursorWithinWhatWasSentTellsOfALostReply() {
        assertThat(claim(11L, 4, "", true, true)).isEqualTo(new Claim.ReplyLost(11));
        assertThat(claim(20L, 4, "", true, true)).isEqualTo(new Claim.ReplyLost(20));
    }

    @Test
    void aCursorBehindTheAcknowledgedOneWentBack() {
        assertThat(claim(9L, 4, "", true, true)).isEqualTo(new Claim.WentBack(9));
    }

    @Test
    void aCursorBeyondWhatWasSentIsForeign() {
        assertThat(claim(21L, 4, "", true, true)).isInstanceOf(Claim.Foreign.class);
    }

    @Test
    void aHigherEpochIsForeignWhateverTheCursorSays() {
        assertThat(claim(10L, 6, "ours", true, true)).isInstanceOf(Claim.Foreign.class);
    }

    @Test
    void anotherProcessOfOurEpochIsForeignAndWeAreNot() {
        assertThat(claim(10L, 5, "theirs", true, true)).isInstanceOf(Claim.Foreign.class);
        assertThat(claim(10L, 5, "ours", true, true)).isEqualTo(new Claim.Agreed(10));
    }
}
