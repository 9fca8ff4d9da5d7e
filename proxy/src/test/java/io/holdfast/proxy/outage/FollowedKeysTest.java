package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.resp.Reply;
import io.holdfast.sync.mirror.MirrorMode;
import io.holdfast.sync.mirror.MirrorSettings;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What others do to keys that clients have touched is heard of, whether or not anybody reads them again. */
@Execution(ExecutionMode.CONCURRENT)
class FollowedKeysTest {
    private static Rig rig(Path dataDir) throws Exception {
        return Rig.with(dataDir, config -> config.withMirror(new MirrorSettings(MirrorMode.TOUCHED, List.of())));
    }

    private static void eventually(BooleanSupplier condition) {
        await().atMost(Rig.PATIENCE).pollInterval(20, TimeUnit.MILLISECONDS).until(condition::getAsBoolean);
    }

    /** Of HOLDFAST MIRROR. */
    private static String field(RespClient client, String name) {
        List<Reply> fields = ((Reply.Array) client.call("HOLDFAST", "MIRROR")).items();
        for (int i = 0; i < fields.size(); i += 2) {
            if (text(fields.get(i)).equals(name)) {
                return text(fields.get(i + 1));
            }
        }
        throw new AssertionError("no field " + name);
    }

    private static void awaitFollowed(RespClient client, int keys) {
        eventually(() -> field(client, "keys_followed").equals(String.valueOf(keys)));
    }

    private static long fetched(RespClient client) {
        String info = text(client.call("INFO", "holdfast"));
        return Long.parseLong(info.replaceAll("(?s).*\nmirror_fetched:(\\d+).*", "$1"));
    }

