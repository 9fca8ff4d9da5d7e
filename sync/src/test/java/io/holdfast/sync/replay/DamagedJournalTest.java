package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.family.Families;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.Damage;
import io.holdfast.sync.journal.DeadLetters;
import io.holdfast.sync.journal.DegradedNote;
import io.holdfast.sync.replay.Heard.News;
import io.holdfast.testing.RealRedis;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk changes a record of the journal while the server runs: it stops nothing else, and somebody is told. */
class DamagedJournalTest {
    private Path directory;
    private RealRedis redis;
    private ReplayFixture node;

    @BeforeEach
    void start(@TempDir Path fresh) {
        directory = fresh;
        redis = RealRedis.start();
        node = new ReplayFixture(fresh, redis);
    }

    @AfterEach
    void end() {
        node.close();
        redis.close();
    }

    /** Another byte in place of the last one of {@code word}, in whichever segment has it. */
    private void spoil(String word) throws IOException {
        byte[] wanted = word.getBytes(StandardCharsets.UTF_8);
        try (var segments = Files.newDirectoryStream(directory.resolve("journal"), "*.seg")) {
            for (Path segment : segments) {
                byte[] bytes = Files.readAllBytes(segment);
                int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(word);
                if (at >= 0) {
                    bytes[at + wanted.length - 1] ^= 1;
                    Files.write(segment, bytes);
                    return;
                }
            }
        }
        throw new AssertionError(word + " is in no segment");
    }

    @Test
    void theRestIsReplayedAndTheDamagedEntryIsAmongTheDeadLetters() throws IOException {
        node.write("INCR", "before");
        node.write("SET", "k", "a value that is spoilt");
        node.write("INCR", "behind");
        spoil("a value that is spoilt");

        assertThat(node.replay()).isEqualTo(new News.CaughtUp(3));

        assertThat(redis.cli("GET", "before")).isEqualTo("1");
        assertThat(redis.cli("GET", "behind")).isEqualTo("1");
        assertThat(redis.cli("EXISTS", "k")).isEqualTo("0");
        assertThat(node.damage).hasSize(1);
        Damage damage = node.damage.get(0);
        assertThat(damage.first()).isEqualTo(2);
        assertThat(damage.last()).isEqualTo(2);
        List<DeadLetters.Stored> letters = node.deadLetters();
        assertThat(letters).hasSize(1);
        assertThat(letters.get(0).letter().sequence()).isEqualTo(2);
        assertThat(letters.get(0).letter().key()).isEqualTo(Bytes.of("k"));
        assertThat(letters.get(0).letter().atMs()).isEqualTo(ReplayFixture.START_MS);
        assertThat(letters.get(0).letter().error()).startsWith("DAMAGED ");
        assertThat(DegradedNote.read(directory)).singleElement().asString().contains("entry 2 cannot be read");
        Path kept = directory.resolve("damaged-00000000000000000002-00000000000000000002.record");
        assertThat(Files.size(kept)).isEqualTo(damage.end() - damage.offset());
        assertThat(Files.readString(kept, StandardCharsets.ISO_8859_1)).contains("a value that is spoil");
    }

    @Test
    void aDamagedNewestEntryDoesNotKeepTheUpstreamAwayAndIsReportedOnce() throws IOException {
        node.write("INCR", "n");
        node.write("SET", "k", "a value that is spoilt");
        spoil("a value that is spoilt");

        assertThat(node.replay()).isEqualTo(new News.CaughtUp(2));
        node.stopReplayer();
        node.write("INCR", "n");
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(3));

        assertThat(redis.cli("GET", "n")).isEqualTo("2");
        assertThat(node.deadLetters()).hasSize(1);
        assertThat(DegradedNote.read(directory)).hasSize(1);
    }

    @Test
    void damageAcrossTheEndOfASegmentIsPassedOver(@TempDir Path other) throws IOException {
        end();
        directory = other;
        redis = RealRedis.start();
        node = new ReplayFixture(other, redis, 400);
        for (int i = 1; i <= 30; i++) {
            node.write("SET", "k" + i, "value number " + i + ".");
        }
        for (int i = 5; i <= 12; i++) {
            spoil("value number " + i + ".");
        }

        assertThat(node.replay()).isEqualTo(new News.CaughtUp(30));

        assertThat(redis.cli("DBSIZE")).isEqualTo("23"); // 22 keys and the cursor
        assertThat(redis.cli("EXISTS", "k4", "k13", "k30")).isEqualTo("3");
        assertThat(redis.cli("EXISTS", "k5", "k8", "k12")).isEqualTo("0");
        assertThat(node.damage.stream()
                        .mapToLong(found -> found.last() - found.first() + 1)
                        .sum())
                .isEqualTo(8);
    }

    @Test
    void whatIsLeftOfTheEntryCanBeSentAfterAllByAPerson() throws IOException {
        node.write("SET", "k", "a value that is spoilt");
        node.write("INCR", "n");
        spoil("a value that is spoilt");
        assertThat(node.replay()).isEqualTo(new News.CaughtUp(2));
        node.stopReplayer();

        node.requeue();
        assertThat(node.replay()).isInstanceOf(News.CaughtUp.class);

        assertThat(redis.cli("GET", "k")).isEqualTo("a value that is spoilu");
    }

    @Test
    void aDryRunSaysThatItCouldNotReadEverything() throws Exception {
        node.write("SET", "k", "a value that is spoilt");
        node.write("INCR", "n");
        spoil("a value that is spoilt");

        DryRunReport report = node.replayer()
                .dryRun(
                        new DryRunScope(key -> true, null, 10, Duration.ofSeconds(60)),
                        CommandTable.of(Families.all()));

        assertThat(report.incomplete()).contains("entry 1 cannot be read");
        assertThat(report.rows()).extracting(DryRunReport.Row::key).containsExactly(Bytes.of("n"));
        assertThat(node.deadLetters()).isEmpty();
        assertThat(node.damage).isEmpty();
    }
}
