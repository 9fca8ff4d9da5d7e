package io.holdfast.resp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Seeded random runs: each failure names the seed that repeats it. */
class CodecRandomTest {
    private static final RespLimits LIMITS = RespLimits.DEFAULT;
    private static final RespLimits TIGHT = new RespLimits(64, 8, 32, 256, 5);
    private static final int RUNS = 2000;
    /** Between the first seeds of two soaks: more than one of them gets through. */
    private static final long SEEDS_APART = 1_000_000_000L;

    /** Pieces of RESP, so that garbage gets past the first byte. */
    private static final String[] PIECES = {
        "*",
        "$",
        ":",
        "+",
        "-",
        "_",
        "#",
        ",",
        "(",
        "!",
        "=",
        "%",
        "~",
        ">",
        "|",
        ";",
        ".",
        "?",
        "\r\n",
        "\r\n",
        "\r\n",
        "\r\n",
        "\r\n",
        "\r",
        "\n",
        "0",
        "1",
        "2",
        "3",
        "9",
        "-1",
        "4096",
        "*1\r\n",
        "*2\r\n",
        "$1\r\n",
        "$3\r\nGET\r\n",
        "$1\r\nk\r\n",
        ":1\r\n",
        "+OK\r\n",
        ".\r\n",
        ";1\r\na\r\n",
        ";0\r\n",
        "$?\r\n",
        "*?\r\n",
        "%?\r\n",
        "|1\r\n",
        " ",
        "\"",
        "'",
        "\\",
        "x41",
        "PING",
        "a",
        "\0",
        "\u00ff",
    };

    @Test
    void garbageEndsAlikeHoweverItIsCutAndLeaksNothing() {
        for (long seed = 0; seed < RUNS; seed++) {
            garbage(seed);
        }
    }

    private static void garbage(long seed) {
        var random = new SplittableRandom(seed);
        var text = garbage(random);
        var limits = random.nextBoolean() ? LIMITS : TIGHT;
        assertSame(seed, text, () -> Wire.requests(limits), random);
        assertSame(seed, text, () -> Wire.replies(limits), random);
    }

    @Test
    void whatTheParserReadsEndsWhereItsFrameEnds() {
        int read = 0;
        for (long seed = 0; seed < 5 * RUNS; seed++) {
            read += parsed(seed);
        }
        assertThat(read).isPositive();
    }

    private static int parsed(long seed) {
        var parser = new ReplyParser(TIGHT);
        int read = 0;
        for (var frame : Wire.feed(garbage(new SplittableRandom(seed)), Wire.replies(TIGHT))
                .frames()) {
            var in = Unpooled.copiedBuffer(frame.substring(2), StandardCharsets.ISO_8859_1);
            try {
                parser.parse(in);
                read++;
                assertThat(in.isReadable()).as("seed %d", seed).isFalse();
            } catch (RespProtocolException e) {
                assertThat(e.getMessage()).as("seed %d", seed).isNotEqualTo("reply cut short");
            }
        }
        return read;
    }

    @Test
    void requestsSurviveEncodingAndAnyCuts() {
        for (long seed = 0; seed < RUNS; seed++) {
            requests(seed);
        }
    }

    private static void requests(long seed) {
        var random = new SplittableRandom(seed);
        var wire = Unpooled.buffer();
        var expected = new ArrayList<String>();
        for (int i = 0; i < 4; i++) {
            var command = command(random);
            RequestEncoder.encode(wire, command);
            var text = new StringBuilder();
            command.forEach(argument -> text.append('[').append(argument).append(']'));
            expected.add(text.toString());
        }
        var text = Wire.text(wire);

        assertThat(Wire.feed(text, Wire.requests(LIMITS), cuts(random, text)))
                .as("seed %d", seed)
                .isEqualTo(new Wire.Outcome(expected, null));
    }

    @Test
    void repliesSurviveEncodingAnyCutsAndParsingInBothVersions() throws RespProtocolException {
        for (long seed = 0; seed < RUNS; seed++) {
            replies(seed);
        }
    }

    private static void replies(long seed) throws RespProtocolException {
        var parser = new ReplyParser(LIMITS);
        var random = new SplittableRandom(seed);
        var reply = new RandomReplies(random).next();
        for (var version : RespVersion.values()) {
            var wire = Unpooled.buffer();
            ReplyEncoder.encode(reply, version, wire);
            var text = Wire.text(wire);

            assertThat(ReplySize.atMost(reply)).as("seed %d", seed).isGreaterThanOrEqualTo(text.length());
            assertThat(Wire.feed(text, Wire.replies(LIMITS), cuts(random, text)))
                    .as("seed %d %s", seed, version)
                    .isEqualTo(new Wire.Outcome(List.of(text.charAt(0) + " " + text), null));
            assertThat(parser.parse(wire))
                    .as("seed %d %s", seed, version)
                    .isEqualTo(version == RespVersion.RESP3 ? reply : RandomReplies.inResp2(reply));
            assertThat(wire.isReadable()).isFalse();
        }
    }

    /** {@code mvn verify -Psoak -Dsoak.minutes=60 -Dsoak.seed=7}: both directions, one seed after another. */
    @Test
    @Tag("soak")
    void bothDirectionsHoldForAsLongAsAsked() throws RespProtocolException {
        Duration length = Duration.ofMinutes(Long.getLong("soak.minutes", 1));
        long seed = Long.getLong("soak.seed", 1) * SEEDS_APART;
        long started = System.nanoTime();
        long parsed = 0;
        while (System.nanoTime() - started < length.toNanos()) {
            garbage(seed);
            requests(seed);
            replies(seed);
            parsed += parsed(seed);
            seed++;
        }
        assertThat(parsed).isPositive();
    }

    private static void assertSame(long seed, String text, Supplier<Wire.Step> decoder, SplittableRandom random) {
        var whole = Wire.feed(text, decoder.get());
        assertThat(Wire.feed(text, decoder.get(), Wire.everywhere(text)))
                .as("seed %d", seed)
                .isEqualTo(whole);
        assertThat(Wire.feed(text, decoder.get(), cuts(random, text)))
                .as("seed %d", seed)
                .isEqualTo(whole);
    }

    private static String garbage(SplittableRandom random) {
        var text = new StringBuilder();
        for (int i = random.nextInt(30); i >= 0; i--) {
            text.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return text.toString();
    }

    private static List<Bytes> command(SplittableRandom random) {
        var command = new ArrayList<Bytes>();
        for (int i = random.nextInt(random.nextInt(10) == 0 ? 100 : 4); i >= 0; i--) {
            var argument = new byte[random.nextInt(random.nextInt(10) == 0 ? 2000 : 12)];
            random.nextBytes(argument);
            command.add(Bytes.wrap(argument));
        }
        return command;
    }

    private static int[] cuts(SplittableRandom random, String text) {
        var cuts = new int[random.nextInt(8)];
        for (int i = 0; i < cuts.length; i++) {
            cuts[i] = random.nextInt(text.length() + 1);
        }
        Arrays.sort(cuts);
        return cuts;
    }
}
