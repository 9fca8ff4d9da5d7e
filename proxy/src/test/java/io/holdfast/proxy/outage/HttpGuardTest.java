package io.holdfast.proxy.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.proxy.Access;
import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.ProxyServer;
import io.holdfast.proxy.StartupException;
import io.holdfast.testing.RespClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may ask by HTTP, what is refused and how, and that a connection can be used again. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HttpGuardTest {
    private static final String API = "/api/fallback/";
    private static final int PATIENCE_MS = 30_000;

    private final Path directory;
    /** For tests that only ask. */
    private final ProxyServer shared;

    HttpGuardTest(@TempDir Path directory) throws Exception {
        this.directory = directory;
        shared = ProxyServer.start(config());
    }

    private ProxyConfig config() throws IOException {
        return ProxyConfig.of(Files.createTempDirectory(directory, "data"), null)
                .withHttpPort(0);
    }

    @AfterAll
    void stop() {
        shared.close();
    }

    private static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    /** A connection on which one may write what one likes. */
    private static final class Wire implements AutoCloseable {
        private final Socket socket;
        private final BufferedReader in;

        Wire(ProxyServer server) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), server.httpPort());
            socket.setSoTimeout(PATIENCE_MS);
            in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        }

        void send(String text) throws IOException {
            socket.getOutputStream().write(text.replace("\n", "\r\n").getBytes(StandardCharsets.UTF_8));
        }

        /** The status and the body of the next answer. */
        String answer(boolean hasBody) throws IOException {
            String status = in.readLine();
            int length = 0;
            for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
                if (line.startsWith("content-length: ")) {
                    length = Integer.parseInt(line.substring("content-length: ".length()));
                }
            }
            var body = new char[hasBody ? length : 0];
            for (int read = 0; read < body.length; ) {
                int more = in.read(body, read, body.length - read);
                if (more < 0) {
                    throw new IOException("the answer ends early");
                }
                read += more;
            }
            return status + " " + new String(body).trim();
        }

        boolean isAtEnd() throws IOException {
            return in.read() < 0;
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    // ---- who

    @Test
    void whereAPasswordIsAskedForItIsAskedForHereToo() throws Exception {
        var config = config().withAccess(
                        new Access("secret", List.of("user bob on >b +holdfast|status", "user eve on nopass"), null));
        try (ProxyServer server = ProxyServer.start(config)) {
            HttpCaller.Answer nobody = new HttpCaller(server).get(API + "status");
            assertThat(nobody.status()).isEqualTo(401);
            assertThat(nobody.whole().headers().firstValue("WWW-Authenticate"))
                    .hasValueSatisfying(value -> assertThat(value).startsWith("Basic realm="));
            assertThat(nobody.error()).contains("HTTP Basic");
            assertThat(new HttpCaller(server).get("/health/live").status()).isEqualTo(200);
            assertThat(new HttpCaller(server).get("/health/ready").status()).isEqualTo(200);

            for (String right :
                    List.of(basic("default", "secret"), basic("", "secret"), "Bearer secret", basic("bob", "b"))) {
                assertThat(new HttpCaller(server).as(right).get(API + "status").status())
                        .as(right)
                        .isEqualTo(200);
            }
            for (String wrong :
                    List.of(basic("default", "x"), basic("nosuch", "secret"), "Bearer x", "Digest x", "Basic %")) {
                assertThat(new HttpCaller(server).as(wrong).get(API + "status").status())
                        .as(wrong)
                        .isEqualTo(401);
            }
        }
    }

    @Test
    void everyRouteNeedsTheRightsOfWhatItDoes() throws Exception {
        var config = config().withAccess(new Access("secret", List.of("user bob on >b +holdfast|status"), null));
        try (ProxyServer server = ProxyServer.start(config)) {
            var bob = new HttpCaller(server).as(basic("bob", "b"));

            assertThat(bob.get(API + "config").status()).isEqualTo(200);
            assertThat(bob.get(API + "sync-queue").status()).isEqualTo(403);
            assertThat(bob.post(API + "sync").error()).contains("NOPERM");
            assertThat(bob.get(API + "handoffs/p").status()).isEqualTo(403);
            assertThat(bob.post(API + "handoffs/p", "{\"handoff_content\":\"x\"}")
                            .status())
                    .isEqualTo(403);
            for (String path : List.of("status", "health", "config", "sync-queue", "handoffs/p")) {
                assertThat(new HttpCaller(server).get(API + path).status())
                        .as(path)
                        .isEqualTo(401);
            }
            for (String path : List.of("sync", "test-redis", "cleanup")) {
                assertThat(new HttpCaller(server).post(API + path).status())
                        .as(path)
                        .isEqualTo(401);
            }
        }
    }

    @Test
    void aWrongPasswordIsRefusedAlsoWhereNoneIsAskedFor() throws Exception {
        try (ProxyServer server = ProxyServer.start(config())) {
            assertThat(new HttpCaller(server)
                            .as(basic("nosuch", "x"))
                            .post(API + "handoffs/p", "{\"handoff_content\":\"x\"}")
                            .status())
                    .isEqualTo(401);
            try (RespClient client = Rig.clientOf(server)) {
                assertThat(Rig.text(client.call("DBSIZE"))).isEqualTo("0");
            }
        }
    }

    // ---- what a browser was made to send

    @ParameterizedTest
    @CsvSource({
        "localhost, 200",
        "LOCALHOST:80, 200",
        "127.0.0.1, 200",
        "127.0.0.1:1, 200",
        "127.9.9.9, 200",
        "[::1]:4001, 200",
        "evil.example, 403",
        "localhost.evil.example, 403",
        "127.0.0.1.evil.example:80, 403",
        "10.0.0.1, 403",
        "[::2], 403",
        "'', 403",
    })
    void aNameThatIsNotOursIsRefused(String host, int status) throws Exception {
        try (var wire = new Wire(shared)) {
            wire.send("GET /health/live HTTP/1.1\nHost: " + host + "\n\n");

            assertThat(wire.answer(true)).startsWith("HTTP/1.1 " + status + " ");
        }
    }

    @Test
    void aPageOfAnotherOriginChangesNothing() throws Exception {
        try (ProxyServer server = ProxyServer.start(config())) {
            var caller = new HttpCaller(server);
            String body = "{\"handoff_content\":\"x\"}";
            for (String origin : List.of("http://evil.example", "null", "http://127.0.0.1", "http://localhost:3000")) {
                HttpCaller.Answer refused = caller.send(
                        caller.method("POST", API + "handoffs/p", body).header("Origin", origin));
                assertThat(refused.status()).as(origin).isEqualTo(403);
                assertThat(refused.whole().headers().map()).doesNotContainKey("access-control-allow-origin");
            }
            String ours = "http://127.0.0.1:" + server.httpPort();
            assertThat(caller.send(caller.method("POST", API + "handoffs/p", body)
                                    .header("Origin", ours))
                            .status())
                    .isEqualTo(200);
            assertThat(caller.send(caller.to(API + "status").GET().header("Origin", "http://evil.example"))
                            .status())
                    .isEqualTo(200);
            assertThat(caller.send(caller.to(API + "status").method("OPTIONS", HttpRequest.BodyPublishers.noBody()))
                            .status())
                    .isEqualTo(405);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""})
    void aBodyThatIsNotJsonIsRefused(String type) throws Exception {
        var caller = new HttpCaller(shared);
        var request =
                caller.to(API + "handoffs/p").POST(HttpRequest.BodyPublishers.ofString("{\"handoff_content\":\"x\"}"));
        if (!type.isEmpty()) {
            request.header("Content-Type", type);
        }

        HttpCaller.Answer refused = caller.send(request);

        assertThat(refused.status()).isEqualTo(415);
        assertThat(refused.error()).contains("application/json");
    }

    // ---- what is wrong

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "GET | /api/fallback/statsu | | 404 | there is no /api/fallback/statsu; the nearest is /api/fallback/status",
                "GET | / | | 404 | the nearest is",
                "GET | /api/fallback/handoffs/a/b | | 404 | the nearest is",
                "DELETE | /api/fallback/status | | 405 | DELETE is not for /api/fallback/status; what is: GET, HEAD",
                "GET | /api/fallback/sync | | 405 | what is: POST",
                "GET | /api/fallback/sync-queue?limit=x | | 400 | limit takes a number from 1 to 1000, not 'x'",
                "GET | /api/fallback/sync-queue?limit=1001 | | 400 | limit takes a number from 1 to 1000",
                "GET | /api/fallback/sync-queue?limt=1 | | 400 | unknown query parameter 'limt'; the nearest is 'limit'",
                "GET | /api/fallback/sync-queue?status=done | | 400 | status takes pending or failed, not 'done'",
                "GET | /api/fallback/sync-queue?cursor=x | | 400 | cursor takes the next_cursor of the page before",
                "GET | /api/fallback/status?verbose=1 | | 400 | there are no query parameters here",
                "GET | /api/fallback/handoffs/%00 | | 400 | a project's name has 1 to 200 bytes",
                "GET | /api/fallback/handoffs/%ff | | 400 | a project's name has 1 to 200 bytes",
                "GET | /api/fallback/handoffs/ | | 400 | a project's name has 1 to 200 bytes",
                "GET | /api/fallback/handoffs/p?limit=0 | | 400 | limit takes a number from 1 to 100",
                "PUT | /api/fallback/sync-config | {} | 400 | nothing is to be changed: name settings of the section sync",
                "PUT | /api/fallback/sync-config | {\"enabled\":\"no\"} | 400 | sync.enabled takes true or false, not",
                "PUT | /api/fallback/sync-config | {\"batchsize\":1} | 400 | unknown key 'sync.batchsize'; the nearest is 'sync.batch_size'",
                "PUT | /api/fallback/sync-config | {\"batch_size\":\"many\"} | 400 | (sync.batch_size) takes a number from 1 to 10000, not 'many'",
                "PUT | /api/fallback/sync-config | {\"batch_size\":{}} | 400 | sync.batch_size takes a number, a text, or a list",
                "DELETE | /api/fallback/sync-queue?status=done | | 400 | status takes failed, not 'done'",
                "POST | /api/fallback/handoffs/p | {} | 400 | handoff_content is missing",
                "POST | /api/fallback/handoffs/p | {\"handoff_content\":\"\"} | 400 | handoff_content is missing",
                "POST | /api/fallback/handoffs/p | {\"handoff_content\":1} | 400 | handoff_content is missing",
                "POST | /api/fallback/handoffs/p | {\"content\":\"x\"} | 400 | unknown field 'content'; the nearest is",
                "POST | /api/fallback/handoffs/p | {\"handoff_content\":\"x\",\"session_id\":1} | 400 | session_id takes a text",
                "POST | /api/fallback/handoffs/p | {\"handoff_content\":\"x\",\"metadata\":[]} | 400 | metadata takes an object",
                "POST | /api/fallback/handoffs/p | {\"handoff_content\":\"x\",\"project_name\":\"q\"} | 400 | the path says 'p'",
                "POST | /api/fallback/handoffs/p | [] | 400 | the body must be one JSON object",
                "POST | /api/fallback/handoffs/p | {\"a\":1 | 400 | the body is not JSON",
                "POST | /api/fallback/handoffs/p | {} {} | 400 | the body is not JSON",
                "POST | /api/fallback/handoffs/p | {\"a\":1,\"a\":2} | 400 | the body is not JSON: Duplicate",
            })
    void aMistakeIsNamedWithWhatWouldBeRight(String method, String path, String body, int status, String error)
            throws Exception {
        var caller = new HttpCaller(shared);
        HttpCaller.Answer answer = caller.send(
                body == null
                        ? caller.to(path).method(method, HttpRequest.BodyPublishers.noBody())
                        : caller.method(method, path, body));

        assertThat(answer.error()).contains(error);
        assertThat(answer.status()).isEqualTo(status);
        if (status == 405) {
            assertThat(error)
                    .contains(answer.whole().headers().firstValue("Allow").orElseThrow());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "HELLO | 400",
                "GET /health/live HTTP/1.1 | 400", // no Host
                "GET /health/live HTTP/9.9 | 505",
                "GET /%s HTTP/1.1 | 414",
            })
    void whatIsNoRequestIsAnsweredAndTheConnectionEnds(String line, int status) throws Exception {
        try (var wire = new Wire(shared)) {
            wire.send(line.formatted("x".repeat(10_000)) + "\nx: y\n\n");

            String answer = wire.answer(true);

            assertThat(answer).contains(" " + status + " ");
            assertThat(new ObjectMapper()
                            .readTree(answer.substring(answer.indexOf('{')))
                            .path("error")
                            .asText())
                    .isNotEmpty();
        }
    }

    @Test
    void whatIsTooLongIsRefusedBeforeItIsKept() throws Exception {
        try (ProxyServer server = ProxyServer.start(config())) {
            try (var wire = new Wire(server)) {
                wire.send("GET /health/live HTTP/1.1\nHost: localhost\nX: " + "y".repeat(20_000) + "\n\n");
                assertThat(wire.answer(true)).contains(" 431 ").contains("16384 bytes");
                assertThat(wire.isAtEnd()).isTrue();
            }
            try (var wire = new Wire(server)) {
                wire.send("POST " + API + "sync HTTP/1.1\nHost: localhost\nContent-Length: 999999999999\n\n");
                assertThat(wire.answer(true)).contains(" 413 ").contains("1048576 bytes");
                assertThat(wire.isAtEnd()).isTrue();
            }
            var caller = new HttpCaller(server);
            String large = "{\"handoff_content\":\"" + "x".repeat(3_000_000) + "\"}";
            assertThat(caller.post(API + "handoffs/p", large).status()).isEqualTo(413);
            String right = "{\"handoff_content\":\"" + "x".repeat(1_000_000) + "\"}";
            assertThat(caller.post(API + "handoffs/p", right).status()).isEqualTo(200);
            assertThat(caller.get(API + "handoffs/p")
                            .body()
                            .path("handoff_content")
                            .asText())
                    .hasSize(1_000_000);
        }
    }

    // ---- connections

    @Test
    void requestsThatAreSentAheadAreAnsweredOneAfterAnother() throws Exception {
        try (ProxyServer server = ProxyServer.start(config());
                var wire = new Wire(server)) {
            var requests = new StringBuilder();
            for (int i = 0; i < 50; i++) {
                requests.append("GET " + API + "handoffs/p" + i + " HTTP/1.1\nHost: localhost\n\n");
            }
            requests.append("HEAD " + API + "status HTTP/1.1\nHost: localhost\n\n");
            requests.append(
                    "POST " + API + "handoffs/p HTTP/1.1\nHost: localhost\nExpect: 100-continue\n"
                            + "Content-Type: application/json; charset=utf-8\nContent-Length: 23\n\n{\"handoff_content\":\"x\"}");
            requests.append("GET " + API + "handoffs/p HTTP/1.1\nHost: localhost\nConnection: close\n\n");
            wire.send(requests.toString());

            for (int i = 0; i < 50; i++) {
                assertThat(wire.answer(true)).contains(" 200 ").contains("\"project_name\":\"p" + i + "\"");
            }
            assertThat(wire.answer(false)).isEqualTo("HTTP/1.1 200 OK ");
            assertThat(wire.answer(true)).startsWith("HTTP/1.1 100 Continue");
            assertThat(wire.answer(true)).contains("Session handoff saved");
            assertThat(wire.answer(true)).contains("\"handoff_content\":\"x\"");
            assertThat(wire.isAtEnd()).isTrue();
        }
    }

    @Test
    void oneConnectionTooManyIsToldSo() throws Exception {
        try (ProxyServer server = ProxyServer.start(config())) {
            List<Wire> wires = new ArrayList<>();
            try {
                for (int i = 0; i < 64; i++) {
                    var wire = new Wire(server);
                    wires.add(wire);
                    wire.send("GET /health/live HTTP/1.1\nHost: localhost\n\n");
                    assertThat(wire.answer(true)).contains(" 200 ");
                }
                try (var wire = new Wire(server)) {
                    assertThat(wire.answer(false)).contains(" 503 ");
                }
            } finally {
                for (Wire wire : wires) {
                    wire.close();
                }
            }
        }
    }

    // ---- the port

    @Test
    void anOccupiedPortIsNamedWithItsOption() throws Exception {
        try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> ProxyServer.start(config().withHttpPort(other.getLocalPort())))
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining("cannot listen on 127.0.0.1:" + other.getLocalPort())
                    .hasMessageContaining("--http-port");
        }
    }

    @Test
    void whenTheServerStopsNobodyListensThere() throws Exception {
        int port;
        try (ProxyServer server = ProxyServer.start(config())) {
            port = server.httpPort();
        }

        assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close())
                .isInstanceOf(ConnectException.class);
    }
}
