package io.holdfast.engine.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.store.BoundedEngine;
import io.holdfast.resp.Bytes;
import io.holdfast.testing.CommandLine;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.EngineParty;
import io.holdfast.testing.MemoryJournal;
import io.holdfast.testing.RealParty;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import io.holdfast.testing.TestClock;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients that wait and clients that push, at random: who is served, with what and in which order is as on a real
 * redis-server, and what was journaled of it gives the same data again.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BlockingPairsTest {
    private static final int STEPS = 400;
    private static final int CHECKPOINT_EVERY = 3;
    private static final long BYTES_MAX = 100;
    private static final long CLOCK_MS = 1_800_000_000_000L;
    private static final String WAITERS = "abcdef";
    private static final char PUSHER = 'p';
    private static final List<String> WAITING = List.of(
            "BLPOP % % 0",
            "BRPOP % 0",
            "BLPOP % % % 0",
            "BLMOVE % % LEFT RIGHT 0",
            "BLMOVE % % RIGHT RIGHT 0",
            "BRPOPLPUSH % % 0",
            "BLMPOP 0 2 % % LEFT COUNT 2",
            "BZPOPMIN % % 0",
            "BZPOPMAX % 0",
            "BZMPOP 0 2 % % MIN COUNT 2");
    private static final List<String> PUSHING = List.of(
            "RPUSH % 1",
            "LPUSH % 1 2",
            "RPUSH % 1 2 3",
            "ZADD % 1 a",
            "ZADD % 1 a 2 b",
            "ZINCRBY % 1 c",
            "SET % x",
            "DEL %",
            "DEL % %",
            "RENAME % %",
            "COPY % %",
            "LMOVE % % LEFT LEFT",
            "RPOPLPUSH % %",
            "SORT % ALPHA STORE %",
            "ZUNIONSTORE % 1 %",
            "ZRANGESTORE % % 0 -1",
            "LPOP %",
            "FLUSHALL");

    private final RealRedis redis = RealRedis.start();

    @AfterAll
    void stop() {
        redis.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whoWaitsIsServedAsByRedis(long seed) {
        var journal = new MemoryJournal();
        try (var engine = new EngineParty(RedisVersion.parse(redis.version()), journal)) {
            run(seed, engine, journal, random -> {}, Snapshot.Strictness.SAME_COMMANDS);
        }
    }

    /** Who waits is served by values that have left memory, and what serves others brings them back. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void whoWaitsIsServedAsByRedisWhereNothingStaysInMemory(long seed, @TempDir Path directory) {
        var journal = new MemoryJournal();
        var clock = new TestClock(CLOCK_MS);
        try (var bounded =
                        BoundedEngine.open(directory, RedisVersion.parse(redis.version()), journal, BYTES_MAX, clock);
                var engine = new EngineParty(bounded.another(), clock)) {
            run(
                    seed,
                    engine,
                    journal,
                    random -> {
                        bounded.turn();
                        if (random.nextInt(CHECKPOINT_EVERY) == 0) {
                            bounded.checkpoint();
                        }
                    },
                    Snapshot.Strictness.RELOADED);
            assertThat(bounded.values().loads()).isGreaterThan(STEPS / 20);
        }
    }

    private void run(
            long seed,
            EngineParty engine,
            MemoryJournal journal,
            Consumer<SplittableRandom> behindEachStep,
            Snapshot.Strictness strictness) {
        redis.cli("FLUSHALL");
        var version = RedisVersion.parse(redis.version());
        var random = new SplittableRandom(seed);
        try (var real = new RealParty(redis);
                RespClient reader = redis.connect()) {
            var run = new Run(seed, engine, real);
            for (int step = 0; step < STEPS; step++) {
                run.step(random);
                behindEachStep.accept(random);
            }
            run.unblockAll();
            Snapshot held = Snapshot.of(engine.client('z'));
            assertThat(held.differenceFrom(Snapshot.of(reader), strictness, 0))
                    .describedAs("what is left, seed %d", seed)
                    .isNull();
            var recovered = EngineClient.start(version, journal, new TestClock(CLOCK_MS));
            recovered.engine().recover(0);
            assertThat(held.differenceFrom(Snapshot.of(recovered), Snapshot.Strictness.EFFECTS, 0))
                    .describedAs("what the journal gives, seed %d", seed)
                    .isNull();
            assertThat(run.served).describedAs("served, seed %d", seed).isGreaterThan(STEPS / 20);
        }
    }

    private static final class Run {
        private final long seed;
        private final EngineParty engine;
        private final RealParty real;
        private final TreeSet<Character> waiting = new TreeSet<>();
        private final List<String> said = new ArrayList<>();
        private int served;

        Run(long seed, EngineParty engine, RealParty real) {
            this.seed = seed;
            this.engine = engine;
            this.real = real;
        }

        void step(SplittableRandom random) {
            char who = WAITERS.charAt(random.nextInt(WAITERS.length()));
            if (random.nextInt(3) == 0 && !waiting.contains(who)) {
                say(who, made(WAITING, random));
            } else if (random.nextInt(6) == 0) {
                say(PUSHER, "MULTI");
                for (int i = random.nextInt(1, 5); i > 0; i--) {
                    say(PUSHER, made(random.nextInt(5) == 0 ? WAITING : PUSHING, random));
                }
                say(PUSHER, "EXEC");
            } else {
                say(PUSHER, made(PUSHING, random));
            }
        }

        private static String made(List<String> forms, SplittableRandom random) {
            String form = forms.get(random.nextInt(forms.size()));
            while (form.contains("%")) {
                form = form.replaceFirst("%", "k" + random.nextInt(4));
            }
            return form;
        }

        private void say(char who, String line) {
            said.add(who + "> " + line);
            List<Bytes> command = CommandLine.parse(line);
            engine.says(who, command);
            real.says(who, command);
            if (engine.waits(who)) {
                waiting.add(who);
                assertThat(real.waits(who)).describedAs(story()).isTrue();
            } else {
                compare(who);
            }
            for (char other : List.copyOf(waiting)) {
                if (!engine.waits(other)) {
                    waiting.remove(other);
                    served++;
                    compare(other);
                }
            }
        }

        private void compare(char who) {
            String mine = History.text(engine.hears(who));
            assertThat(History.text(real.hears(who))).describedAs(story()).isEqualTo(mine);
        }

        void unblockAll() {
            for (char who : List.copyOf(waiting)) {
                say(PUSHER, "CLIENT UNBLOCK {" + who + "}");
            }
            assertThat(waiting).isEmpty();
        }

        private String story() {
            return "seed " + seed + ", who waits " + waiting + ", the last said:\n  "
                    + String.join("\n  ", said.subList(Math.max(0, said.size() - 40), said.size()));
        }
    }
}
