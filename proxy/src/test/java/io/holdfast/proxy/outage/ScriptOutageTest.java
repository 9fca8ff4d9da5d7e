package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scripts that are called by their SHA-1 before, in and after an outage in which the upstream forgets them (C8). */
class ScriptOutageTest {
    private static final String INCREMENT = "return redis.call('INCR', KEYS[1])";

    private Rig rig;
    private RespClient client;

    @BeforeEach
    void start(@TempDir Path dataDir) throws Exception {
        rig = new Rig(dataDir);
        client = rig.client();
    }

    @AfterEach
    void end() {
        rig.close();
    }

    private String load() {
        return text(client.call("SCRIPT", "LOAD", INCREMENT));
    }

    private String call(String sha) {
        return text(client.call("EVALSHA", sha, "1", "n"));
    }

    private void awayWithTheScripts() {
        rig.redis.kill();
        rig.awaitMode("offline");
    }

    private void backWithoutThem() {
        rig.redis.restart();
        rig.awaitMode("online");
    }

    @Test
    void nobodysScriptsAreSteppedThroughBecauseSomebodyAsksForThat() {
        RespClient other = rig.client();

        assertThat(text(client.call("SCRIPT", "DEBUG", "YES"))).startsWith("-ERR SCRIPT DEBUG is not supported here");

        assertThat(text(other.call("EVAL", "return 'e'", "0"))).isEqualTo("e");
        assertThat(text(client.call("EVAL", "return 'e'", "0"))).isEqualTo("e");
    }

    @Test
    void aScriptOutlivesTheUpstreamThatHadIt() {
        String sha = load();
        assertThat(call(sha)).isEqualTo("1");
        Rig.awaitKnown(client, "n");
        awayWithTheScripts();
        assertThat(call(sha)).isEqualTo("2");
        backWithoutThem();
        assertThat(call(sha)).isEqualTo("3");
        assertThat(text(rig.direct().call("GET", "n"))).isEqualTo("3");
    }

    @Test
    void aScriptThatWasFirstRunHereIsKnownThere() {
        awayWithTheScripts();
        String sha = load();
        assertThat(text(client.call("EVAL", "return 'here'", "0"))).isEqualTo("here");
        backWithoutThem();
        assertThat(call(sha)).isEqualTo("1");
        assertThat(text(rig.direct().call("EVALSHA", sha, "1", "n"))).isEqualTo("2");
    }

    @Test
    void whatAClientHadForgottenStaysForgotten() {
        String sha = load();
        assertThat(text(client.call("SCRIPT", "FLUSH"))).isEqualTo("OK");
        assertThat(call(sha)).startsWith("-NOSCRIPT");
        awayWithTheScripts();
        assertThat(call(sha)).startsWith("-NOSCRIPT");
        backWithoutThem();
        assertThat(call(sha)).startsWith("-NOSCRIPT");
    }

    @Test
    void anUpstreamThatForbidsItIsUsedAllTheSame() {
        String sha = load();
        rig.direct().call("ACL", "SETUSER", "default", "-script|load");
        rig.goOffline();
        rig.goOnline();
        assertThat(text(client.call("SET", "k", "v"))).isEqualTo("OK");
        assertThat(call(sha)).isEqualTo("1"); // the same process, which has it yet
    }
}
