package io.holdfast.engine.config;

/**
 * What clients may do while an upstream is away, and what of it the upstream gets.
 *
 * @param flush whether FLUSHALL, FLUSHDB and SWAPDB run
 * @param publish whether messages that are published are journaled, to be published upstream by the replay; otherwise they reach
 *     who listens here, and nobody else
 */
public record OfflineRules(boolean flush, boolean publish) {
    public static final OfflineRules DEFAULT = new OfflineRules(false, false);
}
