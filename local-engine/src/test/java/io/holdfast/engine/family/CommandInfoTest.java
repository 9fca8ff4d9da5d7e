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
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * COMMAND INFO tells client libraries and proxies how to route: what the table declares is what a real redis-server
 * says. Its notes for people are left out, and what only one of the two has.
 */
class CommandInfoTest {
    private static final int KEY_SPECS = 8;
    private static final int SUBCOMMANDS = 9;

    @Test
    void everyDeclarationIsThatOfTheRealServer() {
        var ours = new TreeMap<String, String>();
        var theirs = new TreeMap<String, String>();
        try (RealRedis redis = RealRedis.start();
                RespClient real = redis.connect();
                EngineClient engine =
                        EngineClient.start(RedisVersion.parse(redis.version()), new TestClock(1_800_000_000_000L))) {
            for (CommandSpec spec : CommandTable.of(Families.all()).all()) {
                collect(engine, spec.fullName(), ours);
                collect(real, spec.fullName(), theirs);
            }
        }
        ours.keySet().retainAll(theirs.keySet());
        theirs.keySet().retainAll(ours.keySet());
        assertThat(ours).hasSizeGreaterThan(150).containsExactlyEntriesOf(theirs);
    }

    private static void collect(RespPeer peer, String name, Map<String, String> facts) {
        WireReply info = WireReply.of(peer.raw("COMMAND", "INFO", name)).items().get(0);
        if (!info.isNull()) {
            collect(info, facts);
        }
    }

    private static void collect(WireReply info, Map<String, String> facts) {
        var text = new StringBuilder();
        for (int i = 1; i < KEY_SPECS; i++) {
            text.append(info.items().get(i).anyOrder()).append(' ');
        }
        for (WireReply keySpec : info.items().get(KEY_SPECS).items()) {
            for (int i = 0; i < keySpec.items().size(); i += 2) {
                if (!keySpec.items().get(i).body().equalsIgnoreCase("notes")) {
                    text.append(keySpec.items().get(i + 1).anyOrder()).append(' ');
                }
            }
        }
        facts.put(info.items().get(0).body().utf8(), text.toString());
        info.items().get(SUBCOMMANDS).items().forEach(subcommand -> collect(subcommand, facts));
    }
}
