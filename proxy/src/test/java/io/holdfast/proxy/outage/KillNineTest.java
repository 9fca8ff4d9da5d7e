package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.resp.Bytes;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Holdfast is killed with -9 while it serves alone and while it replays. What it acknowledged must be upstream in the end,
 * once; what was in flight at a kill, at most once. Starts several JVMs a seed: runs with the profile {@code soak}.
 */
@Tag("soak")
class KillNineTest {
    private static final int SEEDS = 50;

    @Test
    void nothingAcknowledgedIsLostAndNothingIsCountedTwice(@TempDir Path dir) throws Exception {
        try (var redis = RealRedis.start("--appendonly", "yes", "--appendfsync", "always")) {
            for (int seed = 1; seed <= SEEDS; seed++) {
                run(redis, Files.createDirectory(dir.resolve("seed-" + seed)), seed);
            }
        }
    }

    @Test
    void nothingIsLostOrDoubledForMinutes(@TempDir Path dir) throws Exception {
        long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(Long.getLong("soak.minutes", 1));
        try (var redis = RealRedis.start("--appendonly", "yes", "--appendfsync", "always")) {
            for (long seed = Long.getLong("soak.seed", 1); System.nanoTime() < until; seed++) {
                run(redis, Files.createDirectory(dir.resolve("seed-" + seed)), seed);
            }
        }
    }

    @Test
    void sigtermKeepsEverythingAndExitsWithZero(@TempDir Path dir) {
        try (var redis = RealRedis.start();
                var holdfast = new HoldfastProcess(dir, redis.port())) {
            redis.kill();
            try (RespClient client = holdfast.client()) {
                assertThat(text(client.call("INCR", "n"))).isEqualTo("1");
            }
            assertThat(holdfast.terminate()).isZero();
            holdfast.startAgain();
            try (RespClient client = holdfast.client()) {
                assertThat(text(client.call("INCR", "n"))).isEqualTo("2");
            }
        }
    }

    private static void run(RealRedis redis, Path dir, long seed) {
        var random = new SplittableRandom(seed);
        try (RespClient direct = redis.connect()) {
            direct.call("FLUSHALL");
        }
        Ledger ledger = new Ledger();
        try (var holdfast = new HoldfastProcess(dir, redis.port())) {
            awaitOnline(holdfast);
            work(holdfast, ledger, random, random.nextInt(1, 30), false);
            redis.kill();
            int kills = random.nextInt(1, 3);
            for (int i = 0; i < kills; i++) {
                work(holdfast, ledger, random, random.nextInt(1, 300), random.nextBoolean());
                holdfast.kill();
                holdfast.startAgain();
            }
            work(holdfast, ledger, random, random.nextInt(1, 50), false);
            redis.restart();
            if (random.nextBoolean()) {
                killDuringReplay(holdfast, random);
            }
            awaitOnline(holdfast);
        }
        try (RespClient direct = redis.connect()) {
            ledger.check(direct, seed);
        }
    }

    /** Asks until some of it is upstream, or a random number of times, and kills then. */
    private static void killDuringReplay(HoldfastProcess holdfast, SplittableRandom random) {
        int polls = random.nextInt(1, 200);
        try (RespClient client = holdfast.client()) {
            for (int i = 0; i < polls; i++) {
                String info = text(client.call("INFO", "holdfast"));
                if (info.contains("mode:online") || (info.contains("mode:replaying") && random.nextInt(4) == 0)) {
                    break;
                }
            }
        }
        holdfast.kill();
        holdfast.startAgain();
    }

    private static void awaitOnline(HoldfastProcess holdfast) {
        try (RespClient client = holdfast.client()) {
            await().atMost(Rig.PATIENCE)
                    .pollInterval(10, TimeUnit.MILLISECONDS)
                    .until(() -> text(client.call("INFO", "holdfast")).contains("mode:online\r\n"));
        }
    }

    /** Sends commands one at a time; with {@code inFlight} the last few are sent and their replies not waited for. */
    private static void work(
            HoldfastProcess holdfast, Ledger ledger, SplittableRandom random, int commands, boolean inFlight) {
        try (RespClient client = holdfast.client()) {
            for (int i = 0; i < commands; i++) {
                ledger.one(client, random, true);
            }
            for (int i = 0; inFlight && i < 5; i++) {
                ledger.one(client, random, false);
            }
        }
    }

