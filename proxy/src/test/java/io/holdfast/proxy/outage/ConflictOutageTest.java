package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was written on both sides of a cut cable. The decisions themselves are tested beside the replay. */
class ConflictOutageTest {
    private static void assertConflicts(Rig rig, int count) {
        assertThat(text(rig.client().call("INFO", "holdfast"))).contains("\r\nconflicts:" + count + "\r\n");
    }

    @Test
    void whatOthersChangedInAnOutageIsComparedWithWhatItWasBefore(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("MSET", "both", "base", "ours", "base", "theirs", "base");
            client.call("HSET", "h", "ours", "base", "theirs", "base");
            client.call("SET", "n", "5");
            client.call("SADD", "gone", "a", "b");
            client.call("DEL", "made"); // its reply comes behind those to whatever is asked to know the keys before
            rig.goOffline();
            client.call("SET", "both", "here");
            client.call("SET", "ours", "here");
            client.call("HSET", "h", "ours", "here");
            client.call("INCR", "n");
            client.call("DEL", "gone");
            client.call("SET", "made", "here");
            rig.redis.cli("MSET", "both", "there", "theirs", "there", "made", "there");
            rig.redis.cli("HSET", "h", "theirs", "there");
            rig.redis.cli("INCRBY", "n", "10");
            rig.redis.cli("SADD", "gone", "theirs");

            rig.goOnline();

            assertThat(rig.redis.cli("MGET", "both", "ours", "theirs", "made", "n"))
                    .isEqualTo("here\nhere\nthere\nhere\n16");
            assertThat(rig.redis.cli("HMGET", "h", "ours", "theirs")).isEqualTo("here\nthere");
            assertThat(rig.redis.cli("SMEMBERS", "gone")).isEqualTo("theirs");
            assertConflicts(rig, 2); // both, made
            assertThat(text(client.call("GET", "theirs"))).isEqualTo("there");
        }
    }

    @Test
    void aSecondOutageBeginsWithWhatTheFirstOneLeft(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "k", "one");
            rig.goOffline();
            client.call("SET", "k", "two");
            rig.goOnline();
            client.call("GET", "k");
            rig.goOffline();
            client.call("SET", "k", "three");
            rig.goOnline();

            assertThat(rig.redis.cli("GET", "k")).isEqualTo("three");
            assertConflicts(rig, 0);
        }
    }

    @Test
    void aWriteWhoseReplyWasLostIsNoConflictWithItself(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "k", "before");
            rig.cable.tripAfter(Cable.Way.FROM_UPSTREAM, 0, rig.cable::cut);
            client.send("SET", "k", "first");
            client.send("SET", "k", "second");
            assertThat(text(client.read())).isEqualTo("OK");
            assertThat(text(client.read())).isEqualTo("OK");

            rig.goOnline();

            assertThat(rig.redis.cli("GET", "k")).isEqualTo("second");
            assertConflicts(rig, 0);
        }
    }
}
