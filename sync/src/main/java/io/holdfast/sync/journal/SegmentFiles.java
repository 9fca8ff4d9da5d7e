package io.holdfast.sync.journal;

import java.io.IOException;
import java.nio.file.Path;

/** The changes that the journal makes to its directory; an interface for the same reason as {@link SegmentFile}. */
interface SegmentFiles {
    /** A new, empty file that only its owner may read. */
    SegmentFile create(Path path) throws IOException;

    /** An existing file, to be written on. */
    SegmentFile open(Path path) throws IOException;

    void rename(Path from, Path to) throws IOException;

    void delete(Path path) throws IOException;

    /** Returns when creations, renames and deletions in {@code directory} are on the disk. */
    void syncDirectory(Path directory) throws IOException;
}
