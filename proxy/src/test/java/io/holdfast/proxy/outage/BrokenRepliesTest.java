package io.holdfast.proxy.outage;

import static io.holdfast.proxy.outage.Rig.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.ProxyServer;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An upstream that breaks the protocol, or answers more or fewer times than it was asked: its link is closed, what was
 * under way there is in doubt, and everything goes on (contract, U25 and rule 6). Each test has a Holdfast of its own: one
 * whose upstream has just been away looks longer before it takes it again.
 */
@Execution(ExecutionMode.CONCURRENT)
class BrokenRepliesTest {
    private static final int TIMEOUT_MS = 3000;
    private static final int CLIENTS_UNDER_LOAD = 4;
    private static final String EIGHT = ":8\r\n";
    private static final String NEWS = "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\n1\r\n";

    private final RealRedis redis = RealRedis.start();
    private final Interpreter interpreter = new Interpreter(redis.port());
    private final ProxyServer holdfast;

    BrokenRepliesTest(@TempDir Path directory) throws Exception {
        var upstream = new UpstreamAddress("127.0.0.1", interpreter.port(), null, null);
        holdfast = ProxyServer.start(ProxyConfig.of(directory, upstream).withTimeoutMs(TIMEOUT_MS));
    }

    @AfterEach
    void stop() {
        holdfast.close();
        interpreter.close();
        redis.close();
    }

    @BeforeEach
    void write() {
        awaitOnline();
        try (RespClient client = client()) {
            client.call("SET", "n", "7");
            client.call("SET", "k", "v");
            client.call("GET", "k");
        }
    }

    private RespClient client() {
        return RespClient.connect(holdfast.port(), Rig.PATIENCE);
    }

    private void awaitOnline() {
        try (RespClient client = client()) {
            await().atMost(Rig.PATIENCE)
                    .pollInterval(10, TimeUnit.MILLISECONDS)
                    .until(() -> text(client.call("INFO", "holdfast")).contains("mode:online\r\n"));
        }
    }

    /** Instead of ":8". */
    static Stream<String> broken() {
        return Stream.of(
                "eight\r\n", // no type of RESP
                "\r\n",
                ":8\n\r", // no line end
                ":8x\r\n", // no number
                ":\r\n",
                ":-\r\n",
                "$1\r\n88\r\n", // longer than it says
                "$-8\r\n",
                "$8x\r\n",
                "$9999999999999999999\r\n",
                "*-8\r\n",
                "*3000000000\r\n",
                "%-1\r\n",
                ">1\r\n:8\r\n", // nobody has subscribed
                ".\r\n", // ends what has not begun
                ";1\r\n8\r\n",
                "*1\r\n".repeat(200) + ":8\r\n",
                "HTTP/1.1 400 Bad Request\r\n\r\n",
                "\u0016\u0003\u0001\u0002\u0000\u0001", // a TLS greeting
                ":" + "8".repeat(70_000)); // a number that does not end
    }

    @ParameterizedTest
    @MethodSource("broken")
    void whatIsNoReplyEndsItsLinkAndLeavesTheCommandInDoubt(String bytes) {
        try (RespClient client = client();
                RespClient other = client()) {
            interpreter.sayInsteadOf(EIGHT, bytes);

            assertThat(text(client.call("INCR", "n"))).startsWith("-UNCERTAIN incr ");

            assertServesBoth(client, other);
            assertThat(redis.cli("GET", "n")).isEqualTo("8");
        }
    }

    @Test
    void aReadThatWasAnsweredByNoReplyIsAnsweredFromTheCopy() {
        try (RespClient client = client();
                RespClient other = client()) {
            interpreter.sayInsteadOf("$1\r\nv\r\n", "$1\r\nvv\r\n");

            assertThat(text(client.call("GET", "k"))).isEqualTo("v");

            assertServesBoth(client, other);
        }
    }

