package io.holdfast.proxy.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.command.CommandKind;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PhaseTest {
    private static final List<Phase> PHASES = List.of(Phase.values());
    private static final Set<CommandKind> TOUCHING_DATA = EnumSet.of(
            CommandKind.READ,
            CommandKind.WRITE,
            CommandKind.BLOCKING,
            CommandKind.TRANSACTION,
            CommandKind.SCRIPT,
            CommandKind.UNKNOWN);

    @ParameterizedTest
    @EnumSource(Phase.class)
    void noPhaseHasTwoHomesForTheTruth(Phase phase) {
        Set<Route> routes = EnumSet.noneOf(Route.class);
        TOUCHING_DATA.forEach(kind -> routes.add(phase.route(kind)));
        assertThat(routes.containsAll(EnumSet.of(Route.FORWARD, Route.LOCAL))).isFalse();
    }

    @ParameterizedTest
    @EnumSource(CommandKind.class)
    void whileDrainingNothingThatMayWriteRunsAnywhere(CommandKind kind) {
        boolean mayWrite = TOUCHING_DATA.contains(kind) && kind != CommandKind.READ;
        if (mayWrite) {
            assertThat(Phase.DRAINING.route(kind)).isEqualTo(Route.HOLD);
        } else {
            assertThat(Phase.DRAINING.route(kind)).isNotEqualTo(Route.FORWARD);
        }
    }

    @Test
    void onlineIsReachedOnlyByDraining() {
        for (Phase phase : Phase.values()) {
            assertThat(phase.mayBecome(Phase.ONLINE)).as(phase.name()).isEqualTo(phase == Phase.DRAINING);
        }
    }

    @Test
    void theStateMachineKeepsItsPromisesUnderRandomRequests() {
        for (long seed = 1; seed <= 200; seed++) {
            var random = new SplittableRandom(seed);
            var machine = new RoutingStateMachine(Phase.STARTING);
            List<Phase> told = new ArrayList<>();
            machine.onChange((from, to) -> told.add(to));
            for (int i = 0; i < 200; i++) {
                Phase before = machine.phase();
                long epoch = machine.epoch();
                Phase next = PHASES.get(random.nextInt(PHASES.size()));
                if (before.mayBecome(next)) {
                    machine.become(next, "seed " + seed);
                    assertThat(machine.epoch()).as("seed %d", seed).isEqualTo(epoch + 1);
                    assertThat(told.get(told.size() - 1)).as("seed %d", seed).isEqualTo(next);
                } else {
                    assertThatThrownBy(() -> machine.become(next, "")).isInstanceOf(IllegalStateException.class);
                    assertThat(machine.phase()).as("seed %d", seed).isEqualTo(before);
                    assertThat(machine.epoch()).as("seed %d", seed).isEqualTo(epoch);
                }
            }
        }
    }
}