    /** What was acknowledged, and what may or may not have happened. */
    private static final class Ledger {
        private final Map<String, Long> acked = new TreeMap<>();
        private final Map<String, Long> maybe = new TreeMap<>();
        private final List<String> pushed = new ArrayList<>();
        private final List<String> maybePushed = new ArrayList<>();
        private long pairs;
        private long maybePairs;
        private long next;

        void one(RespClient client, SplittableRandom random, boolean awaited) {
            switch (random.nextInt(6)) {
                case 0, 1 -> count(client, awaited, random.nextInt(1, 9), "counter:" + random.nextInt(4), "INCRBY");
                case 2 -> count(client, awaited, random.nextInt(1, 9), "hash:" + random.nextInt(3), "HINCRBY", "f");
                case 3 -> push(client, awaited, "RPUSH", "list");
                case 4 -> push(client, awaited, "SADD", "set");
                default -> pair(client, awaited);
            }
        }

        private void count(RespClient client, boolean awaited, long by, String key, String... words) {
            List<String> command = new ArrayList<>(List.of(words[0], key));
            command.addAll(List.of(words).subList(1, words.length));
            command.add(Long.toString(by));
            send(client, awaited, command);
            (awaited ? acked : maybe).merge(key, by, Long::sum);
        }

        private void push(RespClient client, boolean awaited, String name, String key) {
            String id = key + ":" + next++;
            send(client, awaited, List.of(name, key, id));
            (awaited ? pushed : maybePushed).add(id);
        }

        private void pair(RespClient client, boolean awaited) {
            send(client, awaited, List.of("MULTI"));
            send(client, awaited, List.of("INCR", "left"));
            send(client, awaited, List.of("INCR", "right"));
            send(client, awaited, List.of("EXEC"));
            if (awaited) {
                pairs++;
            } else {
                maybePairs++;
            }
        }

        private static void send(RespClient client, boolean awaited, List<String> command) {
            client.send(command.stream().map(Bytes::of).toArray(Bytes[]::new));
            if (awaited) {
                assertThat(text(client.read())).as(String.join(" ", command)).doesNotStartWith("-");
            }
        }

        void check(RespClient direct, long seed) {
            acked.forEach((key, sum) -> {
                String value =
                        key.startsWith("hash") ? text(direct.call("HGET", key, "f")) : text(direct.call("GET", key));
                assertThat(Long.parseLong(value))
                        .as("seed %d: %s", seed, key)
                        .isBetween(sum, sum + maybe.getOrDefault(key, 0L));
            });
            long left = number(text(direct.call("GET", "left")));
            assertThat(left).as("seed %d: pairs", seed).isBetween(pairs, pairs + maybePairs);
            assertThat(number(text(direct.call("GET", "right"))))
                    .as("seed %d: pairs", seed)
                    .isEqualTo(left);
            List<String> list = items(text(direct.call("LRANGE", "list", "0", "-1")));
            checkIds(seed, "list", list);
            assertThat(list).as("seed %d: order", seed).isSortedAccordingTo((a, b) -> Long.compare(id(a), id(b)));
            checkIds(seed, "set", items(text(direct.call("SMEMBERS", "set"))));
        }

        private static long number(String text) {
            return text.equals("nil") ? 0 : Long.parseLong(text);
        }

        private static long id(String element) {
            return Long.parseLong(element.substring(element.indexOf(':') + 1));
        }

        private void checkIds(long seed, String key, List<String> got) {
            List<String> wanted =
                    pushed.stream().filter(id -> id.startsWith(key)).toList();
            assertThat(got).as("seed %d: %s", seed, key).containsAll(wanted).doesNotHaveDuplicates();
            List<String> extra = new ArrayList<>(got);
            extra.removeAll(wanted);
            assertThat(maybePushed).as("seed %d: %s", seed, key).containsAll(extra);
        }

        private static List<String> items(String array) {
            return array.equals("[]")
                    ? Collections.emptyList()
                    : List.of(array.substring(1, array.length() - 1).split(", ", -1));
        }
    }
}
