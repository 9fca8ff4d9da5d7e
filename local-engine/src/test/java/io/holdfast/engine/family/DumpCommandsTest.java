package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.MemoryJournal;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import io.holdfast.testing.RespPeer;
import io.holdfast.testing.TestClock;
import io.holdfast.testing.WireReply;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Values move to a real redis-server and back, and bytes that are no value do no harm. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DumpCommandsTest {
    private static final long NOW_MS = 1_800_000_000_000L;
    private static final Bytes KEY = Bytes.of("k");
    private static final Bytes RESTORED = Bytes.of("restored");
    private static final int FOOTER = 10;
    private static final int MUTATIONS = 20_000;

    private final RealRedis real = RealRedis.start();
    private final RespClient redis = real.connect();
    private final MemoryJournal journal = new MemoryJournal();
    private final EngineClient engine =
            EngineClient.start(RedisVersion.parse(real.version()), journal, new TestClock(NOW_MS));

    @AfterAll
    void stop() {
        redis.close();
        real.close();
    }

    @Test
    void whatIsDumpedHereIsRestoredThere() {
        for (List<Bytes> command : values()) {
            run(engine, command);
            move(engine, redis);
            assertThat(content(redis, RESTORED)).as(summary(command)).isEqualTo(content(engine, KEY));
        }
    }

    @Test
    void whatIsDumpedThereIsRestoredHere() {
        for (List<Bytes> command : values()) {
            run(redis, command);
            move(redis, engine);
            assertThat(content(engine, RESTORED)).as(summary(command)).isEqualTo(content(redis, KEY));
        }
    }

    /** With sets as listpacks, which 7.0 does not know. */
    @Test
    void whatAStandaloneEngineDumpsItRestores() {
        EngineClient standalone = EngineClient.start(RedisVersion.STANDALONE, new TestClock(NOW_MS));
        for (List<Bytes> command : values()) {
            run(standalone, command);
            move(standalone, standalone);
            assertThat(content(standalone, RESTORED)).as(summary(command)).isEqualTo(content(standalone, KEY));
        }
    }

    /**
     * Each key is kept: a redis-server that packs at an address where it has packed before finds what it left in its table,
     * which it does not clear.
     */
    @Test
    void longStringsArePackedAsByRedis() {
        var random = new SplittableRandom(17);
        try (RealRedis fresh = RealRedis.start();
                RespClient there = fresh.connect()) {
            for (int i = 0; i < 300; i++) {
                Bytes key = Bytes.of("packed" + i);
                Bytes value = repetitive(random, 15 + random.nextInt(i < 200 ? 120 : 20_000));
                Bytes[] command = switch (i % 3) {
                    case 0 -> new Bytes[] {Bytes.of("SET"), key, value};
                    case 1 -> new Bytes[] {Bytes.of("RPUSH"), key, value};
                    // One field: in which order redis-server has several is chance.
                    default -> new Bytes[] {Bytes.of("HSET"), key, Bytes.of("field"), value};
                };
                there.raw(command);
                engine.raw(command);

                byte[] dumped = engine.raw(Bytes.of("DUMP"), key);

                assertThat(dumped).as("%s, seed 17", key).isEqualTo(there.raw(Bytes.of("DUMP"), key));
                Bytes payload = WireReply.of(dumped).text();
                engine.raw(Bytes.of("RESTORE"), RESTORED, Bytes.of(0), payload, Bytes.of("REPLACE"));
                assertThat(content(engine, RESTORED)).isEqualTo(content(engine, key));
            }
        }
    }

    /** Words of few letters, some of them over and over. */
    private static Bytes repetitive(SplittableRandom random, int length) {
        var value = new byte[length];
        int letters = 1 + random.nextInt(random.nextInt(4) == 0 ? 200 : 6);
        for (int at = 0; at < length; ) {
            int run = Math.min(length - at, 1 + random.nextInt(random.nextInt(5) == 0 ? 500 : 12));
            int back = at == 0 ? 0 : random.nextInt(at);
            boolean again = at > 3 && random.nextInt(3) > 0;
            for (int end = at + run; at < end; at++) {
                value[at] = again ? value[back++] : (byte) ('a' + random.nextInt(letters));
            }
        }
        return Bytes.wrap(value);
    }

    @Test
    void theNodesOfAListAreThoseOfRedis() {
        var random = new SplittableRandom(23);
        List<Integer> around = List.of(1, 60, 63, 64, 2_000, 4_080, 4_095, 4_096, 8_170, 8_180, 8_192, 9_000, 70_000);
        try {
            for (String size : List.of("-2", "-1", "-5", "3", "0")) {
                for (RespPeer peer : List.of(engine, redis)) {
                    peer.raw("CONFIG", "SET", "rdbcompression", "no", "list-max-listpack-size", size);
                    peer.raw("DEL", "nodes");
                }
                for (int i = 0; i < 60; i++) {
                    int length = around.get(random.nextInt(around.size())) + random.nextInt(3);
                    var push = new Bytes[] {Bytes.of("RPUSH"), Bytes.of("nodes"), repetitive(random, length)};
                    redis.raw(push);
                    engine.raw(push);
                    assertThat(engine.raw("DUMP", "nodes"))
                            .as("list-max-listpack-size %s, element %d", size, i)
                            .isEqualTo(redis.raw("DUMP", "nodes"));
                }
            }
        } finally {
            for (RespPeer peer : List.of(engine, redis)) {
                peer.raw("CONFIG", "SET", "rdbcompression", "yes", "list-max-listpack-size", "-2");
            }
        }
    }

    @Test
    void librariesAreDumpedAsByRedis() {
        var names = List.of("a", "of_a_middle_length", "long");
        var padding = List.of("", " -- no more than this", " -- over and over".repeat(1_200));
        for (int i = 0; i < names.size(); i++) {
            Bytes code = Bytes.of("#!lua name=" + names.get(i)
                    + "\nredis.register_function('f', function() return 1 end)" + padding.get(i));
            try (RealRedis fresh = RealRedis.start();
                    RespClient there = fresh.connect()) {
                for (String packing : List.of("yes", "no")) {
                    for (RespPeer peer : List.of(engine, there)) {
                        peer.raw("CONFIG", "SET", "rdbcompression", packing);
                        peer.raw(Bytes.of("FUNCTION"), Bytes.of("LOAD"), Bytes.of("REPLACE"), code);
                    }
                    byte[] dumped = engine.raw("FUNCTION", "DUMP");
                    assertThat(dumped).as(names.get(i)).isEqualTo(there.raw("FUNCTION", "DUMP"));
                    Bytes payload = WireReply.of(dumped).text();
                    for (RespPeer peer : List.of(engine, there)) {
                        byte[] restored =
                                peer.raw(Bytes.of("FUNCTION"), Bytes.of("RESTORE"), payload, Bytes.of("REPLACE"));
                        assertThat(restored).asString().isEqualTo("+OK\r\n");
                    }
                }
            } finally {
                engine.raw("CONFIG", "SET", "rdbcompression", "yes");
                engine.raw("FUNCTION", "FLUSH");
            }
        }
    }

    @Test
    void withoutRdbcompressionNothingIsPacked() {
        engine.call("SET", "plain", "a".repeat(1000));
        int packed = ((Reply.Bulk) engine.call("DUMP", "plain")).value().length();
        engine.call("CONFIG", "SET", "rdbcompression", "no");

        assertThat(((Reply.Bulk) engine.call("DUMP", "plain")).value().length()).isGreaterThan(1000);
        assertThat(packed).isLessThan(40);
        engine.call("CONFIG", "SET", "rdbcompression", "yes");
    }

    @Test
    void theValuesOwnCommandsAreJournaledNotItsBytes() {
        engine.call("DEL", "h");
        engine.call("HSET", "h", "f", "v");
        Bytes payload = ((Reply.Bulk) engine.call("DUMP", "h")).value();
        int before = journal.effects().size();
        engine.call(Bytes.of("RESTORE"), RESTORED, Bytes.of(5000), payload, Bytes.of("REPLACE"));
        assertThat(journal.effects().stream().skip(before).map(effect -> effect.command()))
                .containsExactly(
                        List.of(Bytes.of("DEL"), RESTORED),
                        List.of(Bytes.of("HSET"), RESTORED, Bytes.of("f"), Bytes.of("v")),
                        List.of(Bytes.of("PEXPIREAT"), RESTORED, Bytes.of(NOW_MS + 5000)));
    }

    @Test
    void aReaderOfAnOlderFormatIsGivenThat() {
        var old = EngineClient.start(RedisVersion.parse("6.2.14"), new TestClock(NOW_MS));
        old.call("HSET", "h", "f", "v");
        Bytes payload = ((Reply.Bulk) old.call("DUMP", "h")).value();
        assertThat(payload.at(0)).isEqualTo((byte) 4); // a plain hash, no listpack
        assertThat(payload.at(payload.length() - FOOTER)).isEqualTo((byte) 9);
        redis.raw(Bytes.of("RESTORE"), RESTORED, Bytes.of(0), payload, Bytes.of("REPLACE"));
        assertThat(WireReply.of(redis.raw("HGET", "restored", "f")).text()).isEqualTo(Bytes.of("v"));
    }

    @Test
    void ziplistsOfOlderVersionsAreRead() {
        // RPUSH of a, b, 1, 300, -5, 70000, 10000000000 in Redis 6.2: a quicklist (14) of one ziplist.
        Bytes ziplist = hex("0e01" + "29" + "29000000" + "1e000000" + "0700" + "000161" + "030162" + "03f2" + "02c02c01"
                + "04fefb" + "03f0701101" + "05e000e40b5402000000" + "ff");
        assertThat(engine.call(Bytes.of("RESTORE"), RESTORED, Bytes.of(0), sealed(ziplist, 9), Bytes.of("REPLACE")))
                .isEqualTo(Reply.OK);
        assertThat(content(engine, RESTORED)).isEqualTo(content(redis, ziplist, 9));
    }

    @Test
    void mutatedPayloadsAreRefusedOrReadAndNothingElse() {
        var random = new SplittableRandom(3);
        List<Bytes> payloads = new ArrayList<>();
        for (List<Bytes> command : values()) {
            run(redis, command);
            Bytes payload = WireReply.of(redis.raw(Bytes.of("DUMP"), KEY)).text();
            if (payload.length() < 3000) {
                payloads.add(payload);
            }
        }
        redis.raw("XADD", "stream", "5-1", "f", "v", "g", "word");
        redis.raw("XADD", "stream", "5-2", "f", "v", "h", "600");
        redis.raw("XADD", "stream", "6-3", "f", "-7", "g", "word");
        redis.raw("XDEL", "stream", "5-2");
        redis.raw("XGROUP", "CREATE", "stream", "group", "0");
        redis.raw("XREADGROUP", "GROUP", "group", "ann", "COUNT", "1", "STREAMS", "stream", ">");
        redis.raw("XREADGROUP", "GROUP", "group", "bob", "STREAMS", "stream", ">");
        Bytes stream = WireReply.of(redis.raw("DUMP", "stream")).text();
        for (int i = 0; i < 10; i++) {
            payloads.add(stream);
        }
        for (int i = 0; i < MUTATIONS; i++) {
            Bytes payload = payloads.get(random.nextInt(payloads.size()));
            byte[] value = Arrays.copyOf(payload.array(), payload.length() - FOOTER);
            for (int n = random.nextInt(1, 4); n > 0; n--) {
                value[random.nextInt(value.length)] = (byte) random.nextInt(256);
            }
            byte[] cut = random.nextInt(4) == 0 ? Arrays.copyOf(value, random.nextInt(value.length)) : value;
            Reply reply = engine.call(
                    Bytes.of("RESTORE"), RESTORED, Bytes.of(0), sealed(Bytes.wrap(cut), 10), Bytes.of("REPLACE"));
            assertThat(reply instanceof Reply.Failure failure ? failure.text().utf8() : "OK")
                    .as("mutation %d: %s", i, Bytes.wrap(cut))
                    .isIn("OK", "ERR Bad data format");
        }
    }

    @Test
    void aClaimedLengthAllocatesNothing() {
        for (String hostile : new String[] {
            "0081" + "7fffffffffffffff", // a string of so many bytes
            "0081" + "ffffffffffffffff",
            "0080" + "7fffffff",
            "00c3" + "01" + "80" + "7fffffff" + "00", // one that is unpacked to them
            "00c3" + "81ffffffffffffffff" + "01" + "00",
            "0180" + "7fffffff" + "00", // a list of so many elements
            "0280" + "7fffffff" + "00",
            "0480" + "7fffffff" + "0000",
            "0580" + "7fffffff" + "0000",
            "0b0c" + "08000000" + "ffffff1f" + "00000000", // an intset
            "100c" + "0c000000" + "ffff" + "f0ffffff7f" + "ff", // a listpack
            "1200",
            "12810000000000000000",
            "0f80" + "7fffffff" + "0000", // a stream of so many nodes
            "0f010f",
            "0f00000000" + "80" + "7fffffff" + "0000", // of so many groups
            "13000000000000000000" + "0103616263" + "0000" + "00" + "807fffffff" + "0000",
            "07",
            "ff"
        }) {
            assertThat(engine.call(
                            Bytes.of("RESTORE"), RESTORED, Bytes.of(0), sealed(hex(hostile), 10), Bytes.of("REPLACE")))
                    .as(hostile)
                    .isEqualTo(new Reply.Failure(Bytes.of("ERR Bad data format")));
        }
    }

    // ---- values of all kinds and sizes

    private static List<List<Bytes>> values() {
        var random = new SplittableRandom(7);
        List<List<Bytes>> commands = new ArrayList<>();
        for (String text : List.of(
                "",
                "a",
                "5",
                "-1",
                "127",
                "128",
                "-32769",
                "2147483648",
                "-9223372036854775808",
                "01",
                "ab".repeat(10),
                "ab".repeat(40),
                "x".repeat(20_000))) {
            commands.add(command("SET", text));
        }
        commands.add(List.of(Bytes.of("SET"), KEY, noise(random, 300)));
        for (int size : new int[] {1, 3, 128, 129, 600, 5000}) {
            List<Bytes> numbers = command("SADD");
            List<Bytes> longs = command("SADD");
            List<Bytes> names = command("SADD");
            List<Bytes> elements = command("RPUSH");
            List<Bytes> fields = command("HSET");
            List<Bytes> scored = command("ZADD");
            for (int i = 0; i < size; i++) {
                numbers.add(Bytes.of(i - 3));
                longs.add(Bytes.of((long) i * Integer.MAX_VALUE));
                names.add(Bytes.of("name:" + i));
                elements.add(element(random));
                fields.addAll(List.of(Bytes.of("field:" + i), element(random)));
                String score = i % 7 == 0 ? "-inf" : i % 5 == 0 ? "inf" : Double.toString(random.nextInt(9) * 0.3);
                scored.addAll(List.of(Bytes.of(score), Bytes.of("member:" + i)));
            }
            commands.addAll(List.of(numbers, longs, names, elements, fields, scored));
        }
        for (int length : new int[] {63, 64, 65, 4095, 4096, 16_378, 16_380, 70_000}) {
            commands.add(command("RPUSH", "a", "x".repeat(length), "b"));
            commands.add(command("HSET", "f", "y".repeat(length)));
        }
        return commands;
    }

    private static Bytes element(SplittableRandom random) {
        return switch (random.nextInt(6)) {
            case 0 -> Bytes.of(random.nextInt(200) - 50);
            case 1 -> Bytes.of(random.nextLong() >> random.nextInt(64));
            case 2 -> Bytes.EMPTY;
            case 3 -> noise(random, random.nextInt(80));
            default -> Bytes.of("word".repeat(random.nextInt(12)));
        };
    }

    private static Bytes noise(SplittableRandom random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return Bytes.wrap(bytes);
    }

    private static List<Bytes> command(String name, String... arguments) {
        List<Bytes> command = new ArrayList<>(List.of(Bytes.of(name), KEY));
        for (String argument : arguments) {
            command.add(Bytes.of(argument));
        }
        return command;
    }

    // ---- moving them

    private static void run(RespPeer peer, List<Bytes> command) {
        peer.raw(Bytes.of("DEL"), KEY);
        assertThat(WireReply.of(peer.raw(command.toArray(Bytes[]::new))).isError())
                .isFalse();
    }

    private static void move(RespPeer from, RespPeer to) {
        Bytes payload = WireReply.of(from.raw(Bytes.of("DUMP"), KEY)).text();
        byte[] reply = to.raw(Bytes.of("RESTORE"), RESTORED, Bytes.of(0), payload, Bytes.of("REPLACE"));
        assertThat(new String(reply, StandardCharsets.ISO_8859_1)).isEqualTo("+OK\r\n");
    }

    /** Its encoding and, in one order, its elements. */
    private static String content(RespPeer peer, Bytes key) {
        String type = WireReply.of(peer.raw(Bytes.of("TYPE"), key)).text().utf8();
        String read = switch (type) {
            case "string" -> "GET";
            case "list" -> "LRANGE";
            case "set" -> "SMEMBERS";
            case "hash" -> "HGETALL";
            default -> "ZRANGE";
        };
        Bytes[] command = switch (type) {
            case "list" -> new Bytes[] {Bytes.of(read), key, Bytes.of(0), Bytes.of(-1)};
            case "zset" -> new Bytes[] {Bytes.of(read), key, Bytes.of(0), Bytes.of(-1), Bytes.of("WITHSCORES")};
            default -> new Bytes[] {Bytes.of(read), key};
        };
        WireReply value = WireReply.of(peer.raw(command));
        String encoding = WireReply.of(peer.raw(Bytes.of("OBJECT"), Bytes.of("ENCODING"), key))
                .text()
                .utf8();
        boolean ordered = type.equals("list") || type.equals("zset") || type.equals("string");
        return type + " " + encoding + " " + (ordered ? value : value.anyOrder());
    }

    /** What the real server makes of the same payload. */
    private static String content(RespClient redis, Bytes payload, int rdbVersion) {
        redis.raw(Bytes.of("RESTORE"), RESTORED, Bytes.of(0), sealed(payload, rdbVersion), Bytes.of("REPLACE"));
        return content(redis, RESTORED);
    }

    private static String summary(List<Bytes> command) {
        String text = command.toString();
        return command.size() + " arguments: " + text.substring(0, Math.min(200, text.length()));
    }

    // ---- payloads by hand

    private static Bytes hex(String digits) {
        byte[] bytes = new byte[digits.length() / 2];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Integer.parseInt(digits, 2 * i, 2 * i + 2, 16);
        }
        return Bytes.wrap(bytes);
    }

    /** With a version and a checksum, bit by bit. */
    private static Bytes sealed(Bytes value, int rdbVersion) {
        byte[] bytes = Arrays.copyOf(value.array(), value.length() + FOOTER);
        bytes[value.length()] = (byte) rdbVersion;
        long crc = 0;
        for (int i = 0; i < bytes.length - Long.BYTES; i++) {
            crc ^= bytes[i] & 0xff;
            for (int bit = 0; bit < Byte.SIZE; bit++) {
                crc = (crc >>> 1) ^ ((crc & 1) == 0 ? 0 : 0x95ac9329ac4bc9b5L);
            }
        }
        for (int i = 0; i < Long.BYTES; i++) {
            bytes[bytes.length - Long.BYTES + i] = (byte) (crc >>> (Byte.SIZE * i));
        }
        return Bytes.wrap(bytes);
    }
}
