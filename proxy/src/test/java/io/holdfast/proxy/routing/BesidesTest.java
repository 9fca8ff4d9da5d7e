package io.holdfast.proxy.routing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is said, and done, about entries that are replayed while the upstream is in charge. */
class BesidesTest {
    private static final String NOT_YET = "Requeued entries are not upstream yet, and are tried again: ";

    private final LoggedLines logged = new LoggedLines(Besides.class);
    private final Besides besides = new Besides(new IdleReplay());

    @AfterEach
    void end() {
        logged.close();
    }

    @Test
    void aFenceSaysNothingOfRequeuedEntriesWhereThereAreNone() {
        besides.failed("fenced: somebody else replays");

        assertThat(logged.lines()).isEmpty();
    }

    @Test
    void requeuedEntriesThatFailAreToldOfOnceForEachReason() {
        besides.add(() -> {}, false);

        besides.failed("it is busy");
        besides.failed("it is busy");
        besides.failed("it is full");

        assertThat(logged.lines()).containsExactly("WARN " + NOT_YET + "it is busy", "WARN " + NOT_YET + "it is full");
    }

    @Test
    void aFailureBeforeTheyWereThereDoesNotSilenceTheirs() {
        besides.failed("it is busy");
        besides.add(() -> {}, false);

        besides.failed("it is busy");

        assertThat(logged.lines()).containsExactly("WARN " + NOT_YET + "it is busy");
    }
}
