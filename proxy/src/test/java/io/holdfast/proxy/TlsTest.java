package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.tls.TlsFiles;
import io.holdfast.proxy.tls.UpstreamTls;
import io.holdfast.proxy.tls.UpstreamTls.Verification;
import io.holdfast.proxy.tls.UpstreamTlsSettings;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.resp.Reply;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS from clients and to a real redis-server, with certificates made for the test. */
class TlsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int TIMEOUT_MS = 20_000;

    private final Path dir;
    private X509Bundle authority;

    TlsTest(@TempDir Path dir) {
        this.dir = dir;
    }

    @BeforeEach
    void makeCertificates() throws Exception {
        authority = new CertificateBuilder()
                .ecp256()
                .subject("CN=authority")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        Files.writeString(dir.resolve("ca.crt"), authority.getCertificatePEM());
        issue("server", "127.0.0.1");
        issue("client", "127.0.0.1");
    }

    private void issue(String name, String address) throws Exception {
        X509Bundle issued = new CertificateBuilder()
                .ecp256()
                .subject("CN=" + name)
                .addSanIpAddress(address)
                .buildIssuedBy(authority);
        Files.writeString(dir.resolve(name + ".key"), issued.getPrivateKeyPEM());
        Files.writeString(dir.resolve(name + ".crt"), issued.getCertificatePathPEM());
    }

    private String file(String name) {
        return dir.resolve(name).toString();
    }

    private static int freePort() throws IOException {
        try (var probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    // ---- clients

    private ProxyServer serveTls(int port, String authClients) throws StartupException {
        return serveTls(port, authClients, 1);
    }

    private ProxyServer serveTls(int port, String authClients, int ioThreads) throws StartupException {
        return ProxyServer.start(ProxyConfig.of(dir.resolve("data"), null)
                .withSettings(Map.of(
                        "io-threads", Integer.toString(ioThreads),
                        "tls-port", Integer.toString(port),
                        "tls-cert-file", file("server.crt"),
                        "tls-key-file", file("server.key"),
                        "tls-ca-cert-file", file("ca.crt"),
                        "tls-auth-clients", authClients)));
    }

    private TlsFiles files(boolean withCertificate) {
        return new TlsFiles(
                withCertificate ? dir.resolve("client.crt") : null,
                withCertificate ? dir.resolve("client.key") : null,
                null,
                dir.resolve("ca.crt"),
                null);
    }

    private static String ping(int port, TlsFiles files) throws IOException {
        try (var plain = new Socket(InetAddress.getLoopbackAddress(), port)) {
            plain.setSoTimeout(TIMEOUT_MS);
            try (Socket socket = new UpstreamTls(files, Verification.FULL).over(plain, "127.0.0.1", port)) {
                socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
                return new String(socket.getInputStream().readNBytes(7), StandardCharsets.US_ASCII);
            }
        }
    }

    @Test
    void aPasswordThatTheKeyDoesNotNeedIsNotAskedFor() throws Exception {
        int port = freePort();
        var secret = new TlsFiles(
                dir.resolve("client.crt"), dir.resolve("client.key"), "secret", dir.resolve("ca.crt"), null);
        try (var server = serveTls(port, "yes")) {
            assertThat(server.port()).isZero();
            assertThat(ping(port, secret)).isEqualTo("+PONG\r\n");
        }
    }

    @Test
    void whoShowsACertificateIsServedAndNobodyElse() throws Exception {
        int port = freePort();
        try (var server = serveTls(port, "yes")) {
            assertThat(server.port()).isZero(); // nobody comes without TLS
            assertThat(ping(port, files(true))).isEqualTo("+PONG\r\n");
            assertThatThrownBy(() -> {
                        if (ping(port, files(false)).isEmpty()) {
                            throw new IOException("closed"); // TLS 1.3 tells a client after it has written
                        }
                    })
                    .isInstanceOf(IOException.class);
            assertThat(ping(port, files(true))).isEqualTo("+PONG\r\n");
        }
    }

    /** Who speaks TLS is greeted on the loop of its socket, before the engine hears of it. */
    @Test
    void otherLoopsSpeakTlsToo() throws Exception {
        int port = freePort();
        try (var server = serveTls(port, "yes", 3)) {
            assertThat(server.port()).isZero();
            for (int i = 0; i < 5; i++) {
                assertThat(ping(port, files(true))).isEqualTo("+PONG\r\n");
            }
        }
    }

    @Test
    void certificatesOfClientsMayBeLeftOut() throws Exception {
        int port = freePort();
        try (var server = serveTls(port, "no")) {
            assertThat(server.greeting()).contains("127.0.0.1:" + port + " (TLS)");
            assertThat(ping(port, files(false))).isEqualTo("+PONG\r\n");
        }
    }

    @Test
    void aRenewedCertificateIsShownWithoutARestart() throws Exception {
        int port = freePort();
        try (var server = serveTls(port, "no")) {
            assertThat(shown(port)).contains("CN=server");
            issue("renewed", "127.0.0.1");
            Files.copy(dir.resolve("renewed.key"), dir.resolve("k"));
            Files.move(dir.resolve("k"), dir.resolve("server.key"), StandardCopyOption.REPLACE_EXISTING);
            Files.move(dir.resolve("renewed.crt"), dir.resolve("server.crt"), StandardCopyOption.REPLACE_EXISTING);
            await().atMost(PATIENCE).until(() -> shown(port).contains("CN=renewed"));
            Files.writeString(dir.resolve("server.crt"), "not a certificate");
            assertThat(ping(port, files(false))).isEqualTo("+PONG\r\n");
            assertThat(server.greeting()).contains("TLS");
        }
    }

    @Test
    void filesThatCannotBeUsedAreRefusedAndWhatWasThereStays() throws Exception {
        int port = freePort();
        issue("other", "127.0.0.1");
        Files.writeString(dir.resolve("no.crt"), "not a certificate");
        try (var server = serveTls(port, "no")) {
            for (String change : List.of(
                    "tls-cert-file " + file("nowhere.crt"),
                    "tls-cert-file " + file("no.crt"),
                    "tls-key-file " + file("no.crt"),
                    "tls-cert-file " + file("other.crt"), // with the key of the one before
                    "tls-key-file \"\"",
                    "tls-protocols TLSv1.9",
                    "tls-ca-cert-file \"\" tls-auth-clients yes",
                    "maxclients 77 tls-cert-file " + file("nowhere.crt"))) {
                assertThat(ask(port, "CONFIG SET " + change))
                        .as(change)
                        .startsWith("-ERR CONFIG SET failed (possibly related to argument 'tls-")
                        .contains("TLS stays as it is: ")
                        .doesNotContain("null");
            }
            assertThat(ask(port, "CONFIG GET tls-cert-file")).contains(file("server.crt"));
            assertThat(ask(port, "CONFIG GET tls-auth-clients")).contains("no");
            assertThat(ask(port, "CONFIG GET maxclients")).doesNotContain("77");
            assertThat(shown(port)).contains("CN=server");
            assertThat(server.greeting()).contains("TLS");
        }
    }

    @Test
    void filesThatBelongTogetherAreChangedTogetherAndHoldAtOnce() throws Exception {
        int port = freePort();
        issue("other", "127.0.0.1");
        try (var server = serveTls(port, "no")) {
            assertThat(ask(
                            port,
                            "CONFIG SET tls-cert-file " + file("other.crt") + " tls-key-file " + file("other.key")))
                    .startsWith("+OK");
            assertThat(shown(port)).contains("CN=other");
            assertThat(ask(port, "CONFIG SET tls-auth-clients yes")).startsWith("+OK");
            assertThat(ping(port, files(true))).isEqualTo("+PONG\r\n");
            assertThatThrownBy(() -> {
                        if (ping(port, files(false)).isEmpty()) {
                            throw new IOException("closed"); // TLS 1.3 tells a client after it has written
                        }
                    })
                    .isInstanceOf(IOException.class);
            assertThat(server.greeting()).contains("TLS");
        }
    }

    /** All that is said to an inline command. */
    private String ask(int port, String command) throws IOException {
        try (var plain = new Socket(InetAddress.getLoopbackAddress(), port)) {
            plain.setSoTimeout(TIMEOUT_MS);
            try (Socket socket = new UpstreamTls(files(false), Verification.FULL).over(plain, "127.0.0.1", port)) {
                socket.getOutputStream().write((command + "\r\nQUIT\r\n").getBytes(StandardCharsets.US_ASCII));
                return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            }
        }
    }

    private String shown(int port) throws IOException {
        try (var plain = new Socket(InetAddress.getLoopbackAddress(), port)) {
            plain.setSoTimeout(TIMEOUT_MS);
            try (var socket =
                    (SSLSocket) new UpstreamTls(files(false), Verification.FULL).over(plain, "127.0.0.1", port)) {
                return socket.getSession().getPeerPrincipal().getName();
            }
        }
    }

    @Test
    void whatIsMissingIsSaid() {
        assertThatThrownBy(() -> ProxyServer.start(
                        ProxyConfig.of(dir.resolve("data"), null).withSettings(Map.of("tls-port", "" + freePort()))))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("tls-cert-file and tls-key-file are needed");
        assertThatThrownBy(() -> ProxyServer.start(ProxyConfig.of(dir.resolve("data"), null)
                        .withSettings(Map.of(
                                "tls-port", "" + freePort(),
                                "tls-cert-file", file("server.crt"),
                                "tls-key-file", file("server.key")))))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("give tls-ca-cert-file, or tls-auth-clients no");
    }

    // ---- the upstream

    private RealRedis redis(int tlsPort) {
        return RealRedis.start(
                "--tls-port",
                "" + tlsPort,
                "--tls-cert-file",
                file("server.crt"),
                "--tls-key-file",
                file("server.key"),
                "--tls-ca-cert-file",
                file("ca.crt"),
                "--appendonly",
                "yes",
                "--appendfsync",
                "always");
    }

    private ProxyServer before(int tlsPort, TlsFiles files, Verification verification) throws StartupException {
        return ProxyServer.start(
                ProxyConfig.of(dir.resolve("data"), UpstreamAddress.parse("rediss://127.0.0.1:" + tlsPort))
                        .withUpstreamTls(new UpstreamTlsSettings(files, verification)));
    }

    private static String info(RespClient client) {
        return client.call("INFO", "holdfast") instanceof Reply.Bulk bulk
                ? new String(bulk.value().array(), StandardCharsets.US_ASCII)
                : "";
    }

    @Test
    void linksProbesAndReplayAllSpeakTls() throws Exception {
        int port = freePort();
        try (var redis = redis(port);
                var server = before(port, files(true), Verification.FULL);
                var client = RespClient.connect(server.port())) {
            await().atMost(PATIENCE).until(() -> info(client).contains("mode:online\r\n"));
            assertThat(client.call("INCR", "n")).isEqualTo(Reply.ONE);
            assertThat(client.call("SET", "big", "x".repeat(1 << 20))).isEqualTo(Reply.OK);
            assertThat(client.call("STRLEN", "big")).isEqualTo(Reply.of(1 << 20));
            assertThat(redis.cli("GET", "n").trim()).isEqualTo("1");
            redis.kill();
            assertThat(client.call("GET", "n")).isEqualTo(Reply.bulk("1"));
            assertThat(client.call("INCR", "n")).isEqualTo(Reply.of(2));
            redis.restart();
            await().atMost(PATIENCE).until(() -> info(client).contains("mode:online\r\n"));
            assertThat(redis.cli("GET", "n").trim()).isEqualTo("2");
        }
    }

    @Test
    void anUpstreamThatCannotProveWhoItIsIsNotSpokenTo() throws Exception {
        int port = freePort();
        issue("server", "127.0.0.2");
        try (var redis = redis(port);
                var server = before(port, files(true), Verification.FULL);
                var client = RespClient.connect(server.port())) {
            assertThat(client.call("SET", "secret", "v")).isEqualTo(Reply.OK);
            assertThat(info(client)).contains("mode:offline\r\n").contains("IP address 127.0.0.1");
            try (var direct = redis.connect()) {
                assertThat(direct.call("EXISTS", "secret")).isEqualTo(Reply.ZERO);
            }
        }
    }
}
