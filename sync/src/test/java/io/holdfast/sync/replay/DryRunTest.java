package io.holdfast.sync.replay;

import static io.holdfast.sync.replay.ReplayFixture.effect;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.engine.family.Families;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.conflict.ConflictPolicy;
import io.holdfast.sync.conflict.ConflictRules;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.replay.DryRunReport.Outcome;
import io.holdfast.sync.replay.Heard.News;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A dry run says what the replay then does, and does nothing itself. */
class DryRunTest extends ConflictingNodeTest {
    DryRunTest() {
        super("--databases", "4", "--enable-debug-command", "yes");
    }

    private static final DryRunScope ALL = new DryRunScope(key -> true, null, 1000, Duration.ofSeconds(60));
    /** What the dry run itself may have done to the upstream; the test's own commands among it. */
    private static final Set<String> READS = Set.of(
            "config|resetstat",
            "client|setname",
            "client|id",
            "client|no-touch",
            "client",
            "info",
            "role",
            "time",
            "select",
            "hmget",
            "type",
            "object|idletime",
            "strlen",
            "get",
            "hlen",
            "hgetall",
            "hkeys",
            "scard",
            "smembers",
            "zcard",
            "zrange",
            "llen",
            "lrange",
            "dump",
            "pttl",
            "debug",
            "ping");

    private DryRunReport dryRun(DryRunScope scope) throws DryRunFailedException {
        return node.replayer().dryRun(scope, CommandTable.of(Families.all()));
    }

    private static DryRunReport.Row row(DryRunReport report, String key) {
        return report.rows().stream()
                .filter(row -> row.key().equals(Bytes.of(key)))
                .findFirst()
                .orElseThrow();
    }

    /** One key for each way that things can go. */
    private void somethingOfEverything() {
        redis.cli("SET", "same", "base");
        redis.cli("SET", "changed", "theirs");
        redis.cli("SET", "n", "7");
        redis.cli("HSET", "h", "f", "theirs", "other", "x");
        redis.cli("SADD", "s", "seen", "theirs");
        redis.cli("RPUSH", "list", "in the way");
        redis.cli("SET", "taken", "theirs");
        base("SET", "same", "base");
        node.write("SET", "same", "ours");
        base("SET", "changed", "base");
        node.write("SET", "changed", "ours");
        base("SET", "n", "5");
        node.write("INCRBY", "n", "3");
        base("HSET", "h", "f", "base", "other", "x");
        node.write("HSET", "h", "f", "ours", "g", "new");
        base("SADD", "s", "seen");
        node.write("DEL", "s");
        node.write("SADD", "list", "member");
        node.write("SET", "taken", "ours", "NX");
        node.write("SET", "gone", "v", "PXAT", Long.toString(ReplayFixture.START_MS - 1));
        node.write("RPUSH", "fresh", "a");
        node.write("RPUSH", "fresh", "b");
        node.write(Scope.UPSTREAM, effect(9, "SET", "nowhere", "v"));
        node.write(Scope.LOCAL, effect(0, "SET", "local", "v"));
    }

