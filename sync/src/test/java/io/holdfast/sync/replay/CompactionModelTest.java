package io.holdfast.sync.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.Effect;
import io.holdfast.engine.exec.Journal.Scope;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.journal.DeadLetter;
import io.holdfast.sync.replay.FaultyUpstream.Step;
import io.holdfast.sync.replay.Heard.News;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/** A real Redis holds the same in the end, whether what is replayed into it is folded or not. */
@TestInstance(Lifecycle.PER_CLASS)
class CompactionModelTest {
    private static final int SEEDS = 2;
    private static final int ROUNDS = 150;
    private static final int ENTRIES_A_ROUND = 25;

    private RealRedis redis;

    @BeforeAll
    void startRedis() {
        redis = RealRedis.start("--enable-debug-command", "yes");
    }

    @AfterAll
    void endRedis() {
        redis.close();
    }

    /**
     * What a replay left.
     *
     * @param keys digest and end of the time to live of each key
     * @param refused entries and effects
     * @param unmet likewise
     * @param commands that were sent
     */
    private record Left(Map<String, String> keys, Set<List<Long>> refused, Set<List<Long>> unmet, int commands) {}

    private Left replay(Path directory, RandomEffects written, boolean compacts, int batch) {
        redis.cli("FLUSHALL");
        var commands = new AtomicInteger();
        Path own = directory.resolve("compacts-" + compacts + "-" + written.seed);
        assertThat(own.toFile().mkdir()).isTrue();
        try (var node = new ReplayFixture(own, redis);
                RespClient client = redis.connect()) {
            node.nowMs.set(written.nowMs);
            node.compacts = compacts;
            node.batchEntriesMax = batch;
            node.connection = real -> new FaultyUpstream(real, (at, sent) -> {
                if (at == Step.BEFORE_SEND) {
                    commands.addAndGet(sent.size());
                }
            });
            client.rawAll(written.before.stream()
                    .map(effect -> effect.command().toArray(Bytes[]::new))
                    .toList());
            written.entries.forEach(effects -> node.write(Scope.UPSTREAM, effects.toArray(Effect[]::new)));
            assertThat(node.replay()).isInstanceOf(News.CaughtUp.class);
            node.stopReplayer();
            client.call("DEL", node.cursorKey());
            Set<List<Long>> refused = new HashSet<>();
            node.deadLetters().forEach(stored -> refused.add(place(stored.letter())));
            Set<List<Long>> unmet = new HashSet<>();
            node.conflicts().forEach(conflict -> unmet.add(place(conflict)));
            return new Left(keys(client), refused, unmet, commands.get());
        }
    }

    private static List<Long> place(DeadLetter letter) {
        return List.of(letter.sequence(), (long) letter.effectIndex());
    }

    private static List<Long> place(Conflict conflict) {
        return List.of(conflict.sequence(), (long) conflict.effectIndex());
    }

    private static Map<String, String> keys(RespClient client) {
        List<Bytes> names = ((Reply.Array) client.call("KEYS", "*"))
                .items().stream().map(key -> ((Reply.Bulk) key).value()).toList();
        List<Bytes[]> questions = new ArrayList<>();
        for (Bytes name : names) {
            questions.add(new Bytes[] {Bytes.of("DEBUG"), Bytes.of("DIGEST-VALUE"), name});
            questions.add(new Bytes[] {Bytes.of("PEXPIRETIME"), name});
        }
        List<byte[]> answers = client.rawAll(questions);
        Map<String, String> keys = new TreeMap<>();
        for (int i = 0; i < names.size(); i++) {
            String digest = Bytes.wrap(answers.get(2 * i)).utf8();
            keys.put(
                    names.get(i).utf8(),
                    digest + " until " + Bytes.wrap(answers.get(2 * i + 1)).utf8());
        }
        return keys;
    }

    private int foldAndCompare(Path directory, long seed) {
        long nowMs = Long.parseLong(redis.cli("TIME").lines().findFirst().orElseThrow()) * 1000;
        var written = new RandomEffects(seed, nowMs, ROUNDS, ENTRIES_A_ROUND);
        int batch = 1 + new SplittableRandom(seed).nextInt(300);

        Left raw = replay(directory, written, false, batch);
        Left folded = replay(directory, written, true, batch);

        assertThat(folded.keys).as("seed %d", seed).isEqualTo(raw.keys);
        assertThat(folded.unmet).as("seed %d", seed).isEqualTo(raw.unmet);
        assertThat(raw.refused).as("seed %d", seed).containsAll(folded.refused);
        List<List<Long>> missing = new ArrayList<>(raw.refused);
        missing.removeAll(folded.refused);
        assertThat(missing).as("seed %d: refused, or overwritten", seed).allMatch(written::isOverwritten);
        return raw.commands - folded.commands;
    }

    @Test
    void theUpstreamHoldsTheSame(@TempDir Path directory) {
        int saved = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            saved += foldAndCompare(directory, seed);
        }
        assertThat(saved).as("commands saved").isGreaterThan(SEEDS * ROUNDS);
    }

    /** {@code mvn verify -Psoak -Dsoak.minutes=30 -Dsoak.seed=7}: one seed after another. */
    @Test
    @Tag("soak")
    void forAsLongAsItIsLet(@TempDir Path directory) {
        long first = Long.getLong("soak.seed", 1000);
        long endNanos = System.nanoTime() + Long.getLong("soak.minutes", 1) * 60_000_000_000L;
        long seed = first;
        while (System.nanoTime() < endNanos) {
            foldAndCompare(directory, seed++);
        }
        System.out.println("seeds " + first + " to " + (seed - 1));
    }
}
