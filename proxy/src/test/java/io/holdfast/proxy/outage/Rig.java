package io.holdfast.proxy.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.holdfast.proxy.ProxyConfig;
import io.holdfast.proxy.ProxyServer;
import io.holdfast.proxy.StartupException;
import io.holdfast.proxy.upstream.UpstreamAddress;
import io.holdfast.resp.Reply;
import io.holdfast.resp.RespVersion;
import io.holdfast.testing.RealRedis;
import io.holdfast.testing.RespClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A real redis-server, a cable to it that can be cut, and a Holdfast before both. */
final class Rig implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(30);
    /** Never reached: nothing is an outage but what a test does, however slow the machine and its disk. */
    static final int NO_TIMEOUT_MS = 60_000;

    /** So many requests a new client may have under way. */
    static final int UNDER_WAY = 64;

    /** In which a frozen upstream is found out. */
    static final int BRIEF_MS = 500;

    final RealRedis redis;
    final Cable cable;
    final ProxyServer holdfast;
    private final List<RespClient> clients = new ArrayList<>();

    Rig(Path dataDir) throws StartupException {
        this(dataDir, NO_TIMEOUT_MS);
    }

    /** @param timeoutMs short, where an upstream is frozen before anything is under way to it */
    Rig(Path dataDir, int timeoutMs) throws StartupException {
        this(dataDir, timeoutMs, null);
    }

    /** @param login the user and password that Holdfast logs in with, as {@code user:password}; null for none */
    Rig(Path dataDir, int timeoutMs, @Nullable String login, String... redisArguments) throws StartupException {
        this("online", dataDir, config -> config.withTimeoutMs(timeoutMs), login, RealRedis::start, redisArguments);
    }

    /** Before the oldest Redis that is supported. */
    static Rig oldest(Path dataDir, UnaryOperator<ProxyConfig> more) throws StartupException {
        return new Rig("online", dataDir, more, null, RealRedis::startOldest);
    }

    /** Before a newer one. */
    static Rig before(RealRedis.Newer newer, Path dataDir, UnaryOperator<ProxyConfig> more) throws StartupException {
        return new Rig("online", dataDir, more, null, arguments -> RealRedis.start(newer, arguments));
    }

    /** A Holdfast that is told more than where its upstream is, and that nothing is too late. */
    static Rig with(Path dataDir, UnaryOperator<ProxyConfig> more) throws StartupException {
        return new Rig("online", dataDir, more, null, RealRedis::start);
    }

    /** With an upstream that Holdfast will not take for one. */
    static Rig away(Path dataDir, String... redisArguments) throws StartupException {
        return away(RealRedis::start, dataDir, redisArguments);
    }

    /** The same, and how to start it. */
    static Rig away(Function<String[], RealRedis> start, Path dataDir, String... redisArguments)
            throws StartupException {
        return new Rig("offline", dataDir, config -> config, null, start, redisArguments);
    }

    private Rig(
            String mode,
            Path dataDir,
            UnaryOperator<ProxyConfig> more,
            @Nullable String login,
            Function<String[], RealRedis> start,
            String... redisArguments)
            throws StartupException {
        var arguments = new ArrayList<>(List.of("--appendonly", "yes", "--appendfsync", "always"));
        arguments.addAll(List.of(redisArguments));
        redis = start.apply(arguments.toArray(String[]::new));
        cable = Cable.to(redis.port());
        String user = login == null ? null : login.substring(0, login.indexOf(':'));
        String password = login == null ? null : login.substring(login.indexOf(':') + 1);
        holdfast = ProxyServer.start(more.apply(
                ProxyConfig.of(dataDir.resolve("data"), new UpstreamAddress("127.0.0.1", cable.port(), user, password))
                        .withTimeoutMs(NO_TIMEOUT_MS)));
        awaitMode(mode);
    }

    /** Another Holdfast before the same upstream; the caller closes it. */
    ProxyServer second(Path dataDir) throws StartupException {
        return ProxyServer.start(
                ProxyConfig.of(dataDir.resolve("data"), new UpstreamAddress("127.0.0.1", redis.port(), null, null))
                        .withTimeoutMs(NO_TIMEOUT_MS));
    }

    /** Another Holdfast, before the same upstream behind a cable of its own; the caller closes both. */
    static ProxyServer behind(Cable own, Path dataDir) throws StartupException {
        return ProxyServer.start(
                ProxyConfig.of(dataDir.resolve("data"), new UpstreamAddress("127.0.0.1", own.port(), null, null))
                        .withTimeoutMs(NO_TIMEOUT_MS));
    }

    /** The caller closes it. */
    static RespClient clientOf(ProxyServer server) {
        return RespClient.connect(server.port(), PATIENCE);
    }

    /** A client of Holdfast. */
    RespClient client() {
        return keep(RespClient.connect(holdfast.port(), PATIENCE));
    }

    RespClient client(RespVersion version) {
        RespClient client = client();
        client.speak(version);
        return client;
    }

    /** A client of the upstream itself. */
    RespClient direct() {
        return keep(redis.connect());
    }

    private RespClient keep(RespClient client) {
        clients.add(client);
        return client;
    }

    void awaitMode(String mode) {
        awaitInfo(client(), "mode:" + mode + "\r\n");
    }

    /** A command's reply as a person would write it. */
    static String call(RespClient client, String... command) {
        return text(client.call(command));
    }

    static String info(RespClient client) {
        return call(client, "INFO", "holdfast");
    }

    /** The value of one field. */
    static String info(RespClient client, String field) {
        for (String line : info(client).split("\r\n", -1)) {
            if (line.startsWith(field + ":")) {
                return line.substring(field.length() + 1);
            }
        }
        throw new IllegalStateException("INFO has no " + field);
    }

    /** Changes with every switch. */
    static String epoch(RespClient client) {
        return info(client, "epoch");
    }

    /** Waits until each of {@code parts} stands there; with CR LF where it is to be the end of a line. */
    static void awaitInfo(RespClient client, String... parts) {
        await().atMost(PATIENCE)
                .pollInterval(10, TimeUnit.MILLISECONDS)
                .untilAsserted(() -> assertThat(info(client)).contains(parts));
    }

    /** Cuts the cable and waits until Holdfast has noticed. */
    void goOffline() {
        cable.cut();
        awaitMode("offline");
    }

    /** Mends the cable and waits until everything is upstream. */
    void goOnline() {
        cable.mend();
        awaitMode("online");
    }

    /**
     * Has an upstream that does not answer found out soon, by what is under way to it already. To be called when that is: a
     * time for replies that is short from the start ends sooner than a slow machine begins.
     */
    void waitBriefly() {
        timeout(BRIEF_MS);
    }

    /** Has nothing taken for too late any more. */
    void waitLong() {
        timeout(NO_TIMEOUT_MS);
    }

    private void timeout(int ms) {
        assertThat(text(client().call("HOLDFAST", "CONFIG", "SET", "redis.connection_timeout", ms + "ms")))
                .startsWith("[changed, ");
    }

    /** Ends a freeze. */
    void thaw() {
        waitLong();
        redis.thaw();
    }

    /** A reply as a person would write it. */
    static String text(Reply reply) {
        if (reply instanceof Reply.Simple simple) {
            return simple.text().utf8();
        } else if (reply instanceof Reply.Bulk bulk) {
            return bulk.value().utf8();
        } else if (reply instanceof Reply.Verbatim verbatim) {
            return verbatim.text().utf8();
        } else if (reply instanceof Reply.Int number) {
            return Long.toString(number.value());
        } else if (reply instanceof Reply.Failure failure) {
            return "-" + failure.text().utf8();
        } else if (reply instanceof Reply.Array array) {
            return texts(array.items());
        } else if (reply instanceof Reply.Push push) {
            return texts(push.items());
        }
        return "nil";
    }

    private static String texts(List<Reply> items) {
        return items.stream().map(Rig::text).toList().toString();
    }

    /**
     * The ids of connections upstream that track keys.
     *
     * @param flag of CLIENT LIST: t, or B where that is in BCAST mode
     */
    static List<String> trackerIds(RespClient direct, char flag) {
        return text(direct.call("CLIENT", "LIST"))
                .lines()
                .filter(line -> line.replaceAll(".* flags=(\\S*) .*", "$1").indexOf(flag) >= 0)
                .map(line -> line.substring("id=".length(), line.indexOf(' ')))
                .toList();
    }

    /** What HOLDFAST MIRROR says of the copy of {@code key} in the client's database: known, in doubt, … */
    static String copyState(RespClient client, String key) {
        return text(client.call("HOLDFAST", "MIRROR", "KEY", key)).replaceAll("\\[state, (.*), as_of, \\d+\\]", "$1");
    }

    /**
     * Waits until the copies of {@code keys} in the client's database are vouched for: what the reply to a command does not
     * tell, as the keys that a script writes, or the rest of a list that was not known, is read behind it, and an outage may
     * come first.
     */
    static void awaitKnown(RespClient client, String... keys) {
        for (String key : keys) {
            await().atMost(PATIENCE)
                    .pollInterval(10, TimeUnit.MILLISECONDS)
                    .until(() -> copyState(client, key).equals("known"));
        }
    }

    @Override
    public void close() {
        clients.forEach(RespClient::close);
        holdfast.close();
        cable.close();
        redis.close();
    }
}
