package io.holdfast.proxy.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.ProxyServer;
import io.holdfast.proxy.StartupException;
import io.holdfast.proxy.acceptance.AcceptanceTest.Clients;
import io.holdfast.proxy.outage.Cable;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The recorded working hour with worse than one outage: an upstream that flaps, one that forgets, and everybody at once. */
class HardTimesTest {
    private static final int FLAP_MS = 300;
    /** Of the recording, between two flaps: so that there are about ten. */
    private static final int STEPS_A_FLAP = 37;

    private static final int HOOKS = 8;
    private static final int STARTS_A_HOOK = 40;
    private static final int SERVER_STARTS = 300;

    private RealRedis redis;
    private Cable cable;
    private ProxyServer holdfast;
    private Clients clients;

    @BeforeEach
    void start(@TempDir Path dataDir) throws StartupException {
        redis = RealRedis.start("--appendonly", "yes", "--appendfsync", "always");
        cable = Cable.to(redis.port());
        holdfast = ProxyServer.start(
                ProxyConfig.of(dataDir.resolve("data"), new UpstreamAddress("127.0.0.1", cable.port(), null, null))
                        .withTimeoutMs(AcceptanceTest.NO_TIMEOUT_MS));
        clients = new Clients(holdfast.port());
        clients.awaitMode("online");
    }

    @AfterEach
    void end() {
        clients.close();
        holdfast.close();
        cable.close();
        redis.close();
    }

    /** Each command has its reply before the next flap: so that the reply is the recorded one, whoever gives it. */
    @Test
    void theWorkingHourEndsExactlyRightWhileTheUpstreamFlaps() {
        boolean flaps = false;
        boolean isCut = false;
        int steps = 0;
        for (Step step : Step.all()) {
            if (step.isUpstreamDown()) {
                flaps = true;
            } else if (step.isUpstreamUp()) {
                flaps = false;
                cable.mend();
            } else if (step.waitMs() > 0) {
                clients.awaitExpiry(step.waitMs());
            } else {
                if (flaps && steps++ % STEPS_A_FLAP == 0) {
                    isCut = !isCut;
                    flap(isCut);
                }
                AcceptanceTest.check(step, null, clients);
            }
        }
        assertThat(steps).as("steps while it flapped").isGreaterThan(STEPS_A_FLAP * 9);
        clients.awaitMode("online");
        assertThat(clients.info()).contains("\r\nconflicts:0\r\n", "\r\ndead_letters:0\r\n");
        AcceptanceTest.checkUpstream(redis);
    }

    private void flap(boolean away) {
        if (away) {
            clients.awaitCopied();
            cable.cut();
        } else {
            cable.mend();
        }
        clients.awaitExpiry(FLAP_MS);
    }

    @Test
    void whatWasWrittenInTheOutageIsThereThoughTheUpstreamComesBackEmpty() throws IOException {
        Map<String, String> before = Map.of();
        Map<String, String> written = Map.of();
        for (Step step : Step.all()) {
            if (step.isUpstreamDown()) {
                before = contents(redis.port());
                clients.awaitCopied();
                redis.kill();
            } else if (step.isUpstreamUp()) {
                clients.awaitMode("offline");
                written = new TreeMap<>(contents(holdfast.port()));
                written.keySet().removeAll(before.keySet());
                redis.deleteAppendOnlyFiles();
                redis.restart();
                clients.awaitMode("online");
                assertThat(contents(redis.port())).containsAllEntriesOf(written);
            } else if (step.waitMs() > 0) {
                clients.awaitExpiry(step.waitMs());
            } else if (written.isEmpty()) {
                AcceptanceTest.check(step, null, clients);
            } else {
                assertNoError(step, clients.of(step.connection(), step.version()));
            }
        }
        assertThat(written).hasSizeGreaterThan(15);
        assertThat(clients.info()).contains("\r\ncondition:upstream-lost\r\n", "\r\ndead_letters:0\r\n");
    }

    /** The replies are not the recorded ones: what was there before the outage is gone. */
    private static void assertNoError(Step step, RespClient client) {
        Reply reply = client.call(step.command());
        boolean mayFail = step.line().path("reply2").has("error");
        assertThat(reply instanceof Reply.Failure && !mayFail)
                .as("%s: %s", step, Recorded.spell(reply))
                .isFalse();
    }

