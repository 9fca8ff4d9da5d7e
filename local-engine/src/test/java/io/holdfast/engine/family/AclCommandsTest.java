package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.command.AclFile;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.TestClock;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a transcript cannot show: other connections, the clock, the file, and where 7.2 differs from 7.0. */
class AclCommandsTest {
    private static final String SHA_256_OF_PW = "30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4";

    private final TestClock clock = new TestClock(1_800_000_000_000L);
    private final EngineClient client = EngineClient.start(RedisVersion.STANDALONE, clock);

    @Test
    void rulesAreToldInTheOrderTheyWereGiven() {
        client.call("ACL", "SETUSER", "bob", "+@all", "-@dangerous", "+keys", "+config|get", "-@admin", "+keys");
        assertThat(lines())
                .containsExactly(
                        "user bob off sanitize-payload resetchannels +@all -@dangerous +config|get -@admin +keys",
                        "user default on nopass sanitize-payload ~* &* +@all");
        client.call("ACL", "SETUSER", "bob", "-config");
        assertThat(lines().get(0)).endsWith("+@all -@dangerous -@admin +keys -config");
    }

    @Test
    void aRefusalNamesTheUserAsSevenTwoDoes() {
        client.call("ACL", "SETUSER", "bob", "on", "nopass", "+get", "~a");
        client.call("AUTH", "bob", "x");
        assertThat(failure("SET", "a", "v")).isEqualTo("NOPERM User bob has no permissions to run the 'set' command");
        assertThat(failure("GET", "b")).isEqualTo("NOPERM No permissions to access a key");
    }

    @Test
    void onlyTheHashOfAPasswordIsKept() {
        client.call("ACL", "SETUSER", "bob", "on", ">pw");
        assertThat(lines().get(0)).contains("#" + SHA_256_OF_PW).doesNotContain(">pw");
        assertThat(client.call("AUTH", "bob", "pw")).isEqualTo(Reply.OK);
        assertThat(client.call("AUTH", "bob", SHA_256_OF_PW)).isInstanceOf(Reply.Failure.class);
    }

    @Test
    void aRefusedRuleLeavesTheUserAsItWas() {
        client.call("ACL", "SETUSER", "bob", "on", ">pw", "+get");
        List<String> before = lines();
        assertThat(failure("ACL", "SETUSER", "bob", "off", "+set", "+nosuch"))
                .isEqualTo("ERR Error in ACL SETUSER modifier '+nosuch': Unknown command or category name in ACL");
        assertThat(failure("ACL", "SETUSER", "eve", "on", "foo")).contains("'foo': Syntax error");
        assertThat(lines()).isEqualTo(before);
    }

    @Test
    void aRemovedUsersConnectionsAreClosedAndMayDoNothing() {
        client.call("ACL", "SETUSER", "bob", "on", "nopass", "+@all", "~*");
        EngineClient other = client.another();
        other.call("AUTH", "bob", "x");
        assertThat(client.call("ACL", "DELUSER", "bob")).isEqualTo(Reply.ONE);
        assertThat(other.isClosedByServer()).isTrue();
        assertThat(client.isClosedByServer()).isFalse();
    }

    @Test
    void whoRemovesItselfIsStillAnswered() {
        client.call("ACL", "SETUSER", "bob", "on", "nopass", "+@all", "~*");
        client.call("AUTH", "bob", "x");
        assertThat(client.call("ACL", "DELUSER", "bob")).isEqualTo(Reply.ONE);
        assertThat(client.isClosedByServer()).isTrue();
        assertThat(client.session().user().name()).isEqualTo(Bytes.of("default"));
    }

    @Test
    void aSubscriberWhoseChannelIsTakenAwayIsDisconnected() {
        client.call("ACL", "SETUSER", "bob", "on", "nopass", "+@all", "&news", "&odds*");
        EngineClient news = client.another();
        news.call("AUTH", "bob", "x");
        news.call("SUBSCRIBE", "news");
        EngineClient odds = client.another();
        odds.call("AUTH", "bob", "x");
        odds.call("PSUBSCRIBE", "odds*");
        client.call("ACL", "SETUSER", "bob", "resetchannels", "&news");
        assertThat(news.isClosedByServer()).isFalse();
        assertThat(odds.isClosedByServer()).isTrue();
    }

    @Test
    void aChangedRuleReachesConnectionsThatAreThere() {
        client.call("ACL", "SETUSER", "bob", "on", "nopass", "+@all", "~*");
        EngineClient other = client.another();
        other.call("AUTH", "bob", "x");
        client.call("ACL", "SETUSER", "bob", "-set");
        assertThat(other.call("SET", "k", "v")).isInstanceOf(Reply.Failure.class);
    }

