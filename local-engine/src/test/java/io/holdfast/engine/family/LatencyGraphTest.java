package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.Latencies;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The first drawing is one of redis-server 7.0.15. */
class LatencyGraphTest {
    private static final long NOW = 1_795_799_985;

    private final Latencies latencies = new Latencies();

    LatencyGraphTest() {
        latencies.thresholdMs(1);
    }

    @Test
    void columnsAreAsHighAsSpikesAndStandAboveTheirAge() {
        long[] ms = {10, 120, 30, 200, 2, 90, 150};
        long[] ages = {8, 6, 5, 4, 3, 2, 1};
        for (int i = 0; i < ms.length; i++) {
            spike(ages[i], ms[i]);
        }

        assertThat(graph())
                .isEqualTo("command - high 200 ms, low 2 ms (all time high 200 ms)\n" + "-".repeat(80) + """

                           #\s\s\s
                         o |  #
                         | | #|
                        _|o|_||
                        \s\s\s\s\s\s\s
                        8654321
                        sssssss
                        """);
    }

    @Test
    void agesAreMinutesHoursAndDaysBeforeLong() {
        spike(TimeUnit.DAYS.toSeconds(12), 5);
        spike(TimeUnit.HOURS.toSeconds(3), 5);
        spike(60, 5);

        assertThat(graph()).endsWith("___\n   \n131\n2hm\nd  \n");
    }

    @Test
    void eightySpikesStandInOneLine() {
        for (int age = 81; age > 0; age--) {
            spike(age, 5);
        }

        assertThat(graph()).contains("_".repeat(80) + "\n").contains("_\n \n1\ns\n");
    }

    private void spike(long ageSeconds, long ms) {
        latencies.spent("command", TimeUnit.SECONDS.toMillis(NOW - ageSeconds), TimeUnit.MILLISECONDS.toNanos(ms));
    }

    private String graph() {
        var event = Objects.requireNonNull(latencies.events().get("command"));
        return LatencyGraph.of("command", event, NOW);
    }
}
