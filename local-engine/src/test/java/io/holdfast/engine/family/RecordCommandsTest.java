package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.TestClock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is seen of commands that ran; times differ from server to server, so no transcript shows it. */
class RecordCommandsTest {
    private final EngineClient client = EngineClient.start(RedisVersion.STANDALONE, new TestClock(1_800_000_000_123L));
    private final EngineClient other = client.another();

    @Test
    void aMonitorSeesTheCommandsOfOthersButNoAdministrationAndNoSecrets() {
        assertThat(client.call("MONITOR")).isEqualTo(Reply.OK);
        other.call("SELECT", "3");
        other.call("SET", "k", "a b\"\\\n\0\u00ff");
        other.call("CONFIG", "GET", "port");
        other.call("AUTH", "user", "secret");
        other.call("HELLO", "3", "AUTH", "user", "secret", "SETNAME", "me");
        other.call("GET");
        assertThat(heard(client))
                .containsExactly(
                        "+1800000000.123000 [3 127.0.0.1:1] \"SELECT\" \"3\"",
                        "+1800000000.123000 [3 127.0.0.1:1] \"SET\" \"k\" \"a b\\\"\\\\\\n\\x00\\xc3\\xbf\"",
                        "+1800000000.123000 [3 127.0.0.1:1] \"AUTH\" \"(redacted)\" \"(redacted)\"",
                        "+1800000000.123000 [3 127.0.0.1:1] \"HELLO\" \"3\" \"AUTH\" \"(redacted)\" \"(redacted)\""
                                + " \"SETNAME\" \"me\"");
    }

    @Test
    void aTransactionIsSeenAsItRuns() {
        client.call("MONITOR");
        other.call("MULTI");
        other.call("GET", "k");
        other.call("EXEC");
        assertThat(heard(client).stream().map(line -> line.substring(line.indexOf(']') + 2)))
                .containsExactly("\"MULTI\"", "\"GET\" \"k\"", "\"EXEC\"");
    }

    @Test
    void aMonitorTouchesNoDataUntilItIsReset() {
        client.call("MONITOR");
        assertThat(client.call("GET", "k"))
                .isEqualTo(new Reply.Failure(Bytes.of("ERR Replica can't interact with the keyspace")));
        assertThat(client.call("RESET")).isEqualTo(Reply.simple("RESET"));
        assertThat(client.call("GET", "k")).isEqualTo(Reply.Null.BULK);
        heard(client);
        other.call("PING");
        assertThat(heard(client)).isEmpty();
    }

    @Test
    void theSlowLogKeepsTheNewestCommandsShortenedAndWithoutSecrets() {
        client.call("CONFIG", "SET", "slowlog-log-slower-than", "0");
        client.call("SLOWLOG", "RESET");
        client.call("CLIENT", "SETNAME", "me");
        client.call("SET", "k", "x".repeat(200));
        client.call(repeated("DEL", "k", 40));
        client.call("AUTH", "user", "secret");
        var entries = ((Reply.Array) client.call("SLOWLOG", "GET", "3")).items();
        assertThat(entries).hasSize(3);
        assertThat(arguments(entries.get(0))).containsExactly("AUTH", "(redacted)", "(redacted)");
        assertThat(arguments(entries.get(1))).hasSize(32).endsWith("k", "... (10 more arguments)");
        assertThat(arguments(entries.get(2))).containsExactly("SET", "k", "x".repeat(128) + "... (72 more bytes)");
        var newest = (Reply.Array) entries.get(0);
        assertThat(newest.items().get(0)).isEqualTo(Reply.of(5));
        assertThat(newest.items().get(1)).isEqualTo(Reply.of(1_800_000_000));
        assertThat(newest.items().subList(4, 6)).containsExactly(Reply.bulk("127.0.0.1:1"), Reply.bulk("me"));
    }

    @Test
    void theSlowLogIsBoundedAndCanBeSwitchedOff() {
        client.call("CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "2");
        client.call("PING");
        client.call("PING");
        client.call("PING");
        assertThat(client.call("SLOWLOG", "LEN")).isEqualTo(Reply.of(2));
        client.call("CONFIG", "SET", "slowlog-log-slower-than", "-1");
        client.call("SLOWLOG", "RESET");
        client.call("PING");
        assertThat(client.call("SLOWLOG", "LEN")).isEqualTo(Reply.ZERO);
        assertThat(client.call("SLOWLOG", "GET", "-2"))
                .isEqualTo(new Reply.Failure(Bytes.of("ERR count should be greater than or equal to -1")));
    }

    @Test
    void aHistogramCountsTheCallsOfACommandAndOfItsSubcommands() {
        client.call("GET", "k");
        client.call("GET", "k");
        client.call("CONFIG", "GET", "x");
        Reply oneBucket = new Reply.MapOf(List.of(Reply.of(1), Reply.of(2)));
        assertThat(client.call("LATENCY", "HISTOGRAM", "get", "nosuch"))
                .isEqualTo(new Reply.MapOf(List.of(
                        Reply.bulk("get"),
                        new Reply.MapOf(
                                List.of(Reply.bulk("calls"), Reply.of(2), Reply.bulk("histogram_usec"), oneBucket)))));
        var config = (Reply.MapOf) client.call("LATENCY", "HISTOGRAM", "config");
        assertThat(config.keysAndValues()).first().isEqualTo(Reply.bulk("config|get"));
        client.call("CONFIG", "RESETSTAT");
        assertThat(client.call("LATENCY", "HISTOGRAM", "get")).isEqualTo(Reply.EMPTY_MAP);
    }

    private static List<String> heard(EngineClient monitor) {
        var lines = new ArrayList<String>();
        while (monitor.hasUnread()) {
            lines.add(Bytes.wrap(monitor.readRaw()).latin1().strip());
        }
        return lines;
    }

    private static List<String> arguments(Reply entry) {
        return ((Reply.Array) ((Reply.Array) entry).items().get(3))
                .items().stream()
                        .map(argument -> ((Reply.Bulk) argument).value().latin1())
                        .toList();
    }

    private static String[] repeated(String command, String word, int times) {
        var words = new String[times + 1];
        Arrays.fill(words, word);
        words[0] = command;
        return words;
    }
}
