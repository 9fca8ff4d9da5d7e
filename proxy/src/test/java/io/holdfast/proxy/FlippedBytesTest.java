package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.holdfast.engine.store.StorageException;
import io.holdfast.sync.journal.DirectoryRepair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Whatever a disk does to a byte, no start serves a wrong value and says nothing. */
class FlippedBytesTest {
    private static final int FLIPS_A_FILE = 6;

    private final Logger log = (Logger) LoggerFactory.getLogger("io.holdfast");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path temp;

    @BeforeEach
    void quiet() {
        log.setLevel(Level.OFF); // hundreds of damaged directories are reported here
    }

    @AfterEach
    void loud() {
        log.setLevel(null);
    }

    @Test
    void aStartServesWhatWasWrittenOrSaysWhatIsDamagedAndRepairKeepsTheRest() throws IOException, StartupException {
        long seed = Long.getLong("flips.seed", 5);
        int flips = Integer.getInteger("flips.count", FLIPS_A_FILE);
        var random = new SplittableRandom(seed);
        Path killed = temp.resolve("killed");
        Map<String, String> written = DataFiles.fill(temp.resolve("live"), killed, 1_500, seed);
        int noticed = 0;
        for (String file :
                List.of("storage.db", "storage.db-wal", "storage.mark", "sync.db", "sync.db-wal", "node", "")) {
            for (int i = 0; i < flips; i++) {
                Path trial = temp.resolve("trial");
                DataFiles.copy(killed, trial);
                Path victim = file.isEmpty() ? segment(trial) : trial.resolve(file);
                String flip = "seed " + seed + ": " + victim.getFileName() + flip(victim, random);
                noticed += check(trial, written, flip) ? 1 : 0;
                DataFiles.delete(trial);
            }
        }
        assertThat(noticed).isGreaterThan(flips);
    }

    private static Path segment(Path trial) throws IOException {
        try (var segments = Files.list(trial.resolve("journal"))) {
            return segments.findFirst().orElseThrow();
        }
    }

    private static String flip(Path file, SplittableRandom random) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int at = random.nextInt(bytes.length);
        int length = random.nextInt(4) == 0 ? 1 + random.nextInt(64) : 0;
        if (length == 0) {
            bytes[at] ^= (byte) (1 << random.nextInt(8));
        }
        for (int i = at; i < Math.min(bytes.length, at + length); i++) {
            bytes[i] = (byte) random.nextInt();
        }
        Files.write(file, bytes);
        return length == 0 ? ", a bit of byte " + at : ", " + length + " bytes from " + at;
    }

    /** True when the damage was noticed. */
    private static boolean check(Path directory, Map<String, String> written, String flip) throws StartupException {
        try (EngineParts parts = DataFiles.open(directory)) {
            boolean isRight = DataFiles.contents(parts.engine()).equals(written);
            assertThat(isRight || !parts.degraded().isEmpty()).as(flip).isTrue();
            parts.store().connections().all();
            return !isRight;
        } catch (StorageException refused) {
            assertThat(refused.getMessage())
                    .as(flip)
                    .containsAnyOf("damaged", "checksum", "Holdfast", "cannot", "lost");
        }
        DirectoryRepair.Report report = DirectoryRepair.run(directory, "1", false, new SplittableRandom(1));
        try (EngineParts parts = DataFiles.open(directory)) {
            Map<String, String> kept = DataFiles.contents(parts.engine());
            assertThat(kept.equals(written) || !report.lost().isEmpty())
                    .as(flip + ": " + report + " but " + difference(written, kept))
                    .isTrue();
        } catch (StorageException e) {
            throw new AssertionError(flip + " could not be repaired: " + report, e);
        }
        return true;
    }

    private static Map<String, String> difference(Map<String, String> written, Map<String, String> kept) {
        Map<String, String> difference = new TreeMap<>(written);
        difference.entrySet().removeAll(kept.entrySet());
        return difference;
    }
}
