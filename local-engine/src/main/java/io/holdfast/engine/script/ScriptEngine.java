package io.holdfast.engine.script;

import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Scripting;
import io.holdfast.engine.command.Server;
import io.holdfast.engine.config.RedisVersion;
import io.holdfast.engine.rule.DoubleStyle;
import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs scripts and functions on the engine loop, one at a time, each as one command: what it changed becomes one entry of
 * the journal. A script that runs for longer than the threshold lets the loop look after other clients now and then, and
 * can be killed as long as it has written nothing. Lua is not even loaded before the first script. Owned by the engine
 * loop, but for {@link #stop}.
 */
public final class ScriptEngine implements Scripting {
    private static final Logger log = LoggerFactory.getLogger(ScriptEngine.class);

    /** What a library's code may take to register its functions, as in Redis. */
    private static final long LOAD_NANOS_MAX = 500_000_000;

    private final Server server;
    private final Supplier<@Nullable RedisError> writeRefusal;
    private final ScriptCache scripts = new ScriptCache(this::dropped);
    private final Libraries libraries = new Libraries(this::forget);
    private final RandomLibrary random = new RandomLibrary();
    private ScriptLimits limits = ScriptLimits.DISABLED;
    private @Nullable ScriptVm vm;
    private @Nullable ScriptRun run;
    private @Nullable Library loading;
    private long loadingSince;
    private boolean deferring;
    private boolean administrationAllowed;
    private volatile boolean stopping;

    /** @param writeRefusal why nothing may be written now; null when it may */
    public ScriptEngine(Server server, Supplier<@Nullable RedisError> writeRefusal) {
        this.server = server;
        this.writeRefusal = writeRefusal;
    }

    /** What scripts may take, from the next one on. */
    public void limits(ScriptLimits to) {
        limits = to;
    }

    public ScriptLimits limits() {
        return limits;
    }

    /** Ends what runs, whether it has written or not, and lets nothing run any more: the process stops. Any thread. */
    public void stop() {
        stopping = true;
    }

    // ---- scripts

    @Override
    public Reply eval(Bytes body, Call call) {
        ScriptCache.Script known = scripts.of(body);
        if (known.function == 0) {
            compile(known);
        }
        return runScript(known, call);
    }

    @Override
    public Reply evalSha(Bytes sha, Call call) {
        ScriptCache.Script script = scripts.find(sha);
        if (script == null) {
            throw RedisError.noScript();
        }
        if (script.function == 0) {
            compile(script);
        }
        return runScript(script, call);
    }

    @Override
    public String load(Bytes body) {
        ScriptCache.Script script = scripts.of(body);
        if (script.function == 0) {
            compile(script);
        }
        return script.sha;
    }

    private void compile(ScriptCache.Script script) {
        boolean compiled = false;
        try {
            ScriptHeader header = ScriptHeader.of(script.body);
            script.function = vm().compile(header.code());
            script.header = header;
            compiled = true;
        } finally {
            if (!compiled) {
                scripts.remove(script);
            }
        }
    }

    @Override
    public void learn(Bytes body) {
        var unused = scripts.of(body);
    }

    @Override
    public List<Bytes> recentScripts(int max, long bytesMax) {
        return scripts.recent(max, bytesMax);
    }

    @Override
    public boolean hasScript(Bytes sha) {
        return scripts.find(sha) != null;
    }

    @Override
    public Intent intentOfScript(Bytes body) {
        try {
            ScriptHeader header = ScriptHeader.of(body);
            return header.declared() ? ScriptFlag.intent(header.flags()) : Intent.UNSAID;
        } catch (RedisError malformed) { // which it is told when it is run
            return Intent.UNSAID;
        }
    }

    @Override
    public Intent intentOfSha(Bytes sha) {
        ScriptCache.Script script = scripts.find(sha);
        return script == null ? Intent.UNSAID : intentOfScript(script.body);
    }

    @Override
    public void flushScripts() {
        scripts.clear();
    }

    @Override
    public int scriptCount() {
        return scripts.size();
    }

    private void dropped(ScriptCache.Script script) {
        forget(script.function);
    }

    private void forget(int function) {
        ScriptVm current = vm;
        if (current != null && function != 0) {
            current.forget(function);
        }
    }

    private Reply runScript(ScriptCache.Script script, Call call) {
        ScriptHeader header = script.header;
        if (header == null) {
            throw new IllegalStateException("a script that was not compiled");
        }
        var begun = begin(call, Kind.SCRIPT, script.sha, header.declared(), header.flags());
        try {
            return vm().runScript(
                            script.function, script.sha, call.context().args(), call.firstKey(), call.keys(), begun);
        } finally {
            run = null;
        }
    }

    /** @param declared whether it says what it does, and so is held to that before it runs */
    private ScriptRun begin(Call call, Kind kind, String name, boolean declared, Set<ScriptFlag> flags) {
        boolean readOnly = readOnly(declared, flags, call);
        boolean allowsOom = flags.contains(ScriptFlag.ALLOW_OOM);
        RedisError full =
                declared && !allowsOom && !flags.contains(ScriptFlag.NO_WRITES) ? server.growthRefusal() : null;
        if (full != null) {
            throw full;
        }
        var begun = new ScriptRun(server, call, kind, name, readOnly, allowsOom, writeRefusal);
        run = begun;
        return begun;
    }

    /** Whether writing is to be refused. @throws RedisError when the command forbids what the script says it does */
    private static boolean readOnly(boolean declared, Set<ScriptFlag> flags, Call call) {
        boolean writes = !flags.contains(ScriptFlag.NO_WRITES);
        if (declared && writes && call.readOnly()) {
            throw RedisError.of("ERR Can not execute a script with write flag using *_ro command.");
        }
        return call.readOnly() || (declared && !writes);
    }

    // ---- functions

    @Override
    public void requireFunction(Bytes name) {
        var unused = function(name);
    }

    private Library.Function function(Bytes name) {
        settleLibraries();
        Library.Function function = libraries.function(name.latin1());
        if (function == null) {
            throw RedisError.noFunction();
        }
        return function;
    }

    @Override
    public Intent intentOfFunction(Bytes name) {
        settleLibraries();
        Library.Function function = libraries.function(name.latin1());
        return function == null ? Intent.UNSAID : ScriptFlag.intent(function.flags());
    }

    @Override
    public Reply callFunction(Bytes name, Call call) {
        Library.Function function = function(name);
        var begun = begin(call, Kind.FUNCTION, function.name(), true, function.flags());
        try {
            return vm().runFunction(
                            function.reference(),
                            function.name(),
                            call.context().args(),
                            call.firstKey(),
                            call.keys(),
                            begun);
        } finally {
            run = null;
        }
    }

    @Override
    public String loadLibrary(Bytes code, boolean replace) {
        Library library = Library.of(code);
        if (deferring) {
            libraries.defer(library);
            librariesChanged();
            return library.name;
        }
        settleLibraries();
        libraries.requireRoomFor(library, replace);
        run(library);
        librariesChanged();
        return library.name;
    }

    @Override
    public String libraryName(Bytes code) {
        return Library.of(code).name;
    }

    /** Runs a library's code and takes in what it registers. */
    private void run(Library library) {
        loading = library;
        loadingSince = System.nanoTime();
        boolean taken = false;
        try {
            vm().loadLibrary(library.body()).ifPresent(problem -> {
                throw RedisError.of("ERR Error registering functions: " + problem.latin1());
            });
            if (library.functions.isEmpty()) {
                throw RedisError.of("ERR No functions registered");
            }
            libraries.put(library);
            taken = true;
        } finally {
            loading = null;
            if (!taken) {
                library.functions.values().forEach(function -> forget(function.reference()));
            }
        }
    }

    /** Runs what was put off. One that fails stays put off: it was good once, and is not to be lost. */
    private void settleLibraries() {
        for (Library library : libraries.deferred()) {
            try {
                run(library);
            } catch (RedisError refused) {
                log.warn("The library {} does not load: {}", library.name, refused.getMessage());
            }
        }
    }

    private void librariesChanged() {
        server.keyspaces().changes().librariesChanged(libraryCodes());
    }

    /** Takes in what storage has, in place of what there was. */
    public void restore(List<Bytes> codes) {
        libraries.clear();
        codes.forEach(code -> libraries.defer(Library.of(code)));
    }

    @Override
    public void deleteLibrary(Bytes name) {
        libraries.remove(name.latin1(), deferring);
        librariesChanged();
    }

    @Override
    public void flushLibraries() {
        libraries.clear();
        librariesChanged();
    }

    @Override
    public List<Bytes> libraryCodes() {
        return libraries.codes();
    }

    @Override
    public void deferring(boolean on) {
        deferring = on;
    }

    @Override
    public Collection<LibraryInfo> libraries() {
        settleLibraries();
        return libraries.infos();
    }

    // ---- what runs

    @Override
    public @Nullable Running running() {
        return run == null ? null : run.running();
    }

    @Override
    public void kill(Kind kind) {
        ScriptRun current = run;
        if (current == null) {
            throw RedisError.notBusy();
        }
        current.kill(kind);
    }

    @Override
    public @Nullable RedisError busy() {
        ScriptRun current = run;
        return current != null && current.isOverdue(limits.busyAfterMs()) ? RedisError.busy(current.kind()) : null;
    }

    @Override
    public void allowAdministration(boolean on) {
        administrationAllowed = on;
    }

    @Override
    public boolean allowsAdministration() {
        return administrationAllowed;
    }

    @Override
    public long memoryBytes() {
        return vm == null ? 0 : vm.memoryKilobytes() * 1024;
    }

    /** Asked by Lua now and then: why to end, or null. */
    private @Nullable String stillRunning() {
        if (stopping) {
            return "Script killed by the server's stop";
        }
        if (loading != null) {
            return System.nanoTime() - loadingSince > LOAD_NANOS_MAX ? "FUNCTION LOAD timeout" : null;
        }
        ScriptRun current = run;
        if (current == null || !current.isOverdue(limits.busyAfterMs())) {
            return null;
        }
        limits.whileBusy().run();
        return current.killedBy();
    }

    // ---- Lua

    private ScriptVm vm() {
        if (stopping) {
            throw RedisError.scriptsUnavailable("the server stops");
        }
        if (vm == null) {
            if (limits.nativesDirectory() == null) {
                throw RedisError.scriptsUnavailable("lua-enabled is no");
            }
            Map<String, Map<String, Object>> content = new LinkedHashMap<>();
            content.put("bit", BitLibrary.content());
            content.put("struct", StructLibrary.content());
            content.put("cmsgpack", MessagePackLibrary.content());
            content.put("cjson", new JsonLibrary().content());
            vm = new ScriptVm(
                    limits.nativesDirectory(),
                    limits.memoryBytesMax() / 1024,
                    this::stillRunning,
                    content,
                    new RedisLibrary(new CurrentRun()).content(),
                    Map.of(
                            "random", (ScriptVm.Function) random::random,
                            "randomseed", (ScriptVm.Function) random::randomseed,
                            "register_function", (ScriptVm.Function) lua -> new Registration(lua).into(loading)));
        }
        return vm;
    }

    /** Lets go of Lua; the next script begins with a fresh one. For the end of the engine. */
    public void close() {
        if (vm != null) {
            scripts.clear();
            libraries.clear();
            vm.close();
            vm = null;
        }
    }

    /** What scripts say to the engine, through the one that runs. */
    private final class CurrentRun implements RedisLibrary.Caller {
        private ScriptRun current() {
            if (run == null) {
                throw new IllegalStateException("no script runs");
            }
            return run;
        }

        @Override
        public Reply call(Bytes[] args) {
            return current().call(args);
        }

        @Override
        public boolean resp3() {
            return current().resp3();
        }

        @Override
        public void speakResp3(boolean on) {
            current().speakResp3(on);
        }

        @Override
        public DoubleStyle doubles() {
            return server.config().doubleStyle();
        }

        @Override
        public RedisVersion version() {
            return server.config().version();
        }

        @Override
        public boolean mayCall(Bytes[] args) {
            return current().mayCall(args);
        }
    }
}
