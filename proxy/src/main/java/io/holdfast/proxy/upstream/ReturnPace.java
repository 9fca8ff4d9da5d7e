package io.holdfast.proxy.upstream;

/**
 * How often an upstream is asked how it is, and how soon it is tried again. Immutable.
 *
 * @param probeMs between two probes while all is well
 * @param retryMsMax longest pause between two attempts to reach one that is away
 * @param replayMsMax longest pause between two attempts to replay into one that answers
 * @param strategy how pauses grow
 */
public record ReturnPace(int probeMs, int retryMsMax, int replayMsMax, Strategy strategy) {
    /** How pauses grow from one attempt to the next. */
    public enum Strategy {
        /** To three times the last at most, at random: neither in step with other nodes, nor ever more often than at first. */
        EXPONENTIAL,
        /** By the same step each time. */
        LINEAR,
        /** Not at all: each is the longest. */
        FIXED
    }

    /** The shortest pause, with which they begin. */
    public static final int PAUSE_MS_MIN = 100;

    public static final ReturnPace DEFAULT = new ReturnPace(250, 5_000, 1_000, Strategy.EXPONENTIAL);
}
