package io.holdfast.engine.command;

import io.holdfast.resp.Bytes;
import io.holdfast.resp.Reply;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the scripting commands ask of whoever runs Lua. Used on the engine loop. */
public interface Scripting {
    /** Which command ends a script. */
    enum Kind {
        SCRIPT,
        FUNCTION
    }

    /** What code says beforehand of what it does. */
    enum Intent {
        /** It says nothing, or there is no such code. */
        UNSAID,
        WRITES,
        READS
    }

    /**
     * The keys and arguments of a call.
     *
     * @param firstKey where the keys stand among the command's arguments; what follows them are the arguments
     * @param readOnly whether the command promises that nothing is written
     */
    record Call(CommandContext context, int firstKey, int keys, boolean readOnly) {}

    /** A function of a library, as FUNCTION LIST shows it. */
    record FunctionInfo(String name, @Nullable Bytes description, Set<String> flags) {}

    /** A library, as FUNCTION LIST shows it. */
    record LibraryInfo(String name, Bytes code, List<FunctionInfo> functions) {}

    /**
     * What runs.
     *
     * @param name of the function, or the SHA-1 of the script
     * @param command name and arguments it was called with
     */
    record Running(Kind kind, String name, List<Bytes> command, long forMs) {}

    // ---- scripts

    /** Runs the script {@code body}, and keeps it. @throws RedisError when it does not compile or may not run */
    Reply eval(Bytes body, Call call);

    /** Runs a script that is kept. @throws RedisError NOSCRIPT */
    Reply evalSha(Bytes sha, Call call);

    /** Compiles and keeps a script, and gives its SHA-1. @throws RedisError when it does not compile */
    String load(Bytes body);

    /** Keeps a script that the upstream has got, so that its SHA-1 is known here too; it is compiled when it is run. */
    void learn(Bytes body);

    /** Scripts that are kept, those first that were used last: so many at most, and so many bytes of them together. */
    List<Bytes> recentScripts(int max, long bytesMax);

    boolean hasScript(Bytes sha);

    /** What a script, which need not be kept, says of itself. */
    Intent intentOfScript(Bytes body);

    Intent intentOfSha(Bytes sha);

    /** Forgets all scripts. */
    void flushScripts();

    /** How many scripts are kept. */
    int scriptCount();

    // ---- functions

    /** @throws RedisError when no library has this function */
    void requireFunction(Bytes name);

    Intent intentOfFunction(Bytes name);

    /** Calls a function of a library. @throws RedisError when there is none, or it may not run */
    Reply callFunction(Bytes name, Call call);

    /** Takes a library in and gives its name. @throws RedisError when it is not one, or would replace another unasked */
    String loadLibrary(Bytes code, boolean replace);

    /** What a library calls itself. @throws RedisError when it is not one */
    String libraryName(Bytes code);

    /** Removes a library. @throws RedisError when it is not there */
    void deleteLibrary(Bytes name);

    void flushLibraries();

    /** The code of each library. */
    List<Bytes> libraryCodes();

    /**
     * Libraries that come from the journal, from storage or from the upstream are only run when they are needed: Lua need
     * not be there for that, and what is known to have been accepted is not refused.
     */
    void deferring(boolean on);

    Collection<LibraryInfo> libraries();

    // ---- what runs

    /** Null when nothing does. */
    @Nullable Running running();

    /** Ends what runs. @throws RedisError when nothing does, it is of the other kind, or has written */
    void kill(Kind kind);

    /** Why a command has to be refused now: a script has run for too long. Null when none has. */
    @Nullable RedisError busy();

    /** Whether scripts may call what administers the server (DEBUG SET-DISABLE-DENY-SCRIPTS). */
    void allowAdministration(boolean on);

    boolean allowsAdministration();

    long memoryBytes();
}
