package io.holdfast.engine.rule;

/** How scores and other doubles are printed; it follows the Redis version that is reported to clients. */
public enum DoubleStyle {
    /** C's {@code %.17g}: Redis up to 7.0. */
    G17,
    /** The fewest digits that read back as the same number: Redis from 7.2 on. */
    SHORTEST
}