    @Test
    void eachKeyIsSaidToComeToWhatItThenComesTo() throws Exception {
        node.rules = new ConflictRules(ConflictPolicy.UPSTREAM_WINS, Map.of("s", ConflictPolicy.MERGE));
        somethingOfEverything();

        DryRunReport report = dryRun(ALL);

        assertThat(node.replay()).isInstanceOf(News.CaughtUp.class);
        assertThat(keys(report, Outcome.APPLY)).containsExactly("same", "fresh");
        assertThat(keys(report, Outcome.MERGE)).containsExactly("n", "s");
        assertThat(keys(report, Outcome.EXPIRED)).containsExactly("gone");
        assertThat(keys(report, Outcome.CONFLICT))
                .containsExactlyInAnyOrderElementsOf(conflictingKeys())
                .containsExactly("changed", "h", "taken");
        assertThat(keys(report, Outcome.DEAD_LETTER))
                .containsExactlyInAnyOrderElementsOf(node.deadLetters().stream()
                        .map(letter -> String.valueOf(letter.letter().key()))
                        .toList())
                .containsExactly("list", "nowhere");
        assertThat(row(report, "changed"))
                .isEqualTo(new DryRunReport.Row(
                        0, Bytes.of("changed"), Outcome.CONFLICT, 4, 4, 1, true, "upstream-wins", "upstream", ""));
        assertThat(row(report, "fresh").effects()).isEqualTo(2);
        assertThat(row(report, "fresh").isCompared()).isFalse();
        assertThat(row(report, "list").reason()).isEqualTo("WRONGTYPE: SADD meets a list");
        assertThat(row(report, "nowhere").reason()).contains("out of range");
        assertThat(report.incomplete()).isEmpty();
        assertThat(report.outcomes())
                .containsEntry(Outcome.APPLY, 2L)
                .containsEntry(Outcome.CONFLICT, 3L)
                .containsEntry(Outcome.DEAD_LETTER, 2L);
    }

    @Test
    void aSubCommandConcernsItsKeyAndNoOther() throws Exception {
        redis.cli("SET", "text", "in the way");
        node.write("XGROUP", "CREATE", "stream", "g", "0-0", "MKSTREAM");
        node.write("LPUSH", "text", "x");

        DryRunReport report = dryRun(ALL);

        assertThat(row(report, "stream").outcome()).isEqualTo(Outcome.APPLY);
        assertThat(row(report, "text").outcome()).isEqualTo(Outcome.DEAD_LETTER);
    }

    private static List<String> keys(DryRunReport report, Outcome outcome) {
        return report.rows().stream()
                .filter(row -> row.outcome() == outcome)
                .map(row -> row.key().utf8())
                .toList();
    }

    private Set<String> conflictingKeys() {
        return node.conflicts().stream().map(Conflict::key).map(Bytes::utf8).collect(Collectors.toSet());
    }

    @Test
    void nothingIsWrittenUpstreamNorHere() throws Exception {
        for (ConflictPolicy policy : ConflictPolicy.values()) {
            redis.cli("FLUSHALL");
            node.rules = new ConflictRules(policy, Map.of());
            somethingOfEverything();
            String digest = redis.cli("DEBUG", "DIGEST");
            long entries = node.journal.lastSequence();
            long bytes = node.journal.status().bytes();
            redis.cli("CONFIG", "RESETSTAT");

            dryRun(ALL);

            Set<String> commands = redis.cli("INFO", "commandstats")
                    .lines()
                    .filter(line -> line.startsWith("cmdstat_"))
                    .map(line -> line.substring("cmdstat_".length(), line.indexOf(':')))
                    .collect(Collectors.toSet());
            assertThat(READS).containsAll(commands);
            assertThat(commands).contains("hmget", "object|idletime", "hgetall");
            assertThat(redis.cli("DEBUG", "DIGEST")).isEqualTo(digest);
            assertThat(node.journal.lastSequence()).isEqualTo(entries);
            assertThat(node.journal.status().bytes()).isEqualTo(bytes);
            assertThat(node.confirmed).hasValue(-1);
            assertThat(node.store.replay().lastSent()).isZero();
            assertThat(node.store.replay().everWroteCursor()).isFalse();
            assertThat(node.store.connections().all()).isEmpty();
            assertThat(node.conflicts()).isEmpty();
            assertThat(node.deadLetters()).isEmpty();
            assertThat(node.heard.isSilent()).isTrue();
        }
    }

