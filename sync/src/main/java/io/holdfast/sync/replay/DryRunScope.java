package io.holdfast.sync.replay;

import io.holdfast.resp.Bytes;
import java.time.Duration;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a dry run is asked for. Immutable.
 *
 * @param keys which keys are looked at
 * @param outcome which of them are listed; null: all
 * @param rowsMax most that are listed
 * @param longest after which it stops between two batches
 */
public record DryRunScope(
        Predicate<Bytes> keys, DryRunReport.@Nullable Outcome outcome, int rowsMax, Duration longest) {}
