package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.proxy.admin.cli.MirrorCommand;
import io.holdfast.sync.mirror.MirrorMode;
import io.holdfast.sync.mirror.MirrorSettings;
import io.holdfast.testing.RespClient;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What HOLDFAST MIRROR says of the warm copy and of single keys. */
class MirrorDeskTest {
    private static Rig rig(Path dataDir, String... pins) throws Exception {
        return Rig.with(dataDir, config -> config.withMirror(new MirrorSettings(MirrorMode.TOUCHED, List.of(pins))));
    }

    private static long asOf(RespClient client, String key) {
        return Long.parseLong(
                text(client.call("HOLDFAST", "MIRROR", "KEY", key)).replaceAll(".*as_of, (\\d+)\\]", "$1"));
    }

    private static void await(RespClient client, String said) {
        Awaitility.await()
                .atMost(Rig.PATIENCE)
                .pollInterval(20, TimeUnit.MILLISECONDS)
                .until(() -> text(client.call("HOLDFAST", "MIRROR")).contains(said));
    }

    @Test
    void aMissUnderACompletePatternIsTrueAndElsewhereUnknown(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, "s:*")) {
            RespClient client = rig.client();
            rig.direct().call("SET", "s:1", "v");
            client.call("SET", "touched", "x");
            await(client, "pattern, s:*, complete, yes, keys, 1,");
            assertThat(Rig.copyState(client, "s:1")).isEqualTo("known");
            assertThat(Rig.copyState(client, "s:2")).isEqualTo("absent");
            assertThat(Rig.copyState(client, "touched")).isEqualTo("known");
            assertThat(Rig.copyState(client, "other")).isEqualTo("unknown");

            rig.goOffline();

            assertThat(Rig.copyState(client, "s:1")).isEqualTo("known");
            assertThat(Rig.copyState(client, "s:2")).isEqualTo("absent");
            assertThat(Rig.copyState(client, "touched")).isEqualTo("known");
            assertThat(Rig.copyState(client, "other")).isEqualTo("unknown");
        }
    }

    @Test
    void whatIsWrittenHereIsKnownAndWhatIsRemovedHereIsAbsent(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir)) {
            RespClient client = rig.client();
            client.call("MSET", "a", "1", "b", "1");
            rig.goOffline();
            client.call("SET", "new", "1");
            client.call("INCR", "a");
            client.call("DEL", "b", "never seen");
            assertThat(Rig.copyState(client, "new")).isEqualTo("known");
            assertThat(Rig.copyState(client, "a")).isEqualTo("known");
            assertThat(Rig.copyState(client, "b")).isEqualTo("absent");
            assertThat(Rig.copyState(client, "never seen")).isEqualTo("unknown");
            client.call("DEL", "new");
            assertThat(Rig.copyState(client, "new")).isEqualTo("absent");
        }
    }

    @Test
    void aWriteWhoseFateIsUnknownLeavesItsKeyInDoubt(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir)) {
            RespClient client = rig.client();
            client.call("MSET", "n", "1", "m", "1");
            rig.redis.freeze();
            client.send("INCR", "n");
            client.send("SET", "m", "2");
            rig.waitBriefly();
            assertThat(text(client.read())).startsWith("-UNCERTAIN");
            assertThat(text(client.read())).isEqualTo("OK");
            assertThat(Rig.copyState(client, "n")).isEqualTo("in doubt");
            assertThat(Rig.copyState(client, "m")).isEqualTo("known");
            client.call("SET", "n", "7");
            assertThat(Rig.copyState(client, "n")).isEqualTo("known");
            rig.redis.thaw();
        }
    }

    @Test
    void aCopyOfAnEarlierPeriodIsInDoubtAndSaysFromWhenItIs(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir)) {
            RespClient client = rig.client();
            long before = System.currentTimeMillis();
            client.call("SET", "k", "v");
            rig.goOffline();
            long copied = asOf(client, "k");
            assertThat(copied).isBetween(before - 3_000, System.currentTimeMillis());
            rig.direct().call("ACL", "SETUSER", "default", "-type"); // or it may have been read again before we look
            rig.goOnline();
            Awaitility.await()
                    .atMost(Rig.PATIENCE)
                    .until(() -> text(rig.direct().call("ACL", "LOG")).contains("object, type"));
            await(client, "fetching, 0"); // what was refused has been heard
            assertThat(Rig.copyState(client, "k")).isEqualTo("in doubt");
            assertThat(asOf(client, "k")).isCloseTo(copied, within(3_000L));
            rig.direct().call("ACL", "SETUSER", "default", "+type");
            Awaitility.await().atMost(Rig.PATIENCE).until(() -> {
                client.call("GET", "k");
                return Rig.copyState(client, "k").equals("known");
            });
        }
    }

    @Test
    void aPinnedKeyIsAsTheUpstreamHadItWhenItLastSpoke(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, "s:*")) {
            RespClient client = rig.client();
            client.call("SET", "s:1", "v");
            await(client, "complete, yes");
            long copied = asOf(client, "s:1");
            Awaitility.await()
                    .atMost(Rig.PATIENCE)
                    .pollInterval(100, TimeUnit.MILLISECONDS)
                    .until(() -> asOf(client, "s:1") > copied + 2_000);
        }
    }

    @Test
    void aPatternWhoseNewsAreForbiddenSaysSo(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir)) {
            RespClient client = rig.client();
            rig.direct().call("ACL", "SETUSER", "default", "-client|tracking");
            client.call("HOLDFAST", "CONFIG", "SET", "fallback.mirror_pin", "s:*");
            await(client, "complete, no, keys, 0, since");
            await(client, "why, NOPERM");
            assertThat(text(client.call("HOLDFAST", "MIRROR"))).contains("hearing, no");
        }
    }

    @Test
    void theSubCommandPrintsATableAndJson(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, "s:*")) {
            RespClient client = rig.client();
            client.call("SET", "s:1", "v");
            await(client, "complete, yes, keys, 1");

            String table = run(rig);
            JsonNode json = new ObjectMapper().readTree(run(rig, "--json"));

            assertThat(table).containsPattern("mode +touched").containsPattern("s:\\* +yes +1 +20\\d\\d-");
            assertThat(json.get("pins").get(0).get("pattern").asText()).isEqualTo("s:*");
            assertThat(json.get("keys").asLong()).isEqualTo(1);
            assertThat(run(rig, "key", "s:1")).containsPattern("state +known");
        }
    }

    private static String run(Rig rig, String... arguments) {
        var all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--port", Integer.toString(rig.holdfast.port())));
        var out = new StringWriter();
        int status = new CommandLine(new MirrorCommand())
                .setOut(new PrintWriter(out))
                .execute(all.toArray(String[]::new));
        assertThat(status).isZero();
        return out.toString();
    }
}
