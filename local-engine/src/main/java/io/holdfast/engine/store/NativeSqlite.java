package io.holdfast.engine.store;

import org.sqlite.util.OSInfo;

/** SQLite's native library. Stateless. */
public final class NativeSqlite {
    /** The file's name on this system. */
    public static final String FILE = System.mapLibraryName("sqlitejdbc");

    private NativeSqlite() {}

    /** The class path resource that holds the one for this system; there may be none. */
    public static String resource() {
        return "/org/sqlite/native/" + OSInfo.getNativeLibFolderPathForCurrentOS() + "/" + FILE;
    }
}
