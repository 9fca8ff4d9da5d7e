package io.holdfast.proxy.routing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** When a replay goes in small batches. */
class MannersTest {
    private final Manners manners = new Manners();
    private long served;
    private long written = 1_000_000;
    private long confirmed;

    private boolean tick(int commands, int writes, int replayed) {
        served += commands;
        written += writes;
        confirmed += replayed;
        return manners.tick(served, written, confirmed);
    }

    @Test
    void whileClientsAreServed() {
        manners.begin(served, written, confirmed);
        assertThat(tick(1_000, 100, 8_000)).isTrue();
        assertThat(tick(0, 0, 8_000)).isFalse();
        assertThat(tick(Manners.COMMANDS_MIN, 0, 8_000)).isTrue();
    }

    @Test
    void notForSomebodyWhoLooks() {
        manners.begin(served, written, confirmed);
        assertThat(tick(Manners.COMMANDS_MIN - 1, 0, 8_000)).isFalse();
    }

    @Test
    void notWhereItFallsBehind() {
        manners.begin(served, written, confirmed);
        assertThat(tick(9_000, 9_000, 8_000)).isFalse();
        assertThat(tick(8_000, 8_000, 8_000)).isTrue();
    }

    @Test
    void countersThatBeginAnewAreNobodysCommands() {
        served = 1_000_000;
        manners.begin(served, written, confirmed);
        served = 0;
        assertThat(tick(100, 0, 8_000)).isFalse();
        assertThat(tick(100, 0, 8_000)).isTrue();
    }
}
