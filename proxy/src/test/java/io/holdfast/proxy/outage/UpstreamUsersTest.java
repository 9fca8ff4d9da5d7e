package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.call;
import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.holdfast.proxy.upstream.LinkLimits;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RespClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/** Clients that log in as users of the upstream: there they are those users, and here as well while it is away. */
class UpstreamUsersTest {
    private static final String NO_KEY =
            "-NOPERM this user has no permissions to access one of the keys used as arguments";
    private static final String NO_KEY_IN_SCRIPT = "can't access at least one of the keys";
    private static final String WRONG = "-WRONGPASS invalid username-password pair or user is disabled.";
    private static final String NOT_KNOWN =
            "-OFFLINE the upstream is away, and it has not accepted this user and password here before";
    private static final String PASSWORD = "canary-5820";
    /** Nothing but a cut cable is an outage. */
    private static final int TIMEOUT_MS = 5_000;

    private final Path dataDir;

    UpstreamUsersTest(@TempDir Path dataDir) {
        this.dataDir = dataDir;
    }

    private Rig rig() throws Exception {
        var rig = new Rig(dataDir, TIMEOUT_MS);
        allow(rig, "bob", ">" + PASSWORD, "~a*", "resetchannels", "&news*", "+@all", "-@admin", "-select");
        allow(rig, "eve", ">pw", "~*", "&*", "+@all");
        return rig;
    }

    private static void allow(Rig rig, String user, String... rules) {
        String[] command = Stream.concat(Stream.of("ACL", "SETUSER", user, "on"), Stream.of(rules))
                .toArray(String[]::new);
        assertThat(text(rig.direct().call(command))).isEqualTo("OK");
    }

    private static void logIn(RespClient client, String user, String password) {
        assertThat(call(client, "AUTH", user, password)).isEqualTo("OK");
    }

    private static long links(Rig rig, String user) {
        return rig.redis
                .cli("CLIENT", "LIST")
                .lines()
                .filter(line -> line.contains(" user=" + user + " ") && line.contains(" name=holdfast-"))
                .count();
    }

    // ---- while it is there

