package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.replay.Lineage.Kinship;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Whether an upstream has the beginning of what another had. */
class LineageTest {
    private static final String ONE = "1".repeat(40);
    private static final String TWO = "2".repeat(40);
    private static final String NONE = "0".repeat(40);
    /** Claimed behind offset 100 of {@link #ONE}. */
    private static final Optional<String> REMEMBERED = Optional.of(ONE + " 100");

    private static Reply info(String id, String formerId, long formerEnd) {
        return Reply.bulk(Bytes.of("# Replication\r\nrole:master\r\nmaster_replid:" + id + "\r\nmaster_replid2:"
                + formerId + "\r\nmaster_repl_offset:700\r\nsecond_repl_offset:" + formerEnd + "\r\n"));
    }

    @Test
    void whatInfoSaysIsRead() {
        assertThat(Lineage.of(info(TWO, ONE, 600))).isEqualTo(new Lineage(TWO, 700, ONE, 600));
        assertThat(Lineage.of(info(TWO, NONE, -1))).isEqualTo(new Lineage(TWO, 700, "", 0));
        assertThat(Lineage.of(Reply.bulk(Bytes.of("role:master")))).isEqualTo(Lineage.UNKNOWN);
        assertThat(Lineage.of(new Reply.Failure(Bytes.of("NOPERM")))).isEqualTo(Lineage.UNKNOWN);
    }

    @Test
    void theSameHistoryIsToldByEitherOfItsNames() {
        assertThat(Lineage.of(info(ONE, NONE, -1)).to(REMEMBERED)).isEqualTo(Kinship.SAME_HISTORY);
        assertThat(Lineage.of(info(TWO, ONE, 600)).to(REMEMBERED)).isEqualTo(Kinship.SAME_HISTORY);
        assertThat(Lineage.of(info(TWO, NONE, -1)).to(REMEMBERED)).isEqualTo(Kinship.STRANGER);
        assertThat(Lineage.of(info(TWO, NONE, -1)).to(Optional.of(NONE + " 0"))).isEqualTo(Kinship.STRANGER);
        assertThat(Lineage.UNKNOWN.to(REMEMBERED)).isEqualTo(Kinship.STRANGER);
        assertThat(Lineage.of(info(ONE, NONE, -1)).to(Optional.empty())).isEqualTo(Kinship.STRANGER);
    }

    @Test
    void aReplicaThatGotNoFurtherThanTheOffsetBeforeTheClaimNeverHadIt() {
        assertThat(Lineage.of(info(TWO, ONE, 101)).to(REMEMBERED)).isEqualTo(Kinship.BEFORE_CLAIM);
        assertThat(Lineage.of(info(TWO, ONE, 102)).to(REMEMBERED)).isEqualTo(Kinship.SAME_HISTORY);
    }

    @Test
    void whatIsRememberedIsWhereTheCursorWasFirstWritten() {
        var promoted = Lineage.of(info(TWO, ONE, 600));

        assertThat(promoted.claimed(Optional.empty(), false)).contains(TWO + " 700");
        assertThat(promoted.claimed(REMEMBERED, true)).contains(TWO + " -1");
        assertThat(promoted.claimed(Optional.of(TWO + " 5"), false)).contains(TWO + " 5");
        assertThat(Lineage.UNKNOWN.claimed(REMEMBERED, true)).isEqualTo(REMEMBERED);
    }
}
