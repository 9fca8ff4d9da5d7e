package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.TestClock;
import io.holdfast.testing.WireReply;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What is remembered of when keys were used, and how often. */
class KeyUseTest {
    private final TestClock clock = new TestClock(1_800_000_000_000L);
    private final EngineClient client = EngineClient.start(RedisVersion.STANDALONE, clock);

    @Test
    void whatReadsOrWritesAKeyEndsItsIdleTime() {
        for (String[] use : new String[][] {
            {"GET", "k"}, {"SET", "k", "other"}, {"APPEND", "k", "x"}, {"TOUCH", "k"}, {"STRLEN", "k"}
        }) {
            client.call("SET", "k", "v");
            pass(100);
            assertThat(idleTime()).isEqualTo(100);

            client.call(use);

            assertThat(idleTime()).as(use[0]).isZero();
        }
    }

    @Test
    void whatLooksAtAKeyAloneLeavesItIdle() {
        client.call("SET", "k", "v");
        pass(100);

        client.call("EXISTS", "k");
        client.call("TYPE", "k");
        client.call("TTL", "k");
        client.call("OBJECT", "ENCODING", "k");

        assertThat(idleTime()).isEqualTo(100);
    }

    @Test
    void aClientThatDoesNotTouchLeavesKeysIdleExceptByTouch() {
        client.call("SET", "k", "v");
        pass(100);
        client.call("CLIENT", "NO-TOUCH", "ON");

        client.call("GET", "k");

        assertThat(idleTime()).isEqualTo(100);
        client.call("TOUCH", "k");
        assertThat(idleTime()).isZero();
    }

    @Test
    void aRestoredKeyIsIdleForAsLongAsWasSaid() {
        restore("IDLETIME", "1000");

        pass(10);

        assertThat(idleTime()).isEqualTo(1010);
    }

    @Test
    void aRestoredKeyIsUsedAsOftenAsWasSaidUntilMinutesPass() {
        client.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu");
        restore("FREQ", "100");
        assertThat(number("OBJECT", "FREQ", "k")).isEqualTo(100);

        pass(600);

        assertThat(number("OBJECT", "FREQ", "k")).isEqualTo(90);
    }

    @Test
    void whatThePolicyDoesNotRememberIsLeftAside() {
        restore("FREQ", "100");
        assertThat(idleTime()).isZero();

        client.call("CONFIG", "SET", "maxmemory-policy", "volatile-lfu");
        restore("IDLETIME", "1000");

        assertThat(number("OBJECT", "FREQ", "k")).isEqualTo(5);
    }

    @Test
    void aKeyThatIsUsedOftenIsCountedSo() {
        client.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu");
        client.call("SET", "k", "v");

        for (int i = 0; i < 1_000; i++) {
            client.call("GET", "k");
        }

        assertThat(number("OBJECT", "FREQ", "k")).isGreaterThan(10);
    }

    @Test
    void howOftenAKeyWasUsedFadesAsFastAsIsSet() {
        client.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu", "lfu-decay-time", "5");
        restore("FREQ", "100");

        pass(600);
        assertThat(number("OBJECT", "FREQ", "k")).isEqualTo(98);

        client.call("CONFIG", "SET", "lfu-decay-time", "0");
        assertThat(number("OBJECT", "FREQ", "k")).isEqualTo(100);
    }

    @Test
    void withoutALogFactorEveryUseCounts() {
        client.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu", "lfu-log-factor", "0");
        restore("FREQ", "100");

        for (int i = 0; i < 20; i++) {
            client.call("GET", "k");
        }

        assertThat(number("OBJECT", "FREQ", "k")).isEqualTo(120);
    }

    private void pass(int seconds) {
        clock.advance(Duration.ofSeconds(seconds));
        client.engine().tick();
    }

    private void restore(String option, String value) {
        client.call("SET", "k", "v");
        Bytes payload = WireReply.of(client.raw("DUMP", "k")).text();
        Bytes[] command = {
            Bytes.of("RESTORE"),
            Bytes.of("k"),
            Bytes.of(0),
            payload,
            Bytes.of("REPLACE"),
            Bytes.of(option),
            Bytes.of(value)
        };
        assertThat(client.raw(command)).asString().isEqualTo("+OK\r\n");
    }

    private long idleTime() {
        return number("OBJECT", "IDLETIME", "k");
    }

    private long number(String... command) {
        return ((Reply.Int) client.call(command)).value();
    }
}