    @Test
    void whoLogsInIsThatUserUpstreamInEitherVersion() throws Exception {
        try (var rig = rig()) {
            rig.direct().call("SET", "b", "secret");
            for (RespVersion version : RespVersion.values()) {
                RespClient client = rig.client(version);
                logIn(client, "bob", PASSWORD);
                assertThat(call(client, "ACL", "WHOAMI")).isEqualTo("bob");
                assertThat(call(client, "SET", "a", "v")).isEqualTo("OK");
                assertThat(call(client, "GET", "b")).isEqualTo(NO_KEY);
                assertThat(call(client, "AUTH", "bob", "wrong")).isEqualTo(WRONG);
                assertThat(call(client, "ACL", "WHOAMI")).isEqualTo("bob");
                assertThat(call(client, "CLIENT", "INFO")).contains(" user=bob ");
                assertThat(call(client, "SELECT", "1"))
                        .isEqualTo("-NOPERM this user has no permissions to run the 'select' command");
                assertThat(call(client, "RESET")).isEqualTo("RESET");
                assertThat(call(client, "ACL", "WHOAMI")).isEqualTo("default");
                assertThat(call(client, "GET", "b")).isEqualTo("secret");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(RespVersion.class)
    void ourKeyIsNeitherCountedNorPickedForWhoMayNotTouchIt(RespVersion version) throws Exception {
        try (var rig = rig()) {
            RespClient bob = rig.client(version);
            logIn(bob, "bob", PASSWORD);
            assertThat(text(rig.direct().call("DBSIZE"))).isEqualTo("1");

            assertThat(call(bob, "DBSIZE")).isEqualTo("0");
            assertThat(call(bob, "RANDOMKEY")).isEqualTo("nil");
            rig.direct().call("SET", "b", "v");
            for (int i = 0; i < 50; i++) {
                assertThat(call(bob, "RANDOMKEY")).isEqualTo("b");
            }
            bob.sendText("DBSIZE\r\nSET a 1\r\nDBSIZE\r\nDEL a\r\nRANDOMKEY\r\nGET a\r\n");
            for (String expected : List.of("1", "OK", "2", "1", "b", "nil")) {
                assertThat(text(bob.read())).isEqualTo(expected);
            }
        }
    }

    @Test
    void helloLogsInAndChoosesTheVersion() throws Exception {
        try (var rig = rig()) {
            RespClient client = rig.client();

            assertThat(call(client, "HELLO", "3", "AUTH", "bob", "wrong")).isEqualTo(WRONG);
            client.send("HELLO", "3", "AUTH", "bob", PASSWORD, "SETNAME", "me");
            String greeting = new String(client.readRaw(), StandardCharsets.ISO_8859_1);

            assertThat(greeting).startsWith("%7\r\n").contains("proto\r\n:3\r\n");
            assertThat(call(client, "ACL", "WHOAMI")).isEqualTo("bob");
            assertThat(call(client, "CLIENT", "GETNAME")).isEqualTo("me");
            client.send("GET", "a");
            assertThat(new String(client.readRaw(), StandardCharsets.ISO_8859_1))
                    .isEqualTo("_\r\n");
        }
    }

    @Test
    void aPipelineBehindAuthIsThatUsers() throws Exception {
        try (var rig = rig()) {
            RespClient client = rig.client();

            client.sendText("SET b 1\r\nAUTH bob " + PASSWORD + "\r\nGET b\r\nRESET\r\nGET b\r\n");

            assertThat(text(client.read())).isEqualTo("OK");
            assertThat(text(client.read())).isEqualTo("OK");
            assertThat(text(client.read())).isEqualTo(NO_KEY);
            assertThat(text(client.read())).isEqualTo("RESET");
            assertThat(text(client.read())).isEqualTo("1");
        }
    }

    @Test
    void linksAreSharedOnlyByClientsOfOneUserAndPassword() throws Exception {
        try (var rig = rig()) {
            allow(rig, "bob", ">other");
            for (int i = 0; i < 3; i++) {
                for (String password : List.of(PASSWORD, "other")) {
                    RespClient client = rig.client();
                    logIn(client, "bob", password);
                    client.call("GET", "a");
                }
            }
            RespClient eve = rig.client();
            logIn(eve, "eve", "pw");
            eve.call("GET", "a");

            // The door, on which AUTH is tried, belongs to whom it last let in.
            assertThat(links(rig, "bob")).isEqualTo(2);
            assertThat(links(rig, "eve")).isEqualTo(2);
        }
    }

    @Test
    void whoGivesHoldfastsOwnPasswordSharesItsLinks() throws Exception {
        try (var rig = new Rig(dataDir, TIMEOUT_MS, "default:" + PASSWORD)) {
            RespClient direct = rig.direct();
            direct.call("CONFIG", "SET", "requirepass", PASSWORD);
            RespClient plain = rig.client();
            assertThat(call(plain, "HOLDFAST", "CONFIG", "SET", "fallback.mirror", "off"))
                    .contains("touched -> off"); // which has a link of its own
            assertThat(call(plain, "SET", "k", "v")).isEqualTo("OK");
            RespClient client = rig.client();
            assertThat(call(client, "AUTH", "wrong")).isEqualTo(WRONG);
            assertThat(call(client, "AUTH", PASSWORD)).isEqualTo("OK");
            assertThat(call(client, "GET", "k")).isEqualTo("v");
            assertThat(call(client, "CLIENT", "INFO")).contains(" user=default ");

            // The probe's, the shared one and the door.
            assertThat(call(direct, "CLIENT", "LIST")
                            .lines()
                            .filter(line -> line.contains(" name=holdfast-"))
                            .count())
                    .isEqualTo(3);
        }
    }

    @Test
    void whatNeedsALinkOfItsOwnIsThatUsersToo() throws Exception {
        try (var rig = rig()) {
            RespClient bob = rig.client(RespVersion.RESP3);
            logIn(bob, "bob", PASSWORD);
            assertThat(call(bob, "BLPOP", "b", "1")).isEqualTo(NO_KEY);
            assertThat(call(bob, "WATCH", "b")).isEqualTo(NO_KEY);
            assertThat(call(bob, "WATCH", "a")).isEqualTo("OK");
            assertThat(call(bob, "MULTI")).isEqualTo("OK");
            assertThat(call(bob, "INCR", "a")).isEqualTo("QUEUED");
            assertThat(call(bob, "EXEC")).isEqualTo("[1]");
            assertThat(call(bob, "MULTI")).isEqualTo("OK");
            assertThat(call(bob, "INCR", "b")).isEqualTo(NO_KEY);
            assertThat(call(bob, "EXEC")).startsWith("-EXECABORT");
            assertThat(call(bob, "EVAL", "return redis.call('GET', 'b')", "0")).contains(NO_KEY_IN_SCRIPT);
            assertThat(call(bob, "SUBSCRIBE", "other"))
                    .isEqualTo("-NOPERM this user has no permissions to access one of the channels used as arguments");
            assertThat(call(bob, "SUBSCRIBE", "news1")).isEqualTo("[subscribe, news1, 1]");
            rig.direct().call("PUBLISH", "news1", "hello");
            assertThat(text(bob.read())).isEqualTo("[message, news1, hello]");
            assertThat(call(bob, "MULTI")).isEqualTo("OK");
            assertThat(call(bob, "AUTH", "eve", "pw")).startsWith("-ERR AUTH to the upstream");
            assertThat(call(bob, "EXEC")).startsWith("-EXECABORT");
        }
    }

    @Test
    void aUsersFlushLeavesHoldfastsCursor() throws Exception {
        try (var rig = rig()) {
            RespClient bob = rig.client();
            logIn(bob, "bob", PASSWORD);
            rig.direct().call("SET", "b", "v");
            assertThat(call(bob, "FLUSHALL")).isEqualTo("OK");
            await().atMost(Rig.PATIENCE).until(() -> rig.redis.cli("KEYS", "*").startsWith("holdfast:"));
            bob.call("MULTI");
            bob.call("FLUSHALL");
            bob.call("SET", "a", "v");
            assertThat(call(bob, "EXEC")).isEqualTo("[OK, OK]");
            await().atMost(Rig.PATIENCE)
                    .until(() -> rig.redis.cli("KEYS", "holdfast:*").startsWith("holdfast:"));
            assertThat(call(bob, "GET", "a")).isEqualTo("v");
        }
    }

    @Test
    void moreUsersThanMayHaveLinksAreRefusedUntilOthersAreIdle() throws Exception {
        try (var rig = Rig.with(
                dataDir, config -> config.withTimeoutMs(TIMEOUT_MS).withLinks(LinkLimits.DEFAULT.withPinnedMax(2)))) {
            allow(rig, "bob", ">pw", "~*", "+@all");
            allow(rig, "eve", ">pw", "~*", "+@all");
            RespClient first = rig.client();
            RespClient second = rig.client();
            first.send("BLPOP", "q1", "0");
            second.send("BLPOP", "q2", "0");
            await().atMost(Rig.PATIENCE)
                    .pollInterval(5, TimeUnit.MILLISECONDS)
                    .until(() -> rig.redis.cli("INFO", "clients").contains("blocked_clients:2\r\n"));
            RespClient bob = rig.client();
            logIn(bob, "bob", "pw");
            assertThat(call(bob, "GET", "k")).startsWith("-ERR max number of clients reached upstream");
            bob.call("MULTI");
            bob.call("GET", "k");
            assertThat(call(bob, "EXEC")).startsWith("-EXECABORT");

            rig.direct().call("RPUSH", "q1", "v");
            first.read();
            first.call("GET", "k"); // gives its own link back
            assertThat(call(bob, "GET", "k")).isEqualTo("nil");
            RespClient eve = rig.client();
            logIn(eve, "eve", "pw");
            assertThat(call(eve, "GET", "k"))
                    .as("in the place of bob's idle link")
                    .isEqualTo("nil");
            assertThat(call(bob, "GET", "k")).isEqualTo("nil");
        }
    }

    // ---- while it is away, and when it comes back

    @Test
    void rightsHoldThroughAnOutageAndBack() throws Exception {
        try (var rig = rig()) {
            rig.direct().call("SET", "b", "secret");
            RespClient everybody = rig.client();
            everybody.call("GET", "b");
            RespClient bob = rig.client();
            RespClient bob3 = rig.client(RespVersion.RESP3);
            logIn(bob, "bob", PASSWORD);
            logIn(bob3, "bob", PASSWORD);
            bob.call("INCR", "a");
            bob3.call("RPUSH", "al", "x", "y");
            awaitCopies(everybody, 3);

            rig.goOffline();
            assertThat(call(bob, "ACL", "WHOAMI")).isEqualTo("bob");
            assertThat(call(bob, "INCR", "a")).isEqualTo("2");
            assertThat(call(bob3, "RPUSH", "al", "z")).isEqualTo("3");
            assertThat(call(bob, "GET", "b")).isEqualTo(NO_KEY);
            assertThat(call(bob3, "SET", "b", "x")).isEqualTo(NO_KEY);
            assertThat(call(bob, "EVAL", "return redis.call('GET', 'b')", "0")).contains(NO_KEY_IN_SCRIPT);
            assertThat(call(everybody, "GET", "b")).isEqualTo("secret");
            assertThat(call(everybody, "GET", "a")).isEqualTo("2");
            assertThat(call(bob, "PUBLISH", "other", "x")).startsWith("-NOPERM");

            rig.goOnline();
            assertThat(call(bob, "ACL", "WHOAMI")).isEqualTo("bob");
            assertThat(call(bob, "INCR", "a")).isEqualTo("3");
            assertThat(call(bob3, "GET", "b")).isEqualTo(NO_KEY);
            assertThat(call(rig.direct(), "LRANGE", "al", "0", "-1")).isEqualTo("[x, y, z]");
        }
    }

    private static void awaitCopies(RespClient client, int count) {
        await().atMost(Rig.PATIENCE)
                .pollInterval(5, TimeUnit.MILLISECONDS)
                .until(() -> Integer.parseInt(Rig.info(client, "mirror_fetched")) >= count);
    }

    @Test
    void whomTheUpstreamHasAcceptedBeforeIsLetInWhileItIsAway() throws Exception {
        try (var rig = rig()) {
            RespClient before = rig.client();
            logIn(before, "bob", PASSWORD);
            before.call("SET", "a", "v");
            before.close();
            rig.goOffline();
            RespClient client = rig.client();

            assertThat(call(client, "AUTH", "bob", "wrong")).isEqualTo(NOT_KNOWN);
            assertThat(call(client, "AUTH", "eve", "pw")).isEqualTo(NOT_KNOWN);
            assertThat(call(client, "ACL", "WHOAMI")).isEqualTo("default");
            logIn(client, "bob", PASSWORD);
            assertThat(call(client, "ACL", "WHOAMI")).isEqualTo("bob");
            assertThat(call(client, "GET", "b")).isEqualTo(NO_KEY);

            rig.goOnline();
            assertThat(call(client, "ACL", "WHOAMI")).isEqualTo("bob");
        }
    }

    @Test
    void whosePasswordWasChangedMeanwhileIsCutOffWithTheUpstreamsWords() throws Exception {
        try (var rig = rig()) {
            RespClient bob = rig.client();
            RespClient eve = rig.client();
            logIn(bob, "bob", PASSWORD);
            logIn(eve, "eve", "pw");
            bob.call("SET", "a", "v");
            eve.call("SET", "e", "v");
            rig.goOffline();
            bob.call("SET", "a", "offline");
            allow(rig, "bob", "resetpass", ">new");

            rig.goOnline();

            assertThat(text(bob.read())).isEqualTo(WRONG);
            assertThat(bob.isClosedByServer()).isTrue();
            assertThat(call(eve, "ACL", "WHOAMI")).isEqualTo("eve");
            assertThat(call(rig.direct(), "GET", "a"))
                    .as("what it was let do stands")
                    .isEqualTo("offline");
            RespClient again = rig.client();
            assertThat(call(again, "AUTH", "bob", PASSWORD)).isEqualTo(WRONG);
            logIn(again, "bob", "new");
            rig.goOffline();
            assertThat(call(rig.client(), "AUTH", "bob", PASSWORD)).isEqualTo(NOT_KNOWN);
        }
    }

    @Test
    void aUserThatIsRemovedUpstreamIsCutOff() throws Exception {
        try (var rig = rig()) {
            RespClient bob = rig.client();
            logIn(bob, "bob", PASSWORD);
            bob.call("SET", "a", "v");
            RespClient monitor = rig.client();
            logIn(monitor, "eve", "pw");
            assertThat(call(monitor, "MONITOR")).isEqualTo("OK");

            rig.direct().call("ACL", "DELUSER", "bob", "eve");

            assertThat(text(bob.read())).isEqualTo(WRONG);
            assertThat(bob.isClosedByServer()).isTrue();
            assertThat(text(monitor.read())).isEqualTo(WRONG);
            assertThat(monitor.isClosedByServer()).isTrue();
            assertThat(call(rig.client(), "GET", "a")).isEqualTo("v");
            assertThat(Rig.info(rig.client(), "mode")).isEqualTo("online");
        }
    }

    @Test
    void rulesAreReadWhenSomebodyLogsInHoweverManyHaveBefore() throws Exception {
        try (var rig = rig()) {
            logIn(rig.client(), "bob", PASSWORD);
            allow(rig, "bob", "-@all", "+get");
            RespClient narrow = rig.client();
            logIn(narrow, "bob", PASSWORD);
            assertThat(call(narrow, "MULTI")).startsWith("-NOPERM");
            rig.direct().call("ACL", "DELUSER", "bob");
            allow(rig, "bob", ">" + PASSWORD, "~*", "+@all");
            RespClient wide = rig.client();
            logIn(wide, "bob", PASSWORD);

            assertThat(call(wide, "MULTI")).isEqualTo("OK");
            assertThat(call(wide, "SET", "a", "v")).isEqualTo("QUEUED");
            assertThat(call(wide, "EXEC")).isEqualTo("[OK]");
        }
    }

    @Test
    void rulesThatChangeUpstreamHoldAtOnceThereAndSoonHere() throws Exception {
        try (var rig = rig()) {
            RespClient bob = rig.client();
            logIn(bob, "bob", PASSWORD);
            assertThat(call(bob, "SET", "c", "v")).isEqualTo(NO_KEY);
            allow(rig, "bob", "~c*", "-get");
            assertThat(call(bob, "SET", "c", "v")).isEqualTo("OK");
            assertThat(call(bob, "GET", "c")).startsWith("-NOPERM");
            await().atMost(Rig.PATIENCE).until(() -> {
                bob.call("MULTI");
                String queued = call(bob, "SET", "c", "w");
                bob.call("DISCARD");
                return queued.equals("QUEUED");
            });
            rig.goOffline();
            assertThat(call(bob, "SET", "c", "offline")).isEqualTo("OK");
            assertThat(call(bob, "GET", "c")).startsWith("-NOPERM");
        }
    }

    @Test
    void whereRightsCannotBeKnownUsersMayDoNothingWhileItIsAway() throws Exception {
        Path users = Files.writeString(
                dataDir.resolve("users.acl"),
                "user default on nopass ~* &* +@all\nuser proxy on >pw ~* &* +@all -acl\nuser bob on >" + PASSWORD
                        + " ~a* &* +@all\n");
        try (var rig = new Rig(dataDir, TIMEOUT_MS, "proxy:pw", "--aclfile", users.toString())) {
            RespClient bob = rig.client(RespVersion.RESP3);
            logIn(bob, "bob", PASSWORD);
            assertThat(call(bob, "SELECT", "1")).isEqualTo("OK");
            assertThat(call(bob, "SET", "a", "v")).isEqualTo("OK");
            assertThat(call(bob, "GET", "b")).isEqualTo(NO_KEY);
            assertThat(call(bob, "HOLDFAST", "OFFLINE")).startsWith("-NOPERM");
            assertThat(call(bob, "SUBSCRIBE", "c")).isEqualTo("[subscribe, c, 1]");
            rig.goOffline();
            assertThat(call(bob, "GET", "a")).startsWith("-NOPERM");
            assertThat(call(bob, "PING")).startsWith("-NOPERM");
            rig.goOnline();
            assertThat(call(bob, "GET", "a")).isEqualTo("v");
        }
    }

    // ---- secrets

    @Test
    void thePasswordIsNowhereToBeSeen() throws Exception {
        var log = new ListAppender<ILoggingEvent>();
        var root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        log.start();
        root.addAppender(log);
        try (var rig = rig()) {
            RespClient monitor = rig.client();
            monitor.call("MONITOR");
            RespClient operator = rig.client();
            operator.call("CONFIG", "SET", "slowlog-log-slower-than", "0");
            RespClient bob = rig.client();
            logIn(bob, "bob", PASSWORD);
            bob.call("HELLO", "3", "AUTH", "bob", PASSWORD);
            bob.call("AUTH", PASSWORD);
            bob.call("MULTI");
            bob.call("AUTH", "bob", PASSWORD);
            bob.call("DISCARD");
            bob.call("SET", "a", "v");
            rig.goOffline();
            bob.call("AUTH", "bob", PASSWORD);
            bob.call("AUTH", "nobody", PASSWORD);
            bob.call("SET", "a", "w");
            allow(rig, "bob", "resetpass");
            rig.goOnline();
            var seen = new StringBuilder();
            for (String question : List.of(
                    "CLIENT LIST",
                    "CONFIG GET *",
                    "SLOWLOG GET",
                    "INFO everything",
                    "ACL LOG",
                    "HOLDFAST STATUS",
                    "HOLDFAST JOURNAL LIST")) {
                seen.append(call(operator, question.split(" ")));
            }
            monitor.send("PING");
            for (String line = text(monitor.read()); !line.equals("PONG"); line = text(monitor.read())) {
                seen.append(line);
            }
            synchronized (log) { // as it is where an event is appended
                log.list.forEach(
                        event -> seen.append(event.getFormattedMessage()).append(event.getThrowableProxy()));
            }
            assertThat(seen.toString()).contains("bob").doesNotContain(PASSWORD);
        } finally {
            root.detachAppender(log);
        }
        assertThat(filesWith(PASSWORD)).isEmpty();
    }

    private List<Path> filesWith(String secret) throws IOException {
        try (Stream<Path> files = Files.walk(dataDir)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> contains(file, secret))
                    .toList();
        }
    }

    private static boolean contains(Path file, String secret) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1).contains(secret);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
