package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A person works through what was decided where others had written too. */
class ConflictDeskTest {
    private static final int TIMEOUT_MS = 10_000;

    private Rig rig;
    private RespClient client;

    @BeforeEach
    void start(@TempDir Path dataDir) throws Exception {
        rig = new Rig(dataDir, TIMEOUT_MS);
        client = rig.client();
    }

    @AfterEach
    void end() {
        rig.close();
    }

    private String ask(String... command) {
        return text(client.call(command));
    }

    /** Keys that were overwritten here last, and before that there. */
    private void overwrite(String... keys) {
        for (String key : keys) {
            ask("SET", key, "base");
        }
        rig.goOffline();
        for (String key : keys) {
            rig.redis.cli("SET", key, "there");
            ask("SET", key, "here");
        }
        rig.goOnline();
    }

    private void awaitUpstream(String key, String value) {
        await().atMost(Rig.PATIENCE)
                .pollInterval(5, TimeUnit.MILLISECONDS)
                .until(() -> rig.redis.cli("GET", key).equals(value));
    }

    @Test
    void whatLostIsListedShownAndBroughtBack() {
        ask("CLIENT", "SETNAME", "orders");
        overwrite("k");

        assertThat(ask("HOLDFAST", "CONFLICTS", "LIST"))
                .startsWith("[[id, 1, sequence, ")
                .contains("key, k, part, nil, command, SET, policy, merge, winner, local,"
                        + " upstream_by, not a known node, local_by, default at 127.0.0.1:")
                .endsWith(" (orders), state, open]]");
        assertThat(ask("HOLDFAST", "CONFLICTS", "SHOW", "1"))
                .endsWith("base, base, local, [SET, k, here], upstream, [SET, k, there]]");

        assertThat(ask("HOLDFAST", "CONFLICTS", "RESOLVE", "UPSTREAM", "1")).isEqualTo("1");

        awaitUpstream("k", "there");
        assertThat(ask("HOLDFAST", "CONFLICTS", "LIST")).isEqualTo("[]");
        assertThat(ask("HOLDFAST", "CONFLICTS", "LIST", "STATE", "settled")).contains("id, 1,");
        assertThat(ask("INFO", "holdfast")).contains("\r\nconflicts:0\r\n", "\r\ndead_letters:0\r\n");
        assertThat(ask("GET", "k")).isEqualTo("there");
    }

    @Test
    void whatWasWrittenHereAndLostIsWrittenAfterAll() {
        rig.goOffline();
        ask("SET", "lock", "here", "NX");
        rig.redis.cli("SET", "lock", "there");
        rig.goOnline();
        assertThat(ask("GET", "lock")).isEqualTo("there");

        assertThat(ask("HOLDFAST", "CONFLICTS", "RESOLVE", "LOCAL", "1")).isEqualTo("1");

        awaitUpstream("lock", "here");
    }

    @Test
    void manyAreSettledByOneRule() {
        overwrite("cart:1", "cart:2", "user:1");

        assertThat(ask("HOLDFAST", "CONFLICTS", "RESOLVE", "UPSTREAM", "ALL", "MATCH", "cart:*"))
                .isEqualTo("2");
        assertThat(ask("HOLDFAST", "CONFLICTS", "RESOLVE", "KEEP", "ALL")).isEqualTo("1");

        awaitUpstream("cart:1", "there");
        awaitUpstream("cart:2", "there");
        assertThat(rig.redis.cli("GET", "user:1")).isEqualTo("here");
        assertThat(ask("HOLDFAST", "CONFLICTS", "LIST")).isEqualTo("[]");
    }

    @Test
    void whatMakesNoSenseIsSaidSo() {
        overwrite("k");
        ask("HOLDFAST", "CONFLICTS", "RESOLVE", "KEEP", "1");

        assertThat(ask("HOLDFAST", "CONFLICTS", "RESOLVE", "KEEP", "1"))
                .isEqualTo("-ERR conflict 1 is settled already");
        assertThat(ask("HOLDFAST", "CONFLICTS", "SHOW", "7")).isEqualTo("-ERR no conflict has the id 7");
        assertThat(ask("HOLDFAST", "CONFLICTS", "RESOLVE", "NOBODY", "1")).isEqualTo("-ERR syntax error");
        assertThat(ask("HOLDFAST", "CONFLICTS", "RESOLVE", "KEEP", "x"))
                .isEqualTo("-ERR value is not an integer or out of range");
    }
}
