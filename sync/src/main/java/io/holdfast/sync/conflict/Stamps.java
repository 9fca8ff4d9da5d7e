package io.holdfast.sync.conflict;

import io.holdfast.resp.Bytes;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which Holdfast nodes wrote, and when, what is upstream in a key that differs; nothing where somebody else has written since.
 * Immutable.
 *
 * @param whole of a string, or of the removal of the key
 * @param parts of fields and members
 */
record Stamps(@Nullable Stamp whole, Map<Bytes, Stamp> parts) {
    static final Stamps NONE = new Stamps(null, Map.of());

    /** @param part null for the whole key */
    @Nullable Stamp of(@Nullable Bytes part) {
        return part == null ? whole : parts.get(part);
    }
}
