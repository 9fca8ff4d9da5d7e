package io.holdfast.engine.script;

import io.holdfast.engine.command.RedisError;
import io.holdfast.engine.command.Scripting.LibraryInfo;
import io.holdfast.resp.Bytes;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** All libraries by name, and all their functions. Owned by the engine loop. */
final class Libraries {
    private final IntConsumer forget;
    private final Map<String, Library> byName = new LinkedHashMap<>();
    /** Those whose code has not been run yet. */
    private final Map<String, Library> deferred = new LinkedHashMap<>();

    /** By name in any case, as Redis calls them. */
    private final Map<String, Library.Function> functions = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

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
            Library.Function other = functions.get(name);
            if (other != null && (before == null || !before.functions.containsValue(other))) {
                throw RedisError.of("ERR Function " + name + " already exists");
            }
        }
        if (before != null) {
            drop(before);
        }
        deferred.remove(library.name);
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

    /** Takes a library in whose code is to be run later, in place of one of the same name. */
    void defer(Library library) {
        Library before = byName.get(library.name);
        if (before != null) {
            drop(before);
        }
        deferred.put(library.name, library);
    }

    /** Those whose code is still to be run; none for nearly everybody, nearly always. */
    List<Library> deferred() {
        return deferred.isEmpty() ? List.of() : List.copyOf(deferred.values());
    }

    /** @throws RedisError when it is not there, unless {@code lenient} */
    void remove(String name, boolean lenient) {
        Library library = byName.get(name);
        if (library != null) {
            drop(library);
        } else if (deferred.remove(name) == null && !lenient) {
            throw RedisError.of("ERR Library not found");
        }
    }

    void clear() {
        deferred.clear();
        List.copyOf(byName.values()).forEach(this::drop);
    }

    List<Bytes> codes() {
        return Stream.concat(byName.values().stream(), deferred.values().stream())
                .map(library -> library.code)
                .toList();
    }

    Collection<LibraryInfo> infos() {
        return byName.values().stream().map(Library::info).toList();
    }
}
