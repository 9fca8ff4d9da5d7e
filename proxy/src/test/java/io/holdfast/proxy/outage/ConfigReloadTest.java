package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.awaitInfo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.ProxyServer;
import io.holdfast.proxy.StartupException;
import io.holdfast.proxy.admin.Options;
import io.holdfast.proxy.config.BadConfigurationException;
import io.holdfast.proxy.config.Configuration;
import io.holdfast.proxy.config.Sources;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A configuration that is read again while the server runs: what changes at once, what does not, and what is refused. */
class ConfigReloadTest {
    private final Path dir;
    private final Path file;

    ConfigReloadTest(@TempDir Path dir) {
        this.dir = dir;
        file = dir.resolve("holdfast.json");
    }

    @Test
    void aSignalAndACommandReadTheFileAgainAndSayWhatChanged() throws Exception {
        write("{\"server\": {\"databases\": 4}, \"settings\": {\"slowlog-max-len\": 7, \"timeout\": 11}}");
        try (var holdfast = HoldfastProcess.configured(
                        HoldfastProgram.get(), dir, file, Map.of("HOLDFAST_SETTINGS_TIMEOUT", "12"));
                var client = holdfast.connect()) {
            assertThat(value(client, "databases")).isEqualTo("4");
            assertThat(value(client, "slowlog-max-len")).isEqualTo("7");
            assertThat(value(client, "timeout")).isEqualTo("12");

            write("{\"server\": {\"databases\": 5}, \"settings\": {\"slowlog-max-len\": 8, \"timeout\": 13}}");
            hangUp(holdfast.pid());
            await().atMost(Rig.PATIENCE).until(() -> value(client, "slowlog-max-len"), "8"::equals);

            assertThat(value(client, "timeout")).isEqualTo("12");
            assertThat(value(client, "databases")).isEqualTo("4");
            await().atMost(Rig.PATIENCE)
                    .until(() -> holdfast.log().contains("needs a restart: server.databases: 4 -> 5 (" + file + ":1)"));
            assertThat(holdfast.log())
                    .contains("CONFIG RELOAD by a signal HUP: changed: settings.slowlog-max-len: 7 -> 8");

            write("{\"settings\": {\"timeout\": 13}}");
            String reply = Rig.text(client.call("HOLDFAST", "CONFIG", "RELOAD"));
            assertThat(reply)
                    .contains("changed, [settings.slowlog-max-len: 8 -> 128 (default)]")
                    .contains("needs_restart, [server.databases: 4 -> 16 (default)]");
            assertThat(value(client, "slowlog-max-len")).isEqualTo("128");
        }
    }

    @Test
    void aFileWithAMistakeChangesNothing() throws Exception {
        write("{\"settings\": {\"timeout\": 11}}");
        try (var server = start(Map.of());
                var client = Rig.clientOf(server)) {
            write("{\"settings\": {\"timeout\": 12},\n\"sync\": {\"batchsize\": 1}}");
            assertThat(Rig.text(client.call("HOLDFAST", "CONFIG", "RELOAD")))
                    .isEqualTo("-ERR the configuration stays as it is: " + file
                            + ":2: unknown key 'sync.batchsize'; the nearest is 'sync.batch_size'");
            write(
                    "{\"settings\": {\"timeout\": 12, \"slowlog-max-len\": 9}, \"server\": {\"requirepass-file\": \"/nosuch\"}}");
            assertThat(Rig.text(client.call("HOLDFAST", "CONFIG", "RELOAD")))
                    .startsWith("-ERR the configuration stays as it is: ");
            assertThat(value(client, "timeout")).isEqualTo("11");
            assertThat(Rig.text(client.call("HOLDFAST", "CONFIG", "NOSUCH"))).startsWith("-ERR unknown subcommand");
        }
    }

    @Test
    void anotherPasswordHoldsAtOnceAndIsNotShown() throws Exception {
        Path password = secret("password", "canary-1");
        write("{\"server\": {\"requirepass-file\": \"" + password + "\"}}");
        try (var server = start(Map.of());
                var client = Rig.clientOf(server)) {
            client.call("AUTH", "canary-1");
            Files.writeString(password, "canary-2\n");

            String reply = Rig.text(client.call("HOLDFAST", "CONFIG", "RELOAD"));

            assertThat(reply).contains("server.requirepass-file").doesNotContain("canary");
            try (var other = Rig.clientOf(server)) {
                assertThat(Rig.text(other.call("AUTH", "canary-1"))).startsWith("-WRONGPASS");
                assertThat(Rig.text(other.call("AUTH", "canary-2"))).isEqualTo("OK");
            }
        }
    }

    @Test
    void whatIsJournaledWaitsWhileSyncIsOffAndComesInBatchesOfTheSizeAskedFor() throws Exception {
        try (var redis = RealRedis.start()) {
            write("{\"sync\": {\"enabled\": false}}");
            try (var server = start(Map.of("--upstream", "redis://127.0.0.1:" + redis.port()));
                    var client = Rig.clientOf(server)) {
                awaitInfo(client, "reason:sync.enabled is false in the configuration");
                for (int i = 0; i < 10; i++) {
                    client.call("SET", "k" + i, "v");
                }
                assertThat(Rig.text(client.call("HOLDFAST", "SYNC", "RESUME")))
                        .isEqualTo("-ERR nothing is replayed now: sync.enabled is false in the configuration");
                assertThat(redis.cli("DBSIZE")).isEqualTo("0");

                write("{\"sync\": {\"batch_size\": 1}}");
                assertThat(Rig.text(client.call("HOLDFAST", "CONFIG", "RELOAD")))
                        .contains("sync.enabled: false -> true (default)")
                        .contains("sync.batch_size: 500 -> 1 (" + file + ":1)");
                awaitInfo(client, "mode:online");

                assertThat(redis.cli("EXISTS", "k0", "k9")).isEqualTo("2");
                assertThat(redis.cli("INFO", "commandstats")).containsPattern("cmdstat_exec:calls=1[0-9],");
            }
        }
    }

