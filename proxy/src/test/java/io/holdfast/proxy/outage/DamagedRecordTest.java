package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.proxy.admin.cli.StatusCommand;
import io.holdfast.testing.RespClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A record of the journal that the disk did not keep: the rest is listed and replayed, and everybody is told. */
class DamagedRecordTest {
    private static final String SPOILT = "a value that is spoilt";

    private static void spoil(Path journal) throws IOException {
        try (var segments = Files.newDirectoryStream(journal, "*.seg")) {
            for (Path segment : segments) {
                byte[] bytes = Files.readAllBytes(segment);
                int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(SPOILT);
                if (at >= 0) {
                    bytes[at] ^= 1;
                    Files.write(segment, bytes);
                    return;
                }
            }
        }
        throw new AssertionError("the value is in no segment");
    }

    private static int exitOfStatus(Rig rig) {
        var out = new StringWriter();
        return new CommandLine(new StatusCommand())
                .setOut(new PrintWriter(out))
                .execute("--port", Integer.toString(rig.holdfast.port()));
    }

    @Test
    void theRestIsListedAndTheDamageIsNamed(@TempDir Path dataDir) throws Exception {
        try (var rig = Rig.with(dataDir, config -> config.withHttpPort(0))) {
            RespClient client = rig.client();
            rig.goOffline();
            client.call("SET", "before", "1");
            client.call("SET", "between", SPOILT);
            client.call("SET", "behind", "2");
            spoil(dataDir.resolve("data").resolve("journal"));

            String list = text(client.call("HOLDFAST", "JOURNAL", "LIST"));
            String queue = text(client.call("HOLDFAST", "SYNC", "QUEUE"));
            JsonNode http =
                    new HttpCaller(rig.holdfast).get("/api/fallback/sync-queue").body();

            assertThat(list).contains("key, before", "key, behind", "state, damaged", "cannot be read");
            assertThat(queue).contains("key, before", "key, behind", "unreadable, [journal segment");
            assertThat(http.path("operations")).hasSize(2);
            assertThat(http.path("unreadable").get(0).asText()).contains("cannot be read");
        }
    }

    @Test
    void theStateIsDegradedAndSoIsTheExitOfStatus(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            assertThat(exitOfStatus(rig)).isZero();
            rig.goOffline();
            client.call("SET", "between", SPOILT);
            client.call("SET", "behind", "2");
            spoil(dataDir.resolve("data").resolve("journal"));

            rig.goOnline();

            assertThat(Rig.info(client, "condition")).isEqualTo("degraded");
            assertThat(Rig.info(client, "degraded")).contains("cannot be read");
            assertThat(exitOfStatus(rig)).isEqualTo(3);
            assertThat(text(rig.direct().call("GET", "behind"))).isEqualTo("2");
        }
    }
}
