package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.call;
import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An upstream that is well closes the connection of one client, or Holdfast has to: nobody else hears of it. */
class CutOffLinksTest {
    private final Rig rig;
    private RespClient others;

    CutOffLinksTest(@TempDir Path dataDir) throws Exception {
        rig = new Rig(dataDir);
    }

    @BeforeEach
    void waitBeside() {
        others = rig.client();
        others.send("BLPOP", "others", "0");
        awaitUpstream("blocked_clients:1\r\n");
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private void awaitUpstream(String part) {
        RespClient direct = rig.direct();
        await().atMost(Rig.PATIENCE)
                .pollInterval(5, TimeUnit.MILLISECONDS)
                .until(() -> call(direct, "INFO", "clients").contains(part));
    }

    private void assertNobodyElseHeardOfIt() {
        call(rig.direct(), "RPUSH", "others", "v");
        assertThat(text(others.read())).isEqualTo("[others, v]");
        assertThat(Rig.info(rig.client(), "mode")).isEqualTo("online");
        assertThat(Rig.info(rig.client(), "uncertain")).isEqualTo("0");
    }

    @Test
    void aSubscriberWhoseConnectionIsKilledUpstreamIsCutOff() {
        RespClient subscriber = rig.client();
        assertThat(call(subscriber, "SUBSCRIBE", "news")).isEqualTo("[subscribe, news, 1]");

        assertThat(call(rig.direct(), "CLIENT", "KILL", "TYPE", "pubsub")).isEqualTo("1");

        assertThat(subscriber.isClosedByServer()).isTrue();
        assertNobodyElseHeardOfIt();
    }

    @Test
    void aUserThatIsRemovedWhileItWaitsIsCutOff() {
        RespClient direct = rig.direct();
        call(direct, "ACL", "SETUSER", "bob", "on", ">pw", "~*", "&*", "+@all");
        RespClient bob = rig.client();
        call(bob, "AUTH", "bob", "pw");
        bob.send("BLPOP", "bobs", "0");
        awaitUpstream("blocked_clients:2\r\n");

        call(direct, "ACL", "DELUSER", "bob");

        assertThat(bob.isClosedByServer()).isTrue();
        assertNobodyElseHeardOfIt();
    }

    @Test
    void whoWatchesAndIsKilledUpstreamIsCutOffWithWhatWasUnderWay() {
        RespClient direct = rig.direct();
        RespClient victim = rig.client();
        assertThat(call(victim, "WATCH", "k")).isEqualTo("OK");
        call(direct, "CLIENT", "PAUSE", "100000", "WRITE");
        victim.sendText("MULTI\r\nSET k v\r\nEXEC\r\n");
        for (int i = 0; i < 2; i++) {
            victim.read();
        }
        awaitUpstream("blocked_clients:2\r\n");
        String id = call(direct, "CLIENT", "LIST")
                .lines()
                .filter(line -> line.matches("id=.* flags=\\w*x.*")) // in a transaction
                .map(line -> line.substring("id=".length(), line.indexOf(' ')))
                .findFirst()
                .orElseThrow();

        call(direct, "CLIENT", "KILL", "ID", id);
        call(direct, "CLIENT", "UNPAUSE");

        assertThat(victim.isClosedByServer()).isTrue();
        assertNobodyElseHeardOfIt();
    }

    @ParameterizedTest
    @ValueSource(strings = {"*1\r\n$4\r\nPOST\r\n", "*2\r\n$5\r\nhOST:\r\n$1\r\nx\r\n"})
    void whatLooksLikeHttpIsNotPassedOn(String text) {
        for (String before : List.of("PING", "MULTI")) {
            RespClient browser = rig.client();
            call(browser, before);

            browser.sendText(text + "SET http 1\r\n");

            assertThat(browser.isClosedByServer()).isTrue();
        }
        assertThat(call(rig.direct(), "EXISTS", "http")).isEqualTo("0");
        assertNobodyElseHeardOfIt();
    }
}
