package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.store.StorageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A start whose tables lack what a damaged record held: the record stops nothing but itself. */
class DamagedStartTest {
    private static final String SPOILT = "a value that is spoilt";

    private final Path live;
    private final Path killed;

    DamagedStartTest(@TempDir Path temp) {
        live = temp.resolve("live");
        killed = temp.resolve("killed");
    }

    private Path segment() throws IOException {
        try (var segments = Files.list(killed.resolve("journal"))) {
            return segments.findFirst().orElseThrow();
        }
    }

    private void spoil(int from) throws IOException {
        byte[] bytes = Files.readAllBytes(segment());
        bytes[from < 0 ? new String(bytes, StandardCharsets.ISO_8859_1).indexOf(SPOILT) : from] ^= 1;
        Files.write(segment(), bytes);
    }

    private static String[] command(String... words) {
        return words;
    }

    @Test
    void theRestIsAppliedAndTheDamageIsNamedAndKept() throws Exception {
        DataFiles.killedBehind(
                live,
                killed,
                List.of(
                        command("INCR", "n"),
                        command("RPUSH", "list", "1"),
                        command("SET", "list:of:others", SPOILT),
                        command("INCR", "n"),
                        command("RPUSH", "list", "2")));
        spoil(-1);

        for (int start = 0; start < 2; start++) { // the end of the first one writes the tables: the next meets nothing
            try (EngineParts parts = DataFiles.open(killed)) {
                assertThat(DataFiles.contents(parts.engine()).toString())
                        .contains("0/n=-1 STRING[2]", "0/list=-1 LIST[000000=1, 000001=2]")
                        .doesNotContain("of:others");
                assertThat(parts.degraded())
                        .containsOnlyOnce("cannot be read; its bytes are in damaged-")
                        .contains(": entry 3 cannot", "; it may have been SET list:of:others at 2")
                        .doesNotContain(SPOILT.substring(2));
            }
        }
        try (var kept = Files.list(killed)) {
            assertThat(kept.map(Path::getFileName).map(Path::toString).filter(name -> name.endsWith(".record")))
                    .hasSize(1);
        }
    }

    @Test
    void whatDoesNotFitTheRestIsLeftOutAndNamed() throws Exception {
        DataFiles.killedBehind(
                live,
                killed,
                List.of(
                        command("LPUSH", "l", SPOILT),
                        command("LPUSH", "l", "2"),
                        command("LSET", "l", "1", "other"),
                        command("SET", "last", "1")));
        spoil(-1);

        try (EngineParts parts = DataFiles.open(killed)) {
            assertThat(DataFiles.contents(parts.engine()).toString())
                    .contains("0/last=-1 STRING[1]", "0/l=-1 LIST[000000=2]");
            assertThat(parts.degraded()).contains(": entry 1 cannot", "journal entry 3 does not fit storage.db");
        }
    }

    @Test
    void aSegmentWithoutAHeaderStillNeedsARepair() throws Exception {
        DataFiles.killedBehind(live, killed, List.<String[]>of(command("SET", "k", SPOILT)));
        spoil(9);

        assertThatThrownBy(() -> DataFiles.open(killed))
                .isInstanceOf(StorageException.class)
                .hasMessageEndingWith("its header does not match its checksum; run holdfast repair");
    }
}