    /** Every key with its value, sets and hashes in order. */
    private static Map<String, String> contents(int port) {
        Map<String, String> contents = new TreeMap<>();
        try (RespClient client = RespClient.connect(port)) {
            for (JsonNode key : Recorded.spell(client.call("KEYS", "*"))) {
                String name = key.asText();
                if (!name.startsWith("holdfast:")) {
                    String type = Recorded.spell(client.call("TYPE", name)).asText();
                    JsonNode value = AcceptanceTest.value(client, name, type);
                    contents.put(
                            name, type + " " + (type.equals("set") || type.equals("hash") ? sorted(value) : value));
                }
            }
        }
        return contents;
    }

    private static List<String> sorted(JsonNode words) {
        List<String> sorted = new ArrayList<>();
        words.forEach(word -> sorted.add(word.asText()));
        Collections.sort(sorted);
        return sorted;
    }

    /** Eight hooks start agents on new connections while it flaps under them, then the server starts its own offline. */
    @Test
    void noAgentIsLostThatManyHooksStartAtOnce() throws Exception {
        var end = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(HOOKS + 1);
        try {
            List<Future<?>> hooks = new ArrayList<>();
            for (int hook = 0; hook < HOOKS; hook++) {
                int number = hook;
                hooks.add(threads.submit(() -> startAgents(number)));
            }
            Future<?> flapping = threads.submit(() -> {
                for (boolean away = true; !end.get(); away = !away) {
                    flap(away);
                }
            });
            for (Future<?> hook : hooks) {
                hook.get(AcceptanceTest.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
            end.set(true);
            flapping.get(AcceptanceTest.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } finally {
            threads.shutdownNow();
        }
        cable.cut();
        clients.awaitMode("offline");
        startServerAgents();
        cable.mend();
        clients.awaitMode("online");

        int all = HOOKS * STARTS_A_HOOK + SERVER_STARTS;
        try (RespClient upstream = redis.connect()) {
            assertThat(Recorded.spell(upstream.call("SCARD", "agents:active")).asInt())
                    .isEqualTo(all);
            assertThat(Recorded.spell(upstream.call("ZCARD", "agents:timeline")).asInt())
                    .isEqualTo(all);
            assertThat(Recorded.spell(upstream.call("KEYS", "agent:active:*")).size())
                    .isEqualTo(all);
            assertThat(Recorded.spell(upstream.call("TTL", "agent:active:hook-7-39"))
                            .asInt())
                    .isBetween(1, 300);
        }
        assertThat(clients.info()).contains("\r\nconflicts:0\r\n", "\r\ndead_letters:0\r\n");
    }

    /** As the hook subagent_start does: one connection to see whether anybody is there, another for the work. */
    private void startAgents(int hook) {
        for (int i = 0; i < STARTS_A_HOOK; i++) {
            String agent = "hook-" + hook + "-" + i;
            try (RespClient first = RespClient.connect(holdfast.port(), AcceptanceTest.PATIENCE)) {
                first.speak(RespVersion.RESP3);
                assertReply("PONG", first, "PING");
            }
            try (RespClient client = RespClient.connect(holdfast.port(), AcceptanceTest.PATIENCE)) {
                client.speak(RespVersion.RESP3);
                assertReply("OK", client, "SETEX", "agent:active:" + agent, "300", "{\"agent_id\": \"" + agent + "\"}");
                assertReply("1", client, "SADD", "agents:active", agent);
                assertReply("1", client, "ZADD", "agents:timeline", "1759996862.4009297", agent);
            }
        }
    }

    private void startServerAgents() {
        try (RespClient server = RespClient.connect(holdfast.port(), AcceptanceTest.PATIENCE)) {
            for (int i = 0; i < SERVER_STARTS; i++) {
                String agent = "server-" + i;
                assertReply("1", server, "HSET", "agent:active:" + agent, "agent_id", agent);
                assertReply("1", server, "HSET", "agent:active:" + agent, "agent_name", "security-scanner");
                assertReply("1", server, "SADD", "agents:active", agent);
                assertReply("1", server, "ZADD", "agents:timeline", "1759996920000", agent);
                assertReply("1", server, "EXPIRE", "agent:active:" + agent, "300");
            }
        }
    }

    /** An effect that is done again where its reply was lost may find itself there: then SADD and ZADD answer 0. */
    private static void assertReply(String expected, RespClient client, String... command) {
        String reply = Recorded.spell(client.call(command)).asText();
        boolean wasThere = expected.equals("1") && reply.equals("0");
        assertThat(wasThere ? expected : reply).as(String.join(" ", command)).isEqualTo(expected);
    }
}
