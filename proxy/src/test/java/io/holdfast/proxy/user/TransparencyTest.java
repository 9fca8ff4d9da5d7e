package io.holdfast.proxy.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.holdfast.proxy.user.Scene.Mode;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.RequestDecoder;
import io.holdfast.resp.RequestEncoder;
import io.holdfast.resp.RespLimits;
import io.holdfast.resp.RespProtocolException;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import io.holdfast.testing.Transcript;
import io.holdfast.testing.WireReply;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Online, a client of Holdfast gets the bytes that a client of the upstream gets (promise P2). */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TransparencyTest {
    private static final Path TRANSCRIPTS = Path.of("../local-engine/src/test/resources/transcripts");
    private static final int DIFFERENCES_SHOWN_MAX = 20;

    /** Where a difference is meant, and why. */
    private enum Meant {
        /** HELLO tells of the connection to Holdfast, which has an id of its own. */
        CONNECTION_OF_OUR_OWN {
            @Override
            boolean covers(String command, String direct, String through) {
                return command.startsWith("HELLO");
            }
        },
        /** MULTI is queued here, so what only the upstream could know is refused at EXEC, with the same EXECABORT. */
        REFUSED_AT_EXEC {
            @Override
            boolean covers(String command, String direct, String through) {
                return through.equals("+QUEUED\r\n")
                        && Stream.of("-ERR unknown command", "-OOM ", "-NOREPLICAS ")
                                .anyMatch(direct::startsWith);
            }
        },
        /** What subscribes is not passed on in transactions, whose link others use too (docs/differences.md). */
        NO_SUBSCRIPTION_IN_MULTI {
            @Override
            boolean covers(String command, String direct, String through) {
                return (direct.equals("+QUEUED\r\n")
                                && through.endsWith(" is not passed on in transactions by Holdfast\r\n"))
                        || (command.equals("EXEC")
                                && direct.contains("subscribe\r\n")
                                && through.startsWith("-EXECABORT "));
            }
        },
        /** A watch does not move with SELECT to another link: EXEC may always answer nil. */
        SPURIOUS_ABORT {
            @Override
            boolean covers(String command, String direct, String through) {
                return command.equals("EXEC") && (through.equals("*-1\r\n") || through.equals("_\r\n"));
            }
        };

        abstract boolean covers(String command, String direct, String through);
    }

    private final RealRedis direct = RealRedis.start();
    private final Scene scene;

    TransparencyTest(@TempDir Path directory) throws Exception {
        assertThat(TRANSCRIPTS).isDirectory();
        scene = Scene.of(Mode.ONLINE, directory);
    }

    @AfterAll
    void stop() {
        scene.close();
        direct.close();
    }

    // ---- transcripts

    @TestFactory
    Stream<DynamicTest> everyTranscriptIsAnsweredByteForByte() throws IOException {
        List<Path> files;
        try (Stream<Path> found = Files.list(TRANSCRIPTS)) {
            files = found.sorted().toList();
        }
        var tests = new ArrayList<DynamicTest>();
        for (Path file : files) {
            if (file.endsWith("acl.txt")) {
                continue; // who may do what here is Holdfast's own affair, in every phase: AccessTest
            }
            Transcript transcript = Transcript.read(file);
            tests.add(dynamicTest(transcript.name() + " as it is written", () -> compare(transcript, false)));
            // What a RESP3 subscriber may do, a RESP2 one may not: other frames come than the file asks for.
            if (!transcript.name().equals("pubsub.txt")) {
                tests.add(dynamicTest(transcript.name() + " in RESP3", () -> compare(transcript, true)));
            }
        }
        return tests.stream();
    }

    private void compare(Transcript transcript, boolean resp3) {
        direct.cli("FLUSHALL");
        scene.upstream().cli("FLUSHALL");
        var differences = new ArrayList<String>();
        try (RespClient straight = direct.connect();
                RespClient through = RespClient.connect(scene.port())) {
            RespVersion spoken = RespVersion.RESP2;
            for (Transcript.Exchange exchange : transcript.exchanges()) {
                RespVersion wanted = resp3 ? RespVersion.RESP3 : exchange.version();
                if (wanted != spoken) {
                    spoken = wanted;
                    straight.speak(spoken);
                    through.speak(spoken);
                }
                byte[] expected = exchange.runOn(straight);
                byte[] got = exchange.runOn(through);
                if (same(exchange, expected, got) || isMeant(exchange, expected, got)) {
                    continue;
                }
                differences.add("\n" + transcript.name() + ":" + exchange.line() + " " + exchange.command()
                        + "\n  direct  " + String.join(" ", Transcript.lines(expected))
                        + "\n  through " + String.join(" ", Transcript.lines(got)));
            }
        }
        assertThat(differences.stream().limit(DIFFERENCES_SHOWN_MAX))
                .describedAs("%d differences", differences.size())
                .isEmpty();
    }

    private static boolean same(Transcript.Exchange exchange, byte[] expected, byte[] got) {
        if (Arrays.equals(expected, got)) {
            return true;
        }
        List<WireReply> expectedFrames = WireReply.all(expected);
        List<WireReply> gotFrames = WireReply.all(got);
        if (expectedFrames.size() > 1) {
            // A channel's message comes over a link of its own: it may come before the reply or after it.
            return expectedFrames.size() == gotFrames.size() && gotFrames.containsAll(expectedFrames);
        }
        return exchange.anyOrder()
                && expectedFrames.get(0).anyOrder().equals(gotFrames.get(0).anyOrder());
    }

    private static boolean isMeant(Transcript.Exchange exchange, byte[] expected, byte[] got) {
        String command = exchange.command().get(0).toString().toUpperCase(Locale.ROOT);
        String direct = new String(expected, StandardCharsets.ISO_8859_1);
        String through = new String(got, StandardCharsets.ISO_8859_1);
        return Arrays.stream(Meant.values()).anyMatch(meant -> meant.covers(command, direct, through));
    }

    // ---- what no transcript holds

    @Test
    void unknownCommandsAndErrorsAreTheUpstreams() {
        sameBytes(
                "*2\r\n$5\r\nbogus\r\n$1\r\na\r\n" // nobody knows it
                        + "*1\r\n$3\r\nGET\r\n" // too few
                        + "*2\r\n$6\r\nCLIENT\r\n$5\r\nbogus\r\n"
                        + "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"
                        + "*3\r\n$5\r\nLPUSH\r\n$1\r\nk\r\n$1\r\nv\r\n" // wrong type
                        + "*3\r\n$5\r\nSETEX\r\n$1\r\nk\r\n$1\r\nv\r\n"
                        + "*4\r\n$4\r\nXADD\r\n$1\r\nx\r\n$3\r\n0-1\r\n$1\r\nf\r\n" // odd fields
                        + "*5\r\n$4\r\nXADD\r\n$1\r\nx\r\n$3\r\n0-1\r\n$1\r\nf\r\n$1\r\nv\r\n" // a stream
                        + "*4\r\n$6\r\nXRANGE\r\n$1\r\nx\r\n$1\r\n-\r\n$1\r\n+\r\n"
                        + "*3\r\n$4\r\nEVAL\r\n$10\r\nreturn {1}\r\n$1\r\n0\r\n"
                        + "*4\r\n$6\r\nSETBIT\r\n$1\r\nb\r\n$1\r\n7\r\n$1\r\n1\r\n"
                        + "*3\r\n$5\r\nPFADD\r\n$1\r\nh\r\n$1\r\na\r\n",
                12);
    }

    @Test
    void inlineCommandsAreUnderstood() {
        sameBytes("SET inline \"two words\"\r\nGET inline\nget 'inline'\r\n\r\nPING\r\nEXISTS inline nosuch\r\n", 5);
    }

    @Test
    void binaryKeysAndEmptyArgumentsPass() {
        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) i;
        }
        Bytes key = Bytes.wrap(all);
        ByteBuf requests = Unpooled.buffer();
        RequestEncoder.encode(requests, new Bytes[] {Bytes.of("SET"), key, Bytes.EMPTY});
        RequestEncoder.encode(requests, new Bytes[] {Bytes.of("GET"), key});
        RequestEncoder.encode(requests, new Bytes[] {Bytes.of("SET"), Bytes.EMPTY, key});
        RequestEncoder.encode(requests, new Bytes[] {Bytes.of("GET"), Bytes.EMPTY});
        RequestEncoder.encode(requests, new Bytes[] {Bytes.of("HSET"), Bytes.of("h"), Bytes.EMPTY, Bytes.EMPTY});
        RequestEncoder.encode(requests, new Bytes[] {Bytes.of("HGETALL"), Bytes.of("h")});
        RequestEncoder.encode(requests, new Bytes[] {Bytes.EMPTY, key});
        sameBytes(requests.toString(StandardCharsets.ISO_8859_1), 7);
    }

    @Test
    void aValueOfTenMegabytesPassesBothWays() {
        byte[] big = new byte[10 * 1024 * 1024];
        var random = new SplittableRandom(10);
        for (int i = 0; i < big.length; i++) {
            big[i] = (byte) random.nextInt();
        }
        ByteBuf requests = Unpooled.buffer();
        RequestEncoder.encode(requests, new Bytes[] {Bytes.of("SET"), Bytes.of("big"), Bytes.wrap(big)});
        RequestEncoder.encode(requests, new Bytes[] {Bytes.of("GET"), Bytes.of("big")});
        RequestEncoder.encode(requests, new Bytes[] {Bytes.of("STRLEN"), Bytes.of("big")});
        sameBytes(requests.toString(StandardCharsets.ISO_8859_1), 3);
    }

    @Test
    void aPipelineOfTenThousandIsAnsweredInOrder() {
        var requests = new StringBuilder();
        for (int i = 0; i < 10_000; i++) {
            requests.append(i % 3 == 0 ? "INCR n\r\n" : i % 3 == 1 ? "RPUSH l " + i + "\r\n" : "LRANGE l -3 -1\r\n");
        }
        sameBytes(requests.toString(), 10_000);
    }

    @Test
    @SuppressWarnings("StringConcatToTextBlock") // these are bytes of the wire
    void aPipelineMayBeCutAtAnyByte() {
        @SuppressWarnings("StringConcatToTextBlock") // its lines do not end as those of the wire
        String requests = "*3\r\n$3\r\nSET\r\n$3\r\ncut\r\n$4\r\na\r\nb\r\n"
                + "GET cut\r\n*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nINCR\r\n$1\r\ni\r\n*1\r\n$5\r\nMULTI\r\n"
                + "*2\r\n$3\r\nGET\r\n$3\r\ncut\r\n*1\r\n$4\r\nEXEC\r\n";
        int replies = 7;
        for (int cut = 1; cut < requests.length(); cut++) {
            direct.cli("FLUSHALL");
            scene.upstream().cli("FLUSHALL");
            try (RespClient straight = direct.connect();
                    RespClient through = RespClient.connect(scene.port())) {
                straight.sendText(requests);
                through.sendText(requests.substring(0, cut));
                // A reply that is due already proves that the first part has arrived alone.
                List<byte[]> got = new ArrayList<>();
                int due = due(requests.substring(0, cut));
                while (got.size() < due) {
                    got.add(through.readRaw());
                }
                through.sendText(requests.substring(cut));
                while (got.size() < replies) {
                    got.add(through.readRaw());
                }
                for (byte[] reply : got) {
                    assertThat(reply).describedAs("cut at %d", cut).isEqualTo(straight.readRaw());
                }
            }
        }
    }

    @Test
    void aSubscriberThatChangesItsProtocolGetsMessagesInIt() {
        try (RespClient subscriber = RespClient.connect(scene.port());
                RespClient publisher = scene.upstream().connect()) {
            subscriber.speak(RespVersion.RESP3);
            subscriber.call("SUBSCRIBE", "news");
            subscriber.call("HELLO", "2");
            awaitSubscribers(publisher, "news", 1);

            publisher.call("PUBLISH", "news", "hello");

            assertThat(Transcript.lines(subscriber.readRaw()))
                    .containsExactly("*3", "$7", "message", "$4", "news", "$5", "hello");
        }
    }

    @Test
    void resetEndsSubscriptionsUpstreamToo() {
        try (RespClient subscriber = RespClient.connect(scene.port());
                RespClient publisher = scene.upstream().connect()) {
            subscriber.call("SUBSCRIBE", "old news");
            awaitSubscribers(publisher, "old news", 1);

            subscriber.call("RESET");

            awaitSubscribers(publisher, "old news", 0);
            assertThat(Transcript.lines(subscriber.raw("PING"))).containsExactly("+PONG");
        }
    }

    @Test
    void wholeInfoIsTheUpstreamsWithOurSectionAtItsEnd() {
        for (RespVersion version : RespVersion.values()) {
            for (String[] asked :
                    new String[][] {{"INFO"}, {"INFO", "ALL"}, {"INFO", "everything"}, {"info", "default"}}) {
                try (RespClient client = RespClient.connect(scene.port())) {
                    client.speak(version);
                    List<String> lines = Transcript.lines(client.raw(asked));
                    assertThat(lines.get(0)).startsWith(version == RespVersion.RESP2 ? "$" : "=");
                    assertThat(lines)
                            .contains("tcp_port:" + scene.upstream().port(), "mode:online")
                            .containsSubsequence("# Clients", "# Keyspace", "", "# Holdfast");
                    assertThat(Transcript.lines(client.raw("PING"))).containsExactly("+PONG");
                }
            }
        }
    }

    @Test
    void aSectionOfInfoIsTheUpstreamsAlone() {
        try (RespClient client = RespClient.connect(scene.port())) {
            assertThat(Transcript.lines(client.raw("INFO", "server")))
                    .contains("tcp_port:" + scene.upstream().port())
                    .doesNotContain("# Holdfast");
        }
    }

    /** Another database is another link: what is under way on the one before is waited for, not given up. */
    @Test
    @SuppressWarnings("StringConcatToTextBlock") // these are bytes of the wire
    void aClientThatChangesItsDatabaseBehindWhatItHasAskedLosesNothing() {
        sameBytes(
                "SET k 1\r\nWATCH k\r\nINCR k\r\nSELECT 1\r\nINCR k\r\nGET k\r\n"
                        + "RPUSH q a\r\nBLPOP q 1\r\nSELECT 0\r\nINCR k\r\nGET k\r\n",
                11);
    }

    @Test
    void aWatchThatCouldNotMoveAlongIsNotForgotten() {
        try (RespClient client = RespClient.connect(scene.port());
                RespClient other = scene.upstream().connect()) {
            client.call("WATCH", "watched");
            other.call("SET", "watched", "by another");
            client.call("SELECT", "1");
            client.call("MULTI");
            client.call("SET", "written", "x");

            assertThat(Transcript.lines(client.raw("EXEC"))).containsExactly("*-1");
        }
    }

    @Test
    void whatIsRefusedEndsNoWatch() {
        for (String refused : List.of("EXEC", "DISCARD", "UNWATCH now")) {
            try (RespClient client = RespClient.connect(scene.port());
                    RespClient other = scene.upstream().connect()) {
                client.call("WATCH", "watched");
                other.call("SET", "watched", "by another");
                assertThat(Transcript.lines(client.raw(refused.split(" ", -1))).get(0))
                        .startsWith("-ERR");
                client.call("MULTI");
                client.call("SET", "written", "x");

                assertThat(Transcript.lines(client.raw("EXEC")))
                        .describedAs(refused)
                        .containsExactly("*-1");
            }
        }
    }

    private static void awaitSubscribers(RespClient server, String channel, int wanted) {
        await().until(() ->
                Transcript.lines(server.raw("PUBSUB", "NUMSUB", channel)).get(3).equals(":" + wanted));
    }

    /** How many whole requests there are. */
    private static int due(String requests) {
        var decoder = new RequestDecoder(RespLimits.DEFAULT);
        ByteBuf bytes = Unpooled.copiedBuffer(requests, StandardCharsets.ISO_8859_1);
        int whole = 0;
        try {
            for (var frame = decoder.decode(bytes); frame != null; frame = decoder.decode(bytes)) {
                frame.release();
                whole++;
            }
        } catch (RespProtocolException e) {
            throw new IllegalStateException(e);
        }
        return whole;
    }

    @Test
    void whatIsNoRequestIsAnsweredAndCutOffAsRedisDoes() {
        for (String bad : List.of(
                "*1\r\n$x\r\n", "*a\r\n", "*1\r\n:1\r\n", "*1\r\n$-5\r\n", "*3000000000\r\n", "GET \"open\r\n")) {
            try (RespClient straight = direct.connect();
                    RespClient through = RespClient.connect(scene.port())) {
                straight.sendText("PING\r\n" + bad);
                through.sendText("PING\r\n" + bad);
                for (int i = 0; i < 2; i++) {
                    assertThat(through.readRaw()).describedAs(bad).isEqualTo(straight.readRaw());
                }
                assertThat(through.isClosedByServer()).isTrue();
            }
        }
    }

    /** Sends the requests in one piece, in both protocols. */
    private void sameBytes(String requests, int replies) {
        for (RespVersion version : RespVersion.values()) {
            direct.cli("FLUSHALL");
            scene.upstream().cli("FLUSHALL");
            try (RespClient straight = direct.connect();
                    RespClient through = RespClient.connect(scene.port())) {
                straight.speak(version);
                through.speak(version);
                straight.sendText(requests);
                through.sendText(requests);
                for (int i = 0; i < replies; i++) {
                    byte[] expected = straight.readRaw();
                    byte[] got = through.readRaw();
                    if (!Arrays.equals(expected, got)) {
                        assertThat(Transcript.lines(got))
                                .describedAs("reply %d in %s", i + 1, version)
                                .isEqualTo(Transcript.lines(expected));
                    }
                    assertThat(Arrays.equals(got, expected)).isTrue();
                }
            }
        }
    }
}
