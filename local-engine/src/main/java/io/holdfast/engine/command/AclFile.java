package io.holdfast.engine.command;

import java.io.IOException;
import java.util.List;

/** Where the users are written down (aclfile); lines in which latin-1 chars are bytes. Used on the engine loop. */
public interface AclFile {
    /** As it was configured. */
    String name();

    List<String> read() throws IOException;

    /** Replaces the file as a whole; it is on disk when this returns. */
    void write(List<String> lines) throws IOException;
}
