package io.holdfast.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.proxy.admin.cli.SqlQuery;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.RespClient;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The tables asked in SQL: by clients, and by {@code holdfast sql}, while Holdfast runs and when it does not. */
class SqlTest {
    private final Path data;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    SqlTest(@TempDir Path dir) {
        data = dir.resolve("data");
    }

    @Test
    void aClientSeesTheWriteThatItHasJustMade() throws Exception {
        try (var server = start("web-shop");
                var client = RespClient.connect(server.port())) {
            for (int i = 1; i <= 3; i++) {
                client.call("SET", "ratelimit:/cart:10.0.0.1", Integer.toString(i));
                assertThat(client.call("HOLDFAST", "SQL", "select route, requests, seconds_left from shop_rate_limits"))
                        .isEqualTo(Reply.array(
                                Reply.array(Reply.bulk("route"), Reply.bulk("requests"), Reply.bulk("seconds_left")),
                                Reply.array(Reply.bulk("/cart"), Reply.of(i), Reply.Null.BULK)));
            }
        }
    }

    @Test
    void whatIsSentBehindAQuestionIsAnsweredBehindIt() throws Exception {
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            client.send("SET", "k", "1");
            client.send("HOLDFAST", "SQL", "select value from strings");
            client.send("SET", "k", "2");
            client.send("HOLDFAST", "SQL", "select value from strings");
            client.send("GET", "k");
            assertThat(client.read()).isEqualTo(Reply.OK);
            assertThat(client.read()).isEqualTo(table("value", "1"));
            assertThat(client.read()).isEqualTo(Reply.OK);
            assertThat(client.read()).isEqualTo(table("value", "2"));
            assertThat(client.read()).isEqualTo(Reply.bulk("2"));
        }
    }

    @Test
    void aQuestionWithAMistakeIsAnErrorAndChangesNothing() throws Exception {
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            client.call("SET", "k", "v");
            assertThat(client.call("HOLDFAST", "SQL", "select nope")).isEqualTo(error("ERR no such column: nope"));
            assertThat(client.call("HOLDFAST", "SQL", "delete from keyspace"))
                    .isEqualTo(error("ERR only select, with, values and explain are allowed here, not delete"));
            assertThat(
                            client.call(
                                    "HOLDFAST",
                                    "SQL",
                                    "with recursive c (x) as (select 1 union all select x + 1 from c limit 10001) select x from c"))
                    .isEqualTo(error("ERR the answer has more than 10000 rows; ask for fewer with limit"));
            assertThat(client.call("GET", "k")).isEqualTo(Reply.bulk("v"));
        }
    }

    @Test
    void onlyAdministratorsAskAndNotInTransactions() throws Exception {
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            client.call("ACL", "SETUSER", "bob", "on", "nopass", "~*", "+@all", "-@admin");
            client.call("MULTI");
            assertThat(client.call("HOLDFAST", "SQL", "select 1"))
                    .isEqualTo(error("ERR Command not allowed inside a transaction"));
            client.call("DISCARD");
            client.call("AUTH", "bob", "x");
            assertThat(client.call("HOLDFAST", "SQL", "select 1").toString()).contains("NOPERM");
        }
    }

    @Test
    void theCommandLineShowsRowsOfNowAndOfTheEnd() throws Exception {
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            client.call("SET", "k", "first");
            assertThat(sql("select key, value from strings")).isZero();
            assertThat(out).hasToString("""
                    key  value
                    ---  -----
                    k    first
                    """);
            client.call("SET", "k", "last");
        }
        out.getBuffer().setLength(0);
        assertThat(err).hasToString("");
        assertThat(sql("--csv", "select value from strings")).isZero();
        assertThat(out).hasToString("value\r\nlast\r\n");
        assertThat(err)
                .hasToString("holdfast: no Holdfast runs in " + data + "; the rows are those of the last checkpoint\n");
        assertThat(data.resolve("checkpoint.sock")).doesNotExist();
    }

    @Test
    void aSocketThatNobodyListensAtIsNoObstacle() throws Exception {
        try (var server = start()) {
            assertThat(Files.exists(data.resolve("checkpoint.sock"))).isTrue();
            assertThat(server.port()).isPositive();
        }
        try (var left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            left.bind(UnixDomainSocketAddress.of(data.resolve("checkpoint.sock")));
        }
        assertThat(sql("--json", "select 1 as one")).isZero();
        assertThat(out).hasToString("{\"one\":1}\n");
        assertThat(err).asString().contains("no Holdfast runs in " + data + " any more");
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            client.call("SET", "k", "v");
            assertThat(sql("--csv", "select value from strings")).isZero();
        }
        assertThat(out).asString().endsWith("value\r\nv\r\n");
    }

    @Test
    void formatsWriteWhatOthersCanRead() throws Exception {
        try (var server = start();
                var client = RespClient.connect(server.port())) {
            client.call("SET", "a", "say \"hi\",\nthen go");
            client.call("SET", "b", "ünï");
            client.call("ZADD", "z", "1.5", "m");
            assertThat(sql("--csv", "select value from strings order by key")).isZero();
            assertThat(out).hasToString("value\r\n\"say \"\"hi\"\",\nthen go\"\r\nünï\r\n");
            out.getBuffer().setLength(0);
            assertThat(sql("--json", "select member, score, 7 as n, null as nil, x'ff00' as b from sorted_sets"))
                    .isZero();
            assertThat(out).hasToString("{\"member\":\"m\",\"score\":1.5,\"n\":7,\"nil\":null,\"b\":\"x'ff00'\"}\n");
            out.getBuffer().setLength(0);
            assertThat(sql("select key, value, length(key) as n from strings order by key"))
                    .isZero();
            assertThat(out).hasToString("""
                    key  value               n
                    ---  ------------------  -
                    a    say "hi",\\nthen go  1
                    b    ünï                 1
                    """);
        }
    }

    @Test
    void aWrongStatementIsOneLineAndOne() throws Exception {
        try (var server = start()) {
            assertThat(server.port()).isPositive();
            assertThat(sql("select * from nowhere")).isEqualTo(1);
        }
        assertThat(err).hasToString("holdfast: no such table: nowhere\n");
        assertThat(out).hasToString("");
    }

    @Test
    void aProfileWithAMistakeKeepsTheServerFromStarting() throws Exception {
        Path profile = Files.writeString(data.resolveSibling("mine.json"), "{\n\"name\": \"mine\",\n\"veiws\": []\n}");
        assertThatThrownBy(() -> start(profile.toString()))
                .isInstanceOf(StartupException.class)
                .hasMessage(profile + ", line 3: a profile has no 'veiws'; the nearest is 'views'");
        assertThat(data).doesNotExist();
    }

    private int sql(String... options) {
        var line = new CommandLine(new SqlQuery())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true));
        var args = Arrays.copyOf(options, options.length + 2);
        args[options.length] = "--data-dir";
        args[options.length + 1] = data.toString();
        return line.execute(args);
    }

    private ProxyServer start(String... profiles) throws StartupException {
        return ProxyServer.start(ProxyConfig.of(data, null).withProfiles(List.of(profiles)));
    }

    private static Reply table(String name, String value) {
        return Reply.array(Reply.array(Reply.bulk(name)), Reply.array(Reply.bulk(value)));
    }

    private static Reply error(String text) {
        return new Reply.Failure(Bytes.of(text));
    }
}
