package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.TestClock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ConfigCommandsTest {
    private final EngineClient client = EngineClient.start(RedisVersion.STANDALONE, new TestClock(1_800_000_000_000L));
    private final Map<String, String> values = new HashMap<>(Map.of("timeout", "0", "tcp-keepalive", "300"));

    @BeforeEach
    void someSettings() {
        var settings = client.engine().settings();
        settings.fixed("databases", "16");
        for (String name : List.of("timeout", "tcp-keepalive")) {
            settings.add(name, () -> values.getOrDefault(name, ""), value -> {
                if (!value.matches("[0-9]+")) {
                    throw new IllegalArgumentException("argument couldn't be parsed into an integer");
                }
                values.put(name, value);
            });
        }
    }

    @Test
    void getGivesWhatMatchesAnyPatternOnce() {
        assertThat(client.call("CONFIG", "GET", "TIME?UT", "tcp-keep*", "timeout", "nosuch"))
                .isEqualTo(new Reply.MapOf(List.of(
                        Reply.bulk("tcp-keepalive"), Reply.bulk("300"), Reply.bulk("timeout"), Reply.bulk("0"))));
    }

    @Test
    void setChangesAllThatItIsGiven() {
        assertThat(client.call("CONFIG", "SET", "timeout", "5", "TCP-KEEPALIVE", "60"))
                .isEqualTo(Reply.OK);
        assertThat(values).containsEntry("timeout", "5").containsEntry("tcp-keepalive", "60");
    }

    @Test
    void setChangesNothingWhenOneValueIsRefused() {
        assertThat(failure("CONFIG", "SET", "timeout", "5", "tcp-keepalive", "abc"))
                .isEqualTo("ERR CONFIG SET failed (possibly related to argument 'tcp-keepalive') - argument couldn't be"
                        + " parsed into an integer");
        assertThat(values).containsEntry("timeout", "0");
    }

    @Test
    void setRefusesWhatCannotBeChangedAndWhatIsGivenTwice() {
        assertThat(failure("CONFIG", "SET", "databases", "3"))
                .isEqualTo(
                        "ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config");
        assertThat(failure("CONFIG", "SET", "timeout", "1", "timeout", "2"))
                .isEqualTo("ERR CONFIG SET failed (possibly related to argument 'timeout') - duplicate parameter");
    }

    private String failure(String... command) {
        Bytes text = ((Reply.Failure) client.call(command)).text();
        return text.latin1();
    }
}
