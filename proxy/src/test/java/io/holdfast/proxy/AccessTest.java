package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.admin.Options;
import io.holdfast.proxy.admin.SecretFile;
import io.holdfast.proxy.config.BadConfigurationException;
import io.holdfast.proxy.config.Configuration;
import io.holdfast.proxy.config.Sources;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who gets in, over the wire: with a password, with users, with an upstream that knows only Holdfast itself. */
class AccessTest {
    private static final Reply NOAUTH = failure("NOAUTH Authentication required.");
    private static final Access PASSWORD = new Access("canary-7391", List.of(), null);

    private final Path dir;

    AccessTest(@TempDir Path dir) {
        this.dir = dir;
    }

    @Test
    void whoHasNotSaidThePasswordMayDoNothing() throws Exception {
        try (var server = standalone(PASSWORD);
                var client = RespClient.connect(server.port())) {
            assertThat(client.call("SET", "k", "v")).isEqualTo(NOAUTH);
            assertThat(client.call("AUTH", "canary-7391")).isEqualTo(Reply.OK);
            assertThat(client.call("SET", "k", "v")).isEqualTo(Reply.OK);
        }
    }

    /** Its reply is held back for a while, so that guessing is slow. */
    @Test
    void aWrongPasswordIsCountedAsACommandThatFailed() throws Exception {
        try (var server = standalone(PASSWORD);
                var client = RespClient.connect(server.port())) {
            client.call("AUTH", "no idea");
            client.call("AUTH", "canary-7391");

            String info = ((Reply.Bulk) client.call("INFO", "commandstats", "errorstats"))
                    .value()
                    .latin1();

            assertThat(info)
                    .containsPattern("cmdstat_auth:calls=2,[^\\r]*,failed_calls=1")
                    .contains("errorstat_WRONGPASS:count=1");
        }
    }

    @Test
    void aStrangersRequestsAreSmall() throws Exception {
        try (var server = standalone(PASSWORD)) {
            try (var client = RespClient.connect(server.port())) {
                client.sendText("*11\r\n");
                assertThat(client.read()).isEqualTo(failure("ERR Protocol error: unauthenticated multibulk length"));
                assertThat(client.isClosedByServer()).isTrue();
            }
            try (var client = RespClient.connect(server.port())) {
                client.sendText("*2\r\n$4\r\nPING\r\n$16385\r\n");
                assertThat(client.read()).isEqualTo(failure("ERR Protocol error: unauthenticated bulk length"));
                assertThat(client.isClosedByServer()).isTrue();
            }
            try (var client = RespClient.connect(server.port())) {
                client.call("AUTH", "canary-7391");
                client.sendText("*12\r\n$3\r\nDEL\r\n" + "$1\r\nk\r\n".repeat(11));
                assertThat(client.read()).isEqualTo(Reply.ZERO);
            }
        }
    }

    @Test
    void whoHasNotSaidThePasswordDoesNotReachTheUpstream() throws Exception {
        try (var redis = RealRedis.start();
                var server = before(redis, PASSWORD);
                var client = RespClient.connect(server.port())) {
            assertThat(client.call("SET", "k", "v")).isEqualTo(NOAUTH);
            assertThat(client.call("NOSUCH.COMMAND", "k")).isInstanceOf(Reply.Failure.class);
            assertThat(redis.cli("EXISTS", "k")).isEqualTo("0");
            client.call("AUTH", "canary-7391");
            assertThat(client.call("SET", "k", "v")).isEqualTo(Reply.OK);
        }
    }

    @Test
    void aUserMayDoOnlineAndOfflineWhatTheRulesSay() throws Exception {
        var users = List.of("user bob on >pw ~a* +@all -flushall", "user default on nopass ~* &* +@all");
        try (var redis = RealRedis.start();
                var server = before(redis, new Access(null, users, null));
                var bob = RespClient.connect(server.port());
                var operator = RespClient.connect(server.port())) {
            assertThat(bob.call("AUTH", "bob", "pw")).isEqualTo(Reply.OK);
            for (String mode : List.of("online", "offline")) {
                assertThat(bob.call("SET", "a1", mode)).isEqualTo(Reply.OK);
                assertThat(bob.call("SET", "b1", mode)).isInstanceOf(Reply.Failure.class);
                assertThat(bob.call("FLUSHALL")).isInstanceOf(Reply.Failure.class);
                assertThat(bob.call("MULTI")).isEqualTo(Reply.OK);
                assertThat(bob.call("SET", "b1", mode)).isInstanceOf(Reply.Failure.class);
                assertThat(bob.call("EXEC"))
                        .isEqualTo(failure("EXECABORT Transaction discarded because of previous errors."));
                operator.call("HOLDFAST", "OFFLINE");
                awaitMode(operator, "offline");
            }
            assertThat(redis.cli("EXISTS", "b1")).isEqualTo("0");
        }
    }

    @Test
    void aScriptDoesNothingUpstreamThatItsUserMayNot() throws Exception {
        var users = List.of(
                "user bob on >pw ~a* &* +@all",
                "user eve on >pw ~* &* +@all -flushall",
                "user app on >pw ~* &* +@all -shutdown -debug");
        String[] script = {"EVAL", "return redis.call('SET', 'b1', 'v')", "1", "a1"};
        try (var redis = RealRedis.start();
                var server = before(redis, new Access(null, users, null));
                var client = RespClient.connect(server.port())) {
            for (String name : List.of("bob", "eve")) {
                client.call("AUTH", name, "pw");
                assertThat(client.call(script)).isInstanceOf(Reply.Failure.class);
                client.call("MULTI");
                assertThat(client.call(script)).isInstanceOf(Reply.Failure.class);
                assertThat(client.call("EXEC"))
                        .isEqualTo(failure("EXECABORT Transaction discarded because of previous errors."));
            }
            assertThat(redis.cli("EXISTS", "b1")).isEqualTo("0");
            client.call("AUTH", "app", "pw");
            assertThat(client.call(script)).isEqualTo(Reply.OK);
        }
    }