    @Test
    void aLookDoesNotMakeAKeySeemToHaveBeenUsedByOthers() throws Exception {
        redis.cli("SET", "k", "theirs");
        base("SET", "k", "base");
        node.nowMs.addAndGet(-1);
        node.write("SET", "k", "ours"); // as the clocks stand, in the same second as theirs: ours wins the tie
        var replayer = node.replayer();
        DryRunReport before = replayer.dryRun(ALL, CommandTable.of(Families.all()));
        // Since then the key was touched by nobody but us. Were that taken for theirs, they would be the later ones.
        node.nowMs.addAndGet(1500);

        replayer.start();
        assertThat(node.heard.next()).isInstanceOf(News.CaughtUp.class);

        assertThat(row(before, "k").winner()).isEqualTo("local");
        assertThat(redis.cli("GET", "k")).isEqualTo("ours");
    }

    @Test
    void whatIsAskedForIsNarrowedByKeyOutcomeAndNumber() throws Exception {
        somethingOfEverything();

        DryRunReport byKey = dryRun(new DryRunScope(Bytes.of("n")::equals, null, 10, ALL.longest()));
        DryRunReport byOutcome = dryRun(new DryRunScope(key -> true, Outcome.DEAD_LETTER, 1, ALL.longest()));

        assertThat(byKey.rows()).extracting(DryRunReport.Row::key).containsExactly(Bytes.of("n"));
        assertThat(byKey.outcomes()).containsExactly(Map.entry(Outcome.MERGE, 1L));
        assertThat(byOutcome.rows()).extracting(DryRunReport.Row::key).containsExactly(Bytes.of("list"));
        assertThat(byOutcome.outcomes()).containsEntry(Outcome.DEAD_LETTER, 2L);
    }

    @Test
    void itStopsAfterItsTimeAndSaysSo() throws Exception {
        node.batchEntriesMax = 2;
        for (int i = 0; i < 5; i++) {
            node.write("INCR", "n" + i);
        }

        DryRunReport report = dryRun(new DryRunScope(key -> true, null, 10, Duration.ZERO));

        assertThat(report.to()).isEqualTo(2);
        assertThat(report.newest()).isEqualTo(5);
        assertThat(report.incomplete()).contains("behind entry 2 was not looked at");
    }

    @Test
    void itBeginsWhereReplayWouldBegin() throws Exception {
        node.write("INCR", "before");
        assertThat(node.replay()).isInstanceOf(News.CaughtUp.class);
        node.stopReplayer();
        node.write("INCR", "after");

        DryRunReport report = dryRun(ALL);

        assertThat(report.from()).isEqualTo(1);
        assertThat(report.cursor()).isEqualTo("as it was left");
        assertThat(report.rows()).extracting(DryRunReport.Row::key).containsExactly(Bytes.of("after"));
    }

    @Test
    void aRefusedEffectIsNotSentAgainAndTheDryRunKnows() throws Exception {
        redis.cli("RPUSH", "k", "in the way");
        node.write("INCR", "k");
        assertThat(node.replay()).isInstanceOf(News.CaughtUp.class);
        node.stopReplayer();
        redis.cli("DEL", "k");
        redis.cli("HSET", node.cursorKey(), "cur", "0"); // the upstream went back

        DryRunReport report = dryRun(ALL);

        assertThat(row(report, "k").reason()).isEqualTo("it is a dead letter already");
        assertThat(report.cursor()).isEqualTo("the upstream went back");
    }

    @Test
    void whatCannotBeSaidIsAnError() {
        node.write("INCR", "n");
        redis.cli("HSET", node.cursorKey(), "cur", "99");
        assertThatThrownBy(() -> dryRun(ALL))
                .isInstanceOf(DryRunFailedException.class)
                .hasMessageStartingWith("nothing would be replayed: the upstream has entry 99");

        node.connection = real -> new FaultyUpstream(real, (step, sent) -> {
            throw new IOException("refused");
        });
        assertThatThrownBy(() -> dryRun(ALL))
                .isInstanceOf(DryRunFailedException.class)
                .hasMessage("the upstream cannot be asked: refused");
    }
}
