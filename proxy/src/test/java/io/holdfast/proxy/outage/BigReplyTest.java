package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Bytes;
import io.holdfast.testing.RespClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replies that take longer than one may, or more room than replies have that nobody reads (contract, U24). */
class BigReplyTest {
    private static final int MEGABYTE = 1 << 20;
    private static final String HEADER = "$%d\r\n";

    private static void assertReads(RespClient client, String key, int bytes) {
        byte[] reply = client.raw(Bytes.of("GET"), Bytes.of(key));
        assertThat(reply).hasSize(HEADER.formatted(bytes).length() + bytes + 2);
        assertThat(new String(reply, 0, 16, StandardCharsets.ISO_8859_1)).startsWith(HEADER.formatted(bytes));
    }

    @Test
    void aReplyOfWhichMoreKeepsComingIsNotLate(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir, 2_000)) {
            rig.direct().call("SETRANGE", "big", Integer.toString(32 * MEGABYTE - 1), "x");
            RespClient client = rig.client();
            String before = Rig.epoch(client);
            rig.cable.delay(5); // for each 64 kB: over two and a half seconds in all
            assertReads(client, "big", 32 * MEGABYTE);
            rig.cable.delay(0);
            assertThat(Rig.epoch(client)).isEqualTo(before); // it has always been online
            assertThat(text(client.call("SET", "k", "v"))).isEqualTo("OK");
        }
    }

    @Test
    void repliesThatStandBehindOthersAreNotLateWhileThoseCome(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir, 2_000)) {
            rig.direct().call("SETRANGE", "half", Integer.toString(MEGABYTE / 2 - 1), "x");
            RespClient client = rig.client();
            String before = Rig.epoch(client);
            rig.cable.delay(5);
            for (int i = 0; i < Rig.UNDER_WAY; i++) {
                client.send("GET", "half");
            }
            for (int i = 0; i < Rig.UNDER_WAY; i++) {
                assertThat(text(client.read())).hasSize(MEGABYTE / 2);
            }
            rig.cable.delay(0);
            assertThat(Rig.epoch(client)).isEqualTo(before);
        }
    }

    @Test
    void aReplyOfAnySizeIsReadToItsEnd(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            rig.direct().call("SETRANGE", "big", Integer.toString(80 * MEGABYTE - 1), "x");
            RespClient client = rig.client();
            client.send("INCR", "n");
            assertThat(text(client.read())).isEqualTo("1");
            assertReads(client, "big", 80 * MEGABYTE);
            assertThat(text(client.call("INCR", "n"))).isEqualTo("2");
        }
    }
}
