package io.holdfast.engine.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.TestClock;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who gives a wrong password is told so late, and nobody else waits for that. */
class FailedLoginsTest {
    private static final long NOW_MS = 1_800_000_000_000L;
    private static final String WRONG = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";

    private final EngineClient operator = EngineClient.start(RedisVersion.STANDALONE, new TestClock(NOW_MS));
    private final EngineClient guesser = operator.another();

    @BeforeEach
    void setPassword() {
        operator.call("ACL", "SETUSER", "bob", "on", ">right", "+@all", "~*");
        operator.engine().acl().slowFailures();
    }

    private void send(String... command) {
        var args = new Bytes[command.length];
        for (int i = 0; i < args.length; i++) {
            args[i] = Bytes.of(command[i]);
        }
        guesser.send(args);
    }

    private void passes(long ms) {
        operator.timers().advance(Duration.ofMillis(ms));
    }

    @Test
    void aWrongPasswordIsAnsweredLate() {
        send("AUTH", "bob", "wrong");
        assertThat(guesser.isWaiting()).isTrue();
        passes(99);
        assertThat(guesser.isWaiting()).isTrue();
        passes(1);
        assertThat(guesser.isWaiting()).isFalse();
        assertThat(Bytes.wrap(guesser.readRaw()).latin1()).endsWith(WRONG);
        send("AUTH", "bob", "right");
        assertThat(Bytes.wrap(guesser.readRaw())).isEqualTo(Bytes.of("+OK\r\n"));
    }

    @Test
    void nobodyElseWaits() {
        send("HELLO", "3", "AUTH", "bob", "wrong");
        assertThat(guesser.isWaiting()).isTrue();
        assertThat(operator.call("PING")).isEqualTo(Reply.PONG);
        assertThat(operator.engine().blocking().clients()).isZero();
    }

    @Test
    void eachFailureInARowTakesLongerUpToABound() {
        var logins = new FailedLogins();
        assertThat(logins.failed("10.0.0.1:5", NOW_MS)).isEqualTo(100);
        assertThat(logins.failed("10.0.0.1:6", NOW_MS)).isEqualTo(200);
        assertThat(logins.failed("10.0.0.2:6", NOW_MS)).isEqualTo(100);
        for (int i = 0; i < 10; i++) {
            logins.failed("10.0.0.1:7", NOW_MS);
        }
        assertThat(logins.failed("10.0.0.1:8", NOW_MS)).isEqualTo(1_600);
        logins.succeeded("10.0.0.1:9");
        assertThat(logins.failed("10.0.0.1:10", NOW_MS)).isEqualTo(100);
        assertThat(logins.failed("10.0.0.1:10", NOW_MS + 60_001)).isEqualTo(100);
    }

    @Test
    void soManyAddressesAreRememberedAndNoMore() {
        var logins = new FailedLogins();
        for (int i = 0; i <= 1_024; i++) {
            logins.failed("host" + i + ":1", NOW_MS);
        }
        assertThat(logins.failed("host0:1", NOW_MS)).isEqualTo(100);
        assertThat(logins.failed("host1024:1", NOW_MS)).isEqualTo(200);
    }

    @Test
    void noOtherClientEndsTheWaiting() {
        send("AUTH", "bob", "wrong");
        String id = Long.toString(guesser.session().id());
        assertThat(operator.call("CLIENT", "UNBLOCK", id)).isEqualTo(Reply.ZERO);
        assertThat(operator.call("CLIENT", "UNBLOCK", id, "ERROR")).isEqualTo(Reply.ZERO);
        assertThat(operator.engine().stopWaiting(guesser.session())).isNull();
        assertThat(guesser.isWaiting()).isTrue();
    }

    @Test
    void aClientThatGoesMeanwhileHearsNothingMore() {
        send("AUTH", "bob", "wrong");
        guesser.close();
        assertThat(guesser.isWaiting()).isFalse();
        passes(200);
        assertThat(guesser.isWaiting()).isFalse();
    }

    @Test
    void insideATransactionItIsAnsweredAtOnce() {
        guesser.call("MULTI");
        guesser.call("AUTH", "bob", "wrong");
        assertThat(guesser.call("EXEC").toString()).contains("WRONGPASS");
    }
}
