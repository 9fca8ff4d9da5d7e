package io.holdfast.engine.script;

import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Scripting.FunctionInfo;
import io.holdfast.engine.command.Scripting.LibraryInfo;
import io.holdfast.resp.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A library of functions: its code, and the functions that the code registered when it was run. */
final class Library {
    private static final String NAME_IS = "name=";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_]+");

    /** @param reference to the function in Lua */
    record Function(String name, int reference, @Nullable Bytes description, Set<ScriptFlag> flags) {
        Function {
            flags = Set.copyOf(flags);
        }
    }

    final String name;
    final Bytes code;
    final Map<String, Function> functions = new LinkedHashMap<>();

    private Library(String name, Bytes code) {
        this.name = name;
        this.code = code;
    }

    /** Reads the first line: {@code #!lua name=<name>}, quoted like a typed command. @throws RedisError when it is not one */
    static Library of(Bytes code) {
        String text = code.latin1();
        if (!text.startsWith("#!")) {
            throw RedisError.of("ERR Missing library metadata");
        }
        int end = text.indexOf('\n');
        if (end < 0) {
            throw RedisError.of("ERR Invalid library metadata");
        }
        List<String> words = ScriptHeader.words(text.substring(0, end));
        if (words.isEmpty()) {
            throw RedisError.of("ERR Invalid library metadata");
        }
        String name = null;
        for (String word : words.subList(1, words.size())) {
            if (!word.regionMatches(true, 0, NAME_IS, 0, NAME_IS.length())) {
                throw RedisError.latin1("ERR Invalid metadata value given: " + word);
            }
            if (name != null) {
                throw RedisError.of("ERR Invalid metadata value, name argument was given multiple times");
            }
            name = word.substring(NAME_IS.length());
        }
        if (name == null) {
            throw RedisError.of("ERR Library name was not given");
        }
        requireName(name);
        String engine = words.get(0).substring(2);
        if (!engine.equalsIgnoreCase("lua")) {
            throw RedisError.latin1("ERR Engine '" + engine + "' not found");
        }
        return new Library(name, code);
    }

    /** Of a library or a function. @throws RedisError when it is not one */
    static void requireName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw RedisError.of("ERR Library names can only contain letters, numbers, or underscores(_) and must be at"
                    + " least one character long");
        }
    }

    /** The code behind the first line. */
    Bytes body() {
        return code.slice(code.latin1().indexOf('\n'), code.length());
    }

    LibraryInfo info() {
        List<FunctionInfo> infos = new ArrayList<>();
        for (Function function : functions.values()) {
            Set<String> flags = new TreeSet<>();
            function.flags.forEach(flag -> flags.add(flag.redisName()));
            infos.add(new FunctionInfo(function.name, function.description, flags));
        }
        return new LibraryInfo(name, code, infos);
    }
}
