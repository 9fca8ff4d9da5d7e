package io.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.testing.Conversation;
import io.holdfast.testing.EngineParty;
import io.holdfast.testing.Party;
import io.holdfast.testing.RealParty;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.Transcript;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/** As {@link TranscriptTest}, with several connections: who waits, who is served first, who hears of what. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConversationTest {
    private static final Path CONVERSATIONS = Path.of("src/test/resources/conversations");

    /** The id of a connection, in a reply. */
    private static final Pattern ID = Pattern.compile("\\{([a-z])}");

    private final RealRedis redis = RealRedis.start();

    @AfterAll
    void stop() {
        redis.close();
    }

    @TestFactory
    Stream<DynamicNode> conversations() throws IOException {
        List<Path> files;
        try (Stream<Path> found = Files.list(CONVERSATIONS)) {
            files = found.sorted().toList();
        }
        var nodes = new ArrayList<DynamicNode>();
        for (Path file : files) {
            Conversation conversation = Conversation.read(file);
            nodes.add(dynamicContainer(
                    conversation.name(),
                    Stream.of(
                            dynamicTest("the engine takes part as " + conversation.name() + " says", () -> {
                                try (Party party = new EngineParty(RedisVersion.parse(redis.version()))) {
                                    run(conversation, party);
                                }
                            }),
                            dynamicTest("redis-server takes part as " + conversation.name() + " says", () -> {
                                redis.cli("FLUSHALL");
                                try (Party party = new RealParty(redis)) {
                                    run(conversation, party);
                                }
                            }))));
        }
        return nodes.stream();
    }

    private static void run(Conversation conversation, Party party) {
        for (Conversation.Line line : conversation.lines()) {
            String where = conversation.name() + ":" + line.number();
            if (line instanceof Conversation.Says says) {
                party.says(says.who(), says.command());
            } else if (line instanceof Conversation.Hears hears) {
                assertThat(heard(hears, party, where)).describedAs(where).isEqualTo(expected(hears, party));
            } else if (line instanceof Conversation.Waits waits) {
                assertThat(party.waits(waits.who())).describedAs(where).isTrue();
            } else if (line instanceof Conversation.HearsNothing nothing) {
                assertThat(party.hearsNothing(nothing.who())).describedAs(where).isTrue();
            } else if (line instanceof Conversation.SpeaksResp3 speaks) {
                party.speaksResp3(speaks.who());
            } else if (line instanceof Conversation.IsClosed closed) {
                assertThat(party.isClosed(closed.who())).describedAs(where).isTrue();
            } else {
                party.timePasses();
            }
        }
    }

    private static List<String> expected(Conversation.Hears hears, Party party) {
        return hears.reply().stream()
                .map(line -> ID.matcher(line)
                        .replaceAll(id -> Long.toString(party.id(id.group(1).charAt(0)))))
                .toList();
    }

    private static List<String> heard(Conversation.Hears hears, Party party, String where) {
        List<String> heard = new ArrayList<>();
        try {
            while (heard.size() < hears.reply().size()) {
                heard.addAll(Transcript.lines(party.hears(hears.who())));
            }
        } catch (IllegalStateException | UncheckedIOException e) {
            throw new AssertionError(where + ": nothing to hear beyond " + heard, e);
        }
        return heard;
    }
}
