package io.holdfast.engine.script;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.exec.Journal;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import io.holdfast.testing.EngineClient;
import io.holdfast.testing.MemoryJournal;
import io.holdfast.testing.TestClock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a script's changes are worth, and what becomes of one that takes too much. */
class ScriptEngineTest {
    private static final RedisVersion VERSION = new RedisVersion(7, 0, 15);
    private static final Path NATIVES = Path.of("target", "natives");

    private final MemoryJournal journal = new MemoryJournal();
    private final EngineClient client = EngineClient.start(VERSION, journal, new TestClock(1_800_000_000_000L));

    @AfterEach
    void close() {
        client.engine().scripting().close();
        client.close();
    }

    private List<String> entries() {
        List<String> texts = new ArrayList<>();
        journal.read(0, entry -> texts.add(text(entry)));
        return texts;
    }

    private static String text(Journal.Entry entry) {
        List<String> commands = new ArrayList<>();
        entry.effects().forEach(effect -> {
            List<String> words = new ArrayList<>();
            effect.command().forEach(word -> words.add(word.utf8()));
            commands.add(String.join(" ", words));
        });
        return String.join("; ", commands);
    }

    private String eval(String script, String... keysAndArguments) {
        var command = new String[keysAndArguments.length + 2];
        command[0] = "EVAL";
        command[1] = script;
        System.arraycopy(keysAndArguments, 0, command, 2, keysAndArguments.length);
        return String.valueOf(client.call(command));
    }

    @Test
    void aScriptsChangesAreOneJournalEntry() {
        eval(
                "redis.call('SET', KEYS[1], 'x') redis.call('INCRBY', KEYS[2], 5) return redis.call('SPOP', 'none')",
                "2",
                "a",
                "n");
        assertThat(entries()).hasSize(1);
        assertThat(entries().get(0)).contains("SET a x").contains("; ");
    }

    @Test
    void whatAScriptWroteBeforeItFailedStaysAndIsJournaled() {
        String reply =
                eval("redis.call('SET', 'a', '1') redis.call('LPUSH', 'a', 'x') redis.call('SET', 'b', '1')", "0");
        assertThat(reply).contains("WRONGTYPE");
        assertThat(client.call("GET", "a")).isEqualTo(Reply.bulk("1"));
        assertThat(entries()).containsExactly("SET a 1");
    }

    @Test
    void aScriptThatReadsIsNotJournaled() {
        eval("return redis.call('GET', 'a')", "0");
        assertThat(entries()).isEmpty();
    }

    @Test
    void aScriptInATransactionSharesItsEntry() {
        client.call("MULTI");
        client.call("SET", "a", "1");
        client.call("EVAL", "return redis.call('SET', 'b', '2')", "0");
        client.call("EXEC");
        assertThat(entries()).containsExactly("SET a 1; SET b 2");
    }

    @Test
    void aDatabaseSelectedByAScriptIsNotTheClients() {
        eval("redis.call('SELECT', 3) return redis.call('SET', 'a', '1')", "0");
        assertThat(client.session().db()).isZero();
        assertThat(client.call("EXISTS", "a")).isEqualTo(Reply.ZERO);
    }

    @Test
    void nothingOfJavaIsReachable() {
        String found = eval("""
                local seen, found = {}, {}
                local function walk(v, path)
                    if type(v) == 'userdata' and v ~= cjson.null then found[#found + 1] = path end
                    if type(v) ~= 'table' or seen[v] then return end
                    seen[v] = true
                    for k, x in pairs(v) do walk(k, path) walk(x, path .. '.' .. tostring(k)) end
                    local meta = getmetatable(v)
                    if meta then walk(meta, path .. '<meta>') end
                end
                walk(_G, '_G')
                walk(getmetatable(''), 'string')
                for _, name in ipairs({'java', 'debug', 'io', 'os', 'package', 'require', 'dofile', 'loadfile', 'newproxy',
                        'getfenv', 'setfenv', 'module', 'print', '__jthrowable__'}) do
                    if rawget(_G, name) ~= nil then found[#found + 1] = name end
                end
                return table.concat(found, ' ')
                """, "0");
        assertThat(found).isEqualTo(String.valueOf(Reply.bulk("")));
    }

    @Test
    void anErrorOfAJavaFunctionLeavesNoJavaObjectBehind() {
        eval("return cjson.decode('{')", "0");
        assertThat(eval("return tostring(rawget(_G, '__jthrowable__'))", "0")).contains("nil");
        assertThat(eval("local ok, e = pcall(cjson.decode, '{') return type(e)", "0"))
                .isEqualTo(String.valueOf(Reply.bulk("string")));
    }

    @Test
    void aScriptThatWantsTooMuchMemoryGetsAnErrorAndTheNextOneRuns() {
        client.engine().scripting().limits(ScriptLimits.in(NATIVES).withMemoryBytesMax(8 << 20));
        for (String hungry : List.of(
                "local s = 'x' while true do s = s .. s end",
                "local t = {} for i = 1, 1e9 do t[i] = i end",
                "local t = {} for i = 1, 1e9 do t[i] = {} end",
                "return #string.rep('x', 2e9)",
                "local t = {} while true do t[#t + 1] = redis.call('ECHO', string.rep('x', 1e5) .. #t) end",
                "for i = 1, 1e9 do table.insert(string, i) end")) {
            assertThat(eval(hungry, "0")).describedAs(hungry).contains("not enough memory");
            assertThat(eval("return 'fine'", "0")).contains("Bulk");
        }
    }

