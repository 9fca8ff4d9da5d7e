package io.holdfast.engine.value;

import io.holdfast.resp.Bytes;
import java.util.List;

/**
 * One entry of a stream. Immutable.
 *
 * @param fieldsAndValues in turn; a field may come several times
 */
public record StreamEntry(StreamId id, List<Bytes> fieldsAndValues) {}
