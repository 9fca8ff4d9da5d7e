package io.holdfast.engine.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.profile.BadProfileException;
import io.holdfast.engine.profile.Profile;
import io.holdfast.engine.profile.ProfileParser;
import io.holdfast.engine.profile.Profiles;
import io.holdfast.engine.profile.ViewSql;
import io.holdfast.resp.Bytes;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The views of profiles show what the keys hold, row by row. */
class ProfileViewsTest {
    /** In 2100, in seconds: what expires then is there while the tests run. */
    private static final long FAR = 4_102_444_800L;

    private final Path directory;
    private BoundedEngine engine;

    ProfileViewsTest(@TempDir Path directory) {
        this.directory = directory;
        this.engine = open(System::currentTimeMillis);
    }

    private BoundedEngine open(LongSupplier clock) {
        return BoundedEngine.open(directory, RedisVersion.STANDALONE, 1_000_000, clock);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    // ---- what keys are called

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            session:{id} | session:abc | abc
            session:{id} | session:a:b | a:b
            tool:{tool}:agents | tool:Read:agents | Read
            tool:{tool}:agents | tool:a:agents:agents | a:agents
            m:{hour:13}:{type} | m:2025-10-09T08:a:b | 2025-10-09T08,a:b
            handoff:{project}:{stamp:15} | handoff:my:app:20251009_083755 | my:app,20251009_083755
            limit:{route}:{client} | limit:/a:10.0.0.1:80 | /a,10.0.0.1:80
            a:*:{b}:* | a:x:y:z | y
            {{tag}}:{name} | {tag}:x | x
            ünï:{name}:ß | ünï:äö:ß | äö
            """)
    void partsOfAKeyAreFound(String pattern, String key, String parts) throws Exception {
        String columns = parts.chars().filter(c -> c == ',').count() == 1 ? "one,two" : "one";
        List<String> names = new ArrayList<>();
        var named = Pattern.compile("(?<!\\{)\\{([a-z]+)").matcher(pattern);
        while (named.find()) {
            names.add(named.group(1));
        }
        assertThat(names).hasSize(columns.split(",", -1).length);
        make(ProfileParser.parse("p", """
                {"name": "p", "views": [{"name": "v", "key": [%s], "columns": [%s],
                  "sources": [{"keys": "%s", "read": "string", "values": {%s}}]}]}
                """.formatted(
                        each(names, "\"%s\""),
                        each(names, "{\"name\": \"%s\", \"type\": \"text\"}"),
                        pattern,
                        each(names, "\"%1$s\": {\"part\": \"%1$s\"}"))));
        run("SET", key, "v");
        run("SET", "another:key", "v");
        assertThat(rows("select * from v")).containsExactly(List.of((Object[]) parts.split(",", -1)));
    }

    private static String each(List<String> names, String format) {
        return String.join(", ", names.stream().map(format::formatted).toList());
    }

    // ---- the observability system's tables

    @Test
    void anAgentIsOneRowWhoeverWroteIt() throws Exception {
        make(shipped());
        run("SET", "agent:active:hook", """
                {"agent_id": "hook", "agent_name": "code-reviewer", "start_time": "2025-10-09T08:01:02.355001",
                 "task_description": "Review", "tools_granted": ["Read", "Grep"], "context_size": 1423}""", "EXAT", Long.toString(FAR));
        run(
                "HSET",
                "agent:active:server",
                "agent_id",
                "server",
                "agent_name",
                "scanner",
                "agent_type",
                "security",
                "start_time",
                "2025-10-09T08:02:30.000Z",
                "session_id",
                "s1",
                "token_usage",
                "{\"total\":3}");
        run("EXPIREAT", "agent:active:server", Long.toString(FAR));
        assertThat(rows("select * from agent_executions"))
                .containsExactly(
                        row(
                                "hook",
                                "code-reviewer",
                                "unknown",
                                "active",
                                1759996862355L,
                                null,
                                null,
                                null,
                                "Review",
                                "[\"Read\",\"Grep\"]",
                                null,
                                null,
                                1759996862L,
                                FAR - 300),
                        row(
                                "server",
                                "scanner",
                                "security",
                                "active",
                                1759996950000L,
                                null,
                                null,
                                "s1",
                                null,
                                null,
                                "{\"total\":3}",
                                null,
                                1759996950L,
                                FAR - 300));
    }

    @Test
    void anAgentThatHasEndedKeepsWhatOtherKeysKnowOfIt() throws Exception {
        make(shipped());
        run("RPUSH", "agent:history:code-reviewer", """
                {"agent_id":"a","agent_name":"code-reviewer","agent_type":"reviewer","status":"success","duration_ms":2500,
                 "enhanced_timestamp":"2025-10-09T08:04:00.000Z","token_usage":{"total_tokens":1500}}""", """
                {"agent_id":"a","agent_name":"an older entry","agent_type":"x","status":"failure","duration_ms":1,
                 "enhanced_timestamp":"2025-10-09T07:00:00.000Z"}""", """
                {"agent_id":"b","agent_name":"code-reviewer","agent_type":"reviewer","status":"failure","duration_ms":500,
                 "enhanced_timestamp":"2025-10-09T08:05:00.000Z"}""", "no JSON");
        run("ZADD", "agents:timeline", "1759996862.4009297", "a", "1759996920000", "c");
        run("ZADD", "agent:performance:code-reviewer:duration", "2500", "a");
        run("SADD", "agent:reviewer:tools", "Read", "Bash");
        run("SET", "terminal:completed:a", "{\"session_id\":\"s\",\"task_description\":\"t\"}");
        assertThat(rows("select * from agent_executions"))
                .containsExactly(
                        row(
                                "a",
                                "code-reviewer",
                                "reviewer",
                                "success",
                                1759996862401L,
                                1759997040000L,
                                2500L,
                                "s",
                                "t",
                                "[\"Bash\",\"Read\"]",
                                "{\"total_tokens\":1500}",
                                "{\"duration_ms\":2500}",
                                1759996862L,
                                1759997040L),
                        row(
                                "b",
                                "code-reviewer",
                                "reviewer",
                                "failure",
                                1759997099500L,
                                1759997100000L,
                                500L,
                                null,
                                null,
                                "[\"Bash\",\"Read\"]",
                                null,
                                null,
                                1759997099L,
                                1759997100L));
    }

    @Test
    void anAgentThatRunsAgainAfterItsHistoryIsWhatItsHistorySays() throws Exception {
        make(shipped());
        run("SET", "agent:active:a", "{\"agent_name\":\"n\",\"start_time\":1759996862.25,\"session_id\":\"s\"}");
        run("LPUSH", "agent:history:n", "{\"agent_id\":\"a\",\"status\":\"success\",\"end_time\":1759996863000}");
        assertThat(rows("select agent_name, status, start_time, end_time, session_id from agent_executions"))
                .containsExactly(row("n", "success", 1759996862250L, 1759996863000L, "s"));
    }

    @Test
    void anHourIsOneRowHoweverItIsWritten() throws Exception {
        make(shipped());
        run(
                "HSET",
                "metrics:hourly:2025-10-09T08:reviewer",
                "execution_count",
                "2",
                "success_count",
                "1",
                "failure_count",
                "1",
                "total_duration_ms",
                "4300",
                "total_tokens",
                "2400",
                "total_cost_cents",
                "30");
        run(
                "HSET",
                "metrics:hourly:2025-10-09-08:reviewer",
                "execution_count",
                "3",
                "failed_count",
                "2",
                "error_count",
                "1",
                "total_cost",
                "0.25");
        run("EXPIREAT", "metrics:hourly:2025-10-09-08:reviewer", Long.toString(FAR));
        run("HSET", "metrics:hourly:2025-10-09T09:analyzer", "success_count", "x");
        assertThat(rows("select * from metrics_hourly"))
                .containsExactly(
                        row(
                                "2025-10-09-08:reviewer",
                                "reviewer",
                                1759996800L,
                                5L,
                                1L,
                                4L,
                                4300L,
                                2400L,
                                0.55,
                                FAR - 604800),
                        row("2025-10-09-09:analyzer", "analyzer", 1760000400L, 0L, 0L, 0L, 0L, 0L, 0.0, null));
    }

    @Test
    void aDayAddsUpWhatWentWrongAndReadsBothKindsOfMoney() throws Exception {
        make(shipped());
        run(
                "HSET",
                "metrics:daily:2025-10-08",
                "total_executions",
                "61",
                "success_count",
                "55",
                "error_count",
                "6",
                "total_duration_ms",
                "361234",
                "total_tokens",
                "182345",
                "total_cost",
                "3646");
        run(
                "HSET",
                "metrics:daily:2025-10-09",
                "total_executions",
                "9",
                "failure_count",
                "1",
                "total_cost_cents",
                "134",
                "total_cost",
                "0.0100");
        run("EXPIREAT", "metrics:daily:2025-10-09", Long.toString(FAR));
        assertThat(rows("select * from metrics_daily"))
                .containsExactly(
                        row("2025-10-08", 1759881600L, 61L, 55L, 6L, 361234L, 182345L, 36.46, null),
                        row("2025-10-09", 1759968000L, 9L, 0L, 1L, 0L, 0L, 1.35, FAR - 7776000));
    }

    @Test
    void aToolIsCountedByDayAndItsAgentsAreListed() throws Exception {
        make(shipped());
        run("ZINCRBY", "tools:usage:2025-10-09", "5", "Read");
        run("ZINCRBY", "tools:usage:2025-10-08", "1", "Read");
        run("ZINCRBY", "tools:usage:2025-10-09", "3", "Glob");
        run("SADD", "tool:Read:agents", "debugger", "code-reviewer");
        assertThat(rows("select * from tool_usage order by tool_name, date_key"))
                .containsExactly(
                        row("Glob", "2025-10-09", 3L, null),
                        row("Read", "2025-10-08", 1L, "[\"code-reviewer\",\"debugger\"]"),
                        row("Read", "2025-10-09", 5L, "[\"code-reviewer\",\"debugger\"]"));
    }

    @Test
    void whoIsDoneGoesBeforeWhoWorks() throws Exception {
        make(shipped());
        run("SET", "terminal:status:a", """
                {"agent_id":"a","agent_name":"debugger","agent_type":"debugger","status":"active","start_time":1759996920000,
                 "session_id":"s","source_app":"claude-code"}""", "EXAT", Long.toString(FAR));
        run("SET", "terminal:completed:a", """
                {"agent_id":"a","agent_name":"debugger","agent_type":"debugger","status":"complete","start_time":1759996920000,
                 "duration_ms":7200,"progress":100}""", "EXAT", Long.toString(FAR));
        run("SET", "terminal:status:b", "{\"agent_name\":\"n\",\"agent_type\":\"t\",\"start_time\":1759996921000}");
        assertThat(rows("select * from terminal_status"))
                .containsExactly(
                        row(
                                "a",
                                "debugger",
                                "debugger",
                                "complete",
                                1759996920000L,
                                1759996927200L,
                                7200L,
                                "s",
                                "claude-code",
                                100L,
                                1759996920L,
                                FAR - 60),
                        row("b", "n", "t", "active", 1759996921000L, null, null, null, null, 0L, 1759996921L, null));
    }

    @Test
    void aHandoffIsTextOrJson() throws Exception {
        make(shipped());
        run("SET", "handoff:project:my:app:20251009_083755", "EXPORT: my app ✅");
        run("SET", "handoff:project:my:app:20251009_091500", """
                {"session_id":"s","handoff_content":"go on","metadata":{"git_hash":"abc"}}""");
        assertThat(rows("select * from session_handoffs order by timestamp desc"))
                .containsExactly(
                        row("my:app", "2025-10-09T09:15:00Z", "s", "go on", "{\"git_hash\":\"abc\"}"),
                        row(
                                "my:app",
                                "2025-10-09T08:37:55Z",
                                null,
                                "EXPORT: my app ✅",
                                "{\"source\":\"handoff:project:my:app:20251009_083755\"}"));
    }

    @Test
    void columnsHaveTheTypesOfTheSeedsTables() throws Exception {
        make(shipped());
        run("HSET", "metrics:daily:2025-10-09", "total_executions", "9");
        assertThat(rows("select typeof(day_key), typeof(day_timestamp), typeof(total_executions), typeof(total_cost)"
                        + " from metrics_daily"))
                .containsExactly(row("text", "integer", "integer", "real"));
    }

    // ---- the web shop

    @Test
    void aShopSeesSessionsCartsAndLimits() throws Exception {
        make(shipped());
        String id = "0123456789abcdef0123456789abcdef";
        run("HSET", "session:" + id, "user", "ada", "started", "1759996920000", "items", "2", "total_cents", "1250");
        run("EXPIREAT", "session:" + id, Long.toString(FAR));
        run("SADD", "session:" + id + ":seen", "p1", "p2");
        run(
                "RPUSH",
                "cart:" + id,
                "{\"product\":\"p1\",\"pieces\":2,\"price\":3.5}",
                "{\"product\":\"p2\",\"price_cents\":550}");
        run("SET", "ratelimit:/cart:10.0.0.1", "17");
        assertThat(rows("select * from shop_sessions"))
                .containsExactly(
                        row(id, "ada", "2025-10-09T08:02:00Z", "2099-12-31T23:30:00Z", 2L, 12.5, "[\"p1\",\"p2\"]"));
        assertThat(rows("select * from shop_cart_lines order by line"))
                .containsExactly(row(id, 0L, "p1", 2L, 3.5), row(id, 1L, "p2", 1L, 5.5));
        assertThat(rows("select * from shop_rate_limits")).containsExactly(row("/cart", "10.0.0.1", 17L, null));
    }

    // ---- what is not shown

    @Test
    void whatHasExpiredIsNotShownThoughNobodyHasMetItYet() throws Exception {
        engine.close();
        engine = open(() -> 1_000_000); // so that for the engine nothing has expired
        make(shipped());
        run("SET", "terminal:status:gone", "{\"agent_name\":\"n\"}", "PXAT", "2000000");
        run("SET", "terminal:status:there", "{\"agent_name\":\"n\"}", "PXAT", Long.toString(FAR * 1000));
        assertThat(rows("select count(*) from keyspace")).containsExactly(row(2L));
        assertThat(rows("select agent_id from terminal_status")).containsExactly(row("there"));
    }

    @Test
    void keysOfOtherTypesDatabasesAndShapesAreNotShown() throws Exception {
        make(shipped());
        run("SET", "metrics:daily:2025-10-09", "a string");
        run("HSET", "metrics:daily:2025-10-09:more", "total_executions", "1");
        run("HSET", "metrics:daily:", "total_executions", "1");
        run("SET", "terminal:status:a", "no JSON");
        run("SET", "agent:active:a", "no JSON either");
        run("SELECT", "1");
        run("HSET", "metrics:daily:2025-10-10", "total_executions", "1");
        assertThat(rows("select 1 from metrics_daily")).isEmpty();
        assertThat(rows("select 1 from terminal_status")).isEmpty();
        assertThat(rows("select 1 from agent_executions")).isEmpty();
    }

    // ---- how it is found

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            agent_executions | agent_id | profile_agent_executions#2
            metrics_hourly | hour_key | profile_metrics_hourly#1
            metrics_daily | day_key | profile_metrics_daily#1
            tool_usage | date_key | profile_tool_usage#1
            terminal_status | agent_id | profile_terminal_status#1
            terminal_status | agent_id | profile_terminal_status#2
            session_handoffs | project_name | profile_session_handoffs#1
            shop_sessions | session_id | profile_shop_sessions#1
            shop_cart_lines | session_id | profile_shop_cart_lines#1
            shop_rate_limits | route | profile_shop_rate_limits#1
            """)
    void aRowIsLookedUpByAnIndex(String view, String column, String index) throws Exception {
        make(shipped());
        run("SET", "some:key", "v");
        String plan = String.join(
                "\n",
                rows("explain query plan select * from " + view + " where " + column + " = 'x'").stream()
                        .map(row -> String.valueOf(row.get(3)))
                        .toList());
        assertThat(plan).contains("USING INDEX " + index + " (<expr>=?");
        assertThat(plan.lines()).noneMatch(line -> line.startsWith("SCAN k"));
    }

