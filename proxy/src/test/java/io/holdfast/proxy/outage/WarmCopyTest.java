package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.resp.RespVersion;
import io.holdfast.sync.mirror.MirrorMode;
import io.holdfast.sync.mirror.MirrorSettings;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which keys are there when the upstream goes: {@code fallback.mirror} and {@code fallback.mirror_pin}. */
class WarmCopyTest {
    private static Rig rig(Path dataDir, MirrorMode mode, String... pins) throws Exception {
        return Rig.with(dataDir, config -> config.withMirror(new MirrorSettings(mode, List.of(pins))));
    }

    private static void eventually(BooleanSupplier condition) {
        await().atMost(Rig.PATIENCE).pollInterval(20, TimeUnit.MILLISECONDS).until(condition::getAsBoolean);
    }

    private static long field(RespClient client, String name) {
        String info = text(client.call("INFO", "holdfast"));
        int at = info.indexOf("\r\n" + name + ":") + name.length() + 3;
        return Long.parseLong(info.substring(at, info.indexOf('\r', at)));
    }

    private static long fetched(RespClient client) {
        return field(client, "mirror_fetched");
    }

    /** Every pin is complete, and nothing waits to be read. */
    private static void awaitComplete(RespClient client) {
        eventually(() -> field(client, "mirror_pins_complete") == field(client, "mirror_pins")
                && field(client, "mirror_waiting") == 0);
    }

    private static void awaitOneMore(RespClient client, Runnable change) {
        awaitComplete(client);
        long before = fetched(client);
        change.run();
        eventually(() -> fetched(client) > before);
    }

