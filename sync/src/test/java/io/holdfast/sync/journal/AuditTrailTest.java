package io.holdfast.sync.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The chain of what operators ordered. */
class AuditTrailTest {
    private Path file;
    private SyncStore store;

    @BeforeEach
    void begin(@TempDir Path directory) {
        file = directory.resolve("sync.db");
        store = SyncStore.open(file);
        store.audit().add(1000, "default at 127.0.0.1:5", "OFFLINE", "maintenance");
        store.audit().add(2000, "ops at 127.0.0.1:6", "DEADLETTERS DISCARD", "[1, 2]");
        store.audit().add(3000, "ops at 127.0.0.1:6", "ONLINE", "");
    }

    @AfterEach
    void end() {
        store.close();
    }

    @Test
    void whatWasWrittenIsIntactAfterARestartToo() {
        store.close();
        store = SyncStore.open(file);
        store.audit().add(4000, "ops at 127.0.0.1:7", "SYNC PAUSE", "");

        assertThat(store.audit().firstMisfit()).isEmpty();
        assertThat(store.audit().page(1, 2))
                .containsExactly(
                        new AuditTrail.Row(2, 2000, "ops at 127.0.0.1:6", "DEADLETTERS DISCARD", "[1, 2]"),
                        new AuditTrail.Row(3, 3000, "ops at 127.0.0.1:6", "ONLINE", ""));
    }

    @Test
    void anEmptyTrailIsIntact(@TempDir Path other) {
        try (var empty = SyncStore.open(other.resolve("sync.db"))) {
            assertThat(empty.audit().firstMisfit()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "update audit set detail = '[1]' where id = 2             | row 2 is not as it was written",
                "update audit set at_ms = 1 where id = 1                  | row 1 is not as it was written",
                "update audit set who = 'ops', action = 'x' where id = 3  | row 3 is not as it was written",
                "update audit set hash = x'00' where id = 2               | row 2 is not as it was written",
                "delete from audit where id = 1                           | row 1 is missing",
                "delete from audit where id = 2                           | row 2 is missing",
                "delete from audit where id = 3                           | row 3 is missing",
                "delete from audit                                        | row 1 is missing",
                "insert into audit select 4, 1, 'x', 'y', '', hash from audit where id = 3"
                        + " | row 4 is not as it was written"
            })
    void theFirstRowThatDoesNotFitIsNamed(String tampering, String verdict) throws SQLException {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                var statement = connection.createStatement()) {
            statement.execute(tampering);
        }

        assertThat(store.audit().firstMisfit()).contains(verdict);
    }

    @Test
    void aRepairKeepsTheTrail(@TempDir Path other) {
        store.close();

        assertThat(SyncSalvage.salvage(file, other.resolve("sync.db"), 0)).isEmpty();

        try (var repaired = SyncStore.open(other.resolve("sync.db"))) {
            assertThat(repaired.audit().firstMisfit()).isEmpty();
            assertThat(repaired.audit().page(0, 10)).hasSize(3);
        }
        store = SyncStore.open(file);
    }
}