    @Test
    void deepRecursionIsAnErrorOfTheScript() {
        assertThat(eval("local function f() return f() + 1 end return f()", "0"))
                .contains("stack overflow");
    }

    @Test
    void othersGetBusyAndKillTheScriptThatHasNotWritten() {
        EngineClient other = client.another();
        List<String> heard = new ArrayList<>();
        client.engine()
                .scripting()
                .limits(ScriptLimits.in(NATIVES).withBusyAfterMs(1).withWhileBusy(() -> {
                    heard.add(String.valueOf(other.call("GET", "a")));
                    heard.add(String.valueOf(other.call("FUNCTION", "KILL")));
                    heard.add(String.valueOf(other.call("SCRIPT", "KILL")));
                }));
        String killed = eval("pcall(function() while true do end end) while true do end", "0");
        assertThat(killed).contains("Script killed by user with SCRIPT KILL.");
        assertThat(heard.subList(0, 2))
                .allMatch(reply -> reply.contains(
                        "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."));
        assertThat(heard.get(2)).isEqualTo(String.valueOf(Reply.OK));
        client.engine().scripting().limits(ScriptLimits.in(NATIVES));
        assertThat(other.call("GET", "a")).isEqualTo(Reply.Null.BULK);
        assertThat(eval("local n = 0 for i = 1, 1e6 do n = n + 1 end return n", "0"))
                .isEqualTo(String.valueOf(Reply.of(1_000_000)));
    }

    @Test
    void aScriptThatHasWrittenIsNotKilled() {
        EngineClient other = client.another();
        List<String> heard = new ArrayList<>();
        client.engine()
                .scripting()
                .limits(ScriptLimits.in(NATIVES)
                        .withBusyAfterMs(1)
                        .withWhileBusy(() -> heard.add(String.valueOf(other.call("SCRIPT", "KILL")))));
        eval("redis.call('SET', 'a', '1') for i = 1, 3e7 do end", "0");
        assertThat(heard).isNotEmpty().allMatch(reply -> reply.contains("UNKILLABLE"));
        assertThat(entries()).containsExactly("SET a 1");
    }

    @Test
    void aCoroutineThatLoopsCanBeKilledToo() {
        EngineClient other = client.another();
        client.engine()
                .scripting()
                .limits(ScriptLimits.in(NATIVES).withBusyAfterMs(1).withWhileBusy(() -> other.call("SCRIPT", "KILL")));
        assertThat(eval("coroutine.wrap(function() while true do redis.call('PING') end end)()", "0"))
                .contains("Script killed by user");
    }

    @Test
    void aScriptThatTheUpstreamGotIsKnownByItsName() {
        client.engine().scripting().learn(Bytes.of("return 'known'"));
        assertThat(client.call("EVALSHA", Sha1.hex(Bytes.of("return 'known'")), "0"))
                .isEqualTo(Reply.bulk("known"));
    }

    @Test
    void scriptsThatAreSwitchedOffSaySo() {
        client.engine().scripting().limits(ScriptLimits.DISABLED);
        assertThat(eval("return 1", "0")).contains("ERR scripts are not available");
    }

    @Test
    void theNativeLibraryIsUnpackedWhereItWasTold() throws Exception {
        eval("return 1", "0");
        try (var files = Files.walk(NATIVES)) {
            assertThat(files.map(file -> file.getFileName().toString())).anyMatch(name -> name.contains("lua51"));
        }
    }

    @Test
    void aLibraryIsJournaledAndIsThereAfterRecovery() {
        String code = "#!lua name=counters\n"
                + "redis.register_function('bump', function(keys) return redis.call('INCR', keys[1]) end)";
        client.call("FUNCTION", "LOAD", code);
        client.call("FCALL", "bump", "1", "n");
        assertThat(entries()).containsExactly("FUNCTION LOAD REPLACE " + code, "INCRBY n 1");
        EngineClient next = EngineClient.start(VERSION, journal, new TestClock(1_800_000_000_000L));
        assertThat(next.engine().recover(0)).isEqualTo(2);
        assertThat(next.call("FCALL", "bump", "1", "n")).isEqualTo(Reply.of(2));
        next.engine().scripting().close();
    }

    @Test
    void dumpedLibrariesAreRestoredWholeOrNotAtAll() {
        client.call("FUNCTION", "LOAD", "#!lua name=a\nredis.register_function('fa', function() return 'a' end)");
        client.call("FUNCTION", "LOAD", "#!lua name=b\nredis.register_function('fb', function() return 'b' end)");
        Bytes dump = ((Reply.Bulk) client.call("FUNCTION", "DUMP")).value();
        client.call("FUNCTION", "FLUSH");
        client.call("FUNCTION", "LOAD", "#!lua name=c\nredis.register_function('fb', function() return 'c' end)");
        Reply refused = client.call(Bytes.of("FUNCTION"), Bytes.of("RESTORE"), dump);
        assertThat(String.valueOf(refused)).contains("Function fb already exists");
        assertThat(String.valueOf(client.call("FCALL", "fa", "0"))).contains("Function not found");
        assertThat(client.call("FCALL", "fb", "0")).isEqualTo(Reply.bulk("c"));
        assertThat(client.call(Bytes.of("FUNCTION"), Bytes.of("RESTORE"), dump, Bytes.of("FLUSH")))
                .isEqualTo(Reply.OK);
        assertThat(client.call("FCALL", "fb", "0")).isEqualTo(Reply.bulk("b"));
    }
}
