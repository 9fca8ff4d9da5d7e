package io.holdfast.engine.failpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FailpointsTest {
    @Test
    void aStepThrowsAtThePassageThatIsAskedForAndAtNoOther() {
        Failpoints failpoints = Failpoints.parse("replay-sent:throw:2, journal-before-write:throw", null);

        failpoints.pass(Failpoint.REPLAY_SENT);
        assertThatThrownBy(() -> failpoints.pass(Failpoint.REPLAY_SENT))
                .isInstanceOf(FailpointException.class)
                .hasMessage("failpoint replay-sent");
        failpoints.pass(Failpoint.REPLAY_SENT);
        failpoints.pass(Failpoint.JOURNAL_AFTER_WRITE);
        assertThatThrownBy(() -> failpoints.pass(Failpoint.JOURNAL_BEFORE_WRITE))
                .isInstanceOf(FailpointException.class);
    }

    @Test
    @Timeout(60)
    void aStepPausesUntilItsFileIsDeleted(@TempDir Path directory) throws Exception {
        Failpoints failpoints = Failpoints.parse("trim-before-delete:pause", directory);
        Path file = directory.resolve("trim-before-delete");

        var thread = new Thread(() -> failpoints.pass(Failpoint.TRIM_BEFORE_DELETE), "pauses");
        thread.start();
        while (!Files.exists(file)) {
            Thread.onSpinWait();
        }
        assertThat(thread.isAlive()).isTrue();
        Files.delete(file);
        thread.join(TimeUnit.SECONDS.toMillis(30));

        assertThat(thread.isAlive()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "replay-sent",
                "replay-sent:",
                "replay-sent:stop",
                "REPLAY_SENT:halt",
                "replay-sent:halt:0",
                "replay-sent:halt:x",
                "replay-sent:halt:1:2",
                "replay-sent:halt,",
                "replay-sent:halt,replay-sent:throw",
                "replay-sent:pause"
            })
    void whatIsNotUnderstoodIsAnError(String text) {
        assertThatThrownBy(() -> Failpoints.parse(text, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("holdfast.failpoint: ");
    }

    @Test
    void aNameThatIsNoneIsAnsweredWithThoseThatAre() {
        assertThatThrownBy(() -> Failpoints.parse("replay-snet:halt", null))
                .hasMessageContaining("'replay-snet'")
                .hasMessageContaining("replay-sent");
    }

    @Test
    void withoutThePropertyEveryStepIsPassed() {
        assertThatCode(Failpoint::checkConfigured).doesNotThrowAnyException();
        for (Failpoint step : Failpoint.values()) {
            step.pass();
        }
    }
}