    @Test
    void aWiderAddressNeedsAPasswordAndTlsOrATrustedNetwork() throws Exception {
        assertThatThrownBy(() -> ProxyServer.start(config(Access.OPEN).withBind("0.0.0.0"))
                        .close())
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("no password is set for the default user");
        assertThatThrownBy(() ->
                        ProxyServer.start(config(PASSWORD).withBind("0.0.0.0")).close())
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("--tls-port")
                .hasMessageContaining("protected-mode no");
        ProxyConfig trusting = config(PASSWORD).withBind("0.0.0.0").withSettings(Map.of("protected-mode", "no"));
        try (var server = ProxyServer.start(trusting);
                var client = RespClient.connect(server.port())) {
            assertThat(client.call("PING")).isEqualTo(NOAUTH);
        }
    }

    @Test
    void usersInAFileAreLoadedAndSaved() throws Exception {
        Path file = secretFile("users.acl", "user bob on nopass ~* +@all");
        var access = new Access(null, List.of(), file);
        try (var server = standalone(access);
                var client = RespClient.connect(server.port())) {
            assertThat(client.call("AUTH", "bob", "x")).isEqualTo(Reply.OK);
            assertThat(client.call("ACL", "SETUSER", "eve", "on", ">canary-7391", "+get", "~e*"))
                    .isEqualTo(Reply.OK);
            assertThat(client.call("ACL", "SAVE")).isEqualTo(Reply.OK);
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        try (var server = standalone(access);
                var client = RespClient.connect(server.port())) {
            assertThat(client.call("AUTH", "eve", "canary-7391")).isEqualTo(Reply.OK);
        }
        assertThat(Files.readString(file)).doesNotContain("canary-7391");
    }

    @Test
    void aFileThatOthersCanChangeIsRefused() throws Exception {
        Path file = secretFile("users.acl", "user bob on nopass ~* +@all");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));
        assertThatThrownBy(() -> standalone(new Access(null, List.of(), file)).close())
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("chmod 600");
    }

    @Test
    void aPasswordFileThatOthersCanReadIsRefused() throws Exception {
        Path file = secretFile("password", "canary-7391");
        assertThat(new SecretFile(file).readPassword()).isEqualTo("canary-7391");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> new SecretFile(file).readPassword())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("chmod 600");
    }

    @Test
    void aConfigurationThatHoldsAPasswordMustBeItsOwnersAlone() throws Exception {
        for (String server :
                List.of("{\"requirepass\": \"canary-7391\"}", "{\"users\": [\"user bob on >canary-7391 ~* +@all\"]}")) {
            Path file = secretFile("holdfast" + server.length() + ".json", "{\"server\": " + server + "}");
            assertThat(configured(file).access()).isNotEqualTo(Access.OPEN);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
            assertThatThrownBy(() -> configured(file))
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining("chmod 600")
                    .hasMessageNotContaining("canary");
        }
    }

    @Test
    void thePasswordIsNoOrdinarySetting() throws Exception {
        Path file = secretFile("holdfast.json", "{\"settings\": {\"requirepass\": \"canary-7391\"}}");
        assertThatThrownBy(() -> configured(file))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("server.requirepass");
    }

    private static ProxyConfig configured(Path file) throws StartupException {
        try {
            return new Options(Configuration.read(new Sources(Map.of(), Map.of(), file))).config();
        } catch (BadConfigurationException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }

    @Test
    void aMistakeInTheUsersStopsTheStart() {
        var access = new Access(null, List.of("user bob +nosuch"), null);
        assertThatThrownBy(() -> standalone(access).close())
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("users:1: Error in applying operation '+nosuch'");
    }

    @Test
    void thePasswordIsNeitherShownNorKept() throws Exception {
        try (var server = standalone(PASSWORD);
                var client = RespClient.connect(server.port())) {
            client.call("AUTH", "canary-7391");
            assertThat(client.call("CONFIG", "GET", "requirepass").toString()).doesNotContain("canary");
            assertThat(client.call("CONFIG", "SET", "requirepass", "canary-7391"))
                    .isEqualTo(Reply.OK);
            client.call("SET", "k", "v");
        }
        assertThat(PASSWORD.toString()).doesNotContain("canary");
        try (Stream<Path> files = Files.walk(dir)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1))
                        .describedAs(file.toString())
                        .doesNotContain("canary");
            }
        }
    }

    private ProxyConfig config(Access access) {
        return ProxyConfig.of(dir.resolve("data"), null).withAccess(access);
    }

    private ProxyServer standalone(Access access) throws StartupException {
        return ProxyServer.start(config(access));
    }

    private ProxyServer before(RealRedis redis, Access access) throws StartupException {
        var server = ProxyServer.start(
                ProxyConfig.of(dir.resolve("data"), new UpstreamAddress("127.0.0.1", redis.port(), null, null))
                        .withAccess(access));
        try (var client = RespClient.connect(server.port())) {
            if (access.password() != null) {
                client.call("AUTH", access.password());
            }
            awaitMode(client, "online");
        }
        return server;
    }

    private static void awaitMode(RespClient client, String mode) {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> client.call("INFO", "holdfast").toString(), text -> text.contains("mode:" + mode));
    }

    private Path secretFile(String name, String line) throws IOException {
        Path file = Files.createFile(
                dir.resolve(name), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(file, line + "\n");
    }

    private static Reply failure(String text) {
        return new Reply.Failure(Bytes.of(text));
    }
}
