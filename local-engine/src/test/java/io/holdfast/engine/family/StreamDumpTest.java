package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import io.holdfast.testing.RespPeer;
import io.holdfast.testing.StreamContent;
import io.holdfast.testing.TestClock;
import io.holdfast.testing.WireReply;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Streams move to a real redis-server and back with all that their groups know. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StreamDumpTest {
    private static final int RUNS = 60;
    private static final String[] GROUPS = {"g", "workers", "42"};
    private static final String[] CONSUMERS = {"ann", "bob", "7"};

    private final RealRedis real = RealRedis.start();
    private final RespClient redis = real.connect();
    private final TestClock clock = new TestClock(System.currentTimeMillis());
    private final EngineClient engine = EngineClient.start(RedisVersion.parse(real.version()), clock);

    @AfterAll
    void stop() {
        redis.close();
        real.close();
    }

    @Test
    void whatIsDumpedHereIsRestoredThere() {
        for (int seed = 0; seed < RUNS; seed++) {
            build(seed, engine);
            move(engine, redis);
            assertThat(content(redis, "restored")).as("seed %d", seed).isEqualTo(content(engine, "k"));
        }
    }

    @Test
    void whatIsDumpedThereIsRestoredHere() {
        for (int seed = 0; seed < RUNS; seed++) {
            build(seed, redis);
            move(redis, engine);
            assertThat(content(engine, "restored")).as("seed %d", seed).isEqualTo(content(redis, "k"));
        }
    }

    @Test
    void withoutCompressionTheBytesAreRedissOwn() {
        redis.raw("CONFIG", "SET", "rdbcompression", "no");
        engine.raw("CONFIG", "SET", "rdbcompression", "no");
        for (int seed = 0; seed < RUNS; seed++) {
            buildEntries(new SplittableRandom(seed), engine);
            buildEntries(new SplittableRandom(seed), redis);
            assertThat(WireReply.of(engine.raw("DUMP", "k")))
                    .as("seed %d", seed)
                    .isEqualTo(WireReply.of(redis.raw("DUMP", "k")));
        }
        redis.raw("CONFIG", "SET", "rdbcompression", "yes");
    }

    @Test
    void whatAStandaloneEngineDumpsItRestoresWithTheTimesOfConsumers() {
        EngineClient standalone = EngineClient.start(RedisVersion.STANDALONE, clock);
        for (int seed = 0; seed < RUNS; seed++) {
            build(seed, standalone);
            move(standalone, standalone);
            assertThat(WireReply.of(standalone.raw("XINFO", "STREAM", "restored", "FULL", "COUNT", "0")))
                    .as("seed %d", seed)
                    .isEqualTo(WireReply.of(standalone.raw("XINFO", "STREAM", "k", "FULL", "COUNT", "0")));
        }
    }

    @Test
    void aCopyKeepsAllOfAStream() {
        for (int seed = 0; seed < RUNS; seed++) {
            build(seed, engine);
            assertThat(engine.call("COPY", "k", "restored", "REPLACE")).isEqualTo(Reply.ONE);
            assertThat(WireReply.of(engine.raw("XINFO", "STREAM", "restored", "FULL", "COUNT", "0")))
                    .as("seed %d", seed)
                    .isEqualTo(WireReply.of(engine.raw("XINFO", "STREAM", "k", "FULL", "COUNT", "0")));
        }
    }

    @Test
    void aReaderOfAnOlderFormatIsGivenThat() {
        EngineClient old = EngineClient.start(RedisVersion.parse("6.2.14"), clock);
        old.raw("XADD", "k", "5-1", "f", "v");
        old.raw("XADD", "k", "5-2", "f", "w");
        old.raw("XGROUP", "CREATE", "k", "g", "5-1");
        Bytes payload = WireReply.of(old.raw("DUMP", "k")).text();
        assertThat(payload.at(0)).isEqualTo((byte) 15);
        for (RespPeer reader : List.of(redis, engine)) {
            restore(reader, payload);
            List<String> content = content(reader, "restored");
            assertThat(content).contains("entries-added 2", "last-generated-id 5-2", "  entries-read 1", "  lag 1");
        }
    }

    @Test
    void whatTheRestoredStreamIsGivenGoesOnAsInRedis() {
        for (int seed = 0; seed < RUNS; seed++) {
            build(seed, redis);
            move(redis, engine);
            move(redis, redis);
            for (RespPeer peer : List.of(redis, engine)) {
                for (int i = 0; i < 30; i++) {
                    peer.raw("XADD", "restored", "900000-" + i, "f", "v" + i);
                }
                peer.raw("XTRIM", "restored", "MAXLEN", "~", "20");
            }
            assertThat(content(engine, "restored")).as("seed %d", seed).isEqualTo(content(redis, "restored"));
        }
    }

    // ---- streams

    private static void build(int seed, RespPeer peer) {
        var random = new SplittableRandom(seed);
        buildEntries(random, peer);
        for (int i = random.nextInt(4); i > 0; i--) {
            String group = GROUPS[random.nextInt(GROUPS.length)];
            peer.raw("XGROUP", "CREATE", "k", group, random.nextBoolean() ? "0" : "$", "MKSTREAM");
            for (int n = random.nextInt(6); n > 0; n--) {
                String consumer = CONSUMERS[random.nextInt(CONSUMERS.length)];
                String count = Integer.toString(random.nextInt(1, 40));
                peer.raw("XREADGROUP", "GROUP", group, consumer, "COUNT", count, "STREAMS", "k", ">");
            }
            peer.raw("XGROUP", "CREATECONSUMER", "k", group, "idle");
            acknowledgeSome(random, group, peer);
        }
        deleteSome(random, peer);
    }

    private static void buildEntries(SplittableRandom random, RespPeer peer) {
        peer.raw("DEL", "k");
        int count = random.nextInt(4) == 0 ? random.nextInt(3) : random.nextInt(260);
        long ms = random.nextInt(3) == 0 ? random.nextInt(200) : 1_700_000_000_000L;
        for (int i = 0; i < count; i++) {
            ms += random.nextInt(3) == 0 ? random.nextInt(5000) : 0;
            List<String> command = new ArrayList<>(List.of("XADD", "k", ms + "-" + (i + 1)));
            int fields = random.nextInt(4) == 0 ? random.nextInt(1, 5) : 2;
            for (int f = 0; f < fields; f++) {
                command.add("field" + f);
                command.add(value(random));
            }
            peer.raw(command.toArray(String[]::new));
        }
        if (count == 0) {
            peer.raw("XADD", "k", "MAXLEN", "0", ms + "-1", "f", "v");
        }
        deleteSome(random, peer);
        if (random.nextInt(3) == 0) {
            peer.raw("XTRIM", "k", "MAXLEN", random.nextBoolean() ? "=" : "~", Integer.toString(random.nextInt(120)));
        }
        if (random.nextInt(4) == 0) {
            peer.raw("XSETID", "k", "1800000000000-5", "ENTRIESADDED", "1000", "MAXDELETEDID", "1800000000000-1");
        }
    }

    private static String value(SplittableRandom random) {
        return switch (random.nextInt(5)) {
            case 0 -> Integer.toString(random.nextInt(5000) - 2500);
            case 1 -> Long.toString(random.nextLong() >> random.nextInt(64));
            case 2 -> "";
            case 3 -> "long ".repeat(random.nextInt(40));
            default -> "word" + random.nextInt(10);
        };
    }

    private static List<WireReply> entries(RespPeer peer) {
        return WireReply.of(peer.raw("XRANGE", "k", "-", "+")).items();
    }

    private static void deleteSome(SplittableRandom random, RespPeer peer) {
        for (WireReply entry : entries(peer)) {
            if (random.nextInt(12) == 0) {
                peer.raw("XDEL", "k", entry.items().get(0).text().utf8());
            }
        }
    }

    private static void acknowledgeSome(SplittableRandom random, String group, RespPeer peer) {
        for (WireReply entry : entries(peer)) {
            if (random.nextInt(5) == 0) {
                peer.raw("XACK", "k", group, entry.items().get(0).text().utf8());
            }
        }
    }

    // ---- moving them

    private static void move(RespPeer from, RespPeer to) {
        restore(to, WireReply.of(from.raw("DUMP", "k")).text());
    }

    private static void restore(RespPeer to, Bytes payload) {
        byte[] reply = to.raw(Bytes.of("RESTORE"), Bytes.of("restored"), Bytes.of(0), payload, Bytes.of("REPLACE"));
        assertThat(reply).asString().isEqualTo("+OK\r\n");
    }

    /** With the times of delivery and with the number of nodes. */
    private static List<String> content(RespPeer peer, String key) {
        WireReply full = WireReply.of(peer.raw(StreamContent.reading(Bytes.of(key))));
        return StreamContent.of(full, EnumSet.allOf(StreamContent.Detail.class));
    }
}