    @Test
    void whatOthersMakeOfTouchedKeysIsServedInTheOutage(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir)) {
            RespClient direct = rig.direct();
            RespClient client = rig.client();
            client.call("SET", "string", "ours");
            client.call("RPUSH", "list", "a", "b");
            client.call("HSET", "hash", "f", "ours");
            client.call("SADD", "goes", "a");
            direct.call("SET", "read", "before");
            client.call("GET", "read");
            awaitFollowed(client, 5);
            long before = fetched(client);

            direct.call("SET", "string", "theirs");
            direct.call("LPOP", "list");
            direct.call("HSET", "hash", "f", "theirs");
            direct.call("DEL", "goes");
            direct.call("APPEND", "read", " and after");

            eventually(() -> fetched(client) == before + 4); // what is gone is not counted
            awaitFollowed(client, 4);
            rig.goOffline();
            assertThat(text(client.call("MGET", "string", "read"))).isEqualTo("[theirs, before and after]");
            assertThat(text(client.call("LRANGE", "list", "0", "-1"))).isEqualTo("[b]");
            assertThat(text(client.call("HGET", "hash", "f"))).isEqualTo("theirs");
            assertThat(text(client.call("EXISTS", "goes"))).isEqualTo("0");
        }
    }

    @Test
    void soItIsInEachDatabase(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir)) {
            RespClient direct = rig.direct();
            RespClient client = rig.client();
            RespClient third = inDatabase(rig.client(), 3);
            RespClient directThird = inDatabase(rig.direct(), 3);
            client.call("MSET", "k", "zero", "only-0", "zero");
            third.call("MSET", "k", "three", "only-3", "three", "goes", "three");
            awaitFollowed(client, 5);
            long before = fetched(client);

            directThird.call("SET", "k", "theirs, three");
            direct.call("SET", "only-0", "theirs, zero");
            directThird.call("APPEND", "only-3", " and theirs");
            directThird.call("DEL", "goes");

            // Before any of it is heard of, all are known; then one of five is not followed for a moment. News names no
            // database.
            int read = 4; // "k" in both
            eventually(() -> fetched(client) >= before + read
                    && Rig.copyState(third, "goes").equals("absent"));
            awaitFollowed(client, 4);
            rig.goOffline();
            assertThat(text(client.call("MGET", "k", "only-0", "only-3"))).isEqualTo("[zero, theirs, zero, nil]");
            assertThat(text(third.call("MGET", "k", "only-3", "only-0", "goes")))
                    .isEqualTo("[theirs, three, three and theirs, nil, nil]");
        }
    }

    @Test
    void whereADatabaseMayNotBeSelectedItsKeysAreNotTakenFromAnother(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir)) {
            RespClient direct = rig.direct();
            RespClient client = rig.client();
            RespClient third = inDatabase(rig.client(), 3);
            client.call("SET", "k", "zero");
            third.call("SET", "k", "three");
            awaitFollowed(client, 2);

            direct.call("ACL", "SETUSER", "default", "-select");
            direct.call("CLIENT", "KILL", "ID", Rig.trackerIds(direct, 't').get(0));
            eventually(() -> !Rig.trackerIds(direct, 't').isEmpty());
            direct.call("SET", "k", "theirs");

            awaitFollowed(client, 1);
            rig.goOffline();
            assertThat(text(client.call("GET", "k"))).isEqualTo("theirs");
            assertThat(text(third.call("GET", "k"))).isEqualTo("three");
        }
    }

    private static RespClient inDatabase(RespClient client, int db) {
        client.call("SELECT", String.valueOf(db));
        return client;
    }

    @Test
    void aKeyIsFollowedAgainAfterAWriteOfOurs(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir)) {
            RespClient direct = rig.direct();
            RespClient client = rig.client();
            client.call("INCR", "n");
            awaitFollowed(client, 1);
            long first = fetched(client);
            client.call("INCR", "n");
            eventually(() -> fetched(client) > first); // as it is only where it was not followed
            awaitFollowed(client, 1);
            long before = fetched(client);

            direct.call("INCRBY", "n", "40");

            eventually(() -> fetched(client) > before);
            rig.goOffline();
            assertThat(text(client.call("GET", "n"))).isEqualTo("42");
        }
    }

    @Test
    void aFlushByOthersIsHeardOf(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir)) {
            RespClient client = rig.client();
            client.call("MSET", "a", "1", "b", "2");
            awaitFollowed(client, 2);

            rig.direct().call("FLUSHALL");

            eventually(() -> field(client, "keys").equals("0"));
            rig.goOffline();
            assertThat(text(client.call("MGET", "a", "b"))).isEqualTo("[nil, nil]");
        }
    }

    /** The upstream forgets what it remembered for a link that is gone. */
    @Test
    void whatHappensWhileTheLinkIsAwayIsFoundOut(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir)) {
            RespClient direct = rig.direct();
            RespClient client = rig.client();
            client.call("SET", "k", "ours");
            awaitFollowed(client, 1);

            direct.call("CLIENT", "KILL", "ID", Rig.trackerIds(direct, 't').get(0));
            direct.call("SET", "k", "theirs");

            eventually(() -> !Rig.trackerIds(direct, 't').isEmpty());
            awaitFollowed(client, 1);
            rig.goOffline();
            assertThat(text(client.call("GET", "k"))).isEqualTo("theirs");
        }
    }

    @Test
    void whereTrackingIsForbiddenThatIsSaid(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir)) {
            RespClient client = rig.client();
            eventually(() -> field(client, "hearing_touched").equals("yes"));
            rig.direct().call("ACL", "SETUSER", "default", "-client|tracking");
            rig.direct()
                    .call(
                            "CLIENT",
                            "KILL",
                            "ID",
                            Rig.trackerIds(rig.direct(), 't').get(0));

            eventually(() -> field(client, "deaf").startsWith("NOPERM"));

            assertThat(field(client, "hearing_touched")).isEqualTo("no");
            assertThat(text(client.call("INFO", "holdfast")))
                    .contains("\r\nmirror_hearing:no\r\n", "\r\nmirror_deaf:NOPERM");
        }
    }
}
