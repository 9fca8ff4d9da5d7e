package io.holdfast.proxy;

import io.holdfast.engine.store.NativeSqlite;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Map;

/**
 * The native libraries that every start needs, taken out of their jars once: each start would unpack them again. Where this
 * machine has none of them, they stay where they are. Stateless.
 */
final class NativeLibraries {
    private static final Map<String, String> ARCHITECTURES =
            Map.of("amd64", "x86_64", "x86_64", "x86_64", "aarch64", "aarch_64", "arm64", "aarch_64");

    private NativeLibraries() {}

    /** Puts SQLite's and Netty's into {@code directory}; running servers keep the ones that were there before. */
    static void unpack(Path directory) throws IOException {
        Files.createDirectories(directory);
        copy(NativeSqlite.resource(), directory.resolve(NativeSqlite.FILE));
        String architecture = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        String epoll =
                "libnetty_transport_native_epoll_" + ARCHITECTURES.getOrDefault(architecture, architecture) + ".so";
        copy("/META-INF/native/" + epoll, directory.resolve(epoll));
    }

    private static void copy(String resource, Path file) throws IOException {
        try (InputStream in = NativeLibraries.class.getResourceAsStream(resource)) {
            if (in != null) {
                Path fresh = file.resolveSibling(file.getFileName() + ".new");
                Files.copy(in, fresh, StandardCopyOption.REPLACE_EXISTING);
                Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            }
        }
    }
}
