package io.holdfast.engine.script;

import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Scripting.LibraryInfo;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** All libraries by name, and all their functions. Owned by the engine loop. */
final class Libraries {
    private final IntConsumer forget;
    private final Map<String, Library> byName = new LinkedHashMap<>();
    private final Map<String, Library.Function> functions = new HashMap<>();

    /** @param forget takes the references of functions that are gone */
    Libraries(IntConsumer forget) {
        this.forget = forget;
    }

    Library.@Nullable Function function(String name) {
        return functions.get(name);
    }

    /** @throws RedisError when there is one of that name and it is not to be replaced */
    void requireRoomFor(Library library, boolean replace) {
        if (!replace && byName.containsKey(library.name)) {
            throw RedisError.of("ERR Library '" + library.name + "' already exists");
        }
    }

    /** Puts a library in place of the one of the same name. @throws RedisError when another has one of its functions */
    void put(Library library) {
        Library before = byName.get(library.name);
        for (String name : library.functions.keySet()) {
            boolean taken = functions.containsKey(name) && (before == null || !before.functions.containsKey(name));
            if (taken) {
                throw RedisError.of("ERR Function " + name + " already exists");
            }
        }
        if (before != null) {
            drop(before);
        }
        byName.put(library.name, library);
        functions.putAll(library.functions);
    }

    private void drop(Library library) {
        byName.remove(library.name);
        library.functions.forEach((name, function) -> {
            functions.remove(name);
            forget.accept(function.reference());
        });
    }

    /** @throws RedisError when it is not there */
    void remove(String name) {
        Library library = byName.get(name);
        if (library == null) {
            throw RedisError.of("ERR Library not found");
        }
        drop(library);
    }

    void clear() {
        for (String name : byName.keySet().toArray(String[]::new)) {
            remove(name);
        }
    }

    Collection<LibraryInfo> infos() {
        return byName.values().stream().map(Library::info).toList();
    }
}