    @Test
    void whoWaitsIsNotServedWhatTheRulesNoLongerAllow() {
        client.call("ACL", "SETUSER", "bob", "on", "nopass", "+@all", "~*");
        EngineClient other = client.another();
        other.call("AUTH", "bob", "x");
        other.send(Bytes.of("BLPOP"), Bytes.of("k"), Bytes.of("0"));
        client.call("ACL", "SETUSER", "bob", "resetkeys");
        assertThat(client.call("RPUSH", "k", "v")).isEqualTo(Reply.ONE);
        assertThat(new String(other.readRaw(), StandardCharsets.ISO_8859_1))
                .isEqualTo("-NOPERM No permissions to access a key\r\n");
        assertThat(client.call("LLEN", "k")).isEqualTo(Reply.ONE);
    }

    @Test
    void everyKeyIsSeenHoweverTheRequestIsWritten() {
        client.call("ACL", "SETUSER", "bob", "on", "nopass", "+@all", "~mine", "~STREAMS", "%R~seen");
        client.call("GEOADD", "mine", "1", "1", "m");
        client.call("AUTH", "bob", "x");
        String noKey = "NOPERM No permissions to access a key";
        assertThat(failure("GEORADIUS", "mine", "1", "1", "1", "km", "STORE", "mine", "STORE", "other"))
                .isEqualTo(noKey);
        assertThat(failure("XREADGROUP", "GROUP", "g", "STREAMS", "STREAMS", "other", ">"))
                .isEqualTo(noKey);
        assertThat(failure("XREADGROUP", "COUNT", "1", "GROUP", "STREAMS", "mine", "STREAMS", "other", ">"))
                .isEqualTo(noKey);
        assertThat(failure("BITFIELD", "seen", "SET", "u8", "0", "1")).isEqualTo(noKey);
        assertThat(failure("BITFIELD", "seen", "OVERFLOW", "SAT", "INCRBY", "u8", "0", "1"))
                .isEqualTo(noKey);
        assertThat(client.call("BITFIELD", "seen", "GET", "u8", "0")).isEqualTo(Reply.array(Reply.ZERO));
    }

    @Test
    void aPasswordForEverybodyLetsThoseInWhoWereThereBefore() {
        EngineClient before = client.another();
        client.engine().acl().requirePassword("secret");
        EngineClient after = client.another();
        assertThat(before.call("PING")).isEqualTo(Reply.PONG);
        assertThat(after.call("PING")).isEqualTo(new Reply.Failure(Bytes.of("NOAUTH Authentication required.")));
        client.engine().acl().requirePassword("");
        assertThat(after.call("PING")).isEqualTo(Reply.PONG);
    }

    @Test
    void theLogCountsWhatHappensAgainWithinAMinute() {
        client.call("ACL", "SETUSER", "bob", "on", ">pw", "+get", "+multi", "~a");
        client.call("AUTH", "bob", "wrong");
        client.call("AUTH", "bob", "wrong");
        clock.advance(Duration.ofSeconds(61));
        client.call("AUTH", "bob", "wrong");
        EngineClient other = client.another();
        other.call("AUTH", "bob", "pw");
        other.call("SET", "a", "v");
        other.call("MULTI");
        other.call("GET", "b");
        clock.advance(Duration.ofMillis(1500));
        var entries = (Reply.Array) client.call("ACL", "LOG");
        assertThat(entries.items().stream().map(AclCommandsTest::outline))
                .containsExactly(
                        "1 key multi b bob 1.5",
                        "1 command toplevel set bob 1.5",
                        "1 auth toplevel AUTH bob 1.5",
                        "2 auth toplevel AUTH bob 62.5");
        assertThat(((Reply.MapOf) entries.items().get(0)).keysAndValues())
                .endsWith(
                        Reply.bulk("entry-id"),
                        new Reply.Int(3),
                        Reply.bulk("timestamp-created"),
                        new Reply.Int(1_800_000_061_000L),
                        Reply.bulk("timestamp-last-updated"),
                        new Reply.Int(1_800_000_061_000L));
        assertThat(((Reply.Array) client.call("ACL", "LOG", "2")).items()).hasSize(2);
        assertThat(client.call("ACL", "LOG", "RESET")).isEqualTo(Reply.OK);
        assertThat(client.call("ACL", "LOG")).isEqualTo(Reply.EMPTY_ARRAY);
    }

    /** Count, reason, context, object, user and age of one entry. */
    private static String outline(Reply entry) {
        List<Reply> fields = ((Reply.MapOf) entry).keysAndValues();
        var text = new ArrayList<String>();
        for (int i = 1; i < 12; i += 2) {
            Reply value = fields.get(i);
            text.add(
                    value instanceof Reply.Bulk bulk
                            ? bulk.value().utf8()
                            : value instanceof Reply.Real real
                                    ? real.text().utf8()
                                    : String.valueOf(((Reply.Int) value).value()));
        }
        return String.join(" ", text);
    }