    /** Instead of what a transaction of two commands is answered. */
    static Stream<String> noAnswersToExec() {
        return Stream.of("*1\r\n+OK\r\n", "*3\r\n+OK\r\n:8\r\n+OK\r\n", "*0\r\n", "+OK\r\n", ":2\r\n", "+QUEUED\r\n");
    }

    @ParameterizedTest
    @MethodSource("noAnswersToExec")
    void whatIsNoAnswerToExecEndsItsLinkAndLeavesTheTransactionInDoubt(String bytes) {
        try (RespClient client = client();
                RespClient other = client()) {
            interpreter.sayInsteadOf("*2\r\n+OK\r\n:8\r\n", bytes);

            client.sendText("MULTI\r\nSET mine m\r\nINCR n\r\nEXEC\r\n");

            assertThat(Stream.generate(() -> text(client.read())).limit(3)).containsExactly("OK", "QUEUED", "QUEUED");
            assertThat(text(client.read())).startsWith("-UNCERTAIN exec ");
            assertServesBoth(client, other);
            assertThat(redis.cli("GET", "n")).isEqualTo("8");
        }
    }

    /** One with a command in it that is carried out here. */
    @ParameterizedTest
    @MethodSource("noAnswersToExec")
    void noPartOfATransactionThatIsNotJustPassedOnIsAwaitedForGood(String bytes) {
        try (RespClient client = client();
                RespClient other = client()) {
            interpreter.sayInsteadOf("*2\r\n:8\r\n+OK\r\n", bytes);

            client.sendText("MULTI\r\nINCR n\r\nSET mine m\r\nCLIENT GETNAME\r\nEXEC\r\nECHO next\r\n");

            assertThat(Stream.generate(() -> text(client.read())).limit(4))
                    .containsExactly("OK", "QUEUED", "QUEUED", "QUEUED");
            assertThat(text(client.read())).startsWith("-UNCERTAIN exec ");
            assertThat(text(client.read())).isEqualTo("next");
            assertServesBoth(client, other);
        }
    }

    @ParameterizedTest
    @MethodSource("tooMany")
    void whatNobodyAskedForReachesNobody(RespVersion version, String more) {
        try (RespClient client = client();
                RespClient other = client()) {
            client.speak(version);
            other.speak(version);
            interpreter.sayInsteadOf(EIGHT, EIGHT + more);

            assertThat(text(client.call("INCR", "n"))).isEqualTo("8");

            assertServesBoth(client, other);
            assertThat(redis.cli("GET", "n")).isEqualTo("8");
        }
    }

    static Stream<Object[]> tooMany() {
        return Stream.of(RespVersion.values())
                .flatMap(version -> Stream.of(
                                ":9\r\n",
                                "$6\r\nanswer\r\n",
                                "-ERR twice\r\n",
                                ">1\r\n$3\r\nbye\r\n",
                                "+an", // and the rest is what is asked for next
                                ":4",
                                "$6\r\n",
                                "*2\r\n:1\r\n")
                        .map(more -> new Object[] {version, more}));
    }

    static Stream<Object[]> noMessages() {
        String foreign = "*3\r\n$7\r\nmessage\r\n$5\r\nother\r\n$1\r\n1\r\n";
        return Stream.of(RespVersion.values())
                .flatMap(version -> Stream.of(
                                foreign,
                                foreign.replace('*', '>'),
                                version == RespVersion.RESP2 ? NEWS.replace('*', '>') : NEWS, // the other version's
                                NEWS.replace("message", "massage"),
                                "+HELLO\r\n",
                                "*0\r\n",
                                "@")
                        .map(instead -> new Object[] {version, instead}));
    }

