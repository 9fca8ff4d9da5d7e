package io.holdfast.proxy.admin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.ProxyServer;
import io.holdfast.resp.Bytes;
import io.holdfast.sync.journal.Conflict;
import io.holdfast.sync.journal.DeadLetter;
import io.holdfast.sync.journal.SyncStore;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The sub-commands that talk to a running Holdfast. */
class RunningServerTest {
    private Path directory;
    private ProxyServer holdfast;

    private record Said(int status, String out, String err) {}

    @BeforeEach
    void start(@TempDir Path fresh) throws Exception {
        directory = fresh;
        ProxyServer.start(config()).close();
        try (var store = SyncStore.open(directory.resolve("data").resolve("sync.db"))) {
            for (int i = 1; i <= 3; i++) {
                Bytes key = Bytes.of("cart:" + i);
                store.deadLetters()
                        .add(new DeadLetter(
                                i, 0, 1_700_000_000_000L, 0, List.of(Bytes.of("INCR"), key), key, "WRONGTYPE no"));
            }
            store.conflicts().add(List.of(conflict(1), conflict(2)));
        }
        holdfast = ProxyServer.start(config());
    }

    private static Conflict conflict(int number) {
        Bytes key = Bytes.of("user:" + number);
        return new Conflict(
                number,
                0,
                1_700_000_000_001L,
                1_700_000_000_000L,
                0,
                0,
                key,
                null,
                "merge",
                Conflict.Winner.LOCAL,
                Bytes.of("base"),
                List.of(Bytes.of("SET"), key, Bytes.of("here")),
                List.of(Bytes.of("SET"), key, Bytes.of("there")),
                null,
                null);
    }

    @AfterEach
    void end() {
        holdfast.close();
    }

    private ProxyConfig config() {
        return ProxyConfig.of(directory.resolve("data"), null);
    }

    private Said run(Object command, String... arguments) {
        var all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--port", Integer.toString(holdfast.port())));
        return runAnywhere(command, all.toArray(String[]::new));
    }

    private static Said runAnywhere(Object command, String... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        int status = new CommandLine(command)
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
        return new Said(status, out.toString(), err.toString());
    }

    @Test
    void deadLettersAreATableForAPerson() {
        Said said = run(new DeadLettersCommand(), "list", "--match", "cart:[12]");

        assertThat(said.status()).isZero();
        assertThat(said.out().lines())
                .containsExactly(
                        "id  sequence  time                  db  command  key     reply         state",
                        "1   1         2023-11-14T22:13:20Z  0   INCR     cart:1  WRONGTYPE no  open",
                        "2   2         2023-11-14T22:13:20Z  0   INCR     cart:2  WRONGTYPE no  open");
    }

    @Test
    void deadLettersAreJsonForAMachine() throws Exception {
        Said said = run(new DeadLettersCommand(), "list", "--json");

        JsonNode rows = new ObjectMapper().readTree(said.out());
        assertThat(rows).hasSize(3);
        assertThat(rows.get(2).get("key").asText()).isEqualTo("cart:3");
        assertThat(rows.get(2).get("time").asLong()).isEqualTo(1_700_000_000_000L);
    }

    @Test
    void lettersAreShownEditedAndDiscarded() {
        assertThat(run(new DeadLettersCommand(), "edit", "1", "SET", "cart:1", "7"))
                .isEqualTo(new Said(0, "edited; requeue it to have it sent" + System.lineSeparator(), ""));
        assertThat(run(new DeadLettersCommand(), "show", "1").out()).contains("SET cart:1 7");
        assertThat(run(new DeadLettersCommand(), "discard", "1").out()).startsWith("1 discarded");
        assertThat(run(new DeadLettersCommand(), "discard", "--all", "--match", "cart:*")
                        .out())
                .startsWith("2 discarded");
    }

    @Test
    void conflictsAreListedShownAndSettled() {
        assertThat(run(new ConflictsCommand(), "list").out().lines())
                .containsExactly(
                        "id  sequence  time                  db  key     part  command  policy  winner  upstream_by       local_by  state",
                        "1   1         2023-11-14T22:13:20Z  0   user:1  -     SET      merge   local   not a known node  -         open",
                        "2   2         2023-11-14T22:13:20Z  0   user:2  -     SET      merge   local   not a known node  -         open");
        assertThat(run(new ConflictsCommand(), "show", "1").out()).contains("SET user:1 there");
        assertThat(run(new ConflictsCommand(), "resolve", "keep", "--all", "--match", "user:*")
                        .out())
                .startsWith("2 settled");
        assertThat(run(new ConflictsCommand(), "resolve", "upstream", "1").err())
                .contains("Holdfast runs standalone");
        assertThat(run(new ConflictsCommand(), "resolve", "keep").err()).contains("name the ids, or say --all");
    }