    @Test
    void pinnedKeysAreThereThoughNobodyTouchedThem(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, MirrorMode.TOUCHED)) {
            RespClient direct = rig.direct();
            for (int i = 0; i < 1500; i++) {
                direct.call("SET", "s:" + i, "v" + i);
            }
            direct.call("RPUSH", "q:a", "1", "2");
            direct.call("HSET", "q:b", "f", "v");
            direct.call("SET", "q:c", "not named");
            RespClient client = rig.client();
            client.call("HOLDFAST", "CONFIG", "SET", "fallback.mirror_pin", "s:*", "fallback.mirror_pin", "q:[ab]");
            eventually(() -> field(client, "mirror_pins_complete") == 2);
            assertThat(fetched(client)).isEqualTo(1502);

            rig.goOffline();

            assertThat(text(client.call("GET", "s:1499"))).isEqualTo("v1499");
            assertThat(text(client.call("LRANGE", "q:a", "0", "-1"))).isEqualTo("[1, 2]");
            assertThat(text(client.call("HGET", "q:b", "f"))).isEqualTo("v");
            assertThat(text(client.call("GET", "q:c"))).isEqualTo("nil");
        }
    }

    @Test
    void whatOthersChangeUnderAPinIsReadAgain(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, MirrorMode.PINNED, "s:*")) {
            RespClient direct = rig.direct();
            RespClient client = rig.client();
            awaitOneMore(client, () -> direct.call("SET", "s:1", "first"));
            awaitOneMore(client, () -> direct.call("SET", "s:2", "goes"));
            awaitOneMore(client, () -> {
                direct.call("DEL", "s:2");
                direct.call("SET", "s:1", "second");
            });
            awaitOneMore(client, () -> direct.call("SET", "s:3", "new"));
            rig.goOffline();

            assertThat(text(client.call("MGET", "s:1", "s:2", "s:3"))).isEqualTo("[second, nil, new]");
        }
    }

    @Test
    void ourOwnWritesToPinnedKeysAreNotReadAgainEachTime(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, MirrorMode.PINNED, "*")) {
            RespClient client = rig.client();
            awaitComplete(client);
            client.call("SET", "n", "0");
            for (int i = 0; i < 2000; i++) {
                client.call("INCR", "n");
            }
            assertThat(fetched(client)).isLessThan(200);
            rig.goOffline();
            assertThat(text(client.call("GET", "n"))).isEqualTo("2000");
        }
    }

    /** What the upstream calls otherwise is not known here. */
    @Test
    void whatIsNamedByACommandThatIsNotKnownHereIsReadAgain(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir, Rig.NO_TIMEOUT_MS, null, "--rename-command", "APPEND", "XAPPEND")) {
            RespClient client = rig.client();
            client.call("SET", "s", "a");
            client.call("SET", "t", "a");
            client.call("DEL", "none");
            client.call("XAPPEND", "s", "b");
            client.call("XAPPEND", "none", "b");
            client.call("MULTI");
            client.call("SELECT", "0");
            client.call("XAPPEND", "t", "b");
            assertThat(text(client.call("EXEC"))).isEqualTo("[OK, 2]");
            for (String key : List.of("s", "t", "none")) {
                eventually(() -> Rig.copyState(client, key).equals("known"));
            }
            rig.goOffline();

            assertThat(text(client.call("MGET", "s", "t", "none"))).isEqualTo("[ab, ab, b]");
        }
    }

    @Test
    void aFlushByOthersEmptiesTheCopyToo(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, MirrorMode.TOUCHED, "s:*")) {
            RespClient direct = rig.direct();
            RespClient client = rig.client();
            awaitOneMore(client, () -> direct.call("SET", "s:1", "v"));
            awaitOneMore(client, () -> {
                direct.call("FLUSHALL");
                direct.call("SET", "s:2", "after");
            });
            awaitComplete(client);
            rig.goOffline();
            assertThat(text(client.call("MGET", "s:1", "s:2"))).isEqualTo("[nil, after]");
        }
    }

    @Test
    void withPinnedOnlyWhatIsNamedIsCopied(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, MirrorMode.PINNED, "s:*")) {
            RespClient client = rig.client();
            client.call("MSET", "s:1", "a", "other", "b");
            client.call("SET", "third", "c");
            rig.direct().call("SET", "fourth", "d");
            client.call("GET", "fourth");
            rig.goOffline();
            assertThat(text(client.call("MGET", "s:1", "other", "third", "fourth")))
                    .isEqualTo("[a, nil, nil, nil]");
        }
    }

    @Test
    void withOffAnOutageKnowsWhatWasWrittenInIt(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, MirrorMode.OFF, "s:*")) {
            RespClient client = rig.client();
            client.call("SET", "s:1", "online");
            client.call("INCR", "n");
            client.call("GET", "n");
            rig.goOffline();
            assertThat(text(client.call("MGET", "s:1", "n"))).isEqualTo("[nil, nil]");
            client.call("SET", "k", "offline");
            assertThat(text(client.call("GET", "k"))).isEqualTo("offline");
            rig.goOnline();
            assertThat(text(rig.direct().call("GET", "k"))).isEqualTo("offline");
        }
    }

    /** Nutcracker's well-known stale read, with a fallback that keeps no copy. */
    @Test
    void withOffAnEarlierOutagesValueIsNotServedInTheNext(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, MirrorMode.OFF)) {
            RespClient client = rig.client();
            rig.goOffline();
            client.call("SET", "k", "in the first outage");
            rig.goOnline();
            client.call("SET", "k", "later");
            rig.goOffline();
            assertThat(text(client.call("GET", "k"))).isEqualTo("nil");
        }
    }

    @Test
    void functionsAreCopiedInEveryMode(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, MirrorMode.OFF)) {
            RespClient client = rig.client();
            client.call("FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('one', function() return 1 end)");
            rig.goOffline();
            assertThat(text(client.call("FCALL", "one", "0"))).isEqualTo("1");
        }
    }

    @Test
    void aLinkForNewsThatIsKilledIsNoOutage(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, MirrorMode.PINNED, "s:*")) {
            RespClient direct = rig.direct();
            RespClient client = rig.client();
            awaitOneMore(client, () -> direct.call("SET", "s:1", "before"));
            long epoch = field(client, "epoch");
            awaitOneMore(client, () -> {
                direct.call("CLIENT", "KILL", "ID", Rig.trackerIds(direct, 'B').get(0));
                direct.call("SET", "s:2", "while nobody listened");
            });
            awaitComplete(client);
            assertThat(field(client, "epoch")).isEqualTo(epoch);
            rig.goOffline();
            assertThat(text(client.call("GET", "s:2"))).isEqualTo("while nobody listened");
        }
    }

    @Test
    void whereTrackingIsForbiddenPinnedKeysAreReadAllTheSame(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, MirrorMode.PINNED)) {
            RespClient direct = rig.direct();
            direct.call("ACL", "SETUSER", "default", "-client|tracking");
            direct.call("SET", "s:1", "v");
            RespClient client = rig.client();
            client.call("HOLDFAST", "CONFIG", "SET", "fallback.mirror_pin", "s:*");
            eventually(() -> fetched(client) >= 1);
            assertThat(field(client, "mirror_pins_complete")).isZero();
            rig.goOffline();
            assertThat(text(client.call("GET", "s:1"))).isEqualTo("v");
        }
    }

    @Test
    void pinsAndModeChangeWhileItRuns(@TempDir Path dataDir) throws Exception {
        try (var rig = rig(dataDir, MirrorMode.TOUCHED)) {
            RespClient direct = rig.direct();
            RespClient client = rig.client(RespVersion.RESP3);
            direct.call("SET", "s:1", "pinned");
            client.call("SET", "touched", "x");
            client.call("HOLDFAST", "CONFIG", "SET", "fallback.mirror", "pinned", "fallback.mirror_pin", "s:*");
            awaitComplete(client);
            client.call("SET", "touched", "y"); // while what is not wanted is being let go, or after
            rig.goOffline();
            assertThat(text(client.call("MGET", "s:1", "touched"))).isEqualTo("[pinned, nil]");
        }
    }
}