    @Test
    void aShorterTimeoutHoldsForWhatIsUnderWay() throws Exception {
        try (var redis = RealRedis.start();
                var cable = Cable.to(redis.port())) {
            write("{\"redis\": {\"connection_timeout\": \"9m\"}}");
            try (var server = start(Map.of("--upstream", "redis://127.0.0.1:" + cable.port()));
                    var client = Rig.clientOf(server);
                    var operator = Rig.clientOf(server)) {
                awaitInfo(client, "mode:online");
                cable.swallow();
                client.send("SET", "k", "v");

                write("{\"redis\": {\"connection_timeout\": \"300ms\"}}");
                assertThat(Rig.text(operator.call("HOLDFAST", "CONFIG", "RELOAD")))
                        .contains("redis.connection_timeout: 9m -> 300ms (" + file + ":1)");

                assertThat(Rig.text(client.read())).isEqualTo("OK");
                awaitInfo(operator, "mode:offline");
            }
        }
    }

    /** Where no client asks for anything the probe alone finds out that nobody answers. */
    @Test
    void aShorterTimeoutHoldsForAProbeThatIsUnderWay() throws Exception {
        try (var redis = RealRedis.start();
                var cable = Cable.to(redis.port())) {
            write("{\"redis\": {\"connection_timeout\": \"9m\"}, \"fallback\": {\"mirror\": \"off\"}}");
            try (var server = start(Map.of("--upstream", "redis://127.0.0.1:" + cable.port()));
                    var operator = Rig.clientOf(server)) {
                awaitInfo(operator, "mode:online");
                var asked = new CountDownLatch(1);
                cable.tripAfter(Cable.Way.TO_UPSTREAM, 0, () -> {
                    cable.swallow();
                    asked.countDown();
                });
                assertThat(asked.await(Rig.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                        .isTrue();

                write("{\"redis\": {\"connection_timeout\": \"300ms\"}, \"fallback\": {\"mirror\": \"off\"}}");
                operator.call("HOLDFAST", "CONFIG", "RELOAD");

                awaitInfo(operator, "mode:offline");
                awaitInfo(operator, "no answer to a probe within 300 ms");
            }
        }
    }

    @Test
    void whatIsRewrittenStandsInTheFileThatKeepsItsComments() throws Exception {
        write("{\n  // why: see the wiki\n  \"settings\": {\"TIMEOUT\": 11, /* here too */ \"save\": \"\"},\n}\n");
        try (var server = start(Map.of());
                var client = Rig.clientOf(server)) {
            client.call("CONFIG", "SET", "timeout", "77", "appendfsync", "always", "save", "900 1", "maxmemory", "1gb");
            client.call("CONFIG", "SET", "masterauth", "canary-9", "busy-reply-threshold", "700");
            assertThat(Rig.text(client.call("CONFIG", "REWRITE"))).isEqualTo("OK");
            assertThat(Rig.text(client.call("CONFIG", "REWRITE"))).isEqualTo("OK");
        }
        assertThat(Files.readString(file))
                .contains("// why: see the wiki")
                .contains("\"TIMEOUT\": 77, /* here too */ \"save\": \"900 1\"")
                .doesNotContain("canary");
        try (var server = start(Map.of());
                var client = Rig.clientOf(server)) {
            assertThat(value(client, "timeout")).isEqualTo("77");
            assertThat(value(client, "appendfsync")).isEqualTo("always");
            assertThat(value(client, "save")).isEqualTo("900 1");
            assertThat(value(client, "maxmemory")).isEqualTo("1073741824");
            assertThat(value(client, "busy-reply-threshold")).isEqualTo("700");
            assertThat(value(client, "masterauth")).isEqualTo("canary-9");
        }
    }

    // ----

    private ProxyServer start(Map<String, String> flags) throws BadConfigurationException, StartupException {
        var all = new HashMap<>(
                Map.of("--port", "0", "--data-dir", dir.resolve("data").toString()));
        all.putAll(flags.isEmpty() ? Map.of("--standalone", "true") : flags);
        Configuration configuration = Configuration.read(new Sources(all, Map.of(), file));
        ProxyServer server = ProxyServer.start(new Options(configuration).config());
        server.configuredBy(configuration);
        return server;
    }

    private void write(String content) throws IOException {
        Files.writeString(file, content);
    }

    private Path secret(String name, String line) throws IOException {
        Path secret = Files.createFile(
                dir.resolve(name), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(secret, line + "\n");
    }

    private static void hangUp(long pid) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-HUP", Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    private static String value(RespClient client, String name) {
        String reply = Rig.text(client.call("CONFIG", "GET", name));
        return reply.substring(reply.indexOf(", ") + 2, reply.length() - 1);
    }
}
