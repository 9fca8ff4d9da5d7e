package io.holdfast.proxy.routing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class KeptBackTest {
    private final KeptBack keptBack = new KeptBack();

    @Test
    void nothingKeepsItBackAtFirst() {
        assertThat(keptBack.by()).isNull();
        assertThat(keptBack.pausedBy()).isNull();
    }

    @Test
    void whatAnOperatorHasSaidIsNamedFirst() {
        keptBack.halt("halted");
        assertThat(keptBack.by()).isEqualTo("halted");
        keptBack.fence("fenced");
        assertThat(keptBack.by()).isEqualTo("fenced");
        keptBack.holdOffline("maintenance");
        assertThat(keptBack.by()).isEqualTo("maintenance");
        keptBack.syncOff(true);
        assertThat(keptBack.by()).isEqualTo(KeptBack.SYNC_OFF);
        keptBack.pause(true);
        assertThat(keptBack.by()).isEqualTo(KeptBack.PAUSED);
    }

    @Test
    void allowingItOnlineLeavesAPauseAsItIs() {
        keptBack.halt("halted");
        keptBack.fence("fenced");
        keptBack.holdOffline("maintenance");
        keptBack.pause(true);

        keptBack.allowOnline();

        assertThat(keptBack.by()).isEqualTo(KeptBack.PAUSED);
        keptBack.pause(false);
        assertThat(keptBack.by()).isNull();
    }

    @Test
    void onlyAPauseConcernsWhatIsReplayedBesideAnUpstreamInCharge() {
        keptBack.halt("halted");
        keptBack.holdOffline("maintenance");
        assertThat(keptBack.pausedBy()).isNull();

        keptBack.syncOff(true);
        assertThat(keptBack.pausedBy()).isEqualTo(KeptBack.SYNC_OFF);
        assertThat(keptBack.syncOff()).isEqualTo(KeptBack.SYNC_OFF);
    }
}
