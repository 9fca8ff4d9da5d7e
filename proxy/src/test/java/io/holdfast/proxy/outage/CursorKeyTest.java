package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.resp.Reply;
import io.holdfast.resp.RespVersion;
import io.holdfast.sync.conflict.Sidecar;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The key that proves what was replayed lies in the upstream: clients of Holdfast neither see it nor lose it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CursorKeyTest {
    private static final int TIMEOUT_MS = 20_000;

    private final Rig rig;
    private final String cursor;

    CursorKeyTest(@TempDir Path dataDir) throws Exception {
        rig = new Rig(dataDir, TIMEOUT_MS);
        cursor = "holdfast:{" + Rig.info(rig.client(), "node") + "}";
    }

    @BeforeEach
    void flush() {
        rig.client().call("FLUSHALL");
    }

    @AfterAll
    void stop() {
        rig.close();
    }

    private boolean cursorIsThere() {
        return text(rig.direct().call("HEXISTS", cursor, "cur")).equals("1");
    }

    // ---- not seen

    @ParameterizedTest
    @EnumSource(RespVersion.class)
    void nothingThatTellsOfKeysTellsOfIt(RespVersion version) {
        RespClient client = rig.client(version);
        client.call("SET", "k", "v");
        client.call("SET", "x" + cursor, "in the middle of another's name");
        client.call("HSET", "h", "f", "$41\r\n" + cursor + "\r\n");

        assertThat(text(client.call("KEYS", "x*"))).isEqualTo("[x" + cursor + "]");
        assertThat(text(client.call("KEYS", cursor))).isEqualTo("[]");
        assertThat(items(client.call("KEYS", "*"))).containsExactlyInAnyOrder("k", "h", "x" + cursor);
        assertThat(text(client.call("SCAN", "0", "MATCH", cursor, "COUNT", "1000")))
                .isEqualTo("[0, []]");
        assertThat(text(client.call("SCAN", "0", "TYPE", "hash", "COUNT", "1000")))
                .isEqualTo("[0, [h]]");
        assertThat(text(client.call("SCAN", "0", "COUNT", "1000"))).doesNotContain(" " + cursor, "[" + cursor);
        assertThat(text(client.call("DBSIZE"))).isEqualTo("3");
        assertThat(text(rig.direct().call("DBSIZE"))).isEqualTo("4");
    }

    @ParameterizedTest
    @EnumSource(RespVersion.class)
    void nothingInATransactionTellsOfItEither(RespVersion version) {
        RespClient client = rig.client(version);
        client.call("SET", "k", "v");
        client.call("MULTI");
        client.call("KEYS", "*");
        client.call("DBSIZE");
        client.call("SET", "l", "v");
        client.call("SCAN", "0", "COUNT", "1000", "MATCH", "*o*");
        client.call("DBSIZE");
        client.call("DEL", "k");
        client.call("RANDOMKEY");
        client.call("KEYS", cursor);

        assertThat(text(client.call("EXEC"))).isEqualTo("[[k], 1, OK, [0, []], 2, 1, l, []]");
    }

    @ParameterizedTest
    @EnumSource(RespVersion.class)
    void nothingThatTellsOfKeysTellsOfStamps(RespVersion version) {
        RespClient client = rig.client(version);
        client.call("SET", "k", "v");
        Sidecar.KEYS.forEach(key -> rig.direct().call("HSET", key.utf8(), "f", "v"));

        assertThat(text(client.call("KEYS", "*"))).isEqualTo("[k]");
        assertThat(text(client.call("KEYS", "holdfast:*"))).isEqualTo("[]");
        assertThat(text(client.call("SCAN", "0", "COUNT", "1000"))).isEqualTo("[0, [k]]");
        assertThat(text(client.call("SCAN", "0", "COUNT", "1000", "MATCH", "*stamps*")))
                .isEqualTo("[0, []]");
        assertThat(text(client.call("DBSIZE"))).isEqualTo("1");
        assertThat(text(client.call("RANDOMKEY"))).isEqualTo("k");
        client.call("SWAPDB", "0", "1");
        assertThat(text(client.call("DBSIZE"))).isEqualTo("0");
        assertThat(text(rig.direct().call("DBSIZE"))).isEqualTo("3");
        client.call("FLUSHALL");
        assertThat(text(rig.direct().call("DBSIZE"))).isEqualTo("1");
    }

    @ParameterizedTest
    @EnumSource(RespVersion.class)
    void anyOneKeyIsNeverIt(RespVersion version) {
        RespClient client = rig.client(version);

        assertThat(text(client.call("RANDOMKEY"))).isEqualTo("nil");
        client.call("SET", "k", "v");
        for (int i = 0; i < 200; i++) {
            assertThat(text(client.call("RANDOMKEY"))).isEqualTo("k");
        }
    }

    @Test
    void otherNodesCursorsAreKeysLikeAnyOther() {
        String other = "holdfast:{" + "0".repeat(32) + "}";
        rig.direct().call("HSET", other, "cur", "1");
        RespClient client = rig.client();

        assertThat(text(client.call("KEYS", "*"))).isEqualTo("[" + other + "]");
        assertThat(text(client.call("DBSIZE"))).isEqualTo("1");
        assertThat(text(client.call("RANDOMKEY"))).isEqualTo(other);
    }

    @Test
    void inOtherDatabasesThereIsNothingToHide() {
        RespClient client = rig.client();
        client.call("SELECT", "2");
        client.call("SET", cursor, "a client's own");

        assertThat(text(client.call("KEYS", "*"))).isEqualTo("[" + cursor + "]");
        assertThat(text(client.call("DBSIZE"))).isEqualTo("1");
        assertThat(text(client.call("RANDOMKEY"))).isEqualTo(cursor);
    }

    @Test
    void aKeyspaceOfManyKeysIsListedWhole() {
        RespClient client = rig.client();
        for (int i = 0; i < 5000; i++) {
            client.send("SET", "key:" + i, "v");
        }
        for (int i = 0; i < 5000; i++) {
            client.read();
        }

        assertThat(items(client.call("KEYS", "*"))).hasSize(5000).doesNotContain(cursor);
        assertThat(text(client.call("DBSIZE"))).isEqualTo("5000");
    }

    @Test
    void repliesKeepTheirOrderInAPipeline() {
        RespClient client = rig.client();
        client.send("SET", "a", "1");
        client.send("DBSIZE");
        client.send("SET", "b", "2");
        client.send("RANDOMKEY");
        client.send("DBSIZE");
        client.send("FLUSHDB");
        client.send("DBSIZE");
        client.send("GET", "a");

        assertThat(text(client.read())).isEqualTo("OK");
        assertThat(text(client.read())).isEqualTo("1");
        assertThat(text(client.read())).isEqualTo("OK");
        assertThat(text(client.read())).isIn("a", "b");
        assertThat(text(client.read())).isEqualTo("2");
        assertThat(text(client.read())).isEqualTo("OK");
        assertThat(text(client.read())).isEqualTo("0");
        assertThat(text(client.read())).isEqualTo("nil");
    }

    // ---- not lost

    @ParameterizedTest
    @ValueSource(strings = {"FLUSHALL", "FLUSHALL ASYNC", "FLUSHDB", "FLUSHDB SYNC"})
    void aFlushLeavesIt(String flush) {
        RespClient client = rig.client();
        client.call("SET", "k", "v");

        assertThat(text(client.call(flush.split(" ")))).isEqualTo("OK");
        assertThat(cursorIsThere()).isTrue();
        assertThat(text(rig.direct().call("DBSIZE"))).isEqualTo("1");
        assertThat(text(client.call("DBSIZE"))).isEqualTo("0");
    }

    @Test
    void aFlushFromAnotherDatabaseLeavesIt() {
        RespClient client = rig.client();
        client.call("SELECT", "3");
        client.call("SET", "k", "v");

        assertThat(text(client.call("FLUSHALL"))).isEqualTo("OK");
        assertThat(cursorIsThere()).isTrue();
        client.call("SET", "k", "3");
        RespClient direct = rig.direct();
        direct.call("SELECT", "3");
        assertThat(text(direct.call("KEYS", "*"))).isEqualTo("[k]");
        client.call("FLUSHDB");
        assertThat(text(direct.call("DBSIZE"))).isEqualTo("0");
    }

    @Test
    void aFlushInATransactionLeavesIt() {
        RespClient client = rig.client();
        client.call("SET", "k", "v");
        client.call("MULTI");
        client.call("FLUSHALL");
        client.call("SET", "l", "v");
        client.call("DBSIZE");

        assertThat(text(client.call("EXEC"))).isEqualTo("[OK, OK, 1]");
        assertThat(cursorIsThere()).isTrue();
    }

    @Test
    void whoReadsItByItsNameLeavesNoCopyHere() {
        RespClient client = rig.client();
        client.call("SET", "k", "v");
        client.call("HGETALL", cursor);
        client.call("HSET", cursor, "field", "1");
        client.call("GET", "k");
        rig.goOffline();

        assertThat(text(client.call("KEYS", "*"))).isEqualTo("[k]");
        rig.goOnline();
    }

    @Test
    void afterAFlushAnOutageIsReplayedAsEver() {
        RespClient client = rig.client();
        client.call("SET", "n", "1");
        client.call("FLUSHALL");
        rig.goOffline();
        client.call("INCR", "n");
        rig.goOnline();
        client.call("INCR", "n");
        client.call("FLUSHALL");
        client.call("INCR", "n");
        rig.goOffline();
        client.call("INCR", "n");
        rig.goOnline();

        assertThat(Rig.info(client, "condition")).isEmpty();
        assertThat(Rig.info(client, "dead_letters")).isEqualTo("0");
        assertThat(text(rig.direct().call("GET", "n"))).isEqualTo("2");
    }

    @Test
    void anUpstreamThatIsOutOfMemoryIsFlushedAllTheSame() {
        RespClient client = rig.client();
        RespClient direct = rig.direct();
        direct.call("EVAL", "for i = 1, 1000 do redis.call('SET', i, string.rep('x', 8000)) end", "0");
        direct.call("CONFIG", "SET", "maxmemory", "7000000");
        try {
            assertThat(text(client.call("SET", "k", "v"))).startsWith("-OOM");
            assertThat(text(client.call("FLUSHALL"))).isEqualTo("OK");
            assertThat(text(client.call("DBSIZE"))).isEqualTo("0");
            assertThat(cursorIsThere()).isTrue();
        } finally {
            direct.call("CONFIG", "SET", "maxmemory", "0");
        }
    }

    @Test
    void whatIsWrongWithARequestIsSaidAsTheUpstreamSaysIt() {
        RespClient client = rig.client();
        RespClient direct = rig.direct();

        for (String request : List.of("FLUSHALL NOW", "DBSIZE x", "SWAPDB 0 x", "SWAPDB 0 0", "SCAN x", "KEYS")) {
            assertThat(client.call(request.split(" "))).describedAs(request).isEqualTo(direct.call(request.split(" ")));
        }
        assertThat(cursorIsThere()).isTrue();
    }

    @Test
    void databasesThatChangePlacesDoNotTakeItAlong() {
        RespClient client = rig.client();
        client.call("SET", "k", "0");

        assertThat(text(client.call("SWAPDB", "0", "1"))).isEqualTo("OK");
        assertThat(cursorIsThere()).isTrue();
        assertThat(text(client.call("DBSIZE"))).isEqualTo("0");
        client.call("SELECT", "1");
        assertThat(text(client.call("KEYS", "*"))).isEqualTo("[k]");
    }

    // ---- a client that watches

    @Test
    void aWatchOutlivesACountAndNotAFlush() {
        RespClient client = rig.client();
        client.call("SET", "k", "v");
        client.call("WATCH", "k");
        assertThat(text(client.call("DBSIZE"))).isEqualTo("1");
        client.call("MULTI");
        client.call("GET", "k");
        assertThat(text(client.call("EXEC"))).isEqualTo("[v]");

        client.call("WATCH", "k");
        client.call("FLUSHALL");
        client.call("MULTI");
        client.call("GET", "k");
        assertThat(text(client.call("EXEC"))).isEqualTo("nil");

        client.call("SET", "k", "v");
        client.call("WATCH", "k");
        client.call("DBSIZE");
        rig.direct().call("SET", "k", "w");
        client.call("MULTI");
        client.call("DBSIZE");
        assertThat(text(client.call("EXEC"))).isEqualTo("nil");
    }

    // ---- what concerns a connection, in a transaction

    /** The link is shared: it used to stay in the database that one client had chosen. */
    @Test
    void aDatabaseChosenInATransactionIsThatClientsAlone() {
        RespClient client = rig.client();
        RespClient other = rig.client();
        client.call("MULTI");
        client.call("SELECT", "3");
        client.call("SET", "a", "3");
        client.call("DBSIZE");
        client.send("EXEC");
        client.send("SET", "b", "3");
        client.send("DBSIZE");
        assertThat(text(client.read())).isEqualTo("[OK, OK, 1]");
        assertThat(text(client.read())).isEqualTo("OK");
        assertThat(text(client.read())).isEqualTo("2");
        other.call("SET", "c", "0");
        client.call("MULTI");
        client.call("SELECT", "99");
        client.call("DBSIZE");
        client.call("SET", "b", "4");
        assertThat(text(client.call("EXEC"))).isEqualTo("[-ERR DB index is out of range, 2, OK]");
        assertThat(text(client.call("DBSIZE"))).isEqualTo("2");

        assertThat(text(other.call("KEYS", "*"))).isEqualTo("[c]");
        client.call("FLUSHDB");
        assertThat(text(other.call("DBSIZE"))).isEqualTo("1");
    }

    @Test
    void aProtocolAndANameChosenInATransactionAreThatClientsAlone() {
        RespClient client = rig.client();
        RespClient other = rig.client();
        client.call("MULTI");
        client.call("CLIENT", "SETNAME", "me");
        client.call("SET", "a", "1");
        client.call("HELLO", "3");
        assertThat(text(client.call("EXEC"))).startsWith("[OK, OK, ");
        other.call("HSET", "h", "f", "v");

        assertThat(other.call("HGETALL", "h")).isInstanceOf(Reply.Array.class);
        assertThat(client.call("HGETALL", "h")).isInstanceOf(Reply.MapOf.class);
        assertThat(text(client.call("CLIENT", "GETNAME"))).isEqualTo("me");
    }

    private static List<String> items(Reply reply) {
        return ((Reply.Array) reply).items().stream().map(Rig::text).toList();
    }
}
