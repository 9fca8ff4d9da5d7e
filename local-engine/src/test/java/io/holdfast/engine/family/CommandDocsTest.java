package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.CommandSpec;
import io.holdfast.engine.command.CommandTable;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import io.holdfast.testing.RespPeer;
import io.holdfast.testing.TestClock;
import io.holdfast.testing.WireReply;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * COMMAND DOCS tells tools what may stand behind a command's name: the syntax is what a real redis-server says. The words
 * that explain it are our own.
 */
class CommandDocsTest {
    private static final List<String> FACTS = List.of("since", "group", "doc_flags", "deprecated_since", "arguments");
    private static final TestClock CLOCK = new TestClock(1_800_000_000_000L);

    @Test
    void everySyntaxIsThatOfTheRealServer() {
        var ours = new TreeMap<String, String>();
        var theirs = new TreeMap<String, String>();
        try (RealRedis redis = RealRedis.start();
                RespClient real = redis.connect();
                EngineClient engine = EngineClient.start(RedisVersion.parse(redis.version()), CLOCK)) {
            for (CommandSpec spec : CommandTable.of(Families.all()).all()) {
                collect(engine, spec.fullName(), ours);
                collect(real, spec.fullName(), theirs);
            }
        }
        ours.keySet().retainAll(theirs.keySet());
        theirs.keySet().retainAll(ours.keySet());
        assertThat(ours).hasSizeGreaterThan(300).containsExactlyEntriesOf(theirs);
    }

    @Test
    void everyCommandIsExplained() {
        try (EngineClient engine = EngineClient.start(RedisVersion.STANDALONE, CLOCK)) {
            Map<String, WireReply> docs = map(WireReply.of(engine.raw("COMMAND", "DOCS")));

            assertThat(docs).hasSizeGreaterThan(200);
            docs.forEach((name, fields) ->
                    assertThat(summary(fields)).describedAs(name).isNotBlank());
        }
    }

    @Test
    void whatCameLaterIsToldWithItsVersion() {
        try (EngineClient old = EngineClient.start(RedisVersion.parse("7.0.15"), CLOCK);
                EngineClient engine = EngineClient.start(RedisVersion.STANDALONE, CLOCK)) {
            String seven = new String(engine.raw("COMMAND", "DOCS", "zrank"), StandardCharsets.UTF_8);

            assertThat(seven).contains("WITHSCORE", "7.2.0", "display_text");
            assertThat(new String(old.raw("COMMAND", "DOCS", "zrank"), StandardCharsets.UTF_8))
                    .contains("member")
                    .doesNotContain("WITHSCORE", "history", "display_text");
        }
    }

    private static String summary(WireReply fields) {
        return Objects.requireNonNull(map(fields).get("summary")).body().utf8();
    }

    private static void collect(RespPeer peer, String name, Map<String, String> facts) {
        map(WireReply.of(peer.raw("COMMAND", "DOCS", name))).forEach((command, docs) -> collect(command, docs, facts));
    }

    private static void collect(String command, WireReply docs, Map<String, String> facts) {
        Map<String, WireReply> fields = map(docs);
        var text = new StringBuilder();
        for (String fact : FACTS) {
            text.append(fact).append(' ').append(fields.get(fact)).append(' ');
        }
        facts.put(command, text.toString());
        WireReply subcommands = fields.get("subcommands");
        if (subcommands != null) {
            map(subcommands).forEach((name, sub) -> collect(name, sub, facts));
        }
    }

    private static Map<String, WireReply> map(WireReply reply) {
        var map = new TreeMap<String, WireReply>();
        List<WireReply> items = reply.items();
        for (int i = 0; i < items.size(); i += 2) {
            map.put(items.get(i).body().utf8(), items.get(i + 1));
        }
        return map;
    }
}
