package io.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import io.holdfast.testing.RespPeer;
import io.holdfast.testing.TestClock;
import io.holdfast.testing.Transcript;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/** Every transcript says what the engine answers, and what a real redis-server answers: the same file runs against both. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TranscriptTest {
    private static final Path TRANSCRIPTS = Path.of("src/test/resources/transcripts");
    private static final long CLOCK_MS = 1_800_000_000_000L;
    private static final int DIFFERENCES_SHOWN_MAX = 20;

    private final RealRedis redis = RealRedis.start();

    @BeforeAll
    void transcriptsAreFound() {
        assertThat(TRANSCRIPTS).isDirectory();
    }

    @AfterAll
    void stop() {
        redis.close();
    }

    @TestFactory
    Stream<DynamicNode> transcripts() throws IOException {
        List<Path> files;
        try (Stream<Path> found = Files.list(TRANSCRIPTS)) {
            files = found.sorted().toList();
        }
        var nodes = new ArrayList<DynamicNode>();
        for (Path file : files) {
            Transcript transcript = Transcript.read(file);
            nodes.add(dynamicContainer(
                    transcript.name(),
                    Stream.of(
                            dynamicTest(
                                    "the engine answers as " + transcript.name() + " says",
                                    () -> runOnEngine(transcript)),
                            dynamicTest(
                                    "redis-server answers as " + transcript.name() + " says",
                                    () -> runOnRedis(transcript)))));
        }
        return nodes.stream();
    }

    private void runOnEngine(Transcript transcript) {
        try (var client = EngineClient.start(RedisVersion.parse(redis.version()), new TestClock(CLOCK_MS))) {
            run(transcript, client);
        }
    }

    private void runOnRedis(Transcript transcript) {
        redis.cli("FLUSHALL");
        try (RespClient client = redis.connect()) {
            run(transcript, client);
        }
    }

    private static void run(Transcript transcript, RespPeer peer) {
        var differences = new ArrayList<String>();
        RespVersion spoken = RespVersion.RESP2;
        for (Transcript.Exchange exchange : transcript.exchanges()) {
            if (exchange.version() != spoken) {
                spoken = exchange.version();
                peer.speak(spoken);
            }
            byte[] reply = exchange.runOn(peer);
            if (!exchange.accepts(reply)) {
                differences.add(difference(transcript, exchange, reply));
            }
        }
        assertThat(differences.stream().limit(DIFFERENCES_SHOWN_MAX))
                .describedAs("%d differences", differences.size())
                .isEmpty();
    }

    private static String difference(Transcript transcript, Transcript.Exchange exchange, byte[] reply) {
        return "\n" + transcript.name() + ":" + exchange.line() + " " + exchange.command()
                + "\n  expected " + String.join(" ", exchange.reply())
                + "\n  got      " + String.join(" ", Transcript.lines(reply));
    }
}
