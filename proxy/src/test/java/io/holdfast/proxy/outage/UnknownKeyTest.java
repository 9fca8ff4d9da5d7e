package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.sync.mirror.MirrorMode;
import io.holdfast.sync.mirror.MirrorSettings;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Unknown is not absent: what an outage answers of keys that are not here and may be upstream. */
class UnknownKeyTest {
    private static final String UNKNOWN =
            "-UNKNOWN key '%s' is not in the local copy, and the upstream, which may have it, is away";

    private static Rig refusing(Path dataDir, String... pins) throws Exception {
        return Rig.with(
                dataDir,
                config -> config.withRefuseUnknownReads(true)
                        .withMirror(new MirrorSettings(MirrorMode.TOUCHED, List.of(pins))));
    }

    private static String unknown(String key) {
        return UNKNOWN.formatted(key);
    }

    private static long reads(RespClient client) {
        String info = text(client.call("INFO", "holdfast"));
        int at = info.indexOf("unknown_key_reads:") + "unknown_key_reads:".length();
        return Long.parseLong(info.substring(at, info.indexOf('\r', at)));
    }

    @Test
    void asAbsentTheyAreCounted(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "known", "v");
            client.call("GET", "nobody's");
            rig.goOffline();
            assertThat(reads(client)).isZero();
            assertThat(text(client.call("GET", "known"))).isEqualTo("v");
            assertThat(reads(client)).isZero();
            assertThat(text(client.call("MGET", "known", "a", "b"))).isEqualTo("[v, nil, nil]");
            assertThat(text(client.call("EXISTS", "a"))).isEqualTo("0");
            assertThat(reads(client)).isEqualTo(3);
            client.call("SET", "a", "here");
            client.call("DEL", "known");
            client.call("MGET", "a", "known");
            assertThat(reads(client)).isEqualTo(3);
        }
    }

    @Test
    void readsAreRefusedWhereThatIsWantedAndWritesAreNot(@TempDir Path dataDir) throws Exception {
        try (var rig = refusing(dataDir)) {
            RespClient client = rig.client();
            client.call("SET", "known", "v");
            rig.goOffline();
            assertThat(text(client.call("GET", "k"))).isEqualTo(unknown("k"));
            assertThat(text(client.call("MGET", "known", "m"))).isEqualTo(unknown("m"));
            assertThat(text(client.call("HGETALL", "h"))).isEqualTo(unknown("h"));
            assertThat(text(client.call("TTL", "t"))).isEqualTo(unknown("t"));
            assertThat(text(client.call("GET", "known"))).isEqualTo("v");
            assertThat(text(client.call("INCR", "n"))).isEqualTo("1");
            assertThat(text(client.call("GET", "n"))).isEqualTo("1");
            assertThat(text(client.call("APPEND", "s", "x"))).isEqualTo("1");
            assertThat(text(client.call("DEL", "n"))).isEqualTo("1");
            assertThat(text(client.call("GET", "n"))).isEqualTo("nil");
            assertThat(reads(client)).isEqualTo(4);
        }
    }

    @Test
    void transactionsAndScriptsMeetTheSame(@TempDir Path dataDir) throws Exception {
        try (var rig = refusing(dataDir)) {
            RespClient client = rig.client();
            rig.goOffline();
            client.call("MULTI");
            client.call("GET", "k");
            client.call("SET", "k", "v");
            client.call("GET", "k");
            assertThat(text(client.call("EXEC"))).isEqualTo("[" + unknown("k") + ", OK, v]");
            assertThat(text(client.call("EVAL", "return redis.pcall('GET', KEYS[1])", "1", "other")))
                    .startsWith(unknown("other"));
            assertThat(text(client.call("EVAL", "return redis.call('SET', KEYS[1], 'v')", "1", "other")))
                    .isEqualTo("OK");
        }
    }

    @Test
    void aReadInFlightWhenTheUpstreamWentIsRefusedToo(@TempDir Path dataDir) throws Exception {
        try (var rig = Rig.with(dataDir, config -> config.withRefuseUnknownReads(true))) {
            RespClient client = rig.client();
            client.call("PING");
            rig.redis.freeze();
            client.send("GET", "k");
            rig.waitBriefly();
            assertThat(text(client.read())).isEqualTo(unknown("k"));
            rig.redis.thaw();
        }
    }

    @Test
    void aMissUnderACompletePatternIsAnAnswer(@TempDir Path dataDir) throws Exception {
        try (var rig = refusing(dataDir, "s:*")) {
            RespClient client = rig.client();
            Awaitility.await()
                    .atMost(Rig.PATIENCE)
                    .pollInterval(20, TimeUnit.MILLISECONDS)
                    .until(() -> text(client.call("HOLDFAST", "MIRROR")).contains("complete, yes"));
            rig.goOffline();
            assertThat(text(client.call("GET", "s:1"))).isEqualTo("nil");
            assertThat(text(client.call("GET", "other"))).isEqualTo(unknown("other"));
            assertThat(reads(client)).isEqualTo(1);
        }
    }

    @Test
    void aKeysNameIsShownShortAndInPrintableLetters(@TempDir Path dataDir) throws Exception {
        try (var rig = refusing(dataDir)) {
            RespClient client = rig.client();
            rig.goOffline();
            assertThat(text(client.call("GET", "a\r\nb"))).isEqualTo(unknown("a\\x0d\\x0ab"));
            assertThat(text(client.call("GET", "k".repeat(1000)))).isEqualTo(unknown("k".repeat(64) + "..."));
        }
    }

    @Test
    void itChangesWhileItRuns(@TempDir Path dataDir) throws Exception {
        try (var rig = new Rig(dataDir)) {
            RespClient client = rig.client();
            rig.goOffline();
            assertThat(text(client.call("GET", "k"))).isEqualTo("nil");
            client.call("HOLDFAST", "CONFIG", "SET", "fallback.unknown_key", "error");
            assertThat(text(client.call("GET", "k"))).isEqualTo(unknown("k"));
            rig.goOnline();
            assertThat(text(client.call("GET", "k"))).isEqualTo("nil");
        }
    }

    @Test
    void withoutAnUpstreamFromTheStartNothingElseIsKnownThanWhatIsHere(@TempDir Path dataDir) throws Exception {
        try (var rig = Rig.away(dataDir, "--cluster-enabled", "yes")) {
            RespClient client = rig.client();
            client.call("HOLDFAST", "CONFIG", "SET", "fallback.unknown_key", "error");
            assertThat(text(client.call("GET", "k"))).isEqualTo(unknown("k"));
            client.call("SET", "k", "v");
            assertThat(text(client.call("GET", "k"))).isEqualTo("v");
        }
    }
}
