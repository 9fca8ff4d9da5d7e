package io.holdfast.proxy.upstream;

/** First words of errors by which a Redis refuses writes for its own state, before it carries anything out. */
public enum OutageError {
    /** It has no memory for more. */
    OOM,
    /** It cannot save, and is told to take no writes then. */
    MISCONF,
    /** It has fewer replicas than it is told to have. */
    NOREPLICAS,
    /** A script takes too long. An outage in any case. */
    BUSY
}