    // ---- from start to start

    @Test
    void aViewGoesWithItsProfileAndComesBackWithAnother() throws Exception {
        make(shipped());
        assertThat(derived()).contains("agent_executions", "profile_key", "shop_sessions", "profile_shop_sessions#1");
        make(Profiles.load(List.of("web-shop")).get(0));
        assertThat(derived())
                .contains("shop_sessions", "profile_key")
                .noneMatch(name -> String.valueOf(name).contains("agent"));
        make();
        assertThat(derived()).isEmpty();
        assertThat(rows("select name from sqlite_schema where name = 'strings'"))
                .hasSize(1);
        engine.close();
        engine = open(System::currentTimeMillis);
    }

    @Test
    void whatIsAsItShouldBeIsNotWrittenAgain() throws Exception {
        make(shipped());
        List<List<@Nullable Object>> version = rows("pragma schema_version");
        make(shipped());
        assertThat(rows("pragma schema_version")).isEqualTo(version);
    }

    private List<@Nullable Object> derived() throws SQLException {
        return rows("select name from sqlite_schema where sql like '%holdfast profile%'").stream()
                .map(row -> row.get(0))
                .toList();
    }

    // ----

    private static Profile[] shipped() throws BadProfileException {
        return Profiles.load(Profiles.SHIPPED).toArray(Profile[]::new);
    }

    private void make(Profile... profiles) {
        Map<String, String> statements = ViewSql.of(List.of(profiles));
        engine.derive(statements, ViewSql.MARK);
    }

    private void run(String... command) {
        engine.client().call(Arrays.stream(command).map(Bytes::of).toArray(Bytes[]::new));
    }

    private static List<@Nullable Object> row(@Nullable Object... values) {
        return Arrays.asList(values);
    }

    private List<List<@Nullable Object>> rows(String sql) throws SQLException {
        engine.checkpoint();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("storage.db"));
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(sql)) {
            List<List<@Nullable Object>> rows = new ArrayList<>();
            while (found.next()) {
                List<@Nullable Object> row = new ArrayList<>();
                for (int i = 1; i <= found.getMetaData().getColumnCount(); i++) {
                    Object value = found.getObject(i);
                    row.add(value instanceof Integer number ? Long.valueOf(number) : value);
                }
                rows.add(row);
            }
            return rows;
        }
    }
}