    @ParameterizedTest
    @MethodSource("noMessages")
    void aSubscriberHearsNothingButWhatItHasAskedFor(RespVersion version, String instead) {
        try (RespClient client = client();
                RespClient publisher = redis.connect()) {
            client.speak(version);
            assertThat(text(client.call("SUBSCRIBE", "news"))).isEqualTo("[subscribe, news, 1]");
            interpreter.sayInsteadOf(version == RespVersion.RESP2 ? NEWS : NEWS.replace('*', '>'), instead);
            assertThat(text(publisher.call("PUBLISH", "news", "1"))).isEqualTo("1");
            awaitListening(publisher, 0);
            awaitListening(publisher, 1);
            publisher.call("PUBLISH", "news", "2");
            assertThat(text(client.read())).isEqualTo("[message, news, 2]");
        }
    }

    private static void awaitListening(RespClient publisher, int clients) {
        await().atMost(Rig.PATIENCE)
                .pollInterval(1, TimeUnit.MILLISECONDS)
                .until(() -> text(publisher.call("PUBSUB", "NUMSUB", "news")).equals("[news, " + clients + "]"));
    }

    /** The next reply on that link would be taken for the one that is missing. */
    @Test
    void aReplyThatDoesNotComeEndsItsLinkInTheTimeForOne() {
        try (RespClient client = client();
                RespClient other = client()) {
            interpreter.sayInsteadOf(EIGHT, "");

            assertThat(text(client.call("INCR", "n"))).startsWith("-UNCERTAIN incr ");

            assertServesBoth(client, other);
            assertThat(redis.cli("GET", "n")).isEqualTo("8");
        }
    }

    /** Others ask on, so that none of the replies is late: each goes to who asked before, or after, the one whose it is. */
    @ParameterizedTest
    @ValueSource(strings = {"", EIGHT + EIGHT})
    void aLinkThatIsOutOfStepUnderLoadEnds(String instead) throws Exception {
        try (var others = new Others(CLIENTS_UNDER_LOAD)) {
            others.awaitRight();
            interpreter.sayInsteadOf(EIGHT, instead);
            others.incr();

            await().atMost(Rig.PATIENCE).until(interpreter::hasSaid);
            others.awaitRight();
            awaitOnline();
            assertThat(redis.cli("GET", "n")).isEqualTo("8");
        }
    }

    private void assertServesBoth(RespClient client, RespClient other) {
        for (int i = 0; i < 3; i++) {
            assertThat(text(client.call("SET", "mine", "m" + i))).isEqualTo("OK");
            assertThat(text(other.call("SET", "other", "o" + i))).isEqualTo("OK");
            assertThat(text(client.call("GET", "mine"))).isEqualTo("m" + i);
            assertThat(text(other.call("GET", "other"))).isEqualTo("o" + i);
            awaitOnline();
        }
    }

    /** Clients that ask each for its own word, over and over, and say how often in a row it was that. */
    private final class Others implements AutoCloseable {
        private static final int RIGHT = 100;

        private final ExecutorService threads = Executors.newCachedThreadPool();
        private final AtomicIntegerArray inARow;
        private volatile boolean over;

        Others(int clients) {
            inARow = new AtomicIntegerArray(clients);
            for (int i = 0; i < clients; i++) {
                int number = i;
                threads.execute(() -> ask(number));
            }
        }

        private void ask(int number) {
            try (RespClient client = client()) {
                for (int i = 0; !over; i++) {
                    String word = number + ":" + i;
                    if (text(client.call("ECHO", word)).equals(word)) {
                        inARow.incrementAndGet(number);
                    } else {
                        inARow.set(number, 0);
                    }
                }
            }
        }

        /** It may get another's reply, or none in time. */
        void incr() {
            threads.execute(() -> {
                try (RespClient client = client()) {
                    client.call("INCR", "n");
                }
            });
        }

        void awaitRight() {
            for (int i = 0; i < inARow.length(); i++) {
                inARow.set(i, 0);
                int number = i;
                await().atMost(Rig.PATIENCE).until(() -> inARow.get(number) >= RIGHT);
            }
        }

        @Override
        public void close() {
            over = true;
            threads.shutdown();
        }
    }
}
