package io.holdfast.engine.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.LocalEngine;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.command.Effect;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.family.Families;
import io.holdfast.engine.keyspace.KeyRecord;
import io.holdfast.engine.keyspace.Keyspace;
import io.holdfast.engine.store.BoundedEngine;
import io.holdfast.resp.Bytes;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.MemoryJournal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An engine whose values do not fit into memory holds what one holds that has room for all. */
class LargerThanMemoryTest {
    private static final int COMMANDS = 2_000;
    private static final long BEGAN_MS = 1_800_000_000_000L;
    private static final int COMPARE_EVERY = 1_000;
    /** So far that some of the keys that expire have done so: the clock is one for both, so they do it at the same moment. */
    private static final long LEAP_MS_MAX = 100_000_000_000L;

    private static final int LEAP_EVERY = 50;
    private static final RedisVersion VERSION = RedisVersion.STANDALONE;

    @Test
    void theSameEffectsLeaveTheSameWhereNearlyNothingStaysInMemory(@TempDir Path directory) {
        run(directory, 11, 2_000);
    }

    @Test
    void theSameEffectsLeaveTheSameWhereHalfStaysInMemory(@TempDir Path directory) {
        run(directory, 12, 100_000);
    }

    private static void run(Path directory, long seed, long bytesMax) {
        var journal = new MemoryJournal();
        var nowMs = new AtomicLong(BEGAN_MS); // one for both: consumers of streams remember when they were seen
        EngineClient roomy = EngineClient.start(VERSION, journal, nowMs::get);
        var generator = new CommandGenerator(
                seed,
                CommandTable.of(Families.all()).all().stream()
                        .map(spec -> spec.name().toUpperCase(Locale.ROOT))
                        .collect(Collectors.toSet()));
        var random = new SplittableRandom(seed);
        int sent = 0;
        long expired = 0;
        try (var bounded = BoundedEngine.open(directory, VERSION, bytesMax, nowMs::get)) {
            for (int i = 1; i <= COMMANDS; i++) {
                nowMs.addAndGet(random.nextInt(LEAP_EVERY) == 0 ? random.nextLong(LEAP_MS_MAX) : random.nextInt(20));
                generator.next().forEach(roomy::raw);
                if (roomy.session().inMulti()) {
                    roomy.raw(Bytes.of("DISCARD"));
                }
                for (; sent < journal.entries().size(); sent++) {
                    for (Effect effect : journal.entries().get(sent).effects()) {
                        bounded.run(effect, random.nextBoolean());
                    }
                }
                if (random.nextInt(100) == 0) {
                    bounded.checkpoint();
                }
                if (i % COMPARE_EVERY == 0) {
                    bounded.checkpoint();
                    expired = removeExpired(roomy.engine());
                    removeExpired(bounded.engine());
                    assertThat(BoundedEngine.contents(bounded.engine()))
                            .as("seed %d, after %d commands", seed, i)
                            .isEqualTo(BoundedEngine.contents(roomy.engine()));
                }
            }
            assertThat(expired).isPositive();
            assertThat(bounded.values().evictions()).isGreaterThan(COMMANDS / 100);
            assertThat(bounded.values().loads()).isGreaterThan(COMMANDS / 100);
        }
    }

    /** Meets every key; returns how many have expired since the start. */
    private static long removeExpired(LocalEngine engine) {
        List<KeyRecord> all = new ArrayList<>();
        engine.keyspaces().everyKey().forEach(all::add);
        for (KeyRecord record : all) {
            var unused = engine.keyspaces().get(record.db()).find(record.key(), engine.nowMs());
        }
        return engine.keyspaces().all().stream()
                .mapToLong(Keyspace::expiredKeys)
                .sum();
    }
}
