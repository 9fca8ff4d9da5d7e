package io.holdfast.sync.conflict;

/**
 * In what a batch is decided about. Immutable.
 *
 * @param guards whether keys are WATCHed from before they are read, so that EXEC fails if they change after that
 * @param nowMs by our clock, Unix milliseconds
 * @param aheadMs how far the upstream's clock is ahead of that, milliseconds
 * @param lostData whether the upstream came back without the data it had
 * @param resentTo entries up to this one may belong to an outage that is over: nothing is brought back for them
 */
public record Circumstances(boolean guards, long nowMs, long aheadMs, boolean lostData, long resentTo) {}