    @Test
    void aGeneratedPasswordHasAsManyDigitsAsItsBitsNeed() {
        assertThat(bulk("ACL", "GENPASS")).matches("[0-9a-f]{64}");
        assertThat(bulk("ACL", "GENPASS", "5")).matches("[0-9a-f]{2}");
        assertThat(bulk("ACL", "GENPASS")).isNotEqualTo(bulk("ACL", "GENPASS"));
    }

    @Test
    void everythingSavedIsLoadedAgain() {
        var file = new FileInMemory();
        client.engine().acl().file(file);
        client.call("ACL", "SETUSER", "bob", "on", ">pw", "~a*", "%R~b", "&c", "+get", "(+set ~x)");
        List<String> before = lines();
        assertThat(client.call("ACL", "SAVE")).isEqualTo(Reply.OK);
        client.call("ACL", "SETUSER", "bob", "reset");
        client.call("ACL", "SETUSER", "eve");
        assertThat(client.call("ACL", "LOAD")).isEqualTo(Reply.OK);
        assertThat(lines()).isEqualTo(before);
    }

    @Test
    void aFileWithAMistakeChangesNothingAndTellsNoPassword() {
        var file = new FileInMemory();
        client.engine().acl().file(file);
        file.lines = List.of("user bob on >secret +nosuch", "", "usr x", "user bob on", "user eve #secret on");
        List<String> before = lines();
        assertThat(failure("ACL", "LOAD"))
                .isEqualTo("ERR users.acl:1: Error in applying operation '+nosuch': Unknown command or category name in"
                        + " ACL. users.acl:3 should start with user keyword followed by the username. WARNING: Duplicate"
                        + " user 'bob' found on line 4. users.acl:5: The password hash must be exactly 64 characters and"
                        + " contain only lowercase hexadecimal characters. WARNING: ACL errors detected, no change to the"
                        + " previously active ACL rules was performed");
        assertThat(lines()).isEqualTo(before);
    }

    @Test
    void aFileThatIsNotThereIsAnError() {
        client.engine().acl().file(new FileInMemory());
        assertThat(failure("ACL", "LOAD"))
                .isEqualTo("ERR Error loading ACLs, opening file 'users.acl': No such file or directory");
    }

    @Test
    void loadingClosesConnectionsOfUsersThatWere() {
        var file = new FileInMemory();
        client.engine().acl().file(file);
        client.call("ACL", "SETUSER", "bob", "on", "nopass", "+@all", "~*");
        EngineClient bob = client.another();
        bob.call("AUTH", "bob", "x");
        file.lines = List.of("user default on nopass ~* &* +@all");
        client.call("ACL", "LOAD");
        assertThat(bob.isClosedByServer()).isTrue();
        assertThat(client.isClosedByServer()).isFalse();
    }

    @Test
    void whatOthersAreShownHoldsNoSecret() {
        assertThat(shown("AUTH", "bob", "pw")).isEqualTo("AUTH (redacted) (redacted)");
        assertThat(shown("HELLO", "3", "AUTH", "bob", "pw", "SETNAME", "x"))
                .isEqualTo("HELLO 3 AUTH (redacted) (redacted) SETNAME x");
        assertThat(shown("ACL", "SETUSER", "bob", ">pw")).isEqualTo("ACL SETUSER (redacted) (redacted)");
        assertThat(shown("SET", "k", "v")).isEqualTo("SET k v");
    }

    private String shown(String... command) {
        var args = new Bytes[command.length];
        for (int i = 0; i < args.length; i++) {
            args[i] = Bytes.of(command[i]);
        }
        var words = new ArrayList<String>();
        for (Bytes word : client.engine().commands().resolve(args).shown(args)) {
            words.add(word.utf8());
        }
        return String.join(" ", words);
    }

    private List<String> lines() {
        return ((Reply.Array) client.call("ACL", "LIST"))
                .items().stream()
                        .map(line -> ((Reply.Bulk) line).value().latin1())
                        .toList();
    }

    private String bulk(String... command) {
        return ((Reply.Bulk) client.call(command)).value().latin1();
    }

    private String failure(String... command) {
        return ((Reply.Failure) client.call(command)).text().latin1();
    }

    private static final class FileInMemory implements AclFile {
        private List<String> lines = List.of();
        private boolean written;

        @Override
        public String name() {
            return "users.acl";
        }

        @Override
        public List<String> read() throws IOException {
            if (lines.isEmpty() && !written) {
                throw new FileNotFoundException("No such file or directory");
            }
            return lines;
        }

        @Override
        public void write(List<String> all) {
            lines = all;
            written = true;
        }
    }
}
