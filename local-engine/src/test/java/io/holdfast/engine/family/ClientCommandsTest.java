package io.holdfast.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.TestClock;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ClientCommandsTest {
    private static final RedisVersion SEVEN_ZERO = new RedisVersion(7, 0, 15);

    private final TestClock clock = new TestClock(1_800_000_000_000L);
    private final EngineClient client = EngineClient.start(RedisVersion.STANDALONE, clock);

    @Test
    void clientInfoShowsTheConnectionInOneLine() {
        client.call("CLIENT", "SETNAME", "bob");
        client.call("CLIENT", "SETINFO", "lib-name", "jedis");
        client.call("CLIENT", "SETINFO", "LIB-VER", "8.0");
        client.call("SELECT", "3");
        clock.advance(Duration.ofSeconds(7));
        assertThat(text("CLIENT", "INFO"))
                .startsWith("id=1 addr=127.0.0.1:1 laddr=127.0.0.1:6379 fd=-1 name=bob age=7 idle=0 flags=N db=3 ")
                .contains(" cmd=client|info user=default redir=-1 resp=2 ")
                .endsWith(" lib-name=jedis lib-ver=8.0\n");
    }

    @Test
    void clientListHasALineForEachClient() {
        client.another();
        assertThat(text("CLIENT", "LIST").lines()).hasSize(2);
        assertThat(text("CLIENT", "LIST", "ID", "2", "7").lines()).hasSize(1);
        assertThat(text("CLIENT", "LIST", "TYPE", "normal").lines()).hasSize(2);
        assertThat(text("CLIENT", "LIST", "TYPE", "pubsub")).isEmpty();
    }

    @Test
    void beforeSevenTwoRedisDoesNotKnowSetinfo() {
        var old = EngineClient.start(SEVEN_ZERO, clock);
        assertThat(old.call("CLIENT", "SETINFO", "LIB-NAME", "jedis"))
                .isEqualTo(new Reply.Failure(Bytes.of("ERR unknown subcommand 'SETINFO'. Try CLIENT HELP.")));
        assertThat(old.call("CLIENT", "NO-TOUCH", "ON")).isInstanceOf(Reply.Failure.class);
    }

    @Test
    void aPauseOfWritesHoldsWhatAReplicaWouldHearOf() {
        client.call("CLIENT", "PAUSE", "100000", "WRITE");
        for (String command : new String[] {"SET k v", "PFCOUNT h", "PUBLISH c m", "EVAL return_1 0"}) {
            EngineClient other = client.another();
            other.send(words(command));
            assertThat(other.isWaiting()).as(command).isTrue();
        }
        EngineClient reader = client.another();
        reader.send(words("GET k"));
        assertThat(reader.isWaiting()).isFalse();
    }

    private static Bytes[] words(String command) {
        return Arrays.stream(command.split(" ", -1)).map(Bytes::of).toArray(Bytes[]::new);
    }

    @Test
    void killSkipsWhoAsksUnlessToldOtherwise() {
        EngineClient other = client.another();
        assertThat(client.call("CLIENT", "KILL", "TYPE", "normal")).isEqualTo(Reply.ONE);
        assertThat(other.isClosedByServer()).isTrue();
        assertThat(client.isClosedByServer()).isFalse();
    }

    @Test
    void whoKillsItselfIsStillAnswered() {
        assertThat(client.call("CLIENT", "KILL", "127.0.0.1:1")).isEqualTo(Reply.OK);
        assertThat(client.isClosedByServer()).isTrue();
    }

    @Test
    void helloChoosesTheProtocolAndTellsOfTheServer() {
        var reply = (Reply.MapOf) client.call("HELLO", "3", "AUTH", "default", "x", "SETNAME", "bob");
        assertThat(client.session().resp()).isEqualTo(RespVersion.RESP3);
        assertThat(reply.keysAndValues())
                .startsWith(Reply.bulk("server"), Reply.bulk("redis"), Reply.bulk("version"), Reply.bulk("7.2.4"))
                .endsWith(Reply.bulk("modules"), Reply.EMPTY_ARRAY);
        assertThat(client.call("CLIENT", "GETNAME")).isEqualTo(Reply.bulk("bob"));
    }

    @Test
    void aRefusedHelloChangesNothing() {
        client.call("HELLO", "3", "SETNAME", "bob", "AUTH", "nosuch", "x");
        assertThat(client.session().resp()).isEqualTo(RespVersion.RESP2);
        assertThat(client.call("CLIENT", "GETNAME")).isEqualTo(Reply.Null.BULK);
    }

    @Test
    void resetPutsTheConnectionBackToItsBeginning() {
        client.call("HELLO", "3", "SETNAME", "bob");
        client.call("SELECT", "3");
        client.call("CLIENT", "NO-EVICT", "ON");
        assertThat(client.call("RESET")).isEqualTo(Reply.simple("RESET"));
        assertThat(client.session().resp()).isEqualTo(RespVersion.RESP2);
        assertThat(client.session().db()).isZero();
        assertThat(text("CLIENT", "INFO")).contains(" name= ").contains(" flags=N ");
    }

    @Test
    void quitIsAnsweredAndThenTheConnectionCloses() {
        assertThat(client.call("QUIT")).isEqualTo(Reply.OK);
        assertThat(client.isClosedByServer()).isTrue();
    }

    private String text(String... command) {
        return ((Reply.Verbatim) client.call(command)).text().latin1();
    }
}
