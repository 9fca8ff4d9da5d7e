package io.holdfast.engine.script;

import io.holdfast.engine.command.RedisError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import party.iroiro.luajava.Lua;
import party.iroiro.luajava.lua51.Lua51;

/** Opens Lua, whose native library is unpacked into a private directory and nowhere else. Any thread. */
final class NativeLua {
    private static final Logger log = LoggerFactory.getLogger(NativeLua.class);
    private static final String TEMPORARY_DIRECTORY = "java.io.tmpdir";

    private NativeLua() {}

    /**
     * A fresh Lua.
     *
     * @param directory where the native library is unpacked, once in the life of the JVM; nobody else may write there
     * @throws RedisError when this platform has none, or it cannot be unpacked
     */
    static synchronized Lua open(Path directory) {
        // The loader knows no other way to be told. Nothing else here asks for the property: SQLite has its own.
        String before = System.getProperty(TEMPORARY_DIRECTORY);
        try {
            Files.createDirectories(directory);
            System.setProperty(TEMPORARY_DIRECTORY, directory.toAbsolutePath().toString());
            return new Lua51();
        } catch (IOException | LinkageError | IllegalStateException e) {
            log.warn("Scripts are refused: Lua's native library does not load from {}", directory, e);
            throw RedisError.scriptsUnavailable("its native library does not load on this platform, see the log");
        } finally {
            System.setProperty(TEMPORARY_DIRECTORY, before);
        }
    }
}