    @Test
    void whatIsRefusedIsOneLineAndExitsWithOne() {
        assertThat(run(new DeadLettersCommand(), "show", "9"))
                .isEqualTo(new Said(1, "", "holdfast: ERR no dead letter has the id 9" + System.lineSeparator()));
        assertThat(run(new DeadLettersCommand(), "requeue", "1").err()).contains("Holdfast runs standalone");
        assertThat(run(new DeadLettersCommand(), "discard").err()).contains("name the ids, or say --all");
        assertThat(run(new OnlineCommand()).status()).isEqualTo(1);
        assertThat(run(new OfflineCommand(), "maintenance").status()).isEqualTo(1);
    }

    @Test
    void whereNothingAnswersOneLineSaysSo() throws Exception {
        int port;
        try (var unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = unused.getLocalPort();
        }

        Said said = runAnywhere(new StatusCommand(), "--port", Integer.toString(port));

        assertThat(said.status()).isEqualTo(1);
        assertThat(said.out()).isEmpty();
        assertThat(said.err().lines())
                .singleElement()
                .asString()
                .startsWith("holdfast: no Holdfast answers on 127.0.0.1:");
    }

    @Test
    void statusAndSyncAndJournalAreFields() {
        assertThat(run(new StatusCommand()).out()).contains("mode", "standalone");
        assertThat(run(new SyncCommand()).out()).containsPattern("(?m)^pending +0$");
        assertThat(run(new SyncCommand(), "status", "--json").out()).contains("\"paused\" : 0");
        assertThat(run(new SyncCommand(), "follow").out()).contains("0 entries left");
        assertThat(run(new SyncCommand(), "pause").err()).contains("Holdfast runs standalone");
        assertThat(run(new JournalCommand(), "stats").out()).containsPattern("(?m)^segments +1$");
        assertThat(run(new JournalCommand(), "list", "--count", "5").status()).isZero();
    }

    @Test
    void thePasswordComesFromAFileThatIsItsOwnersAlone() throws Exception {
        Path secret = Files.createFile(
                directory.resolve("secret"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(secret, "open sesame\n");
        Path readable = Files.writeString(directory.resolve("readable"), "open sesame\n");
        Files.setPosixFilePermissions(readable, PosixFilePermissions.fromString("rw-r--r--"));
        holdfast.close();
        holdfast = ProxyServer.start(config().withSettings(Map.of("requirepass", "open sesame")));

        assertThat(run(new StatusCommand()).err()).startsWith("holdfast: NOAUTH");
        assertThat(run(new StatusCommand(), "--password-file", readable.toString())
                        .err())
                .contains("--password-file");
        assertThat(run(new StatusCommand(), "--password-file", secret.toString())
                        .status())
                .isZero();
    }

    @Test
    void whoMayNotAdministerMayNotWorkAtTheDesk() throws Exception {
        Path secret = Files.createFile(
                directory.resolve("secret"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(secret, "open sesame\n");
        try (var operator = Conversation.begin("127.0.0.1", holdfast.port(), null, null)) {
            operator.ask("ACL", "SETUSER", "bob", "on", ">open sesame", "~*", "+@all", "-@admin");
        }

        assertThat(run(new DeadLettersCommand(), "list", "--user", "bob", "--password-file", secret.toString())
                        .err())
                .startsWith("holdfast: NOPERM");
        assertThat(run(new StatusCommand(), "--user", "bob", "--password-file", secret.toString())
                        .status())
                .isZero();
    }

    @Test
    void aProgressLineSaysWhatIsLeftHowFastAndHowLong() {
        var first = new LinkedHashMap<String, Object>(
                Map.of("mode", "replaying", "pending", 1000L, "confirmed_sequence", 0L, "time", 1000L));
        var now = new LinkedHashMap<String, Object>(
                Map.of("mode", "replaying", "pending", 500L, "confirmed_sequence", 500L, "time", 3000L));

        assertThat(SyncCommand.line(first, now)).isEqualTo("replaying: 500 entries left, 250 entries/s, time left 2 s");
        assertThat(SyncCommand.line(first, first))
                .isEqualTo("replaying: 1000 entries left, 0 entries/s, time left unknown");
    }
}
