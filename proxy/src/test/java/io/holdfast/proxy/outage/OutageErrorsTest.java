package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.info;
import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.upstream.OutageError;
import io.holdfast.testing.RespClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Refusals of writes that the configuration counts as an outage (contract, U12). */
class OutageErrorsTest {
    private static Rig rig(Path dataDir) throws Exception {
        return Rig.with(
                dataDir,
                config -> config.withOutageErrors(
                        EnumSet.of(OutageError.OOM, OutageError.MISCONF, OutageError.NOREPLICAS)));
    }

    /** Until it has been tried again, and found no better, twice. */
    private static void awaitFailedReturns(RespClient client) {
        long epoch = epoch(client);
        await().atMost(Rig.PATIENCE).pollInterval(20, TimeUnit.MILLISECONDS).until(() -> epoch(client) >= epoch + 4);
        assertThat(info(client)).doesNotContain("mode:online");
    }

    private static long epoch(RespClient client) {
        return Long.parseLong(info(client).replaceAll("(?s).*\r\nepoch:(\\d+).*", "$1"));
    }

    @ParameterizedTest
    @CsvSource({"maxmemory,1,0,OOM", "min-replicas-to-write,1,0,NOREPLICAS"})
    void aRefusedWriteRunsHereAndTheReturnWaitsUntilWritesAreTaken(
            String parameter, String bad, String good, String word, @TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir)) {
            RespClient client = rig.client();
            RespClient direct = rig.direct();
            client.call("SET", "n", "5");
            direct.call("CONFIG", "SET", parameter, bad);

            assertThat(text(client.call("INCR", "n"))).isEqualTo("6");

            assertThat(info(client)).contains("mode:offline").contains("reason:-" + word);
            awaitFailedReturns(client);
            assertThat(text(direct.call("GET", "n"))).isEqualTo("5");
            direct.call("CONFIG", "SET", parameter, good);
            rig.awaitMode("online");
            assertThat(text(direct.call("GET", "n"))).isEqualTo("6");
        }
    }

    @Test
    void anUpstreamThatCannotSaveIsAway(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir)) {
            RespClient client = rig.client();
            RespClient direct = rig.direct();
            Files.createDirectory(rig.redis.directory().resolve("dump.rdb"));
            direct.call("CONFIG", "SET", "save", "900 1");
            direct.call("BGSAVE");
            await().atMost(Rig.PATIENCE)
                    .until(() -> text(direct.call("INFO", "persistence")).contains("rdb_last_bgsave_status:err"));
            assertThat(text(client.call("SET", "k", "v"))).isEqualTo("OK");
            await().atMost(Rig.PATIENCE)
                    .until(() -> info(client).contains("upstream_trouble:PING was answered -MISCONF"));
            assertThat(info(client)).contains("mode:offline");
            direct.call("CONFIG", "SET", "stop-writes-on-bgsave-error", "no");
            rig.awaitMode("online");
            assertThat(text(direct.call("GET", "k"))).isEqualTo("v");
        }
    }

    @Test
    void aTransactionThatIsRefusedRunsHereWhole(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir)) {
            RespClient client = rig.client();
            RespClient direct = rig.direct();
            direct.call("CONFIG", "SET", "maxmemory", "1");
            client.call("MULTI");
            client.call("INCR", "a");
            client.call("GET", "a");
            assertThat(text(client.call("EXEC"))).isEqualTo("[1, 1]");
            direct.call("CONFIG", "SET", "maxmemory", "0");
            rig.awaitMode("online");
            assertThat(text(direct.call("GET", "a"))).isEqualTo("1");
        }
    }

    /** It may have written before it was refused. */
    @Test
    void aScriptsRefusalIsItsClientsAnswer(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir)) {
            RespClient client = rig.client();
            rig.direct().call("CONFIG", "SET", "maxmemory", "1");
            assertThat(text(client.call("EVAL", "return redis.call('SET', 'a', '1')", "1", "a")))
                    .contains("OOM");
            assertThat(text(client.call("GET", "a"))).isEqualTo("nil");
            assertThat(info(client)).contains("mode:online");
        }
    }

    @Test
    void whatWasKnownOfTheKeyIsKnownStill(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "s", "a");
            rig.direct().call("CONFIG", "SET", "maxmemory", "1");
            assertThat(text(client.call("APPEND", "s", "b"))).isEqualTo("2");
            assertThat(text(client.call("HOLDFAST", "MIRROR", "KEY", "s"))).startsWith("[state, known");
        }
    }

    @Test
    void theListChangesWhileItRuns(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            rig.direct().call("CONFIG", "SET", "maxmemory", "1");
            assertThat(text(client.call("SET", "k", "v"))).startsWith("-OOM ");
            assertThat(text(client.call("HOLDFAST", "CONFIG", "SET", "fallback.outage_errors", "WRONGTYPE")))
                    .contains("takes a list out of OOM, MISCONF, NOREPLICAS and BUSY");
            client.call("HOLDFAST", "CONFIG", "SET", "fallback.outage_errors", "OOM");
            assertThat(text(client.call("SET", "k", "v"))).isEqualTo("OK");
            assertThat(info(client)).contains("mode:offline");
        }
    }
}
